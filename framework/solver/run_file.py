"""The run file of a snapshot (JSON): state that Caffe's two files lack, and checksums of all.

`<prefix>_iter_<n>.run.json`, beside `.caffemodel` and `.solverstate`. Snapshots of the original,
and those of which only its two files were copied, are without it.
"""

from __future__ import annotations

import json
import math
import re
import zlib
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from framework.errors import WeightsError
from framework.system.atomic import replacing

STATE_SUFFIX = re.compile(r"\.solverstate(\.h5)?$")
SCALER = {"scale", "growth_factor", "backoff_factor", "growth_interval", "_growth_tracker"}
Json = dict[str, Any]       # Any: what JSON has


@dataclass
class RunState:
    """What a run needs beside the solver state to continue exactly.

    seed          of data and random layers; with the iteration it fixes all random numbers
    batches       batches that one iteration takes: iter_size
    test_batches  batches that each test net has read so far
    losses        the losses of the current average, oldest first
    flags         how the run was executed: precision, world_size, ...
    loss_scale    state_dict of float16's GradScaler, else empty
    run           counts the runs that wrote under the prefix; 0 in files of earlier versions
    best          the best test so far (solver/best.py), else empty
    checksums     CRC-32 by suffix: of .caffemodel and .solverstate, or of both with .h5
    """

    iter: int
    seed: int
    batches: int
    test_batches: list[int] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)
    flags: Json = field(default_factory=dict)
    loss_scale: dict[str, float] = field(default_factory=dict)
    run: int = 0
    checksums: dict[str, int] = field(default_factory=dict)
    best: Json = field(default_factory=dict)


def run_path(state: str | Path) -> Path:
    """The path of the run file that belongs to a solver state."""
    return Path(STATE_SUFFIX.sub("", str(state)) + ".run.json")


def suffix_of(path: str | Path) -> str:
    """`.solverstate`, `.caffemodel`, or one of them with `.h5`."""
    suffixes = Path(path).suffixes
    return "".join(suffixes[-2:] if suffixes[-1:] == [".h5"] else suffixes[-1:])


def write_run(path: Path, run: RunState) -> None:
    """Write a run file with its own checksum; atomic."""
    content = {"version": 2, **asdict(run)}
    content["checksum"] = _own_checksum(content)
    with replacing(path, WeightsError) as partial:
        partial.write_text(json.dumps(content, indent=1) + "\n")


def read_run(state: str | Path, whole: bool = True) -> RunState | None:
    """Read the run file of a solver state; None without one, or if it is of the other format.

    Raises WeightsError if it is damaged, or (with `whole`) if the state is not the one that it was
    written with.
    """
    path = run_path(state)
    try:
        run = _checked(json.loads(path.read_bytes()))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, RecursionError) as error:
        raise WeightsError(f"{path}: is not a complete run file: {error}; without this file the "
                           "state is read like a state of the original's") from None
    suffix = suffix_of(state)
    if run.checksums and suffix not in run.checksums:
        return None     # a snapshot of the other format was written over it
    if whole and not matches(state, run, suffix):
        raise WeightsError(f"{state}: is not as it was written: the checksum in {path} differs")
    return run


def matches(path: str | Path, run: RunState, suffix: str) -> bool:
    """Whether a file is the one that the run file was written with, as far as that says."""
    try:
        return suffix not in run.checksums or checksum(path) == run.checksums[suffix]
    except OSError as error:
        raise WeightsError(f"{path}: cannot be read: {error.strerror or error}") from None


def checksum(path: str | Path) -> int:
    """The CRC-32 of a file."""
    value = 0
    with open(path, "rb") as file:
        while piece := file.read(1 << 22):
            value = zlib.crc32(piece, value)
    return value


def _own_checksum(content: Json) -> int:
    """Of everything in a run file but this number itself."""
    rest = {name: value for name, value in content.items() if name != "checksum"}
    return zlib.crc32(json.dumps(rest, sort_keys=True).encode())


def _checked(content: Any) -> RunState:     # Any: whatever the file holds
    """The RunState in a run file's JSON. Raises ValueError if a value is not of its kind."""
    if not isinstance(content, dict):
        raise ValueError("it is not a JSON object")
    has_none = content.get("version") == 1 and "checksum" not in content    # written by 0.1
    if not has_none and content.get("checksum") != _own_checksum(content):
        raise ValueError("its checksum differs")
    run = RunState(**{name: value for name, value in content.items()
                      if name not in ("version", "checksum")})
    counts = [run.iter, run.batches, run.run, *_values(run.test_batches, "list"),
              *_values(run.checksums, "dict")]
    numbers = [*_values(run.losses, "list"), *_values(run.loss_scale, "dict")]
    whole = all(type(value) is int and value >= 0 for value in counts)
    if not whole or type(run.seed) is not int:
        raise ValueError("one of its numbers is not an integer of 0 or more")
    if not all(type(value) in (int, float) and math.isfinite(value) for value in numbers):
        raise ValueError("a loss or loss_scale in it is not a finite number")
    _values(run.flags, "dict")
    _check_best(_values(run.best, "dict"), set(run.best))
    if run.loss_scale and set(run.loss_scale) != SCALER:
        raise ValueError(f"loss_scale in it must have {', '.join(sorted(SCALER))}")
    return run


def _check_best(values: list[Any], names: set[str]) -> None:
    """ValueError unless these are the numbers that solver/best.py gave."""
    if names and (names != {"value", "iter", "tests"}
                  or not all(type(value) in (int, float) and math.isfinite(value)
                             for value in values if value is not None)):
        raise ValueError("best in it must have the numbers value, iter and tests")


def _values(group: Any, kind: str) -> list[Any]:        # Any: values of JSON
    if type(group).__name__ != kind:
        raise ValueError(f"it has a {type(group).__name__} where a {kind} is due")
    return list(group.values()) if isinstance(group, dict) else list(group)
