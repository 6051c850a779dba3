"""Ownership marks of folders: only folders that these programs made are ever removed."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from pathlib import Path

from framework.errors import DataError

MARK = ".made_by_caffe_on_torch"
_NOT_COUNTED = (MARK, "lock.mdb")       # lock.mdb: by whoever reads a database with locks


def make(folder: Path) -> None:
    """Make a folder with the mark; it may exist already. DataError if it exists and is not ours."""
    folder.mkdir(exist_ok=True)
    check(folder)
    mark(folder)


def mark(folder: Path) -> None:
    """Put the mark into a folder that is being made."""
    (folder / MARK).write_text("{}\n")


def finish(folder: Path) -> None:
    """Note in the mark how many files and folders there are, so that added ones are noticed."""
    (folder / MARK).write_text(json.dumps({"entries": _count(folder)}) + "\n")


def check(folder: Path) -> None:
    """DataError unless the folder is empty, or has our mark and nothing was added to it since."""
    if folder.is_symlink() or not os.path.isdir(folder):
        raise DataError(f"{folder}: is not a folder that this program made, and is kept; give "
                        "another name, or remove it yourself")
    if not any(folder.iterdir()):
        return
    if not os.path.isfile(folder / MARK):
        raise DataError(f"{folder}: was not made by this program (it has no {MARK}), and is kept; "
                        "give another name, or remove it yourself")
    known = _noted(folder)
    if known is not None and _count(folder) > known:
        raise DataError(f"{folder}: has {_count(folder)} files and folders, but this program made "
                        f"{known}; it is kept: move away what is yours")


def clear(folder: Path) -> None:
    """Remove the content of a folder of ours except for the mark. DataError if it is not ours."""
    check(folder)
    for path in folder.iterdir():
        if path.name == MARK:
            continue
        if os.path.isdir(path) and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def remove(folder: Path) -> None:
    """Remove a folder of ours. DataError, and nothing is removed, if it is not ours.

    The mark is removed last, so that the rest of an interrupted call is still known as ours.
    """
    clear(folder)
    (folder / MARK).unlink(missing_ok=True)
    folder.rmdir()


def _noted(folder: Path) -> int | None:
    """How many entries there were when the folder was finished; None if it was not."""
    with contextlib.suppress(ValueError, AttributeError):
        noted = json.loads((folder / MARK).read_text()).get("entries")
        return noted if isinstance(noted, int) else None
    return None


def _count(folder: Path) -> int:
    return sum(name not in _NOT_COUNTED
               for _, folders, files in os.walk(folder) for name in (*folders, *files))
