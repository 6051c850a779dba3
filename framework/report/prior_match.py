"""Match the priors of an SSD with the boxes of a data set, and search better prior sizes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from framework.data.augment.geometry import areas, intersections
from framework.system.arrays import Floats

_CHUNK = 1 << 22          # overlaps held in memory at once
_NUM_SIZES = 10
_GROWTHS = (1.4, 1.8, 2.2)      # max_size over min_size
_MAX_ROUNDS = 20
SEEN_WELL = 0.75                # of a receptive field


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


def candidate_sizes(sides: Floats, size: float) -> list[tuple[int, int]]:
    """(min_size, max_size) in pixels that a layer's priors may have, from the large to the small.

    sides  of squares as large as the boxes, in parts of the image
    size   of the net's input in pixels: the side of a square as large
    The sizes cover all but 2 % of the boxes at each end.
    """
    low, high = np.maximum(np.quantile(sides, (0.02, 0.98)) * size, 1)
    steps = np.geomspace(high, low, _NUM_SIZES)
    found = [(max(round(float(step)), 1), max(round(float(step) * growth), round(float(step)) + 1))
             for step in steps for growth in _GROWTHS]
    return list(dict.fromkeys(found))


def limited(sizes: tuple[int, int], field: tuple[float, float] | None) -> tuple[int, int]:
    """The sizes, or in their ratio the largest whose max_size a cell of the layer sees well.

    field  width and height in pixels that the cell sees; None: unknown. What is at its edge has
           little weight: SEEN_WELL of it counts.
    Source: Zhang et al. 2017, "S3FD", section 3.1: anchors are smaller than the receptive field.
    """
    low, high = sizes
    if field is None or high <= min(field) * SEEN_WELL:
        return sizes
    most = max(int(min(field) * SEEN_WELL), 2)
    return min(max(round(low * most / high), 1), most - 1), most


def choose(overlaps: Floats, threshold: float) -> list[int]:
    """Which candidate each layer takes for the best fit; sizes do not fall from layer to layer.

    overlaps  (layers, candidates, boxes): the largest overlap of a box with a layer's priors;
              candidates from the large to the small, layers from fine cells to coarse ones
    Best is the largest sum of the share of boxes matched and the mean overlap, as far as changing
    one layer after the other finds it; a layer that adds nothing takes the first candidate.
    """
    count = overlaps.shape[1]
    layers = range(len(overlaps))
    chosen = [round((len(overlaps) - 1 - layer) * (count - 1) / max(len(overlaps) - 1, 1))
              for layer in layers]
    for _ in range(_MAX_ROUNDS):
        before = list(chosen)
        for layer in layers:
            others = [overlaps[other, chosen[other]] for other in layers if other != layer]
            best = np.maximum(overlaps[layer], np.max(others, axis=0) if others else 0)
            gains = (best >= threshold).mean(1) + best.mean(1)
            first = chosen[layer + 1] if layer + 1 in layers else 0
            last = chosen[layer - 1] if layer else count - 1
            chosen[layer] = first + int(gains[first:last + 1].argmax())
        if chosen == before:
            break
    return chosen
