"""Files that are there whole or not at all."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from framework.errors import WeightsError


@contextlib.contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """A path to write to, beside `path` and with its suffix; it takes its place when written.

    The data reaches the disk before the name does, so that a crash at any moment leaves the old
    file or the new one. Raises WeightsError where it cannot be written.
    """
    path = Path(path)
    partial = partial_path(path, os.getpid())
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield partial
        sync(partial)
        os.replace(partial, path)
        sync(path.parent)
    except OSError as error:
        # h5py puts a paragraph in place of the system's words
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise WeightsError(f"{path}: cannot be written: {reason}") from error
    finally:
        with contextlib.suppress(OSError):
            partial.unlink()


def partial_path(path: str | Path, process: int) -> Path:
    """Where a process writes what will take its place at `path`."""
    path = Path(path)
    return path.with_name(f".partial-{process}-{path.name}")


def sync(path: Path) -> None:
    """Wait until a file or folder is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
