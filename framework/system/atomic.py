"""Atomic writes: a file or folder is replaced by the complete new one, or stays as it was."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import itertools
import os
import re
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from framework.errors import CaffeError, DataError, WriteError
from framework.system import own_folders

STALE_SECONDS = 60          # a temporary file that is not written for so long is nobody's
MOST_LOOKED_AT = 2000       # entries of a folder, in less than 1 ms
OF_WRITES = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS)


@contextlib.contextmanager
def replacing(path: str | Path, error: type[CaffeError] = WriteError) -> Iterator[Path]:
    """A temporary path in the same folder, with the same suffix; renamed to `path` when written.

    The data reaches the disk before the name does, so that a crash at any moment leaves the old
    file or the new one. Raises `error` if it cannot be written.
    """
    with replacing_together(path, error=error) as (partial,):
        yield partial


@contextlib.contextmanager
def replacing_together(*paths: str | Path, error: type[CaffeError] = WriteError
                       ) -> Iterator[list[Path]]:
    """As `replacing`, for files that belong together: none has its name before all are written.

    The renames follow each other directly, the last file's first; no system renames two files at
    once, so a process killed in between leaves the last ones new. After an error that comes before
    the renames each is as it was.
    """
    wanted = [Path(path) for path in paths]
    for path in wanted:         # said before anything is written, of any of them
        _check_replaceable(path, error)
    partials = [partial_path(path, os.getpid()) for path in wanted]
    try:
        for path in wanted:
            path.parent.mkdir(parents=True, exist_ok=True)
            remove_leftovers(path.parent, re.escape(path.name))
        yield partials
        for partial in partials:
            sync(partial)
        for path, partial in reversed(list(zip(wanted, partials, strict=True))):
            os.replace(partial, path)
        for folder in dict.fromkeys(path.parent for path in wanted):
            sync(folder)
    except OSError as refusal:
        # h5py has a paragraph instead of the system's message
        reason = reason_of(refusal)
        names = [str(path) for path, partial in zip(wanted, partials, strict=True)
                 if str(partial) == refusal.filename] or list(map(str, wanted))
        raise error(f"{' and '.join(names)}: cannot be written: {reason}") from refusal
    finally:
        for partial in partials:
            with contextlib.suppress(OSError):
                partial.unlink()


def reason_of(error: OSError) -> str:
    """The system's words for an error; of a file where a folder is to be made, "File exists" says
    the contrary of what is meant."""
    if in_the_way(error):
        return f"{os.fsdecode(error.filename)} is a file, not a folder"
    return os.strerror(error.errno) if error.errno else str(error)


def in_the_way(error: OSError) -> bool:
    """Whether an error is of a file that is where a folder is to be made."""
    return isinstance(error, FileExistsError) and bool(error.filename) \
        and os.path.isfile(error.filename)


def _check_replaceable(path: Path, error: type[CaffeError]) -> None:
    if "\0" in str(path):
        raise error(f"{str(path)!r}: cannot be written: its name has a NUL")
    # os.path has an answer for a name that is too long, where Path raises
    if os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path):
        raise error(f"{path}: cannot be written: it is a device or a pipe, which a file would "
                    "replace")
    if os.path.isdir(path):
        raise error(f"{path}: cannot be written: {os.strerror(errno.EISDIR)}")


def remove_leftovers(folder: Path, names: str, age: float = STALE_SECONDS) -> None:
    """Remove the temporary files that processes left which were killed while they wrote.

    names  a regular expression of the names of the files they were to be
    age    seconds; files that were written within them stay: of a folder that machines share the
           other one's processes are not known here
    In a large folder only the first entries are looked at.
    """
    pattern = re.compile(r"\.partial-(\d+)-" + names)
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in itertools.islice(entries, MOST_LOOKED_AT):
            match = pattern.fullmatch(entry.name)
            if match and entry.is_file(follow_symlinks=False) \
                    and time.time() - entry.stat().st_mtime >= age \
                    and not is_running(int(match[1])):
                os.unlink(entry.path)


def is_running(process: int) -> bool:
    """Whether there is a process with this id, of any user."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True         # it is another user's
    return True


def with_ending(prefix: Path, ending: str) -> Path:
    """The file `prefix` + `ending`. WriteError for a prefix that is not a name, such as `.`."""
    if prefix.name in ("", ".."):
        raise WriteError(f"'{prefix}' is a folder; give the beginning of the files' names: "
                         f"{prefix / 'net'} for {prefix / f'net{ending}'}")
    return prefix.with_name(prefix.name + ending)


def partial_path(path: str | Path, process: int) -> Path:
    """The temporary path of a process for `path`."""
    path = Path(path)
    return path.with_name(f".partial-{process}-{path.name}")


def sync(path: Path) -> None:
    """Wait until a file or folder is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def naming(path: str | Path) -> Iterator[None]:
    """Let an OSError that names no file name this one: those of writing and closing name none."""
    try:
        yield
    except OSError as error:
        if error.filename is not None or not error.errno:
            raise
        raise OSError(error.errno, os.strerror(error.errno), str(path)) from error


@contextlib.contextmanager
def _naming_where_full(path: Path) -> Iterator[None]:
    """The same for errors that only a write can have; others may be of what is read meanwhile."""
    try:
        yield
    except OSError as error:
        if error.errno not in OF_WRITES:
            raise
        with naming(path):
            raise


@contextlib.contextmanager
def new_folder(path: Path, redo: bool = False, inputs: Sequence[Path] = ()) -> Iterator[Path]:
    """An empty folder beside `path` to write into; renamed to `path` when that has succeeded.

    After an error it is removed, and `path` is as it was. DataError at once if `path` exists,
    unless `redo`: then the old folder is removed when the new one is complete, if this function or
    `resumed_folder` made it. DataError too if another process is making `path`, or one of `inputs`
    is in it.
    """
    with _naming_where_full(path), _partial(path, redo, inputs) as (place, partial):
        try:
            own_folders.clear(partial)
            yield partial
            _replace(place, partial, redo)
        except BaseException:
            if os.path.isdir(partial):
                own_folders.remove(partial)
            raise


@contextlib.contextmanager
def resumed_folder(path: Path, redo: bool = False, inputs: Sequence[Path] = ()) -> Iterator[Path]:
    """As `new_folder`, but an interrupted call leaves `.<name>.partial` for the next one to resume.

    It is removed only after a DataError, which would come again.
    """
    with _naming_where_full(path), _partial(path, redo, inputs) as (place, partial):
        try:
            yield partial
        except DataError:
            own_folders.remove(partial)
            raise
        except BaseException:
            print(f"{partial} keeps what is done: the same command goes on from there",
                  file=sys.stderr)
            raise
        _replace(place, partial, redo)


@contextlib.contextmanager
def _partial(path: Path, redo: bool, inputs: Sequence[Path]) -> Iterator[tuple[Path, Path]]:
    """The real path, and the folder beside it to write into, locked against other processes."""
    path = Path(os.path.realpath(path))
    _check_free(path, redo, inputs)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    descriptor = _hold(path, partial)
    try:
        is_new = [entry.name for entry in partial.iterdir()] == [own_folders.MARK]
        try:
            _recover(path)
            _check_free(path, redo, inputs)
        except DataError:
            if is_new:
                own_folders.remove(partial)
            raise
        yield path, partial
    finally:
        os.close(descriptor)


def _check_free(path: Path, redo: bool, inputs: Sequence[Path]) -> None:
    if not os.path.lexists(path):
        return
    if not redo:
        raise DataError(f"{path}: exists; remove it, give another name, or give --redo")
    for source in inputs:
        real = Path(os.path.realpath(source))
        if path in (real, *real.parents):
            raise DataError(f"{path}: holds {source}, which is read; --redo would remove it")
    own_folders.check(path)


def _hold(path: Path, partial: Path) -> int:
    """A descriptor of the folder `partial`, made if it is not there, with a lock on it.

    DataError if another process holds it, or it is not ours.
    """
    while True:
        with contextlib.suppress(FileExistsError):
            partial.mkdir()
        try:
            own_folders.check(partial)
            descriptor = os.open(partial, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        except FileNotFoundError:
            continue                    # another process has just renamed it
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            raise DataError(f"{path}: another process is making it, in {partial}") from None
        except OSError:
            pass                # a file system without locks: the user must not call twice at once
        with contextlib.suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(descriptor), os.stat(partial)):
                own_folders.mark(partial)
                return descriptor
        os.close(descriptor)            # it was renamed before it was locked: begin again


def _old(path: Path) -> Path:
    return path.with_name(f".{path.name}.old")


def _recover(path: Path) -> None:
    """Repair after a call that was killed while it replaced `path`: restore the old folder, or
    remove it if the new one has its name.

    There is a moment in which neither has the name; few systems can exchange two names.
    """
    old = _old(path)
    if not os.path.lexists(old):
        return
    own_folders.check(old)
    if os.path.lexists(path):
        own_folders.remove(old)
    else:
        old.rename(path)


def _replace(path: Path, partial: Path, redo: bool) -> None:
    """Rename a complete folder to `path`; a folder of ours that has this name is removed."""
    own_folders.finish(partial)
    _check_free(path, redo, ())
    if os.path.lexists(path):
        path.rename(_old(path))
        partial.rename(path)
        own_folders.remove(_old(path))
    else:
        partial.rename(path)


def write_file(path: Path, content: str | bytes) -> None:
    """Write a file atomically. WriteError if it cannot be written.

    DataError for a device or a pipe, which a file would replace.
    """
    if os.path.exists(path) and not os.path.isfile(path):
        raise DataError(f"{path}: is not a regular file and is not replaced; give another name")
    with replacing(path) as partial:
        partial.write_bytes(content.encode() if isinstance(content, str) else content)
