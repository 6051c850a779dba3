"""Stall detection while a batch is waited for: signals are seen, and who is late is named."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from pathlib import Path

TICK_SECONDS = 0.5
STALLED_SECONDS = 60        # by then a worker has started, and compiled what it needs
STATES = {"T": "; it was stopped: kill -CONT lets it go on", "D": "; it waits for a disk",
          "t": "; a debugger holds it"}


def nothing() -> None:
    pass


class Patience:
    """The waiting of one loader for its batches.

    name  of the layer
    act   called twice a second while a batch is late; what it raises ends the wait
    """

    def __init__(self, name: str, act: Callable[[], None] = nothing,
                 clock: Callable[[], float] = time.monotonic):
        self.name = name
        self.act = act
        self.clock = clock
        self.who = ""
        self.process = 0
        self.started = 0.0
        self.named_at = float(STALLED_SECONDS)      # the wait after which it is named next

    def begin(self, who: str, process: int = 0) -> None:
        """The wait for a batch of `who` begins; `process` is its number, if it has one."""
        self.who = who
        self.process = process
        self.started = self.clock()
        self.named_at = float(STALLED_SECONDS)

    def tick(self) -> None:
        """Nothing came in the last half second."""
        self.act()
        waited = self.clock() - self.started
        if waited >= self.named_at:
            self.named_at = 2 * waited
            logging.getLogger("framework.data").warning(
                "layer '%s': %s has given no batch for %.0f s%s", self.name, self.who, waited,
                state_text(self.process))


def state_text(process: int) -> str:
    """Why a process does not go on, as far as the system tells."""
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return ""
    return STATES.get(state, "")
