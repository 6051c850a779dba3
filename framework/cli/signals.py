"""Signals as requests to a running solver: stop, snapshot, or nothing.

Source: SignalHandler in signal_handler.cpp of BVLC Caffe.
"""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType, TracebackType

EFFECTS = ("stop", "snapshot", "none")
STOPS = ("stop", "terminate")


class Signals:
    """Catches signals while it is entered; `action` gives what they ask for, once.

    has_stop  whether one of them asked for the end
    SIGINT and SIGHUP have the given effects; SIGTERM stops with a snapshot. A second SIGINT or
    SIGTERM ends the program at once.
    """

    def __init__(self, sigint_effect: str, sighup_effect: str):
        self.effects = {signal.SIGINT: sigint_effect, signal.SIGTERM: "terminate"}
        if hasattr(signal, "SIGHUP"):       # not on Windows
            self.effects[signal.SIGHUP] = sighup_effect
        self.requests: list[str] = []
        self.has_stop = False
        self.before: dict[signal.Signals, object] = {}

    def __enter__(self) -> Signals:
        for number in self.effects:
            self.before[number] = signal.signal(number, self._take)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        for number, handler in self.before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]  # what signal() returned

    def note(self, number: int) -> None:
        """Take what a signal asks for."""
        effect = self.effects[signal.Signals(number)]
        if effect != "none":
            self.requests.append(effect)
        self.has_stop |= effect in STOPS

    def _take(self, number: int, frame: FrameType | None) -> None:
        if self.effects[signal.Signals(number)] in STOPS \
                and number != getattr(signal, "SIGHUP", None):
            signal.signal(number, signal.SIG_DFL)
        self.note(number)

    def action(self) -> str | None:
        """The oldest request that was not given yet."""
        return self.requests.pop(0) if self.requests else None


@contextlib.contextmanager
def termination_as_interrupt() -> Iterator[None]:
    """Let SIGTERM end the run as Ctrl-C does: what is half-written is completed or removed."""
    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
