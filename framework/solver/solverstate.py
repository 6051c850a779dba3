"""Read, write, find and remove solver states (.solverstate, .solverstate.h5).

`<prefix>_iter_<n>.caffemodel`, `.solverstate` (with `.h5` at the end for HDF5) are Caffe's own;
`run_file.py` has the third. The solver state is written last: where there is one, the snapshot is
complete.
Source: SnapshotSolverStateTo..., RestoreSolverStateFrom... in sgd_solver.cpp, weiliu89/caffe ssd.
"""

from __future__ import annotations

import contextlib
import io
import math
import os
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from framework.errors import CaffeError, WeightsError
from framework.solver.lr_policy import LARGEST
from framework.solver.run_file import STATE_SUFFIX, RunState, matches, read_run, run_path
from framework.system.atomic import remove_leftovers, replacing
from framework.system.file_kinds import HDF5, is_weights, other_kind
from framework.system.regular import read_regular
from framework.weights import hdf5
from framework.weights.blob import read_any_blob
from framework.weights.wire import FIXED32, VARINT, blob_parts, chunk, fields, key, varint

# What numpy and h5py raise, and the wire format, where a file is damaged.
DAMAGE = (*hdf5.DAMAGE, struct.error)


@dataclass
class State:
    """What a solver state holds.

    learned_net  path of the weights, as the solver file's prefix gives it
    history      one array a learned blob, two rows for AdaDelta and Adam
    run          what the run file beside it holds; None where there is none
    The rest as in framework.solver.lr_policy.RateState.
    """

    iter: int
    learned_net: str
    history: list[Any]      # Any: arrays, or Blobs of a file, which numpy takes for arrays
    current_step: int = 0
    minimum_loss: float = LARGEST
    iter_last_event: int = 0
    run: RunState | None = None


def state_path(prefix: str, iteration: int, hdf5: bool) -> str:
    """The path of the solver state of an iteration."""
    return f"{prefix}_iter_{iteration}.solverstate" + (".h5" if hdf5 else "")


def weights_path(prefix: str, iteration: int, hdf5: bool) -> str:
    """The path of the weights of an iteration."""
    return f"{prefix}_iter_{iteration}.caffemodel" + (".h5" if hdf5 else "")


def best_path(prefix: str, hdf5: bool) -> str:
    """The path of the weights of the best test."""
    return f"{prefix}_best.caffemodel" + (".h5" if hdf5 else "")


@contextlib.contextmanager
def writing_state(path: str | Path, state: State) -> Iterator[Path]:
    """Write a solver state, as HDF5 if the name ends in .h5, to the path that is given.

    It has its own name only at the end, when what belongs to it is written too. Atomic.
    """
    with replacing(path, WeightsError) as partial:
        if str(path).endswith(".h5"):
            _write_hdf5(partial, state)
        else:
            with open(partial, "wb") as file:
                for part in _state_parts(state):
                    file.write(part)
        yield partial


def write_state(path: str | Path, state: State) -> None:
    """Write a solver state that nothing else belongs to."""
    with writing_state(path, state):
        pass


def _state_parts(state: State) -> Iterator[bytes | memoryview]:
    yield key(1, VARINT) + varint(state.iter)
    yield from chunk(2, [state.learned_net.encode()])
    for array in state.history:
        yield from chunk(3, blob_parts(array))
    yield key(4, VARINT) + varint(state.current_step)
    yield key(5, FIXED32) + struct.pack("<f", state.minimum_loss)
    yield key(6, VARINT) + varint(state.iter_last_event)


def _write_hdf5(path: Path, state: State) -> None:
    h5py = hdf5.module(path)
    content = io.BytesIO()      # on a full disk HDF5 itself keeps its file open, and the room taken
    with h5py.File(content, "w", libver="earliest") as file:
        for name in ("iter", "current_step", "iter_last_event"):
            file.create_dataset(name, data=np.array([getattr(state, name)], np.int32))
        file.create_dataset("minimum_loss", data=np.array([state.minimum_loss], np.float32))
        text = state.learned_net.encode()
        kind = h5py.h5t.C_S1.copy()
        kind.set_size(len(text) + 1)        # with the zero at the end, as H5LTmake_dataset_string
        kind.set_strpad(h5py.h5t.STR_NULLTERM)
        space = h5py.h5s.create(h5py.h5s.SCALAR)
        data = h5py.h5d.create(file.id, b"learned_net", kind, space)
        data.write(h5py.h5s.ALL, h5py.h5s.ALL, np.array(text, dtype=f"S{len(text) + 1}"), kind)
        group = file.create_group("history")
        for index, array in enumerate(state.history):
            group.create_dataset(str(index), data=np.asarray(array, np.float32))
    with open(path, "wb") as out, content.getbuffer() as written:   # write_bytes keeps a view
        out.write(written)


def read_state(path: str | Path) -> State:
    """Read a solver state of either kind. Raises WeightsError that says what is wrong with it."""
    of_weights = WeightsError(f"{path}: is a file of weights, not a solver state; give the "
                              ".solverstate of that iteration, or start from it with --weights")
    if str(path).removesuffix(".h5").endswith(".caffemodel"):
        raise of_weights
    try:
        is_hdf5 = str(path).endswith(".h5")
        content = b"" if is_hdf5 else read_regular(path)
        if is_hdf5 or content.startswith(HDF5):
            state = _read_hdf5(path)
        else:
            if kind := other_kind(content[:4096]):
                raise WeightsError(f"{path}: is {kind}; it is not a solver state")
            if is_weights(content):
                raise of_weights
            state = _read_binary(memoryview(content))
        state.history = [np.asarray(values) for values in state.history]
        _check(state)
        return state
    except FileNotFoundError:
        raise WeightsError(f"{path}: no such solver state") from None
    except CaffeError:
        raise
    except DAMAGE as error:
        raise WeightsError(f"{path}: is not a complete solver state: {error}") from error


def _check(state: State) -> None:
    """ValueError for numbers that the original cannot have written."""
    for name in ("iter", "current_step", "iter_last_event"):
        value = getattr(state, name)
        if not 0 <= value < 1 << 31:
            raise ValueError(f"its {name} is {value}")
    if not math.isfinite(state.minimum_loss):
        raise ValueError(f"its minimum_loss is {state.minimum_loss}")
    for index, array in enumerate(state.history):
        bad = array.size - int(np.isfinite(array).sum())
        if bad:
            raise ValueError(f"{bad} of {array.size} values of history blob {index} are nan or "
                             "infinite")


def _read_binary(data: memoryview) -> State:
    state = State(-1, "", [])
    numbers = {1: "iter", 4: "current_step", 6: "iter_last_event"}
    for number, _, value in fields(data):
        if isinstance(value, int):
            if number in numbers:
                setattr(state, numbers[number], value)
        elif number == 2:
            state.learned_net = bytes(value).decode()
        elif number == 3:
            state.history.append(read_any_blob(value))
        elif number == 5:
            state.minimum_loss = struct.unpack("<f", value)[0]
    if state.iter < 0:
        raise ValueError("it has no field iter")
    return state


def _read_hdf5(path: str | Path) -> State:
    file = hdf5.open_file(path, WeightsError, "a complete solver state")
    with hdf5.damage_as(WeightsError, f"{path}: is not a complete solver state"):
        history = hdf5.entry(file, "history")
        if hdf5.entry(file, "iter") is None:
            raise ValueError("it has no dataset iter")

        def number(name: str, default: float) -> float:
            dataset = hdf5.entry(file, name)
            return default if dataset is None else hdf5.read(dataset).item()

        return State(int(number("iter", 0)), hdf5.read_text(file, "learned_net"),
                     [hdf5.blob(path, file, hdf5.entry(history, str(index)))
                      for index in range(len(history))],
                     int(number("current_step", 0)), number("minimum_loss", LARGEST),
                     int(number("iter_last_event", 0)))


def find_runs(prefix: str) -> list[tuple[int, int, Path]]:
    """Run, iteration and path of the solver states with this prefix, the newest first.

    A run that began anew is newer than all iterations of those before it. A state whose run file
    is damaged counts as a state of the last run.
    """
    found = [(_run_of(path), iteration, path)
             for iteration, path in _files_of(prefix, "solverstate")]
    last = max((run for run, _, _ in found if run is not None), default=0)
    return sorted(((last if run is None else run, iteration, path)
                   for run, iteration, path in found), reverse=True)


def _run_of(state: Path) -> int | None:
    try:
        run = read_run(state, whole=False)
    except WeightsError:
        return None
    return run.run if run else 0


def find_states(prefix: str) -> list[Path]:
    """The solver states with this prefix, the newest first."""
    return [path for _, _, path in find_runs(prefix)]


def find_lone_weights(prefix: str) -> list[Path]:
    """The weights with this prefix that are newer than all solver states and have none of their
    own, the highest iteration first: copied here, or of a run that was killed before its state.
    """
    states = find_states(prefix)
    newest = max(map(_time_of, states), default=0)
    found = [(iteration, path) for iteration, path in _files_of(prefix, "caffemodel")
             if Path(state_path(prefix, iteration, hdf5=path.suffix == ".h5")) not in states
             and _time_of(path) > newest]
    return [path for _, path in sorted(found, reverse=True)]


def _files_of(prefix: str, kind: str) -> list[tuple[int, Path]]:
    """Iteration and path of the snapshots' files with this prefix, in no order.

    kind  the ending: solverstate or caffemodel, before .h5
    """
    folder, name = os.path.split(prefix)
    pattern = re.compile(rf"{re.escape(name)}_iter_(\d+)\.{kind}(\.h5)?")
    with contextlib.suppress(OSError):
        return [(int(match[1]), Path(folder, match[0])) for entry in os.listdir(folder or ".")
                if (match := pattern.fullmatch(entry))]
    return []


def _time_of(path: Path) -> int:
    """Nanoseconds, when a file was written; 0 if it is gone."""
    with contextlib.suppress(OSError):
        return os.stat(path).st_mtime_ns
    return 0


def find_weights(state_file: str | Path, learned_net: str, run: RunState | None = None) -> str:
    """Find the weights of a state: at their path, or beside the state if it was moved.

    Raises WeightsError if they are at neither, or if the checksum in `run` fits no file.
    """
    if not learned_net:
        raise WeightsError(f"{state_file}: does not name its weights (it has no learned_net)")
    beside = str(Path(state_file).parent / Path(learned_net).name)
    found = [path for path in dict.fromkeys([learned_net, beside]) if os.path.isfile(path)]
    if not found:
        raise WeightsError(f"{state_file}: its weights are missing: there is no {learned_net}")
    suffix = ".caffemodel.h5" if str(state_file).endswith(".h5") else ".caffemodel"
    for path in found:
        if run is None or matches(path, run, suffix):
            return path
    raise WeightsError(f"{found[0]}: is not as it was written: the checksum in "
                       f"{run_path(state_file)} differs")


def remove_partials(prefix: str) -> None:
    """Remove partial files of processes that were killed while they wrote a snapshot.

    The caller holds the prefix, so that no other process writes there.
    """
    folder, name = os.path.split(prefix)
    remove_leftovers(Path(folder), re.escape(name) + r"_iter_\d+\..*", age=0)


def remove(state: str | Path) -> None:
    """Remove the files of a snapshot, as far as there are any.

    The large files first: where a process is killed in between, the next one sees a state of its
    run, by the run file, and removes the rest. What cannot be removed stays, and does not end a
    run.
    """
    weights = Path(STATE_SUFFIX.sub(r".caffemodel\1", str(state)))
    for path in (weights, Path(state), run_path(state)):
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)
