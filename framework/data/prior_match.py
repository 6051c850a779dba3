"""How well the priors of an SSD fit the boxes of a data set, and which sizes would fit better."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from framework.data.geometry import Floats, areas, intersections

_CHUNK = 1 << 22          # overlaps held in memory at once


@dataclass(frozen=True)
class PriorLayer:
    """The priors of one PriorBox layer.

    corners    (P, 4) in parts of the picture
    min_sizes, max_sizes  its sizes, in pixels of the net's input
    """

    name: str
    corners: Floats
    min_sizes: tuple[float, ...]
    max_sizes: tuple[float, ...]


@dataclass(frozen=True)
class Match:
    """Of each box: its largest overlap with any prior, and which layer has that prior."""

    overlaps: Floats
    layers: NDArray[np.int64]


def match_boxes(corners: Floats, layers: list[PriorLayer]) -> Match:
    """The best prior of each box, (n, 4)."""
    overlaps = np.zeros((len(layers), len(corners)), np.float32)
    for index, layer in enumerate(layers):
        prior_areas = areas(layer.corners)
        step = max(_CHUNK // max(len(layer.corners), 1), 1)
        for start in range(0, len(corners), step):
            part = corners[start:start + step, None]
            shared = intersections(part, layer.corners)
            total = areas(part) + prior_areas - shared
            overlaps[index, start:start + step] = (shared / np.maximum(total, 1e-12)).max(1)
    if not len(layers):
        return Match(np.zeros(len(corners), np.float32), np.zeros(len(corners), np.int64))
    return Match(overlaps.max(0), overlaps.argmax(0))


def proposed_sizes(sides: Floats, count: int, size: int) -> list[tuple[int, int]]:
    """(min_size, max_size) in pixels for `count` layers, from the small boxes to the large ones.

    sides  of squares as large as the boxes, in parts of the picture
    size   of the net's input in pixels
    The sizes grow by the same factor from layer to layer and cover all but 2 % of the boxes at each
    end; the max_size of one layer is the min_size of the next, as in SSD.
    """
    low, high = np.maximum(np.quantile(sides, (0.02, 0.98)) * size, 1)
    edges = np.geomspace(low, max(high, low * 1.1), count + 1)
    whole = [max(round(float(edge)), 1) for edge in edges]
    for index in range(1, len(whole)):
        whole[index] = max(whole[index], whole[index - 1] + 1)
    return list(zip(whole[:-1], whole[1:], strict=True))
