"""Train from Python: a solver file or a folder of `caffe new`, as `caffe train` does."""

from __future__ import annotations

import contextlib
import io
import os
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import torch

from framework.logs.log import Log, number
from framework.net.net import Net
from framework.net.reading import read_solver
from framework.project.names import SOLVER, check_project
from framework.report.run_summary import run_summary
from framework.solver.snapshots import is_hdf5
from framework.solver.solver import Solver
from framework.solver.solverstate import weights_path
from framework.system.arguments import DEVICE, FLAG, INTEGER, PATH, checked, or_none, whole
from framework.system.wording import counted

Series = list[tuple[int, float]]


@dataclass(frozen=True)
class Training:
    """A training that has ended.

    solver   with the trained net; its data layers are closed
    weights  the file of the last snapshot; None if the solver writes none
    history  what was logged, by name: (iteration, value); `lr`, `train/...`, `test0/...`
    """

    solver: Solver
    weights: Path | None
    history: dict[str, Series] = field(repr=False)

    @property
    def net(self) -> Net:
        """The trained net, in the phase TRAIN."""
        return self.solver.net

    @property
    def loss(self) -> float:
        """The mean of the last `average_loss` losses."""
        return self.solver.smoothed_loss

    @property
    def scores(self) -> dict[str, float]:
        """Of the last test, by name."""
        return {name: series[-1][1] for name, series in self.history.items()
                if name.startswith("test")}

    def __repr__(self) -> str:
        """Iterations, loss, scores and where the weights are."""
        scores = [f"{name} = {number(value)}" for name, value in self.scores.items()]
        weights: str | Path = "not written"
        if self.weights:
            here = Path.cwd()
            weights = self.weights.relative_to(here) if self.weights.is_relative_to(here) \
                else self.weights
        return "\n  ".join([f"Training: {counted(self.solver.iter, 'iteration')}, "
                            f"loss {number(self.loss)}, weights {weights}", *scores])


@checked(source=PATH, weights=or_none(PATH), snapshot=or_none(PATH), iterations=or_none(whole(0)),
         device=DEVICE, seed=or_none(INTEGER), workers=whole(0), keep=whole(0), quiet=FLAG)
def train(source: str | Path, *, weights: str | Path | None = None,
          snapshot: str | Path | None = None, iterations: int | None = None,
          device: str | torch.device = "cpu", seed: int | None = None, workers: int = 0,
          keep: int = 0, quiet: bool = False) -> Training:
    """Train the net of a solver, test it on the way, and write snapshots.

    source      a solver file, or a folder of `caffe new`, in which the training works
    weights     files to start from, separated by commas
    snapshot    a solver state to go on from, or "auto": the newest of the last run
    iterations  instead of the solver's max_iter
    keep        how many snapshots to keep on the disk; 0: all
    quiet       log nothing; else the original's lines go to stderr

    Denormal numbers count as zero in this process from then on, as in `caffe train`. Raises
    CaffeError as Solver does. An interrupt (Ctrl-C) ends it without a snapshot.

        >>> import framework
        >>> done = framework.train("solver.prototxt", iterations=20, quiet=True)
        >>> done.solver
        Solver solver.prototxt: SGD, net 'line', iteration 20 of 20, cpu
        >>> done.weights.name, done.loss < 0.01
        ('line_iter_20.caffemodel', True)
        >>> [name for name in done.history]
        ['train/smoothed_loss', 'train/loss', 'lr']
    """
    is_folder = os.path.isdir(source)
    if is_folder:
        check_project(source)
    torch.set_flush_denormal(True)      # dying activations sink into denormals, 20 times slower
    starts = ",".join(map(os.path.abspath, str(weights).split(","))) if weights else None
    if snapshot not in (None, "auto"):
        snapshot = os.path.abspath(str(snapshot))
    with contextlib.chdir(source) if is_folder else contextlib.nullcontext():
        document = read_solver(SOLVER if is_folder else source)
        if iterations is not None:
            document.message.max_iter = iterations
        history = _History()
        log = Log(_Nowhere() if quiet else None, recorders=[history])
        solver = Solver(document, weights=starts, snapshot=snapshot, device=device, seed=seed,
                        workers=workers, keep=keep, log=log)
        _solve(solver)
        return Training(solver, _last_weights(solver), dict(history.series))


def _solve(solver: Solver) -> None:
    """Log what trains, train, and close the data layers in any case."""
    try:
        for line in run_summary(solver.net, solver.test_nets, list(solver.param.test_iter)):
            solver.log.info(line)
        solver.solve()
    finally:
        solver.close()


def _last_weights(solver: Solver) -> Path | None:
    """The absolute path of the last snapshot's weights."""
    if solver.saved_at < 0:
        return None
    path = weights_path(solver.prefix, solver.saved_at, is_hdf5(solver.param))
    return Path(os.path.abspath(path))


class _History:
    """A Recorder that keeps the numbers."""

    name = "history"

    def __init__(self) -> None:
        self.series: defaultdict[str, Series] = defaultdict(list)

    def values(self, iteration: int, values: dict[str, float]) -> None:
        for name, value in values.items():
            self.series[name].append((iteration, value))

    def message(self, level: str, source: str, text: str) -> None:
        pass

    def close(self) -> None:
        pass


class _Nowhere(io.StringIO):
    """A stream that keeps nothing."""

    def write(self, text: str) -> int:
        return len(text)
