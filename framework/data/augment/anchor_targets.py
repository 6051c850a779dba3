"""Targets of the anchors of feature maps: label, box and overlap of each cell (MS-CNN).

Source: image_gt_data_layer.cpp of zhaoweicai/mscnn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from framework.system.arrays import Array, Floats
from framework.system.rounding import c_round

OF_NO_INTEREST = 0.4        # part of an anchor in regions of no interest
LEAST_OVERLAP = 0.2         # of a box without an anchor, and the anchor that it then gets
PLANES = 6                  # label, centre x and y, width, height, overlap


@dataclass(frozen=True)
class AnchorMap:
    """A map: pixels between its cells, and width and height of its anchor."""

    stride: int
    width: int
    height: int

    def size_for(self, height: int, width: int) -> tuple[int, int]:
        return c_round(height / self.stride), c_round(width / self.stride)


@dataclass(frozen=True)
class Area:
    """Where the image is in the input: first column and row, width and height in pixels."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True)
class Boxes:
    """Corners (G, 4) in pixels, labels (G,), and which of them do not count (G,) bool."""

    corners: Floats
    labels: Floats
    ignored: Array


def intersection(first: Floats, second: Floats) -> tuple[Floats, Floats, Floats]:
    """Common area (..., A, B) of corners (A, 4) and (B, 4), and their areas, 0 if inverted."""
    sides = (np.minimum(first[:, None, 2:], second[None, :, 2:])
             - np.maximum(first[:, None, :2], second[None, :, :2])).clip(0)
    areas = [(box[:, 2:] - box[:, :2]).clip(0).prod(1) for box in (first, second)]
    proper = (areas[0] > 0)[:, None] & (areas[1] > 0)
    return np.where(proper, sides.prod(2), 0), areas[0], areas[1]


def anchor_targets(maps: Sequence[AnchorMap], size: tuple[int, int], area: Area, boxes: Boxes,
                   regions: Floats, threshold: float) -> list[Floats]:
    """(PLANES, h, w) float32 for each map of an input of `size` (height, width).

    The box of largest overlap above the threshold gives a cell its label, 0 if it is ignored, its
    centre and its size. A box that counts and gave no label gives it to the cell at its centre, in
    the map of its largest overlap, if that is at least LEAST_OVERLAP and the cell has none.
    Anchors outside of the image or in regions of no interest have label 0 and overlap 1.
    """
    corners = boxes.corners
    found = []
    used = np.zeros(len(corners), bool)
    best = np.zeros((len(maps), len(corners)))
    shapes = np.concatenate([(corners[:, :2] + corners[:, 2:]) / 2,
                             corners[:, 2:] - corners[:, :2]], 1)
    for index, one in enumerate(maps):
        rows, columns = one.size_for(*size)
        target = np.zeros((PLANES, rows, columns), np.float32)
        anchors = _anchors(one, rows, columns)
        shared, own, _ = intersection(anchors, regions)
        counts = _is_inside(one, area, rows, columns) & \
            ((shared / own[:, None]).sum(1) < OF_NO_INTEREST)
        shared, own, other = intersection(anchors, corners)
        overlap = shared / (own[:, None] + other - shared)
        overlap[~counts] = 0
        top = overlap.max(1, initial=0)
        match = overlap.argmax(1) if len(corners) else np.zeros(len(anchors), int)
        hit = (top > threshold) & (top > 0)
        flat = target.reshape(PLANES, -1)
        flat[5] = np.where(counts, top, 1)
        flat[0, hit] = np.where(boxes.ignored, 0, boxes.labels)[match[hit]]
        flat[1:5, hit] = shapes[match[hit]].T
        used[match[hit]] = True
        best[index] = overlap.max(0, initial=0)
        found.append(target)
    missed = ~used & ~boxes.ignored & (best.max(0) >= LEAST_OVERLAP)
    _label_centres(maps, found, missed, best.argmax(0), boxes, shapes)
    return found


def _anchors(one: AnchorMap, rows: int, columns: int) -> Floats:
    """Corners (rows * columns, 4) in pixels."""
    y, x = np.meshgrid(np.arange(rows) + 0.5, np.arange(columns) + 0.5, indexing="ij")
    centre = np.stack([x, y], -1).reshape(-1, 2) * one.stride
    half = np.array([one.width / 2, one.height / 2])
    return np.concatenate([centre - half, centre + half], 1)


def _is_inside(one: AnchorMap, area: Area, rows: int, columns: int) -> Array:
    """(rows * columns,) bool: whether the image is there, rounded to cells."""
    x, y, width, height = (c_round(side / one.stride)
                           for side in (area.x, area.y, area.width, area.height))
    inside = np.zeros((rows, columns), bool)
    inside[y:y + height, x:x + width] = True
    return inside.reshape(-1)


def _label_centres(maps: Sequence[AnchorMap], targets: Sequence[Floats], missed: Array,
                   map_of: Array, boxes: Boxes, shapes: Floats) -> None:
    """Give the cells at the centres of missed boxes their labels; the first box of a cell wins."""
    for index, one in enumerate(maps):
        target = targets[index]
        rows, columns = target.shape[1:]
        own = np.flatnonzero(missed & (map_of == index))
        x, y = np.floor(shapes[own, :2].T / one.stride)
        cells = (y.clip(0, rows - 1) * columns + x.clip(0, columns - 1)).astype(int)
        cells, first = np.unique(cells, return_index=True)
        flat = target.reshape(PLANES, -1)
        free = flat[0, cells] <= 0
        cells, own = cells[free], own[first[free]]
        flat[0, cells] = boxes.labels[own]
        flat[1:5, cells] = shapes[own].T
