"""Reading a file that a text names: regular files only."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path


def read_bytes(path: str | Path) -> bytes:
    """The bytes of a regular file. Pipes and devices, which may never end, are an OSError, and so
    is a name with a NUL in it."""
    try:
        kind = stat.S_IFMT(os.stat(path).st_mode)
    except ValueError as error:
        raise OSError(errno.EINVAL, str(error), repr(str(path))) from None
    if kind not in (stat.S_IFREG, stat.S_IFDIR):
        raise OSError(errno.EINVAL, "is a pipe or a device; it must be a regular file",
                      str(path))
    return Path(path).read_bytes()
