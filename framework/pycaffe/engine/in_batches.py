"""More items than a net's batch size: forward and backward batch by batch.

Source: forward_all, forward_backward_all and _batch of pycaffe.py in BVLC/caffe.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Any

import numpy as np

from framework.layers.python.blob import Array
from framework.pycaffe.engine.lists import Arrays, NetLists, check_names
from framework.system.wording import shortened


class InBatches(NetLists):
    """Passes over any number of items, batch by batch; subclasses run a batch."""

    def forward_all(self, blobs: Sequence[str] | None = None,
                    **kwargs: Any) -> Arrays:       # Any: arrays
        """Run all items of the input arrays `kwargs`, batch by batch; zeros fill the last one.

        Returns the outputs and the `blobs` named, for the items that were given.
        """
        check_names("blobs", blobs)
        self._check_given(kwargs)
        found: dict[str, list[Array]] = {name: [] for name in [*self.outputs, *(blobs or [])]}
        for batch in self._batch(kwargs):
            for name, values in self.forward(blobs, None, None, **batch).items():
                found[name].extend(values.copy())
        return _cut(found, len(next(iter(kwargs.values()))))

    def forward_backward_all(self, blobs: Sequence[str] | None = None,
                             diffs: Sequence[str] | None = None, **kwargs: Any
                             ) -> tuple[Arrays, Arrays]:
        """Forward and backward, batch by batch.

        kwargs  arrays for inputs (their data) and outputs (their diffs); where one is not
                given, the values of the blobs are used (Any: arrays)
        Returns data and diffs by blob name, for the items that were given.
        """
        check_names("blobs", blobs)
        check_names("diffs", diffs)
        self._check_given(kwargs)
        data: dict[str, list[Array]] = {name: [] for name in [*self.outputs, *(blobs or [])]}
        back: dict[str, list[Array]] = {name: [] for name in [*self.inputs, *(diffs or [])]}
        inputs = self._batch({name: kwargs[name] for name in self.inputs if name in kwargs})
        outputs = self._batch({name: kwargs[name] for name in self.outputs if name in kwargs})
        none: Arrays = {}
        for forward_batch, backward_batch in zip_longest(inputs, outputs, fillvalue=none):
            for name, values in self.forward(blobs, None, None, **forward_batch).items():
                data[name].extend(values.copy())
            for name, values in self.backward(diffs, None, None, **backward_batch).items():
                back[name].extend(values.copy())
        count = len(next(iter(kwargs.values())))
        return _cut(data, count), _cut(back, count)

    def _check_given(self, arrays: Arrays) -> None:
        if not arrays:
            raise ValueError("no array is given; the input blobs of the net are "
                             f"{', '.join(self.inputs) or 'none'}")

    def _batch(self, arrays: Mapping[str, Array]) -> Iterator[Arrays]:
        """Batches of the net's size of arrays of one length, the last filled up with zeros."""
        if not arrays:
            return
        for name, values in arrays.items():
            if np.ndim(values) == 0:
                raise ValueError(f"'{name}' takes an array, an item for each image; it is given "
                                 f"{shortened(repr(values))}")
        count = len(next(iter(arrays.values())))
        size = next(iter(self.blobs.values())).shape[0]
        for start in range(0, count, size):
            lack = max(0, start + size - count)
            yield {name: _with_zeros(np.asarray(values[start:start + size]), lack)
                   for name, values in arrays.items()}


def _with_zeros(values: Array, count: int) -> Array:
    """The values and `count` items of zeros after them."""
    if not count:
        return values
    return np.concatenate([values, np.zeros((count, *values.shape[1:]), values.dtype)])


def _cut(found: dict[str, list[Array]], count: int) -> Arrays:
    """Arrays of the items, without those of the zeros at the end.

    The first blob says how many items are too many; each blob loses that number, as in the
    original.
    """
    arrays = {name: np.asarray(items) for name, items in found.items()}
    extra = len(next(iter(arrays.values()))) - count if arrays else 0
    if not extra:
        return arrays
    return {name: values[:-extra] for name, values in arrays.items()}
