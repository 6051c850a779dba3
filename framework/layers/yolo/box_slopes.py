"""IoU, GIoU, DIoU and CIoU of centred boxes, and the slopes that MobileNet-YOLO takes for theirs.

Boxes are (..., 4): x and y of the centre, width, height, all as fractions of the image.
Source: bbox_util.cpp and yolov3_layer.cpp (dx_box_iou) of eric612/MobileNet-YOLO, after
AlexeyAB/darknet; Rezatofighi et al. 2019 (GIoU), Zheng et al. 2020 (DIoU, CIoU).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

POWER_OF_DISTANCE = 0.6     # DIoU's term there, as its authors' suppression has it


class _Pair(NamedTuple):
    """Two boxes by their edges (left, top, right, bottom), and what they span together."""

    first: tuple[Tensor, Tensor, Tensor, Tensor]
    second: tuple[Tensor, Tensor, Tensor, Tensor]
    common: tuple[Tensor, Tensor]       # width and height; negative where they do not meet
    hull: tuple[Tensor, Tensor]         # width and height of the smallest box around both
    far: Tensor                         # squared distance of the centres


def _edges(box: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    x, y, w, h = box.unbind(-1)
    return x - w / 2, y - h / 2, x + w / 2, y + h / 2


def _pair(first: Tensor, second: Tensor) -> _Pair:
    one, two = _edges(first), _edges(second)
    low = [torch.maximum(a, b) for a, b in zip(one[:2], two[:2], strict=True)]
    high = [torch.minimum(a, b) for a, b in zip(one[2:], two[2:], strict=True)]
    outer_low = [torch.minimum(a, b) for a, b in zip(one[:2], two[:2], strict=True)]
    outer_high = [torch.maximum(a, b) for a, b in zip(one[2:], two[2:], strict=True)]
    far = (first[..., :2] - second[..., :2]).square().sum(-1)
    return _Pair(one, two, (high[0] - low[0], high[1] - low[1]),
                 (outer_high[0] - outer_low[0], outer_high[1] - outer_low[1]), far)


def overlap(kind: str, first: Tensor, second: Tensor) -> Tensor:
    """IoU of two boxes, or by `kind` GIOU, DIOU or CIOU of them; shapes broadcast."""
    pair = _pair(first, second)
    width, height = pair.common
    common = width.clamp(min=0) * height.clamp(min=0)
    union = first[..., 2:].prod(-1) + second[..., 2:].prod(-1) - common
    iou = common / union
    if kind == "GIOU":
        hull = pair.hull[0] * pair.hull[1]
        return torch.where(hull == 0, iou, iou - (hull - union) / hull)
    if kind not in ("DIOU", "CIOU"):
        return iou
    diagonal = pair.hull[0].square() + pair.hull[1].square()
    term = pair.far / diagonal
    if kind == "DIOU":
        term = term ** POWER_OF_DISTANCE
    else:
        shape, _ = _shape_term(first, second)
        term = term + shape / (1 - iou + shape + 1e-6) * shape
    return torch.where(diagonal == 0, iou, iou - term)


def _shape_term(first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
    """CIoU's term of the two boxes' shapes, and the difference of the angles (second - first)."""
    angle = (second[..., 2] / second[..., 3]).atan() - (first[..., 2] / first[..., 3]).atan()
    return 4 / math.pi**2 * angle.square(), angle


def slopes(kind: str, predicted: Tensor, truth: Tensor) -> Tensor:
    """The slopes (..., 4) by x, y, w and h that the original takes for the overlap's.

    They are not the derivatives: those of w and h are twice as large, boxes that do not meet have
    none of IoU's own where `kind` has a term, and of DIoU's and CIoU's distance one part has the
    other sign.
    """
    pair = _pair(predicted, truth)
    edges = _edge_slopes(pair)
    common = pair.common[0] * pair.common[1]    # above 0 where both are negative, as there
    union = predicted[..., 2:].prod(-1) + truth[..., 2:].prod(-1) - common
    meets = (pair.common[0] > 0) & (pair.common[1] > 0)
    inner = [_of_ratio(common, union, *parts) for parts in zip(*edges[:2], strict=True)]
    inner = [torch.where(union > 0, slope, 0) for slope in inner]
    if kind == "GIOU":
        hull = pair.hull[0] * pair.hull[1]
        outer = [_of_ratio(union, hull, *parts) for parts in zip(*edges[1:], strict=True)]
        grown = [torch.where(hull > 0, a + b, a) for a, b in zip(inner, outer, strict=True)]
        inner = [torch.where(meets, a, b) for a, b in zip(grown, outer, strict=True)]
    left, top, right, bottom = inner
    found = torch.stack([left + right, top + bottom, right - left, bottom - top], -1)
    if kind not in ("DIOU", "CIOU"):
        return found
    extra = _distance_slopes(pair, predicted, truth)
    if kind == "CIOU":
        shape, angle = _shape_term(predicted, truth)
        alpha = shape / (1 - common / union + shape + 1e-6)
        turn = 8 / math.pi**2 * angle * alpha
        extra = extra + torch.stack([torch.zeros_like(turn)] * 2 + [
            turn * predicted[..., 3], -turn * predicted[..., 2]], -1)
    return torch.where(meets[..., None], found + extra, extra)


def _of_ratio(part: Tensor, whole: Tensor, part_slope: Tensor, whole_slope: Tensor) -> Tensor:
    """The slope of part / whole."""
    return (whole * part_slope - part * whole_slope) / whole.square()


Slopes = list[Tensor]       # by left, top, right and bottom


def _edge_slopes(pair: _Pair) -> tuple[Slopes, Slopes, Slopes]:
    """Slopes of the common area, the union and the hull by each edge of the first box."""
    left, top, right, bottom = pair.first
    their_left, their_top, their_right, their_bottom = pair.second
    width, height = pair.common
    zero = torch.zeros_like(width)
    common = [torch.where(left > their_left, -height, zero),
              torch.where(top > their_top, -width, zero),
              torch.where(right < their_right, height, zero),
              torch.where(bottom < their_bottom, width, zero)]
    own = [top - bottom, left - right, bottom - top, right - left]
    union = [mine - shared for mine, shared in zip(own, common, strict=True)]
    hull_width, hull_height = pair.hull
    hull = [torch.where(left < their_left, -hull_height, zero),
            torch.where(top < their_top, -hull_width, zero),
            torch.where(right > their_right, hull_height, zero),
            torch.where(bottom > their_bottom, hull_width, zero)]
    return common, union, hull


def _distance_slopes(pair: _Pair, predicted: Tensor, truth: Tensor) -> Tensor:
    """Slopes of DIoU's term, distance over diagonal, with the original's sign by x and y."""
    left, top, right, bottom = pair.first
    their_left, their_top, their_right, their_bottom = pair.second
    kind = predicted.dtype
    grows = [(left < their_left).to(kind), (right > their_right).to(kind),
             (top < their_top).to(kind), (bottom > their_bottom).to(kind)]
    width, height = pair.hull
    diagonal = width.square() + height.square()
    hull_slopes = torch.stack([2 * width * (grows[1] - grows[0]),
                               2 * height * (grows[3] - grows[2]),
                               width * (grows[1] + grows[0]),
                               height * (grows[3] + grows[2])], -1)
    step = 2 * (truth[..., :2] - predicted[..., :2]) * diagonal[..., None]
    sign = predicted.new_tensor([-1.0, -1.0, 1.0, 1.0])
    moved = torch.cat([step, torch.zeros_like(step)], -1)
    found = (moved + sign * hull_slopes * pair.far[..., None]) / diagonal.square()[..., None]
    return torch.where((diagonal > 0)[..., None], found, 0)
