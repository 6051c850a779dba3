"""Reading of regular files only: a pipe or a device would block, or never end."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from framework.system.letters import as_on_disk

_NAMES = {stat.S_IFIFO: "a named pipe", stat.S_IFCHR: "a device", stat.S_IFBLK: "a device",
          stat.S_IFSOCK: "a socket"}


def read_regular(path: str | Path, max_bytes: int | None = None) -> bytes:
    """The bytes of a file, whose accents may be spelled otherwise (`letters`).

    Raises OSError if it cannot be read, is not a regular file, has a name with a NUL in it, or has
    more than `max_bytes`.
    """
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


def _open_without_waiting(path: str, flags: int) -> int:
    """Opening a pipe would wait for its other end."""
    return os.open(path, flags | os.O_NONBLOCK)
