"""Match the priors of an SSD with the boxes of a data set."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from framework.data.augment.geometry import areas, intersections
from framework.system.arrays import Floats

_CHUNK = 1 << 22          # overlaps held in memory at once


@dataclass(frozen=True)
class PriorLayer:
    """The priors of one PriorBox layer.

    corners    (P, 4) in parts of the image
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

    def text(self, threshold: float) -> str:
        """How many of the boxes are matched, in words."""
        matched = self.overlaps >= threshold
        return (f"{matched.mean():.1%} of {len(matched)} boxes matched, mean overlap "
                f"{self.overlaps.mean():.2f}")


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
