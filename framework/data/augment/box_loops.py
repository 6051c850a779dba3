"""Bounding boxes through cropping, resizing and mirroring, compiled; in float32 as in Caffe.

boxes  (n, 7) as in `Record`; a new array is returned
Source: ProjectBBox, MeetEmitConstraint, UpdateBBoxByResizePolicy in bbox_util.cpp and
im_transforms.cpp; TransformAnnotation in data_transformer.cpp of weiliu89/caffe, branch ssd.
"""

from __future__ import annotations

import numpy as np

from framework.data.augment.geometry import CENTER, OVERLAP, Window
from framework.data.records.boxes import XMAX, XMIN, YMAX, YMIN
from framework.system.arrays import Floats
from framework.system.compiled import compiled_exactly

# Typed constants: with a Python number numba would compute the whole term in float64.
_ZERO = np.float32(0)
_ONE = np.float32(1)
_TWO = np.float32(2)


@compiled_exactly
def look_through(boxes: Floats, window: Window, emit: int, least: float) -> Floats:
    """Project boxes to the window's units and clip them to it; drop those without area in it.

    emit, least  the emit_constraint, as `emit_rule` returns it
    """
    left, top, right, bottom = window
    width = right - left
    height = bottom - top
    seen = np.empty_like(boxes)
    count = 0
    for box in boxes:
        xmin, ymin, xmax, ymax = box[XMIN:YMAX + 1]
        if xmin >= right or ymin >= bottom or xmax <= left or ymax <= top:
            continue
        # Written to the next free row; the row counts only if the box is kept, and is
        # overwritten by the next box otherwise.
        new = seen[count]
        new[:] = box
        new[XMIN] = _clipped((xmin - left) / width)
        new[XMAX] = _clipped((xmax - left) / width)
        new[YMIN] = _clipped((ymin - top) / height)
        new[YMAX] = _clipped((ymax - top) / height)
        if not _area(new[XMIN], new[YMIN], new[XMAX], new[YMAX]) > 0:
            continue
        if emit == CENTER:
            x = (xmin + xmax) / _TWO
            y = (ymin + ymax) / _TWO
            count += int(left <= x <= right and top <= y <= bottom)
        elif emit == OVERLAP:
            shared = _area(max(xmin, left), max(ymin, top), min(xmax, right), min(ymax, bottom))
            own = _area(xmin, ymin, xmax, ymax)
            count += int(shared / own > np.float32(least))
        else:
            count += 1
    return seen[:count]


@compiled_exactly
def resize(boxes: Floats, old: Floats, new: Floats, padding: Floats) -> Floats:
    """The boxes in an image of size `old` resized to `new` less `padding` on both sides.

    old, new, padding  (2,) in pixels across and down
    """
    resized = boxes.copy()
    for box in resized:
        for axis in range(2):
            inner = new[axis] - _TWO * padding[axis]
            # Multiplied and divided by the old size as Caffe does: it does not cancel in float32.
            low = box[XMIN + axis] * old[axis] * inner / old[axis]
            high = box[XMAX + axis] * old[axis] * inner / old[axis]
            box[XMIN + axis] = (padding[axis] + max(low, _ZERO)) / new[axis]
            box[XMAX + axis] = (padding[axis] + min(high, new[axis])) / new[axis]
    return resized


@compiled_exactly
def mirror(boxes: Floats) -> Floats:
    """The boxes of the horizontally mirrored image."""
    mirrored = boxes.copy()
    for box in mirrored:
        xmin = box[XMIN]
        box[XMIN] = _ONE - box[XMAX]
        box[XMAX] = _ONE - xmin
    return mirrored


@compiled_exactly
def crop_rectangle(window: Window, width: int, height: int) -> tuple[int, int, int, int]:
    """x, y, width, height of a window of an image of that size, in pixels.

    Clipped to the image, rounded down, at least one pixel.
    Source: CropImage in data_transformer.cpp, where an image of no pixels ends the run.
    """
    left = _clipped(window[0]) * np.float32(width)
    top = _clipped(window[1]) * np.float32(height)
    right = _clipped(window[2]) * np.float32(width)
    bottom = _clipped(window[3]) * np.float32(height)
    x = min(int(left), width - 1)
    y = min(int(top), height - 1)
    crop_width = min(max(int(right - left), 1), width - x)
    crop_height = min(max(int(bottom - top), 1), height - y)
    return x, y, crop_width, crop_height


@compiled_exactly
def _clipped(value: np.float32) -> np.float32:
    return min(max(value, _ZERO), _ONE)


@compiled_exactly
def _area(left: np.float32, top: np.float32, right: np.float32,
          bottom: np.float32) -> np.float32:
    return max(right - left, _ZERO) * max(bottom - top, _ZERO)
