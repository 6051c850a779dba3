"""Files and folders that appear whole or not at all."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from framework.errors import DataError, WeightsError


@contextlib.contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """A path to write to, beside `path` and with its suffix; it takes its place when written.

    The data reaches the disk before the name does, so that a crash at any moment leaves the old
    file or the new one. Raises WeightsError where it cannot be written.
    """
    path = Path(path)
    partial = path.with_name(f".partial-{os.getpid()}-{path.name}")
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


def sync(path: Path) -> None:
    """Wait until a file or folder is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def new_folder(path: Path, redo: bool = False) -> Iterator[Path]:
    """An empty folder beside `path` to write into; it takes the name `path` when all went well.

    If anything goes wrong it is removed, and what stood at `path` stays. DataError at once if
    `path` exists, unless `redo`: then the old one goes when the new one is complete.
    """
    path = _check_free(path, redo)
    partial = path.with_name(f".{path.name}.partial-{os.getpid()}")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    try:
        yield partial
        _replace(path, partial)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise


@contextlib.contextmanager
def resumed_folder(path: Path, redo: bool = False) -> Iterator[Path]:
    """As `new_folder`, but an interrupted call leaves `.<name>.partial` to the next one.

    It is removed only after a DataError, which no repetition cures. DataError too if another
    process is at work in it.
    """
    path = _check_free(path, redo)
    partial = path.with_name(f".{path.name}.partial")
    partial.mkdir(exist_ok=True)
    descriptor = os.open(partial, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DataError(f"{path}: another process is making it, in {partial}") from None
        except OSError:
            pass                # a file system without locks: two calls at once are the user's care
        try:
            yield partial
            _replace(path, partial)
        except DataError:
            shutil.rmtree(partial, ignore_errors=True)
            raise
        except BaseException:
            print(f"{partial} keeps what is done: the same command goes on from there",
                  file=sys.stderr)
            raise
    finally:
        os.close(descriptor)


def _check_free(path: Path, redo: bool) -> Path:
    path = Path(os.path.abspath(path))
    if path.exists() and not redo:
        raise DataError(f"{path}: exists; remove it, name another place, or give --redo")
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _replace(path: Path, partial: Path) -> None:
    """Give a complete folder its name; what stood there goes."""
    if path.exists():
        old = path.with_name(f".{path.name}.old-{os.getpid()}")
        path.rename(old)
        partial.rename(path)
        shutil.rmtree(old) if old.is_dir() else old.unlink()
    else:
        partial.rename(path)


def write_file(path: Path, content: str | bytes) -> None:
    """Write a file that is there whole or not at all. CaffeError if it cannot be written."""
    with replacing(path) as partial:
        partial.write_bytes(content.encode() if isinstance(content, str) else content)
