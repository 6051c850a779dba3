"""A solver's snapshots: writing its place in the run, and going on from there."""

from __future__ import annotations

import os
import re
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from framework.errors import CaffeError, WeightsError
from framework.files.weights import load_weights, save_weights
from framework.proto import enum_name
from framework.solver import snapshot as files
from framework.solver.lr_policy import RateState

if TYPE_CHECKING:
    from framework.solver.solver import Solver


def save(solver: Solver) -> str:
    """Write `<prefix>_iter_<n>` with its suffixes, the state last. Returns the state's path.

    Raises WeightsError, which names the newest whole snapshot, if the disk does not take it.
    """
    hdf5 = enum_name(solver.param, "snapshot_format") == "HDF5"
    weights = files.weights_path(solver.prefix, solver.iter, hdf5)
    state = files.state_path(solver.prefix, solver.iter, hdf5)
    if solver.rank != 0:
        return state
    files.remove_partials(solver.prefix)
    if solver.keep:
        files.remove_older(solver.prefix, solver.keep)      # make room before
    try:
        _write(solver, weights, state, "HDF5" if hdf5 else "binary proto")
    except (WeightsError, OSError) as error:
        reason = f"{state}: cannot be written: {error.strerror}" if isinstance(error, OSError) \
            else str(error)
        newest = next(iter(files.find_states(solver.prefix)), "none")
        raise WeightsError(f"{reason}; the newest whole snapshot is {newest}") from error
    if solver.keep:
        files.remove_older(solver.prefix, solver.keep)
    return state


def _write(solver: Solver, weights: str, state: str, kind: str) -> None:
    Path(state).unlink(missing_ok=True)     # of another run: it must not stand by new weights
    solver.log.info(f"Snapshotting to {kind} file {weights}")
    save_weights(solver.net, weights, gradients=solver.param.snapshot_diff)
    files.write_run(files.run_path(state), files.RunState(
        solver.iter, solver.seed, solver.param.iter_size, list(solver.test_batches),
        [float(loss) for loss in solver.losses], flags_of(solver),
        solver.gradients.scaler.state_dict()))
    solver.log.info(f"Snapshotting solver state to {kind} file {state}")
    history = [blob.detach().cpu().contiguous().numpy() for blob in solver.optimizer.history]
    files.write_state(state, files.State(
        solver.iter, weights, history, solver.rates.current_step, solver.rates.minimum_loss,
        solver.rates.iter_last_event))


def restore(solver: Solver, path: str | Path) -> None:
    """Take weights, history, rates and place in the data from a solver state.

    Raises WeightsError, and leaves the solver as it was, if the state is not of its net.
    """
    solver.log.info(f"Restoring previous solver status from {path}")
    state = files.read_state(path)
    history = check_history(solver, path, state.history)
    weights = files.find_weights(path, state.learned_net)
    if weights:
        load_weights(solver.net, weights)
    with torch.no_grad():
        for mine, read in zip(solver.optimizer.history, history, strict=True):
            mine.copy_(read)
    solver.iter = state.iter
    own = files.state_path(solver.prefix, state.iter, str(path).endswith(".h5"))
    solver.saved_at = state.iter if os.path.abspath(path) == os.path.abspath(own) else -1
    solver.rates = RateState(state.current_step, state.minimum_loss, state.iter_last_event)
    run = files.read_run(files.run_path(path), state.iter)
    solver.losses.clear()
    if run is not None:
        solver.losses.extend(torch.tensor(loss, device=solver.device) for loss in run.losses)
        solver.resumed = True
        warn_of_flags(solver, run)
        if run.loss_scale and solver.gradients.scaler.is_enabled():
            solver.gradients.scaler.load_state_dict(run.loss_scale)
        if len(run.test_batches) == len(solver.test_nets):
            solver.test_batches = list(run.test_batches)
    batches = run.batches if run is not None else solver.param.iter_size
    solver.net.seek(solver.iter * batches)
    for net, position in zip(solver.test_nets, solver.test_batches, strict=True):
        net.seek(position)


def flags_of(solver: Solver) -> dict[str, Any]:
    """What decides, beside the solver file, which numbers a run gives."""
    return {**asdict(solver.gradients.execution), "world_size": solver.world_size}


def warn_of_flags(solver: Solver, run: files.RunState) -> None:
    """Name what the run had otherwise before: from here on its numbers differ."""
    for name, value in flags_of(solver).items():
        before = run.flags.get(name, value)
        if before != value:
            solver.log.warning(f"The run had {name} {before}, now it has {value}: it goes on, but "
                               "not to the same numbers")


def check_history(solver: Solver, path: str | Path,
                  history: list[np.ndarray]) -> list[torch.Tensor]:
    """The history blobs in the shapes of the solver's own."""
    mine = solver.optimizer.history
    if len(history) != len(mine):
        raise WeightsError(f"{path}: holds {len(history)} history blobs; {solver.param.type} on "
                           f"this net has {len(mine)}: the state is of another net or solver type")
    result = []
    for index, (read, own) in enumerate(zip(history, mine, strict=True)):
        if read.size != own.numel():
            blob = solver.net.learned[index % len(solver.net.learned)]
            raise WeightsError(f"{path}: history blob {index} is {read.shape}; blob {blob.index} "
                               f"of layer '{blob.layer}' is {tuple(own.shape)}")
        result.append(torch.from_numpy(np.array(read, np.float32)).reshape(own.shape))
    return result


def seed_of(prefix: str, snapshot: str | Path | None) -> int | None:
    """The seed of the run that a snapshot (or "auto") goes on with, if it is known."""
    states = files.find_states(prefix) if snapshot == "auto" else [Path(snapshot or "")]
    for path in states:
        number = re.search(r"_iter_(\d+)\.solverstate", path.name)
        run = files.read_run(files.run_path(path), int(number[1])) if number else None
        if run is not None:
            return run.seed
    return None


def restore_newest(solver: Solver) -> bool:
    """Restore the newest usable state of the solver's prefix; False if there is none."""
    for path in files.find_states(solver.prefix):
        try:
            restore(solver, path)
            return True
        except CaffeError as error:
            solver.log.warning(f"{path} is not usable: {error}")
    return False
