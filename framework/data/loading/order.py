"""Which record stands at a position of the run: in the order of the source, or shuffled."""

from __future__ import annotations

import numpy as np

from framework.data.augment.draws import Draws, Stream


class Order:
    """Which record stands at a position of the run.

    size     records in the source, at least 1
    shuffle  a new permutation in every pass
    skip     leave out at the start a random number of records below it (rand_skip)
    """

    def __init__(self, size: int, seed: int, shuffle: bool = False, skip: int = 0):
        self.size, self.seed, self.shuffle = size, seed, shuffle
        self.first = Draws(seed, 0, Stream.SKIP).below(skip) if skip else 0
        self._epoch, self._permutation = -1, np.empty(0, np.int64)

    def record(self, position: int) -> int:
        """The index of the record at `position`, modulo the size."""
        epoch, offset = divmod(position + self.first, self.size)
        if not self.shuffle:
            return offset
        if epoch != self._epoch:
            generator = Draws(self.seed, epoch, Stream.ORDER).generator
            self._epoch, self._permutation = epoch, generator.permutation(self.size)
        return int(self._permutation[offset])
