"""Text file reading: UTF-8, or UTF-16 with a byte order mark."""

from __future__ import annotations

import codecs
import contextlib
import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from framework.errors import DataError
from framework.system.letters import as_on_disk, composed
from framework.system.regular import read_regular

_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"),
          (codecs.BOM_UTF16_BE, "utf-16"))


def is_there(path: Path) -> bool:
    """Does the path exist, as a file of any kind? DataError if that cannot be determined."""
    try:
        os.lstat(as_on_disk(path))
    except (FileNotFoundError, NotADirectoryError):
        return False
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from None
    return True


def read_bytes(path: Path) -> bytes:
    """The bytes of a regular file. DataError if it is not regular, or cannot be read."""
    try:
        return read_regular(path)
    except OSError as error:
        raise _unreadable(path, error) from None


def read_text(path: Path) -> str:
    """The text of a regular file, its line ends as they are.

    DataError if it cannot be read, or, with the line, if it is in another encoding.
    """
    return decoded(path, read_bytes(path))


def decoded(path: str | Path, content: bytes) -> str:
    """The text of a file's bytes. DataError, with the line, if it is in another encoding."""
    encoding = encoding_of(content)
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content[:error.start].count(b"\n") + 1
        found = content[error.start:error.end][:4].hex(" ")
        raise DataError(f"{path}:{line}: is not text in UTF-8 (bytes {found}); save it as UTF-8, "
                        "or as UTF-16 with a byte order mark") from None


def read_lines(path: Path) -> list[str]:
    """The lines of `read_text`, without their ends."""
    return io.StringIO(read_text(path), newline=None).read().split("\n")


def name_lines(path: Path) -> list[str]:
    """The names of a list with one on each line, whose number is the line's.

    DataError as `read_lines`, and for an empty line between names, which would number the others
    differently from program to program.
    """
    lines = [composed(line.strip()) for line in read_lines(path)]
    while lines and not lines[-1]:
        lines.pop()
    if not all(lines):
        raise DataError(f"{path}:{lines.index('') + 1}: has no name; each line is the name of a "
                        "class")
    return lines


@contextlib.contextmanager
def open_text(path: Path) -> Iterator[TextIO]:
    """A regular file too large to be read at once, for the csv module. DataError as `read_text`."""
    path = as_on_disk(path)
    try:
        if is_there(path) and not os.path.isfile(path):
            read_bytes(path)                           # raises an error that says what it is
        with path.open("rb") as file:
            encoding = encoding_of(file.read(4))
        with path.open(newline="", encoding=encoding) as text:
            yield text
    except UnicodeDecodeError:
        read_text(path)                                # raises an error that names the line
        raise
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from None


def encoding_of(content: bytes) -> str:
    """The encoding of a text that begins so: UTF-8, but for UTF-16 with its mark."""
    return next((name for start, name in _MARKS if content.startswith(start)), "utf-8")


def _unreadable(path: Path, error: Exception) -> DataError:
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return DataError(f"{path}: cannot be read: {reason}")
