"""Reading of regular files only: a pipe or a device would block, or never end."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

_NAMES = {stat.S_IFIFO: "a named pipe", stat.S_IFCHR: "a device", stat.S_IFBLK: "a device",
          stat.S_IFSOCK: "a socket"}


def read_regular(path: str | Path, max_bytes: int | None = None) -> bytes:
    """The bytes of a file.

    Raises OSError if it cannot be read, is not a regular file, has a name with a NUL in it, or has
    more than `max_bytes`.
    """
    try:       # O_NONBLOCK: opening a pipe would wait for its other end
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except ValueError as error:
        raise OSError(errno.EINVAL, str(error), repr(str(path))) from None
    with open(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        kind = stat.S_IFMT(status.st_mode)
        if kind == stat.S_IFDIR:
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        if kind != stat.S_IFREG:
            raise OSError(errno.EINVAL, f"it is {_NAMES.get(kind, 'no file')}, not a regular file",
                          str(path))
        if max_bytes is not None and status.st_size > max_bytes:
            raise OSError(errno.EFBIG, f"it has {status.st_size} bytes, more than {max_bytes}",
                          str(path))
        return file.read()
