"""Box geometry for crops, resizes and mirrors, before any pixel is touched; in float32 as Caffe.

corners  (n, 4) float32: xmin, ymin, xmax, ymax in parts of the image: 0 left or top, 1 right
window   (xmin, ymin, xmax, ymax), a part of the image in the same units; it may cross the border
Source: bbox_util.cpp, im_transforms.cpp (UpdateBBoxByResizePolicy), data_transformer.cpp
(TransformAnnotation) of weiliu89/caffe, branch ssd.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from framework.proto import EmitConstraint, ResizeParameter
from framework.system.arrays import Floats

Window = Floats
WHOLE: Window = np.array([0, 0, 1, 1], np.float32)

# Which boxes an EmitConstraint keeps: all, with their centre in the window, or enough of each.
ALL, CENTER, OVERLAP = range(3)


@dataclass(frozen=True)
class Rectangle:
    """A part of an image in pixels."""

    x: int
    y: int
    width: int
    height: int


def areas(corners: Floats) -> Floats:
    """The areas of boxes (..., 4); 0 for inverted ones."""
    sides = np.maximum(corners[..., 2:] - corners[..., :2], 0)
    product: Floats = sides[..., 0] * sides[..., 1]
    return product


def intersections(corners: Floats, window: Window) -> Floats:
    """The areas that boxes (..., 4) share with windows (..., 4), broadcast; 0 without touch."""
    sides = np.minimum(corners[..., 2:], window[..., 2:]) \
        - np.maximum(corners[..., :2], window[..., :2])
    sides = np.maximum(sides, 0)
    product: Floats = sides[..., 0] * sides[..., 1]
    return product


def emit_rule(constraint: EmitConstraint | None) -> tuple[int, float]:
    """The rule of an EmitConstraint (None: keep all), and for OVERLAP the share a box must exceed.
    """
    if constraint is None:
        return ALL, 0.0
    if constraint.emit_type == constraint.CENTER:
        return CENTER, 0.0
    return OVERLAP, constraint.emit_overlap


def resized_frame(param: ResizeParameter, width: int, height: int) -> tuple[Floats, Floats, Floats]:
    """The size of an image, its size after ResizeParameter, and the padding in the latter.

    All (2,), across and down, in pixels; the padding is on both sides, within the new size.
    Rounding of the resized image to whole pixels is not followed, as in the original.
    """
    new = np.array([param.width, param.height], np.float32)
    old = np.array([width, height], np.float32)
    padding = np.zeros(2, np.float32)
    if param.resize_mode == param.FIT_LARGE_SIZE_AND_PAD:
        aspect = old[0] / old[1]
        if aspect > new[0] / new[1]:
            padding[1] = (new[1] - new[0] / aspect) / 2
        else:
            padding[0] = (new[0] - aspect * new[1]) / 2
    elif param.resize_mode == param.FIT_SMALL_SIZE:
        new = fitted_size(param, old[0] / old[1])
    return old, new, padding


def resized_window(param: ResizeParameter, width: int, height: int) -> Window:
    """The part of the resized and padded image that an image of that size takes."""
    old, new, padding = resized_frame(param, width, height)
    high = padding + np.minimum(old * (new - 2 * padding) / old, new)
    return np.concatenate([padding / new, high / new])


def fitted_size(param: ResizeParameter, aspect: np.float32) -> Floats:
    """(width, height) of FIT_SMALL_SIZE, not rounded: the shorter side fits, unless the longer one
    would exceed `longest_side`."""
    width = np.float32(param.width)
    height = np.float32(param.height)
    if aspect < width / height:
        size = np.array([width, width / aspect], np.float32)
    else:
        size = np.array([aspect * height, height], np.float32)
    longer = size.max()
    if param.longest_side and longer > param.longest_side:
        size *= np.float32(param.longest_side) / longer
    return size


def extrapolates(param: ResizeParameter | None) -> bool:
    """Does ResizeParameter (None: there is none) ask for `extrapolate`?"""
    return param is not None and param.resize_mode == param.FIT_SMALL_SIZE \
        and bool(param.width_scale and param.height_scale)


def extrapolate(corners: Floats, param: ResizeParameter, width: int, height: int,
                window: Window) -> Floats:
    """The boxes in units of width_scale x height_scale, where `extrapolates` is true.

    They may then exceed 1. Source: ExtrapolateBBox in bbox_util.cpp.
    """
    size = fitted_size(param, np.float32(width) / np.float32(height))
    crop = size * (window[2:] - window[:2])
    scale = np.array([param.width_scale, param.height_scale], np.float32)
    scaled: Floats = corners * np.tile(crop, 2) / np.tile(scale, 2)
    return scaled
