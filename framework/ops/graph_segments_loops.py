"""Loops of graph-based segmentation, compiled; framework/ops/graph_segments.py says what for."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from framework.system.arrays import Floats
from framework.system.compiled import compiled_exactly

Ints = NDArray[np.int64]


@compiled_exactly
def joined(ends: Ints, weights: Floats, num_pixels: int, k: float, min_size: int) -> Ints:
    """The root of each pixel (P,) after the edges, in order of their weights, have joined parts.

    ends     (E, 2) the pixels that an edge links
    An edge joins two parts if it is at most as heavy as the heaviest inside of each, plus k over
    that one's size; then each edge that is left joins parts of which one is smaller than min_size.
    """
    parents = np.arange(num_pixels)
    ranks = np.zeros(num_pixels, np.int64)
    sizes = np.ones(num_pixels, np.int64)
    limits = np.full(num_pixels, np.float32(k))
    for in_order in (True, False):
        for edge in range(len(ends)):
            a, b = ends[edge, 0], ends[edge, 1]
            while parents[a] != a:
                parents[a] = parents[parents[a]]
                a = parents[a]
            while parents[b] != b:
                parents[b] = parents[parents[b]]
                b = parents[b]
            if a == b:
                continue
            weight = weights[edge]
            if in_order:
                wanted = weight <= limits[a] and weight <= limits[b]
            else:
                wanted = sizes[a] < min_size or sizes[b] < min_size
            if not wanted:
                continue
            if ranks[a] <= ranks[b]:
                if ranks[a] == ranks[b]:
                    ranks[b] += 1
                a, b = b, a
            parents[b] = a
            sizes[a] += sizes[b]
            limits[a] = weight + np.float32(k) / np.float32(sizes[a])
    for pixel in range(num_pixels):
        root = pixel
        while parents[root] != root:
            root = parents[root]
        parents[pixel] = root
    return parents
