"""Boxes through crops, resizes and mirrors, before any pixel is touched. All in float32, as Caffe.

corners  (n, 4) float32: xmin, ymin, xmax, ymax in parts of the image: 0 left or top, 1 right
window   (xmin, ymin, xmax, ymax), a part of the image in the same units; it may pass the border
Source: bbox_util.cpp, im_transforms.cpp (UpdateBBoxByResizePolicy), data_transformer.cpp
(TransformAnnotation) of weiliu89/caffe, branch ssd.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Window = Floats
WHOLE: Window = np.array([0, 0, 1, 1], np.float32)


@dataclass(frozen=True)
class Rectangle:
    """A part of a picture in pixels."""

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


def project(corners: Floats, window: Window) -> tuple[Floats, NDArray[np.bool_]]:
    """The boxes in the units of the window, cut to it, and which have anything in it."""
    origin, size = window[:2], window[2:] - window[:2]
    outside = (corners[:, :2] >= window[2:]).any(1) | (corners[:, 2:] <= window[:2]).any(1)
    moved = (corners.reshape(-1, 2, 2) - origin) / size
    moved = np.clip(moved, 0, 1).reshape(-1, 4)
    return moved, ~outside & (areas(moved) > 0)


def meets_emit_constraint(corners: Floats, window: Window, constraint: Any) -> NDArray[np.bool_]:
    """Which boxes an EmitConstraint keeps: centre in the window, or covered share above a limit."""
    if constraint.emit_type == constraint.CENTER:
        centers = (corners[:, :2] + corners[:, 2:]) / 2
        kept = ((centers >= window[:2]) & (centers <= window[2:])).all(1)
        return np.asarray(kept)
    own = areas(corners)
    shared = intersections(corners, window)
    coverage = np.where(shared > 0, shared / np.where(own > 0, own, 1), np.float32(0))
    return np.asarray(coverage > np.float32(constraint.emit_overlap))


def mirror(corners: Floats) -> Floats:
    """The boxes of the picture turned left to right."""
    return np.stack([1 - corners[:, 2], corners[:, 1], 1 - corners[:, 0], corners[:, 3]], 1)


def resize(corners: Floats, param: Any, width: int, height: int) -> Floats:
    """The boxes after ResizeParameter on a picture of that size: padding moves them.

    Rounding of the resized picture to whole pixels is not followed, as in the original.
    """
    new = np.array([param.width, param.height], np.float32)
    old = np.array([width, height], np.float32)
    aspect, new_aspect = old[0] / old[1], new[0] / new[1]
    padding = np.zeros(2, np.float32)
    if param.resize_mode == param.FIT_LARGE_SIZE_AND_PAD:
        if aspect > new_aspect:
            padding[1] = (new[1] - new[0] / aspect) / 2
        else:
            padding[0] = (new[0] - aspect * new[1]) / 2
    elif param.resize_mode == param.FIT_SMALL_SIZE:
        new = fitted_size(param, aspect)
    inner = new - 2 * padding
    low = padding + np.maximum(corners[:, :2] * old * inner / old, 0)
    high = padding + np.minimum(corners[:, 2:] * old * inner / old, new)
    return np.concatenate([low, high], 1) / np.concatenate([new, new])


def fitted_size(param: Any, aspect: np.float32) -> Floats:
    """(width, height) of FIT_SMALL_SIZE, not rounded: the shorter side fits."""
    width, height = np.float32(param.width), np.float32(param.height)
    if aspect < width / height:
        return np.array([width, width / aspect], np.float32)
    return np.array([aspect * height, height], np.float32)


def extrapolate(corners: Floats, param: Any, width: int, height: int, window: Window) -> Floats:
    """The boxes in units of width_scale x height_scale; only FIT_SMALL_SIZE has these fields.

    They may then pass 1. Source: ExtrapolateBBox in bbox_util.cpp.
    """
    if not (param.width_scale and param.height_scale) \
            or param.resize_mode != param.FIT_SMALL_SIZE:
        return corners
    size = fitted_size(param, np.float32(width) / np.float32(height))
    crop = size * (window[2:] - window[:2])
    scale = np.array([param.width_scale, param.height_scale], np.float32)
    scaled: Floats = corners * np.tile(crop, 2) / np.tile(scale, 2)
    return scaled


def crop_rectangle(window: Window, width: int, height: int) -> Rectangle:
    """The pixels of a window of a picture of that size: cut to it, rounded down, at least one.

    Source: CropImage in data_transformer.cpp, where a picture of no pixels ends the run.
    """
    size = np.array([width, height], np.float32)
    low, high = np.clip(window[:2], 0, 1) * size, np.clip(window[2:], 0, 1) * size
    x, y = (min(int(value), limit - 1) for value, limit in zip(low, (width, height), strict=True))
    wide, tall = (int(value) for value in high - low)
    return Rectangle(x, y, min(max(wide, 1), width - x), min(max(tall, 1), height - y))
