"""Progress display: a bar on a terminal, a line now and then anywhere else."""

from __future__ import annotations

import contextlib
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from types import TracebackType
from typing import TextIO, TypeVar

Item = TypeVar("Item")

REDRAW_SECONDS = 0.1
LINE_SECONDS = 15.0


class Progress:
    """Count finished items of a known total and show count, rate and time left.

    total   items in all, 0 if unknown: then neither share nor time left is shown
    what    a word or two in front: "convert trainval"
    stream  where to show it, by default stderr; a bar is drawn only if it is a terminal,
            otherwise a plain line every `line_seconds` and one when the work ends
    clock   a monotonic clock, in seconds

    Errors of the stream are ignored: the work goes on if it cannot be displayed.

        with Progress(len(paths), "read") as progress:
            for path in paths:
                ...
                progress.advance()

    or `for path in Progress(len(paths), "read").over(paths)`.
    """

    def __init__(
        self,
        total: int,
        what: str,
        stream: TextIO | None = None,
        line_seconds: float = LINE_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.total = total
        self.what = what
        self.clock = clock
        self.stream = sys.stderr if stream is None else stream
        self.bar = self.stream.isatty()
        self.interval = REDRAW_SECONDS if self.bar else line_seconds
        self.done = 0
        self.note = ""
        self.started = self.shown = clock()

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._close(finished=kind is None)

    def over(self, items: Iterable[Item]) -> Iterator[Item]:
        """Yield the items; each counts when the next one is asked for."""
        with self:
            for item in items:
                yield item
                self.advance()

    def advance(self, count: int = 1, note: str | None = None) -> None:
        """Count more items as done; `note` is shown after the time left, until the next note."""
        self.done += count
        self.note = self.note if note is None else note
        now = self.clock()
        if now - self.shown >= self.interval:
            self.shown = now
            self._show(self._line(now))

    def write(self, line: str) -> None:
        """Write a line to the same stream, above the bar."""
        self.clear()
        self._put(line + "\n")
        self.redraw()

    def clear(self) -> None:
        """Erase the bar; the work may go on."""
        if self.bar:
            self._put("\r\x1b[K")

    def redraw(self) -> None:
        """Draw the bar again after `clear`."""
        if self.bar:
            self._show(self._line(self.clock()))

    def _show(self, line: str) -> None:
        if self.bar:
            line = line[: max(1, shutil.get_terminal_size().columns - 1)]
        self._put(f"\r\x1b[K{line}" if self.bar else line + "\n")

    def _put(self, text: str) -> None:
        """Write, unless the terminal was lost, the pipe or file closed, or the disk is full."""
        with contextlib.suppress(OSError, ValueError):
            self.stream.write(text)
            self.stream.flush()

    def _line(self, now: float) -> str:
        seconds = max(now - self.started, 1e-9)
        rate = self.done / seconds
        parts = [f"{self.what} {self.done}"]
        if self.total > 0:
            share = min(self.done / self.total, 1.0)
            filled = int(20 * share)
            bar = f"[{'#' * filled}{'.' * (20 - filled)}] " if self.bar else ""
            parts = [f"{self.what} {bar}{self.done}/{self.total} {share:4.0%}"]
        parts.append(f"{rate:.1f}/s" if rate < 100 else f"{rate:.0f}/s")
        if self.total > 0 and self.done > 0:
            parts.append(f"{clock_text((self.total - self.done) / rate)} left")
        if self.note:
            parts.append(self.note)
        return "  ".join(parts)

    def _close(self, finished: bool) -> None:
        now = self.clock()
        if finished:
            seconds = now - self.started
            rate = self.done / max(seconds, 1e-9)
            line = f"{self.what}: {self.done} in {clock_text(seconds)} ({rate:.1f}/s)"
            self._show(f"{line}  {self.note}" if self.note else line)
        if self.bar:
            self._put("\n")


def clock_text(seconds: float) -> str:
    """Seconds as people read them: 0:07, 3:20, 2:03:20."""
    whole = max(0, round(seconds))
    hours = whole // 3600
    minutes = whole // 60 % 60
    clock = f"{minutes}:{whole % 60:02d}"
    return f"{hours}:{minutes:02d}:{whole % 60:02d}" if hours else clock
