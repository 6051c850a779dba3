"""Boxes, matching and suppression by their definitions, one box at a time, in plain numpy.

Slow and independent of the framework: what its batched code is compared with.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

CORNER, CENTER_SIZE, CORNER_SIZE = 1, 2, 3
Box = Sequence[float]


def area(box: Box) -> float:
    return max(box[2] - box[0], 0) * max(box[3] - box[1], 0)


def overlap(a: Box, b: Box) -> float:
    width, height = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    return width * height / (area(a) + area(b) - width * height)


def encode(box: Box, prior: Box, variance: Box, code: int, in_target: bool) -> np.ndarray:
    width, height = prior[2] - prior[0], prior[3] - prior[1]
    if code == CENTER_SIZE:
        offsets = [((box[0] + box[2]) - (prior[0] + prior[2])) / 2 / width,
                   ((box[1] + box[3]) - (prior[1] + prior[3])) / 2 / height,
                   math.log((box[2] - box[0]) / width), math.log((box[3] - box[1]) / height)]
    else:
        units = [width, height, width, height] if code == CORNER_SIZE else [1, 1, 1, 1]
        offsets = [(box[k] - prior[k]) / units[k] for k in range(4)]
    return np.array(offsets) if in_target else np.array(offsets) / np.array(variance)


def decode(offsets: Box, prior: Box, variance: Box, code: int, in_target: bool) -> np.ndarray:
    width, height = prior[2] - prior[0], prior[3] - prior[1]
    o = np.array(offsets) if in_target else np.array(offsets) * np.array(variance)
    if code == CENTER_SIZE:
        x = (prior[0] + prior[2]) / 2 + o[0] * width
        y = (prior[1] + prior[3]) / 2 + o[1] * height
        w, h = width * math.exp(o[2]), height * math.exp(o[3])
        return np.array([x - w / 2, y - h / 2, x + w / 2, y + h / 2])
    units = [width, height, width, height] if code == CORNER_SIZE else [1, 1, 1, 1]
    return np.array([prior[k] + o[k] * units[k] for k in range(4)])


def crosses(box: Box) -> bool:
    return any(value < 0 or value > 1 for value in box)


def match(boxes: Sequence[Box], truth: Sequence[Box], threshold: float | None,
          ignore_crossing: bool = False) -> tuple[list[int], list[float]]:
    """The matched truth of each box (-1 none, -2 left out), and its best overlap."""
    overlaps = np.array([[overlap(box, real) for real in truth] for box in boxes])
    overlaps = overlaps.reshape(len(boxes), len(truth))
    overlaps[overlaps <= 1e-6] = 0
    result = [-1] * len(boxes)
    for index, box in enumerate(boxes):
        if ignore_crossing and crosses(box):
            result[index], overlaps[index] = -2, 0
    best = [float(max(row, default=0)) for row in overlaps]
    free = set(range(len(truth)))
    while free:
        pairs = [(-overlaps[index, row], index, row) for index in range(len(boxes))
                 if result[index] == -1 for row in sorted(free) if overlaps[index, row] > 0]
        if not pairs:
            break
        _, index, row = min(pairs)
        result[index] = row
        free.remove(row)
    if threshold is not None:
        for index in range(len(boxes)):
            if result[index] == -1 and len(truth):
                row = int(np.argmax(overlaps[index]))
                if overlaps[index, row] > 0 and overlaps[index, row] >= threshold:
                    result[index] = row
    return result, best


def suppress(boxes: Sequence[Box], threshold: float, eta: float = 1.0) -> list[int]:
    """Which of the boxes, best first, are kept."""
    kept: list[int] = []
    for index, box in enumerate(boxes):
        if all(overlap(box, boxes[other]) <= threshold for other in kept):
            kept.append(index)
            if eta < 1 and threshold > 0.5:
                threshold *= eta
    return kept
