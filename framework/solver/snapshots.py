"""A solver's snapshots: writing its state in the run, and going on from there."""

from __future__ import annotations

import contextlib
import os
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from framework.errors import CaffeError, WeightsError
from framework.proto import enum_name
from framework.solver import solverstate as files
from framework.solver.lr_policy import RateState
from framework.solver.run_file import (
    RunState,
    checksum,
    read_run,
    run_path,
    suffix_of,
    write_run,
)
from framework.weights.weights import load_weights, read_layers, save_weights

if TYPE_CHECKING:
    from framework.solver.solver import Solver


def save(solver: Solver) -> str:
    """Write `<prefix>_iter_<n>` with its suffixes, the state last. Returns the state's path.

    Raises WeightsError, which names the newest whole snapshot, if the disk does not take it, and
    LockedError if another training writes there.
    """
    hdf5 = is_hdf5(solver)
    weights = files.weights_path(solver.prefix, solver.iter, hdf5)
    state = files.state_path(solver.prefix, solver.iter, hdf5)
    if solver.rank != 0:
        return state
    solver.claim.take(solver.iter)
    files.remove_partials(solver.prefix)
    if solver.keep:
        solver.claim.remove_older(solver.keep)      # make room before
    try:
        _write(solver, weights, state, "HDF5" if hdf5 else "binary proto")
    except (WeightsError, OSError) as error:
        reason = f"{state}: cannot be written: {error.strerror}" if isinstance(error, OSError) \
            else str(error)
        newest = next(iter(files.find_states(solver.prefix)), "none")
        raise WeightsError(f"{reason}; the newest whole snapshot is {newest}") from error
    solver.claim.wrote(state)
    if solver.keep:
        solver.claim.remove_older(solver.keep)
    return state


def is_hdf5(solver: Solver) -> bool:
    return enum_name(solver.param, "snapshot_format") == "HDF5"


def _write(solver: Solver, weights: str, state: str, kind: str) -> None:
    Path(state).unlink(missing_ok=True)     # of another run: it must not be beside new weights
    solver.log.info(f"Snapshotting to {kind} file {weights}")
    save_weights(solver.net, weights, gradients=solver.param.snapshot_diff)
    solver.log.info(f"Snapshotting solver state to {kind} file {state}")
    history = [blob.detach().cpu().contiguous().numpy() for blob in solver.optimizer.history]
    content = files.State(solver.iter, weights, history, solver.rates.current_step,
                          solver.rates.minimum_loss, solver.rates.iter_last_event)
    with files.writing_state(state, content) as partial:
        sums = {suffix_of(weights): checksum(weights), suffix_of(state): checksum(partial)}
        write_run(run_path(state), RunState(
            solver.iter, solver.seed, solver.param.iter_size, list(solver.test_batches),
            [float(loss) for loss in solver.losses], flags_of(solver),
            solver.gradients.scaler.state_dict(), solver.claim.run or 0, sums))


def restore(solver: Solver, path: str | Path, iteration: int | None = None) -> None:
    """Take weights, history, rates and position in the data from a solver state.

    iteration  what the state must be of, if that is known
    Raises WeightsError, and leaves the solver as it was, if the state is not of its net.
    """
    solver.log.info(f"Restoring previous solver status from {path}")
    run = read_run(path)        # and its checksums, before anything else looks into the files
    state = files.read_state(path)
    if run is not None and run.iter != state.iter:
        raise WeightsError(f"{path}: is of iteration {state.iter}; {run_path(path)} is of "
                           f"iteration {run.iter}")
    if iteration not in (None, state.iter):
        raise WeightsError(f"{path}: is of iteration {state.iter}, not {iteration}")
    history = check_history(solver, path, state.history)
    load_all(solver, path, files.find_weights(path, state.learned_net, run))
    with torch.no_grad():
        for mine, read in zip(solver.optimizer.history, history, strict=True):
            mine.copy_(read)
    solver.iter = state.iter
    own = files.state_path(solver.prefix, state.iter, str(path).endswith(".h5"))
    solver.saved_at = state.iter if os.path.abspath(path) == os.path.abspath(own) else -1
    solver.rates = RateState(state.current_step, state.minimum_loss, state.iter_last_event)
    solver.claim.resume(path, state.iter, run)
    take_place(solver, run)


def load_all(solver: Solver, state: str | Path, weights: str) -> None:
    """Load the weights of a state. Raises WeightsError if a blob would be left as it is."""
    params = solver.net.params
    named = {layer.name for layer in read_layers(weights) if layer.blobs}
    # HDF5 has a blob that layers share with the first of them alone
    found = {blob.data_ptr() for name in named for blob in params.get(name, [])}
    for name, blobs in params.items():
        if any(blob.data_ptr() not in found for blob in blobs):
            raise WeightsError(f"{weights}: has no blobs of layer '{name}': the state {state} is "
                               "of another net")
    load_weights(solver.net, weights)


def take_place(solver: Solver, run: RunState | None) -> None:
    """Go to the position in the data, and take what else a run file holds."""
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


def warn_of_flags(solver: Solver, run: RunState) -> None:
    """Name what the run had otherwise before: from here on its numbers differ."""
    run_flags = {**run.flags, "seed": run.seed}
    for name, value in {**flags_of(solver), "seed": solver.seed}.items():
        before = run_flags.get(name, value)
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
        with contextlib.suppress(WeightsError):     # `restore` will name it
            run = read_run(path)
            if run is not None:
                return run.seed
    return None


def restore_newest(solver: Solver) -> bool:
    """Restore the newest usable state of the last run with the solver's prefix.

    False if there is no state. Raises WeightsError if none of the last run is usable: to begin
    anew, or to go on from an earlier run, would be another training than the one that was asked
    for.
    """
    there = files.find_runs(solver.prefix)
    problems = []
    solver.claim.passed_over = []
    for number, iteration, path in there:
        if number < there[0][0]:
            problems.append(f"{path} is of an earlier run")
            continue
        try:
            restore(solver, path, iteration)
            return True
        except CaffeError as error:
            problems.append(f"{path} is not usable: {error}")
            solver.claim.passed_over.append(path)
            solver.log.warning(problems[-1])
    if problems:
        raise WeightsError("--snapshot auto: there are snapshots, but none to go on from; give the "
                           "state that is meant, or another snapshot_prefix to begin anew:\n"
                           + "\n".join(problems))
    return False
