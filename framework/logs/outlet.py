"""Fail-safe outputs of a log: a stream or a file that may fail without ending the run."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TextIO


class Outlet:
    """Writes lines, and counts those that cannot be written.

    name    what messages call it
    append  writes a line whole, or raises OSError or ValueError (a closed stream)
    reason  why the last line could not be written; empty while all is well
    lost    the lines lost since the last one that was written
    """

    def __init__(self, name: str, append: Callable[[str], None]):
        self.name = name
        self._append = append
        self.reason = ""
        self.lost = 0

    def write(self, line: str) -> bool:
        """Write a line; False if it is lost. Raises nothing."""
        try:
            # the line that failed may have been written in part
            self._append("\n" * bool(self.reason) + line)
        except (OSError, ValueError) as error:
            self.reason = getattr(error, "strerror", None) or str(error)
            self.lost += 1
            return False
        self.reason = ""
        return True

    def take_lost(self) -> int:
        """The lines lost so far, counted from 0 again."""
        lost = self.lost
        self.lost = 0
        return lost


def append_to_stream(stream: TextIO | None, line: str) -> None:
    """Write a line past the stream's buffer, which would keep one that cannot be written."""
    if stream is None:          # a program whose stderr was closed
        raise OSError("it is closed")
    number = None
    with suppress(io.UnsupportedOperation):       # a stream in memory has no descriptor
        number = stream.fileno()
    if number is None:
        print(line, file=stream, flush=True)
        return
    stream.flush()
    _write_whole(number, line)


def append_to_file(path: Path, line: str) -> None:
    """Write a line at the end of a file, which may have been moved away in between."""
    with open(path, "ab", buffering=0) as file:
        _write_whole(file.fileno(), line)


def _write_whole(number: int, line: str) -> None:
    data = (line + "\n").encode(errors="backslashreplace")
    while data:
        data = data[os.write(number, data):]
