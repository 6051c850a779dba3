"""Compiled: what becomes of an image's boxes, in float32 as in Caffe.

boxes  (n, 7) as in `Record`; a new array is returned
Source: ProjectBBox, MeetEmitConstraint, UpdateBBoxByResizePolicy in bbox_util.cpp and
im_transforms.cpp; TransformAnnotation in data_transformer.cpp of weiliu89/caffe, branch ssd.
"""

from __future__ import annotations

import numpy as np

from framework.data.augment.geometry import CENTER, OVERLAP, Floats, Window
from framework.data.records.boxes import XMAX, XMIN, YMAX, YMIN
from framework.system.compiled import compiled_exactly

_ZERO, _ONE, _TWO = np.float32(0), np.float32(1), np.float32(2)


@compiled_exactly
def look_through(boxes: Floats, window: Window, emit: int, least: float) -> Floats:
    """The boxes in the units of the window, cut to it; those without area in it are dropped.

    emit, least  which of the others stay
    """
    left, top, right, bottom = window
    width, height = right - left, bottom - top
    seen = np.empty_like(boxes)
    count = 0
    for box in boxes:
        xmin, ymin, xmax, ymax = box[XMIN:YMAX + 1]
        if xmin >= right or ymin >= bottom or xmax <= left or ymax <= top:
            continue
        new = seen[count]
        new[:] = box
        new[XMIN], new[XMAX] = _part((xmin - left) / width), _part((xmax - left) / width)
        new[YMIN], new[YMAX] = _part((ymin - top) / height), _part((ymax - top) / height)
        if not _area(new[XMIN], new[YMIN], new[XMAX], new[YMAX]) > 0:
            continue
        if emit == CENTER:
            x, y = (xmin + xmax) / _TWO, (ymin + ymax) / _TWO
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
            low, high = box[XMIN + axis], box[XMAX + axis]
            low = padding[axis] + max(low * old[axis] * inner / old[axis], _ZERO)
            high = padding[axis] + min(high * old[axis] * inner / old[axis], new[axis])
            box[XMIN + axis], box[XMAX + axis] = low / new[axis], high / new[axis]
    return resized


@compiled_exactly
def mirror(boxes: Floats) -> Floats:
    """The boxes of the image turned left to right."""
    turned = boxes.copy()
    for box in turned:
        box[XMIN], box[XMAX] = _ONE - box[XMAX], _ONE - box[XMIN]
    return turned


@compiled_exactly
def crop_rectangle(window: Window, width: int, height: int) -> tuple[int, int, int, int]:
    """x, y, width, height of a window of an image of that size, in pixels.

    Cut to the image, rounded down, at least one pixel.
    Source: CropImage in data_transformer.cpp, where an image of no pixels ends the run.
    """
    wide, tall = np.float32(width), np.float32(height)
    left, right = _part(window[0]) * wide, _part(window[2]) * wide
    top, bottom = _part(window[1]) * tall, _part(window[3]) * tall
    x, y = min(int(left), width - 1), min(int(top), height - 1)
    return (x, y, min(max(int(right - left), 1), width - x),
            min(max(int(bottom - top), 1), height - y))


@compiled_exactly
def _part(value: np.float32) -> np.float32:
    return min(max(value, _ZERO), _ONE)


@compiled_exactly
def _area(left: np.float32, top: np.float32, right: np.float32,
          bottom: np.float32) -> np.float32:
    return max(right - left, _ZERO) * max(bottom - top, _ZERO)
