"""Counter-based random numbers, keyed by the seed and the record's position in the run.

Philox 4x64 (Salmon et al. 2011) has no state but its key and counter, so that any worker or rank,
and a resumed run, draws the same numbers for a record.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any

import numpy as np

_WORD = (1 << 64) - 1


class Stream(IntEnum):
    """What the numbers are for: streams of one seed are independent of each other."""

    RECORD = 0
    ORDER = 1
    SKIP = 2
    ROWS = 3
    SIZES = 4
    IMAGES = 5
    VOLUMES = 6
    MIRRORS = 7


class Draws:
    """The random numbers of one position (or epoch) of one stream.

    seed      any integer, the run's
    position  counted from the start of the run, over all epochs and ranks
    """

    def __init__(self, seed: int, position: int, stream: Stream = Stream.RECORD):
        key = np.array([seed & _WORD, int(stream)], np.uint64)
        counter = np.array([0, 0, position & _WORD, 0], np.uint64)
        self._bits = np.random.Philox(key=key, counter=counter)
        self._unused: Any = self._bits.state         # Any: numpy's own dict, nothing drawn yet
        self.generator = np.random.Generator(self._bits)

    def go_to(self, position: int) -> Draws:
        """Move to another position: gives the numbers of `Draws(seed, position, stream)`, faster.

        Returns itself.
        """
        self._unused["state"]["counter"][2] = position & _WORD
        self._bits.state = self._unused
        return self

    def uniform(self, low: float, high: float) -> float:
        """A number of [low, high)."""
        return low + (high - low) * self.generator.random()

    def chance(self, probability: float) -> bool:
        """True with that probability; never with 0, always with 1."""
        return self.generator.random() < probability

    def below(self, count: int) -> int:
        """One of 0 ... count - 1."""
        return min(int(self.generator.random() * count), count - 1)
