"""Snapshots on disk: Caffe's solver states both ways, and what Caffe has no room for beside them.

`<prefix>_iter_<n>.caffemodel`, `.solverstate` (with `.h5` behind for HDF5) are Caffe's own;
`<prefix>_iter_<n>.run.json` holds what a run needs to go on exactly. The solver state is written
last: where it stands, the snapshot is whole.
Source: SnapshotSolverStateTo..., RestoreSolverStateFrom... in sgd_solver.cpp, weiliu89/caffe ssd.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import struct
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from framework.errors import WeightsError
from framework.files.atomic import replacing
from framework.files.wire import FIXED32, VARINT, blob_parts, chunk, fields, key, read_blob, varint
from framework.solver.lr_policy import LARGEST


@dataclass
class State:
    """What a solver state holds.

    learned_net  path of the weights, as the solver file's prefix gives it
    history      one array a learned blob, two rows for AdaDelta and Adam
    The rest as in framework.solver.lr_policy.RateState.
    """

    iter: int
    learned_net: str
    history: list[np.ndarray]
    current_step: int = 0
    minimum_loss: float = LARGEST
    iter_last_event: int = 0


@dataclass
class RunState:
    """What a run needs beside the solver state to continue exactly.

    seed          of data and random layers; with the iteration it fixes all random numbers
    batches       batches that one iteration takes: iter_size
    test_batches  batches that each test net has read so far
    losses        the losses of the current average, oldest first
    flags         how the run was executed: precision, world_size, ...
    loss_scale    state_dict of float16's GradScaler, else empty
    """

    iter: int
    seed: int
    batches: int
    test_batches: list[int] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)
    flags: dict[str, Any] = field(default_factory=dict)     # Any: what JSON has
    loss_scale: dict[str, float] = field(default_factory=dict)


def state_path(prefix: str, iteration: int, hdf5: bool) -> str:
    return f"{prefix}_iter_{iteration}.solverstate" + (".h5" if hdf5 else "")


def weights_path(prefix: str, iteration: int, hdf5: bool) -> str:
    return f"{prefix}_iter_{iteration}.caffemodel" + (".h5" if hdf5 else "")


def run_path(state: str | Path) -> Path:
    """The path of the run file that belongs to a solver state."""
    return Path(re.sub(r"\.solverstate(\.h5)?$", "", str(state)) + ".run.json")


def write_state(path: str | Path, state: State) -> None:
    """Write a solver state, as HDF5 if the name ends in .h5. Atomic."""
    with replacing(path) as partial:
        if str(path).endswith(".h5"):
            _write_hdf5(partial, state)
        else:
            with open(partial, "wb") as file:
                for part in _state_parts(state):
                    file.write(part)


def _state_parts(state: State) -> Iterator[bytes | memoryview]:
    yield key(1, VARINT) + varint(state.iter)
    yield from chunk(2, [state.learned_net.encode()])
    for array in state.history:
        yield from chunk(3, blob_parts(array))
    yield key(4, VARINT) + varint(state.current_step)
    yield key(5, FIXED32) + struct.pack("<f", state.minimum_loss)
    yield key(6, VARINT) + varint(state.iter_last_event)


def _write_hdf5(path: Path, state: State) -> None:
    h5py = _h5py(path)
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
    path.write_bytes(content.getbuffer())


def read_state(path: str | Path) -> State:
    """Read a solver state of either kind. Raises WeightsError that says what is wrong with it."""
    try:
        if str(path).endswith(".h5"):
            return _read_hdf5(path)
        return _read_binary(memoryview(Path(path).read_bytes()))
    except FileNotFoundError:
        raise WeightsError(f"{path}: no such solver state") from None
    except (OSError, ValueError, KeyError, UnicodeDecodeError, struct.error) as error:
        raise WeightsError(f"{path}: is no whole solver state: {error}") from error


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
            state.history.append(read_blob(value))
        elif number == 5:
            state.minimum_loss = struct.unpack("<f", value)[0]
    if state.iter < 0:
        raise ValueError("it has no field iter")
    return state


def _read_hdf5(path: str | Path) -> State:
    h5py = _h5py(path)
    with h5py.File(path, "r") as file:
        history = file["history"]
        net = file["learned_net"][()] if "learned_net" in file else b""

        def number(name: str, default: float) -> float:
            return file[name][()].item() if name in file else default

        if "iter" not in file:
            raise ValueError("it has no dataset iter")
        return State(int(number("iter", 0)), net.decode() if isinstance(net, bytes) else str(net),
                     [history[str(index)][()] for index in range(len(history))],
                     int(number("current_step", 0)), number("minimum_loss", LARGEST),
                     int(number("iter_last_event", 0)))


def _h5py(path: str | Path) -> Any:       # a module without types
    try:
        import h5py
    except ImportError:
        raise WeightsError(f"{path}: HDF5 files need h5py: pip install h5py") from None
    return h5py


def write_run(path: Path, run: RunState) -> None:
    with replacing(path) as partial:
        partial.write_text(json.dumps({"version": 1, **asdict(run)}, indent=1) + "\n")


def read_run(path: Path, iteration: int) -> RunState | None:
    """The run file, or None if there is none or it is of another iteration."""
    try:
        content = json.loads(path.read_text())
        run = RunState(**{name: value for name, value in content.items() if name != "version"})
    except (OSError, ValueError, TypeError, AttributeError):
        return None
    return run if run.iter == iteration else None


def find_states(prefix: str) -> list[Path]:
    """The solver states with this prefix, newest iteration first."""
    folder, name = os.path.split(prefix)
    pattern = re.compile(re.escape(name) + r"_iter_(\d+)\.solverstate(\.h5)?")
    found = []
    with contextlib.suppress(OSError):
        for entry in os.listdir(folder or "."):
            if match := pattern.fullmatch(entry):
                found.append((int(match[1]), Path(folder, entry)))
    return [path for _, path in sorted(found, reverse=True)]


def find_weights(state_file: str | Path, learned_net: str) -> str:
    """Where the weights of a state are: at their path, or beside the state if it was moved."""
    if learned_net and not os.path.exists(learned_net):
        beside = Path(state_file).parent / Path(learned_net).name
        if beside.exists():
            return str(beside)
    return learned_net


def remove_partials(prefix: str) -> None:
    """Remove what processes that were killed while they wrote a snapshot left behind."""
    folder, name = os.path.split(prefix)
    pattern = re.compile(r"\.partial-(\d+)-" + re.escape(name) + r"_iter_\d+\..*")
    with contextlib.suppress(OSError):
        for entry in os.listdir(folder or "."):
            match = pattern.fullmatch(entry)
            if match and not is_running(int(match[1])):
                Path(folder, entry).unlink(missing_ok=True)


def is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True         # it is another user's
    return True


def remove_older(prefix: str, keep: int) -> None:
    """Remove all but the newest `keep` snapshots of a prefix."""
    for path in find_states(prefix)[keep:]:
        remove(path)


def remove(state: str | Path) -> None:
    """Remove what there is of a snapshot, the state before its weights. What a disk does not let
    go, or is a folder, stays: that ends no run."""
    stem = re.sub(r"\.solverstate(\.h5)?$", "", str(state))
    for suffix in (".solverstate", ".solverstate.h5", ".run.json", ".caffemodel",
                   ".caffemodel.h5"):
        with contextlib.suppress(OSError):
            Path(stem + suffix).unlink(missing_ok=True)
