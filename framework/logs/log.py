"""Logger with glog's line format, as the original writes it, so that its log tools work.

`I1122 13:27:44.123456  1234 solver.py:42] Iteration 10, loss = 12.3`, on stderr: glog's prefix
of level, month and day, time, process, and the file and line that logs.
"""

from __future__ import annotations

import contextlib
import functools
import getpass
import io
import logging
import os
import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TextIO

from framework.logs.outlet import Outlet, append_to_file, append_to_stream
from framework.logs.recorder import Recorder
from framework.system.progress import Progress
from framework.system.wording import counted

MINUTE = 60.0
LEVELS = "IWEF"
LOWEST = "GLOG_minloglevel"     # a variable of the environment, in glog's spelling


class InfoStream(io.StringIO):
    """A stream whose lines are those of a log."""

    def __init__(self, log: Log):
        super().__init__()
        self.log = log

    def write(self, text: str) -> int:
        self.log.info(text)
        return len(text)


class _Handler(logging.Handler):
    """Takes the warnings of Python's loggers into a log."""

    def __init__(self, log: Log):
        super().__init__(logging.WARNING)
        self.log = log

    def emit(self, record: logging.LogRecord) -> None:
        self.log.warning(record.getMessage())


class Log:
    """Writes lines with glog's prefix. The run outlives it: a terminal that was lost, a closed
    pipe and a full disk raise nothing. Lines that cannot be written to one of its outlets are
    counted; the count is reported on the others, and on that outlet once it works again.

    stream   by default stderr as it is when a line is written
    enabled  False: nothing is written (all ranks but the first)
    folder   where the lines go as well, into a file named as glog names its own
    `GLOG_minloglevel` of the environment, as glog reads it, leaves out lines of lower levels.
    bar      a progress bar to write above, while there is one
    recorders  files for dashboards, which get the lines and the numbers
    """

    def __init__(self, stream: TextIO | None = None, enabled: bool = True, folder: str = "",
                 recorders: Sequence[Recorder] = ()):
        self.stream = stream
        self.enabled = enabled
        self.bar: Progress | None = None
        self.recorders = list(recorders) if enabled else []
        self.unrecorded: dict[str, int] = {}        # lost events by name of the recorder
        self.outlets = [Outlet("stderr" if stream is None else "its stream", self._to_stream)]
        if folder and enabled:
            path = new_file(Path(folder))
            self.outlets.insert(0, Outlet(str(path), functools.partial(append_to_file, path)))

    @property
    def draws_bars(self) -> bool:
        """Whether the lines go to a terminal."""
        stream = self.stream or sys.stderr
        return self.enabled and stream is not None and not stream.closed and stream.isatty()

    @contextlib.contextmanager
    def progress(self, total: int, what: str) -> Iterator[None]:
        """A bar below the lines on a terminal, else a line a minute with the time left, unless
        there is one of them already. Warnings of modules that have no Log go above it."""
        if self.bar is not None or not self.enabled:
            yield
            return
        stream = None if self.draws_bars else InfoStream(self)
        self.bar = Progress(total, what, stream, line_seconds=MINUTE)
        logger = logging.getLogger("framework")
        handler = _Handler(self)
        logger.addHandler(handler)
        try:
            yield
        finally:
            logger.removeHandler(handler)
            self.bar.clear()
            self.bar = None

    def advance(self, count: int = 1, note: str | None = None) -> None:
        """`count` more items of the bar are done, if there is one."""
        if self.bar is not None:
            self.bar.advance(count, note)

    def values(self, iteration: int, values: dict[str, float]) -> None:
        """Numbers by name, for the recorders; the lines have them already."""
        for recorder in self.recorders:
            self.record(recorder, functools.partial(recorder.values, iteration, values))

    def record(self, recorder: Recorder, action: Callable[[], None]) -> None:
        """Let the recorder write. What cannot be written is counted; the first loss is reported."""
        try:
            action()
        except OSError as error:
            lost = self.unrecorded.get(recorder.name, 0)
            self.unrecorded[recorder.name] = lost + 1
            if not lost:
                self.warning(f"{recorder.name}: nothing can be written: "
                             f"{error.strerror or error}; the run goes on")

    def info(self, message: str) -> None:
        """Write each line of the message at level I."""
        self._write("I", message)

    def warning(self, message: str) -> None:
        """Write each line of the message at level W."""
        self._write("W", message)

    def close(self) -> None:
        """Close the recorders, and say what is lost for good, where that can be said."""
        for recorder in self.recorders:
            self.record(recorder, recorder.close)
        for name, lost in self.unrecorded.items():
            self.warning(f"{counted(lost, 'event')} could not be written to {name}")
        for outlet in self.outlets:
            if outlet.lost:
                self.warning(f"{counted(outlet.take_lost(), 'line')} of the log could not "
                             f"be written to {outlet.name}: {outlet.reason}")

    def _write(self, level: str, message: str) -> None:
        if not self.enabled:
            return
        caller = sys._getframe(2)
        place = f"{os.path.basename(caller.f_code.co_filename)}:{caller.f_lineno}"
        prefix = f"{level}{datetime.now():%m%d %H:%M:%S.%f} {os.getpid():>5} {place}] "
        for line in message.splitlines():
            for outlet in self.outlets if LEVELS.index(level) >= lowest_level() else ():
                self._put(outlet, prefix, line)
            for recorder in self.recorders:
                self.record(recorder, functools.partial(recorder.message, level, place, line))

    def _put(self, outlet: Outlet, prefix: str, line: str) -> None:
        was_well = not outlet.reason
        if not outlet.write(prefix + line):
            if was_well:
                for other in self.outlets:
                    if other is not outlet:
                        other.write(f"W{prefix[1:]}The log cannot be written to {outlet.name}: "
                                    f"{outlet.reason}; the run goes on")
        elif not was_well:
            text = (f"W{prefix[1:]}{counted(outlet.take_lost(), 'line')} of the log could not "
                    f"be written to {outlet.name}")
            for other in self.outlets:
                other.write(text)

    def _to_stream(self, line: str) -> None:
        if self.bar is not None:
            self.bar.clear()
        append_to_stream(self.stream or sys.stderr, line)
        if self.bar is not None:
            self.bar.redraw()


def lowest_level() -> int:
    """The lowest level that is written: 0 info, 1 warnings."""
    text = os.environ.get(LOWEST, "")
    return int(text) if text.isascii() and text.isdecimal() else 0


def new_file(folder: Path) -> Path:
    """`caffe.<host>.<user>.log.INFO.<date>-<time>.<process>`, and `caffe.INFO` as a link to it."""
    folder.mkdir(parents=True, exist_ok=True)
    name = (f"caffe.{socket.gethostname()}.{getpass.getuser()}.log.INFO."
            f"{datetime.now():%Y%m%d-%H%M%S}.{os.getpid()}")
    link = folder / "caffe.INFO"
    with contextlib.suppress(OSError):      # not every disk has links
        link.unlink(missing_ok=True)
        link.symlink_to(name)
    return folder / name


def number(value: float) -> str:
    """As C++ prints a float: six significant digits (`12.697`, `1e-05`, `nan`)."""
    return f"{value:g}"


def loss_text(value: float, weight: float) -> str:
    """The end of the line of a blob with a loss weight: ` (* 1 = 12.3 loss)`."""
    return f" (* {number(weight)} = {number(weight * value)} loss)" if weight else ""


def output_lines(kind: str, values: list[tuple[str, float, float]]) -> list[str]:
    """The lines of a net's outputs, numbered from 0.

    kind    "Train" or "Test"
    values  name of the blob, value, loss weight (0: no loss)
    """
    return [f"    {kind} net output #{index}: {name} = {number(value)}{loss_text(value, weight)}"
            for index, (name, value, weight) in enumerate(values)]
