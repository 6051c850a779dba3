"""More items than a net's batch size: forward and backward batch by batch.

Source: forward_all, forward_backward_all and _batch of pycaffe.py in BVLC/caffe.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Any

import numpy as np

from framework.layers.python.blob import Array
from framework.pycaffe.engine.lists import Arrays, NetLists


class InBatches(NetLists):
    """What a net does with any number of items; one batch is for those who inherit."""

    def forward_all(self, blobs: Sequence[str] | None = None,
                    **kwargs: Any) -> Arrays:       # Any: arrays
        """Run all items of the input arrays `kwargs`, batch by batch; the last one is filled up
        with zeros. Returns the outputs and the `blobs` named, with as many items as came in."""
        found: dict[str, list[Array]] = {name: [] for name in [*self.outputs, *(blobs or [])]}
        for batch in self._batch(kwargs):
            for name, values in self.forward(blobs, None, None, **batch).items():
                found[name].extend(values.copy())
        return _cut(found, len(next(iter(kwargs.values()))))

    def forward_backward_all(self, blobs: Sequence[str] | None = None,
                             diffs: Sequence[str] | None = None, **kwargs: Any
                             ) -> tuple[Arrays, Arrays]:
        """Forward and backward, batch by batch.

        kwargs  arrays for inputs (their data) and outputs (their diffs); where there are none,
                what stands in the blobs is taken
        Returns data and diffs by blob name, with as many items as came in.
        """
        data: dict[str, list[Array]] = {name: [] for name in [*self.outputs, *(blobs or [])]}
        back: dict[str, list[Array]] = {name: [] for name in [*self.inputs, *(diffs or [])]}
        given = [self._batch({name: kwargs[name] for name in names if name in kwargs})
                 for names in (self.inputs, self.outputs)]
        for forward_batch, backward_batch in zip_longest(*given, fillvalue={}):
            for name, values in self.forward(blobs, None, None, **forward_batch).items():
                data[name].extend(values.copy())
            for name, values in self.backward(diffs, None, None, **backward_batch).items():
                back[name].extend(values.copy())
        count = len(next(iter(kwargs.values())))
        return _cut(data, count), _cut(back, count)

    def _batch(self, arrays: Mapping[str, Array]) -> Iterator[Arrays]:
        """Batches of the net's size of arrays of one length, the last filled up with zeros."""
        if not arrays:
            return
        count, size = len(next(iter(arrays.values()))), next(iter(self.blobs.values())).shape[0]
        for start in range(0, count, size):
            batch = {name: np.asarray(values[start:start + size])
                     for name, values in arrays.items()}
            lack = size - min(size, count - start)
            if lack:
                batch = {name: np.concatenate([values, np.zeros((lack, *values.shape[1:]),
                                                                values.dtype)])
                         for name, values in batch.items()}
            yield batch


def _cut(found: dict[str, list[Array]], count: int) -> Arrays:
    """Arrays of the items, without those of the zeros at the end.

    As many are left off everywhere as the first blob has too many.
    """
    arrays = {name: np.asarray(items) for name, items in found.items()}
    extra = len(next(iter(arrays.values()))) - count if arrays else 0
    return {name: values[:-extra] for name, values in arrays.items()} if extra else arrays
