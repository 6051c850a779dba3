"""Whether items of several requests may run in one batch, and how its outputs are divided.

It is measured, not assumed: two items run alone and together, and must give the same values.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from framework.system.arrays import Floats

Blobs = dict[str, Floats]

ITEMS = "items"             # index 0 of the output is the item
ROWS = "rows"               # (1, 1, rows, 7) of DetectionOutput, whose column 0 is the item
NOTHING_FOUND = (0.0, -1.0, -1.0, -1.0, -1.0, -1.0, -1.0)
# the sums of a convolution may be made in another order
RTOL, ATOL = 1e-3, 1e-4


def noise(shapes: Mapping[str, Sequence[int]], seed: int) -> Blobs:
    """Inputs of these shapes, normally distributed."""
    draws = np.random.default_rng(seed)
    return {name: draws.normal(0, 1, shape).astype(np.float32) for name, shape in shapes.items()}


def join(items: Sequence[Blobs]) -> Blobs:
    """The inputs of several requests, one after the other along their first axis."""
    if len(items) == 1:
        return dict(items[0])
    return {name: np.concatenate([item[name] for item in items]) for name in items[0]}


def divide(outputs: Blobs, sizes: Sequence[int], ways: Mapping[str, str]) -> list[Blobs]:
    """The outputs of each request of a batch.

    sizes  items of each
    ways   ITEMS or ROWS, of each output
    """
    ends = np.cumsum(sizes)
    found: list[Blobs] = []
    for size, end in zip(sizes, ends.tolist(), strict=True):
        start = end - size
        found.append({name: blob[start:end] if ways[name] == ITEMS else _rows(blob, start, end)
                      for name, blob in outputs.items()})
    return found


def _rows(blob: Floats, start: int, end: int) -> Floats:
    """The rows of some items, numbered from 0. Of items without any, the row that says so."""
    rows = blob.reshape(-1, blob.shape[-1])
    chosen = rows[(rows[:, 0] >= start) & (rows[:, 0] < end) & (rows[:, 1] >= 0)]
    if not len(chosen):
        chosen = np.repeat(np.array([NOTHING_FOUND], np.float32), end - start, axis=0)
        chosen[:, 0] = np.arange(end - start)
        return chosen.reshape(1, 1, *chosen.shape)
    chosen = chosen.copy()
    chosen[:, 0] -= start
    return chosen.reshape(1, 1, *chosen.shape)


def ways_of(alone: Sequence[Blobs], together: Blobs, rows: Sequence[str]) -> dict[str, str]:
    """How to divide each output of a batch of two; {} if it cannot be done.

    alone     outputs of each item by itself
    together  those of the two in one batch
    rows      the outputs that are DetectionOutput's
    """
    ways = {name: ROWS if name in rows else ITEMS for name in together}
    for name, way in ways.items():
        if way == ITEMS and [blob[name].shape[:1] for blob in (*alone, together)] != [
                (1,), (1,), (2,)]:
            return {}
    for one, part in zip(alone, divide(together, [1, 1], ways), strict=True):
        for name in ways:
            if one[name].shape != part[name].shape or not np.allclose(
                    one[name], part[name], rtol=RTOL, atol=ATOL, equal_nan=True):
                return {}
    return ways
