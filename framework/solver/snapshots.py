"""A solver's snapshots: writing its state in the run, and going on from there."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from framework.errors import CaffeError, WeightsError
from framework.logs.log import Log
from framework.net.net import Net
from framework.proto import SolverParameter, enum_name
from framework.solver import solverstate as files
from framework.solver.claim import Claim
from framework.solver.optim import Optimizer
from framework.solver.run_file import checksum, read_run, run_path, suffix_of, write_run
from framework.weights.weights import load_weights, read_layers, save_weights


def is_hdf5(param: SolverParameter) -> bool:
    return enum_name(param, "snapshot_format") == "HDF5"


def num_bytes(net: Net, kept: list[Tensor]) -> int:
    """Room that a snapshot takes on the disk, at most: weights with gradients, and the history."""
    return 2 * sum(blob.parameter.nbytes for blob in net.learned) + \
        sum(blob.nbytes for blob in kept)


def save(path: str, state: files.State, net: Net, gradients: bool, claim: Claim,
         keep: int) -> None:
    """Write the weights to `state.learned_net`, then the run file and the state to `path`.

    gradients  also write those of the weights: snapshot_diff
    keep       how many snapshots of the claim's run to keep on the disk; 0: all
    Raises WeightsError, which names the newest whole snapshot, if the disk does not take it, and
    LockedError if another training writes there.
    """
    claim.take(state.iter)
    files.remove_partials(claim.prefix)
    if keep:
        claim.remove_older(keep)        # make room before
    try:
        _write(path, state, net, gradients, claim)
    except (WeightsError, OSError) as error:
        reason = f"{path}: cannot be written: {error.strerror}" if isinstance(error, OSError) \
            else str(error)
        newest = next(iter(files.find_states(claim.prefix)), "none")
        raise WeightsError(f"{reason}; the newest whole snapshot is {newest}") from error
    claim.wrote(path)
    if keep:
        claim.remove_older(keep)


def _write(path: str, state: files.State, net: Net, gradients: bool, claim: Claim) -> None:
    weights = state.learned_net
    kind = "HDF5" if path.endswith(".h5") else "binary proto"
    Path(path).unlink(missing_ok=True)      # of another run: it must not be beside new weights
    claim.log.info(f"Snapshotting to {kind} file {weights}")
    save_weights(net, weights, gradients=gradients)
    claim.log.info(f"Snapshotting solver state to {kind} file {path}")
    with files.writing_state(path, state) as partial:
        sums = {suffix_of(weights): checksum(weights), suffix_of(path): checksum(partial)}
        assert state.run is not None
        write_run(run_path(path), replace(state.run, run=claim.run or 0, checksums=sums))


def load(path: str | Path, net: Net, kept: list[Tensor], optimizer: Optimizer,
         iteration: int | None = None) -> files.State:
    """Load the weights of a solver state into the net. Returns the state, with its run file.

    kept       what the history of the solver's own states holds
    optimizer  the solver's own, whose history is the first of `kept`
    iteration  what the state must be of, if that is known
    Its history has the shapes of `kept`. Raises WeightsError, and leaves the net as it was, if the
    state is not of this net and solver.
    """
    run = read_run(path)        # and its checksums, before anything else looks into the files
    state = files.read_state(path)
    if run is not None and run.iter != state.iter:
        raise WeightsError(f"{path}: is of iteration {state.iter}; {run_path(path)} is of "
                           f"iteration {run.iter}")
    if iteration not in (None, state.iter):
        raise WeightsError(f"{path}: is of iteration {state.iter}, not {iteration}")
    history = check_history(path, state.history, net, kept, optimizer)
    load_all(net, path, files.find_weights(path, state.learned_net, run))
    return replace(state, history=history, run=run)


def weights_named(path: str | Path, iteration: int | None = None) -> str:
    """The file of weights that a solver state names.

    iteration  what the state must be of, if that is known
    Raises WeightsError if state, run file or weights are damaged.
    """
    run = read_run(path)
    state = files.read_state(path)
    if iteration not in (None, state.iter):
        raise WeightsError(f"{path}: is of iteration {state.iter}, not {iteration}")
    weights = files.find_weights(path, state.learned_net, run)
    read_layers(weights)
    return weights


def load_all(net: Net, state: str | Path, weights: str) -> None:
    """Load the weights of a state. Raises WeightsError if a blob would be left as it is."""
    params = net.params
    named = {layer.name for layer in read_layers(weights) if layer.blobs}
    # HDF5 has a blob that layers share with the first of them alone
    found = {blob.data_ptr() for name in named for blob in params.get(name, [])}
    for name, blobs in params.items():
        if any(blob.data_ptr() not in found for blob in blobs):
            raise WeightsError(f"{weights}: has no blobs of layer '{name}': the state {state} is "
                               "of another net")
    load_weights(net, weights)


def check_history(path: str | Path, history: list[np.ndarray], net: Net, mine: list[Tensor],
                  optimizer: Optimizer) -> list[np.ndarray]:
    """The history blobs in the shapes of the solver's own."""
    solver = optimizer.param.type
    if len(history) != len(mine):
        raise WeightsError(f"{path}: holds {len(history)} history blobs; {solver} on this net has "
                           f"{len(mine)}: the state is of another net or solver type, or of a "
                           "solver with another ema_decay")
    result = []
    for index, (read, own) in enumerate(zip(history, mine, strict=True)):
        if read.size != own.numel():
            blob = net.learned[index % len(net.learned)]
            raise WeightsError(f"{path}: history blob {index} is {read.shape}; blob {blob.index} "
                               f"of layer '{blob.layer}' is {tuple(own.shape)}")
        result.append(np.array(read, np.float32).reshape(own.shape))
    for index in optimizer.squares:
        least = result[index].min(initial=0)
        if least < 0:
            raise WeightsError(f"{path}: history blob {index} has the value {least:g}; {solver} "
                               "keeps squares there, 0 or more: the state is of another solver "
                               "type")
    return result


def warn_of_flags(log: Log, before: dict[str, Any], now: dict[str, Any]) -> None:
    """Name what the run had otherwise before: from here on its numbers differ."""
    for name, value in now.items():
        had = before.get(name, value)
        if had != value:
            log.warning(f"The run had {name} {had}, now it has {value}: it goes on, but not to "
                        "the same numbers")


def seed_of(prefix: str, snapshot: str | Path | None) -> int | None:
    """The seed of the run that a snapshot (or "auto") goes on with, if it is known."""
    states = files.find_states(prefix) if snapshot == "auto" else [Path(snapshot or "")]
    for path in states:
        with contextlib.suppress(WeightsError):     # `restore` will name it
            run = read_run(path)
            if run is not None:
                return run.seed
    return None


def restore_newest(claim: Claim, restore: Callable[[Path, int], None]) -> bool:
    """Restore the newest usable state of the last run with the claim's prefix.

    restore  goes on from a state's path, which must be of an iteration
    False if there is no state. Raises WeightsError if none of the last run is usable: to begin
    anew, or to go on from an earlier run, would be another training than the one that was asked
    for.
    """
    claim.passed_over = []

    def pass_over(path: Path, problem: str) -> None:
        claim.passed_over.append(path)
        claim.log.warning(problem)

    _warn_of_states_alone(claim)
    is_restored, problems = use_newest(claim.prefix, restore, pass_over)
    if not is_restored and problems:
        raise WeightsError("--snapshot auto: there are snapshots, but none to go on from; give the "
                           "state that is meant, or another snapshot_prefix to begin anew:\n"
                           + "\n".join(problems))
    return is_restored


def _warn_of_states_alone(claim: Claim) -> None:
    """Name the states without a run file, which count as of a run before all that have one."""
    there = files.find_runs(claim.prefix)
    alone = [str(path) for run, _, path in there
             if run < there[0][0] and not run_path(path).exists()]
    if alone:
        claim.log.warning(
            f"{', '.join(alone)}: without the .run.json beside it, a state counts as older than "
            "those that have one and is passed over; to go on from it, give it to --snapshot")


def use_newest(prefix: str, use: Callable[[Path, int], None],
               pass_over: Callable[[Path, str], None]) -> tuple[bool, list[str]]:
    """Use the newest state of the last run with a prefix for which `use` raises no CaffeError.

    use        takes a state's path, and the iteration that it must be of
    pass_over  is told of each state that is not usable, and why
    Returns whether one was used, and the sentences about all those that were not.
    """
    there = files.find_runs(prefix)
    problems: list[str] = []
    for number, iteration, path in there:
        if number < there[0][0]:
            problems.append(f"{path} is of an earlier run")
            continue
        try:
            use(path, iteration)
            return True, problems
        except CaffeError as error:
            problems.append(f"{path} is not usable: {error}")
            pass_over(path, problems[-1])
    return False, problems


def find_newest_weights(prefix: str, pass_over: Callable[[Path, str], None],
                        use: Callable[[str], None] | None = None) -> tuple[str, list[str]]:
    """The newest usable weights with a prefix: those of a state of the last run, or newer ones
    without a state; "" if there are none.

    pass_over  as for `use_newest`, whose sentences come second
    use        what they are for: it raises CaffeError for those that do not serve
    """
    def take(weights: str) -> None:
        if use is not None:
            use(weights)
        found.append(weights)

    found: list[str] = []
    before: list[str] = []
    for path in files.find_lone_weights(prefix):
        try:
            read_layers(path)
            take(str(path))
            return str(path), before
        except CaffeError as error:
            before.append(str(error))
            pass_over(path, before[-1])
    _, problems = use_newest(
        prefix, lambda state, iteration: take(weights_named(state, iteration)), pass_over)
    return found[0] if found else "", before + problems
