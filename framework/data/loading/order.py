"""Record order: sequential, or shuffled with a new permutation in every epoch."""

from __future__ import annotations

import numpy as np

from framework.data.augment.draws import Draws, Stream


class Order:
    """Map a position of the run to the index of a record.

    size     records in the source, at least 1
    shuffle  a new permutation in every epoch
    skip     start after a random number of records below this (rand_skip)
    """

    def __init__(self, size: int, seed: int, shuffle: bool = False, skip: int = 0):
        self.size = size
        self.seed = seed
        self.shuffle = shuffle
        self.first = Draws(seed, 0, Stream.SKIP).below(skip) if skip else 0
        self._epoch = -1                                # that the permutation is of
        self._permutation = np.empty(0, np.int64)

    def record(self, position: int) -> int:
        """The index of the record at `position`, modulo the size."""
        epoch, offset = divmod(position + self.first, self.size)
        if not self.shuffle:
            return offset
        if epoch != self._epoch:
            generator = Draws(self.seed, epoch, Stream.ORDER).generator
            self._epoch = epoch
            self._permutation = generator.permutation(self.size)
        return int(self._permutation[offset])
