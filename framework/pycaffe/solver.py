"""caffe.SGDSolver and the other solvers: training by a solver file, step by step from a script."""

from __future__ import annotations

import copy
from collections.abc import Callable

import torch
from torch import Tensor

from framework.definition.prototxt import Document
from framework.errors import CaffeError
from framework.net.reading import read_solver
from framework.proto import SolverParameter
from framework.pycaffe.net import Net
from framework.pycaffe.settings import MACHINE
from framework.solver.optim import RULES
from framework.solver.solver import Solver as Training
from framework.system.arguments import checked, whole

Callback = Callable[[], object]


class Solver:
    """Training by a solver file with the update rule `rule`.

    net, test_nets  as caffe.Net; they hold the same parameters
    param           the solver's message: max_iter, display, base_lr (which may be set), ...
    iter            iterations done

    After `step`, `net.blobs` hold the last batch, and the diffs of parameters what the last
    iteration subtracted from them, as in the original. Those of other blobs are not computed in
    training: `net.backward()` gives them.
    Raises CaffeError, which is a RuntimeError, for files that cannot be used.
    Source: _caffe.cpp and solver.cpp of BVLC/caffe.
    """

    def __init__(self, solver_file: str | Document, rule: str):
        if isinstance(solver_file, Document):
            document = solver_file
        else:
            document = read_solver(str(solver_file))
        param = document.message
        param.type = rule
        seed = MACHINE.next_seed() if MACHINE.seed_is_set and param.random_seed < 0 else None
        self._training = Training(document, seed=seed, device=MACHINE.device(), log=MACHINE.log())
        self.net = Net.of(self._training.net)
        self.net.when_loaded.append(self._training.disconnected.look)
        self.test_nets = [Net.of(net) for net in self._training.test_nets]
        self._last = -1                     # the last iteration of the steps under way
        self._before: list[Tensor] = []     # the parameters before its update
        self._training.gradients.when_ready.append(self._note_parameters)

    @property
    def iter(self) -> int:
        """The number of iterations that are done."""
        return self._training.iter

    @property
    def param(self) -> SolverParameter:
        """The solver's settings, as they were read."""
        return self._training.param

    @checked(count=whole(0))
    def step(self, count: int) -> None:
        """Do `count` iterations, with the tests and snapshots that fall into them."""
        self._run(self.iter + count, lambda: self._training.step(count))

    def solve(self, resume_file: str | None = None) -> None:
        """Train to max_iter, from a solver state if one is named."""
        if resume_file is not None:
            self.restore(resume_file)
        self._run(self.param.max_iter, self._training.solve)

    def _run(self, stop: int, what: Callable[[], None]) -> None:
        for net in (self.net, *self.test_nets):
            net.settle()
        self._last = stop - 1
        self._before = []
        what()
        self._show_updates()

    @torch.no_grad()
    def _note_parameters(self) -> None:
        """Copy the parameters before the last update, if its history does not hold what it did."""
        if self.iter == self._last and self.param.type != "SGD":
            self._before = [blob.parameter.clone() for blob in self._training.net.learned]

    @torch.no_grad()
    def _show_updates(self) -> None:
        """Set the parameters' gradients to what the last update subtracted."""
        before = self._before
        self._before = []
        history = self._training.optimizer.history
        for index, blob in enumerate(self._training.net.learned):
            if blob.parameter.grad is None:
                continue
            if before:
                blob.parameter.grad.copy_(before[index] - blob.parameter)
            elif self.param.type == "SGD":
                blob.parameter.grad.copy_(history[index])

    def apply_update(self) -> None:
        """Update the parameters by their diffs."""
        self.net.settle()
        self._training.optimizer.update(self._rate(), self.iter)
        self._training.disconnected.apply()
        self._show_updates()

    def _rate(self) -> float:
        """The learning rate of the next iteration."""
        training = self._training
        if training.policy is None:
            raise CaffeError("max_iter is 0; such a solver has no learning rate")
        return training.policy.at(self.iter, copy.copy(training.rates),
                                  lambda: training.smoothed_loss)

    def restore(self, state_file: str) -> None:
        """Go on from a solver state."""
        self._training.restore(state_file)

    def snapshot(self) -> None:
        """Write weights and solver state: `<snapshot_prefix>_iter_<n>` with their suffixes."""
        self.net.settle()
        self._training.snapshot()

    def add_callback(self, on_start: Callback, on_gradients_ready: Callback) -> None:
        """Call the first at the start of each iteration, the second before its update."""
        self._training.gradients.when_started.append(on_start)
        self._training.gradients.when_ready.append(on_gradients_ready)

    def share_weights(self, net: Net) -> None:
        """Share the parameters of this solver's net with `net`."""
        net.share_with(self.net)


class SGDSolver(Solver):
    """SGD with momentum, whatever `type` the solver file names."""

    rule = "SGD"

    def __init__(self, solver_file: str | Document):
        super().__init__(solver_file, self.rule)

    @property
    def lr(self) -> float:
        """The learning rate of the next iteration."""
        return self._rate()


class NesterovSolver(SGDSolver):
    rule = "Nesterov"


class AdaGradSolver(SGDSolver):
    rule = "AdaGrad"


class RMSPropSolver(SGDSolver):
    rule = "RMSProp"


class AdaDeltaSolver(SGDSolver):
    rule = "AdaDelta"


class AdamSolver(SGDSolver):
    rule = "Adam"


class AdamWSolver(SGDSolver):
    rule = "AdamW"


class LAMBSolver(SGDSolver):
    rule = "LAMB"


_CLASSES = {cls.rule: cls for cls in (
    SGDSolver, NesterovSolver, AdaGradSolver, RMSPropSolver, AdaDeltaSolver, AdamSolver,
    AdamWSolver, LAMBSolver)}


def get_solver(solver_file: str) -> SGDSolver:
    """The solver of the `type` that the file names."""
    document = read_solver(str(solver_file))
    kind = document.message.type
    if kind not in _CLASSES:
        raise document.error("type", f"is '{kind}'; it must be one of {', '.join(RULES)}")
    return _CLASSES[kind](document)
