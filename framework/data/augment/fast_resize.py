"""Bicubic, Lanczos and area resizing of an image on a plain ground, with OpenCV's results.

The ground is the colour around an image that was expanded. A resize is a weighted sum of rows,
then of columns. Only the image is summed here; what the ground adds follows from the sums of the
weights. OpenCV computes each row pixel by pixel; here the sums of rows are transposed, so that
columns become rows, and whole vectors are added.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import DTypeLike

from framework.data.augment.geometry import Rectangle
from framework.data.records.records import Pixels
from framework.system.arrays import Array, Indices


@dataclass(frozen=True)
class Axis:
    """The interpolation weights of each target pixel along one axis.

    taps          (targets, taps): the weights, on the image and on the ground
    first         (targets,): the pixel of the view that the first weight is for
    begin, count  (targets,): the pixels of the image that contribute
    weights       (targets, taps): their weights, as 2048th (int32, LANCZOS4) or float32
    whole, seen   (targets,): the sum of all weights, and of those on the image
    """

    first: Indices
    taps: Array
    begin: Indices
    count: Indices
    weights: Array
    whole: Array
    seen: Array

    def touched(self) -> slice:
        """The target pixels that depend on the image."""
        used = np.flatnonzero(self.count)
        return slice(int(used[0]), int(used[-1]) + 1) if used.size else slice(0, 0)

    def is_exact(self) -> bool:
        """Are sums with these weights exact in float32, in any order? So they are if all are 64ths.
        """
        parts = self.taps * 64
        return bool((parts == np.rint(parts)).all())


def can_resample(width: int, height: int, new_width: int, new_height: int, mode: int) -> bool:
    """Can `resample` compute that interpolation between those sizes?"""
    if mode != cv2.INTER_AREA:
        return mode in (cv2.INTER_CUBIC, cv2.INTER_LANCZOS4)
    # OpenCV has other code for these: enlarging by AREA is LINEAR, by whole factors a plain mean.
    is_mean = width % new_width == 0 and height % new_height == 0
    return width > new_width and height > new_height and not is_mean


def resample(planes: Pixels, place: Rectangle, width: int, height: int, new_width: int,
             new_height: int, mode: int, fill: tuple[float, ...] = ()) -> Pixels:
    """A view of `width` x `height`, `fill` but for the image at `place`, resized.

    planes  (channels, `place.height`, `place.width`) uint8
    fill    whole levels, one a channel; not needed if the image is the whole view
    Returns (channels, new_height, new_width) uint8.
    """
    # lazy: numba costs 0.2 s
    from framework.data.augment import resize_loops as loops

    rows = _axis(mode, height, new_height, place.y, place.height)
    columns = _axis(mode, width, new_width, place.x, place.width)
    used = rows.touched()
    kind = rows.weights.dtype
    halfway = np.empty((used.stop - used.start, place.width), kind)     # rows summed
    turned = np.empty((place.width, used.stop - used.start), kind)      # the same, transposed
    sums = np.empty((new_width, new_height), kind)                      # columns summed too
    levels = np.empty(sums.shape, np.uint8)
    result = np.empty((len(planes), new_height, new_width), np.uint8)
    is_whole = (place.width, place.height) == (width, height)
    # Float sums that are not exact may round to another level in another order than OpenCV's.
    depends_on_order = mode == cv2.INTER_AREA and not (rows.is_exact() and columns.is_exact())
    for plane, level, target in zip(planes, fill or (0,) * len(planes), result, strict=True):
        if is_whole:
            sums[:] = 0
        else:
            loops.lay_ground(int(level), rows.whole, columns.whole, rows.seen, columns.seen, sums)
        if halfway.size:
            loops.sum_rows(plane, rows.begin[used], rows.count[used], rows.weights[used], halfway)
            cv2.transpose(halfway, turned)
            loops.add_lines(turned, columns.begin, columns.count, columns.weights, used.start, sums)
        if depends_on_order:
            loops.settle(plane, (place.x, place.y), int(level), rows.first, rows.taps,
                         columns.first, columns.taps, sums)
        if kind == np.int32:
            loops.round_sums(sums, levels)
        else:
            loops.round_parts(sums, levels)
        cv2.transpose(levels, target)
    return result


def _axis(mode: int, source: int, targets: int, start: int, length: int) -> Axis:
    # lazy: numba costs 0.2 s
    from framework.data.augment import resize_weights as rules

    kinds: dict[int, tuple[Callable[[int, Indices, Array], None], int, DTypeLike]] = {
        cv2.INTER_AREA: (rules.area_weights, -(-source // targets) + 2, np.float32),
        cv2.INTER_CUBIC: (rules.cubic_weights, 4, np.float32),
        cv2.INTER_LANCZOS4: (rules.lanczos_weights, 8, np.int32)}
    make, taps, kind = kinds[mode]
    first = np.empty(targets, np.int64)
    weights = np.empty((targets, taps), kind)
    make(source, first, weights)
    begin = np.empty_like(first)
    count = np.empty_like(first)
    folded = np.empty_like(weights)
    whole = np.empty(targets, kind)
    seen = np.empty(targets, kind)
    rules.fold(first, weights, source, start, length, begin, count, folded, whole, seen)
    return Axis(first, weights, begin, count, folded, whole, seen)
