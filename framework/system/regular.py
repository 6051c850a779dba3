"""Reading of regular files only: a pipe or a device would block, or never end. And of text that
another program writes into a pipe."""

from __future__ import annotations

import errno
import os
import re
import stat
from pathlib import Path

from framework.system.letters import as_on_disk

_NAMES = {stat.S_IFIFO: "a named pipe", stat.S_IFCHR: "a device", stat.S_IFBLK: "a device",
          stat.S_IFSOCK: "a socket"}


MAX_PIPED = 1 << 30     # bytes that come through a pipe


def read_regular(path: str | Path, max_bytes: int | None = None,
                 may_be_piped: bool = False) -> bytes:
    """The bytes of a file, whose accents may be spelled otherwise (`letters`).

    Raises OSError if it cannot be read, is not a regular file, has a name with a NUL in it, or has
    more than `max_bytes`. `may_be_piped`: another program may write it, as `read_piped` has it.
    """
    if may_be_piped and is_piped(path):
        return read_piped(path)
    try:
        with open(as_on_disk(path), "rb", opener=_open_without_waiting) as file:
            status = os.fstat(file.fileno())
            kind = stat.S_IFMT(status.st_mode)
            if kind != stat.S_IFREG:
                raise OSError(errno.EINVAL, f"it is {_NAMES.get(kind, 'no file')}, not a regular "
                              "file", str(path))
            if max_bytes is not None and status.st_size > max_bytes:
                raise OSError(errno.EFBIG, f"it has {status.st_size} bytes, more than {max_bytes}",
                              str(path))
            return file.read()
    except ValueError as error:
        raise OSError(errno.EINVAL, str(error), repr(str(path))) from None


def is_piped(path: str | Path) -> bool:
    """Whether it is a pipe that is open already: /dev/stdin, or a shell's <(...)."""
    place = os.path.abspath(path) if "\0" not in str(path) else ""
    is_open = place == "/dev/stdin" or re.fullmatch(r"(/dev|/proc/(self|\d+))/fd/\d+", place)
    return bool(is_open) and os.path.exists(place) and stat.S_ISFIFO(os.stat(place).st_mode)


def read_piped(path: str | Path) -> bytes:
    """What comes through a pipe for which `is_piped` is true, up to its end. OSError if it has more
    than MAX_PIPED bytes. A pipe with a name of its own may have nobody who writes."""
    with open(path, "rb") as file:
        content = file.read(MAX_PIPED + 1)
    if len(content) > MAX_PIPED:
        raise OSError(errno.EFBIG, f"it has more than {MAX_PIPED} bytes", str(path))
    return content


def _open_without_waiting(path: str, flags: int) -> int:
    """Opening a pipe would wait for its other end."""
    return os.open(path, flags | os.O_NONBLOCK)
