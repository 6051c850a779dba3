"""Batches of classes: K images of each of P classes, for losses on pairs and triplets."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from framework.data.augment.draws import Draws, Stream
from framework.data.loading.order import Order
from framework.errors import DataError
from framework.system.arrays import Array
from framework.system.wording import counted

LARGEST_CLASSES = 1 << 32


class ClassOrder(Order):
    """Order of P classes a batch with K images of each, side by side (P-K sampling).

    labels      the class of each record
    per_class   K
    batch_size  P * K

    In each epoch every class is once in a batch, in a new order, but for those that are left when
    P does not divide their number. The K images of a class are drawn anew, without repetition as
    far as there are as many. Classes of one image are left out: they make no pair.
    Raises DataError if there are fewer than P classes.
    Source: Schroff et al. 2015, 3.2; Hermans et al. 2017.
    """

    def __init__(self, labels: Sequence[float], per_class: int, batch_size: int, seed: int):
        super().__init__(len(labels), seed, shuffle=True)
        found, places = np.unique(np.asarray(labels), return_inverse=True)
        by_class = np.split(np.argsort(places, kind="stable"),
                            np.cumsum(np.bincount(places))[:-1])
        self.records: list[Array] = [one for one in by_class if len(one) > 1]
        self.single = [float(label) for label, one in zip(found, by_class, strict=True)
                       if len(one) == 1]
        self.per_class = per_class
        self.num_classes = batch_size // per_class
        if len(self.records) < self.num_classes:
            raise DataError(f"{counted(len(self.records), 'class')} of two images or "
                            f"more; a batch of {batch_size} with images_per_class {per_class} "
                            f"takes {self.num_classes}")
        self._group = -1
        self._chosen = np.empty(0, np.int64)

    def record(self, position: int) -> int:
        """The index of the record at `position`."""
        group, offset = divmod(position, self.per_class)
        if group != self._group:
            self._chosen = self._images(group)
            self._group = group
        return int(self._chosen[offset])

    def _images(self, group: int) -> Array:
        """The K records of the class that the run's K positions number `group` are of."""
        batch, place = divmod(group, self.num_classes)
        batches_an_epoch = len(self.records) // self.num_classes
        epoch, batch_of_epoch = divmod(batch, batches_an_epoch)
        if epoch != self._epoch:
            generator = Draws(self.seed, epoch, Stream.ORDER).generator
            self._permutation = generator.permutation(len(self.records))
            self._epoch = epoch
        number = int(self._permutation[batch_of_epoch * self.num_classes + place])
        draws = Draws(self.seed, epoch * LARGEST_CLASSES + number, Stream.IMAGES)
        order = draws.generator.permutation(self.records[number])
        return np.resize(order, self.per_class)
