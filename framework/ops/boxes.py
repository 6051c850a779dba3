"""Bounding boxes as corners x1 y1 x2 y2: area, IoU, encoding and decoding against priors."""

from __future__ import annotations

import torch
from torch import Tensor

# PriorBoxParameter.CodeType
CORNER, CENTER_SIZE, CORNER_SIZE = 1, 2, 3


def area(corners: Tensor) -> Tensor:
    """Area of corners (..., 4): (...); 0 for an inverted box.

    Source: BBoxSize, bbox_util.cpp in weiliu89/caffe branch ssd.
    """
    x1, y1, x2, y2 = corners.unbind(-1)
    inverted = (x2 < x1) | (y2 < y1)
    return torch.where(inverted, 0, (x2 - x1) * (y2 - y1))


def iou(first: Tensor, second: Tensor) -> Tensor:
    """Intersection over union (...) of corners (..., 4), broadcast against each other.

    Boxes that only touch, inverted boxes, boxes without area and boxes with a NaN have 0.
    Source: JaccardOverlap for normalized boxes, bbox_util.cpp in weiliu89/caffe branch ssd.
    """
    a = first.movedim(-1, 0).contiguous()
    b = second.movedim(-1, 0).contiguous()
    width = (torch.minimum(a[2], b[2]) - torch.maximum(a[0], b[0])).clamp_(min=0)
    height = (torch.minimum(a[3], b[3]) - torch.maximum(a[1], b[1])).clamp_(min=0)
    shared = width.mul_(height)
    union = (area(first) + area(second)).sub_(shared)
    return shared.div_(union).nan_to_num_(nan=0)        # 0 / 0 without area


def crosses_border(corners: Tensor) -> Tensor:
    """Whether corners (..., 4), as fractions of the image, leave it: any below 0 or above 1."""
    return ((corners < 0) | (corners > 1)).any(-1)


def _centers(corners: Tensor) -> tuple[Tensor, Tensor]:
    """Middle and size, (..., 2) each, of corners (..., 4)."""
    low, high = corners[..., :2], corners[..., 2:]
    return (low + high) / 2, high - low


def encode(corners: Tensor, priors: Tensor, variances: Tensor, code: int,
           variance_in_target: bool = False) -> Tensor:
    """Box encoding: the offsets from `priors` to `corners`; the inverse of `decode`.

    corners, priors     (..., 4) as fractions of the image
    variances           (..., 4) divide the code, unless `variance_in_target`
    code                CORNER: differences of corners. CORNER_SIZE: in prior widths and heights.
                        CENTER_SIZE: difference of centres in those units, logs of size ratios.
    Returns (..., 4). Boxes or priors without area give infinities or NaN in the last two codes.
    Source: EncodeBBox, bbox_util.cpp in weiliu89/caffe branch ssd; Liu et al. 2016, eq. 2.
    """
    if code == CENTER_SIZE:
        middle, size = _centers(corners)
        prior_middle, prior_size = _centers(priors)
        offsets = torch.cat([(middle - prior_middle) / prior_size, (size / prior_size).log()], -1)
    else:
        offsets = corners - priors
        if code == CORNER_SIZE:
            offsets = offsets / _sizes_twice(priors)
    return offsets if variance_in_target else offsets / variances


def decode(offsets: Tensor, priors: Tensor, variances: Tensor, code: int,
           variance_in_target: bool = False) -> Tensor:
    """Box decoding: move and scale each prior by its predicted offsets.

    offsets             (..., 4) as `encode` makes them
    priors, variances   (..., 4); variances multiply the offsets, unless `variance_in_target`
    Returns corners (..., 4) in the units of the priors, not clipped.
    Source: DecodeBBox, bbox_util.cpp in weiliu89/caffe branch ssd; Liu et al. 2016, eq. 2.
    """
    if not variance_in_target:
        offsets = variances * offsets
    if code == CENTER_SIZE:
        prior_middle, prior_size = _centers(priors)
        middle = offsets[..., :2] * prior_size + prior_middle
        half = offsets[..., 2:].exp() * prior_size / 2
        return torch.cat([middle - half, middle + half], -1)
    if code == CORNER_SIZE:
        offsets = offsets * _sizes_twice(priors)
    return priors + offsets


def _sizes_twice(corners: Tensor) -> Tensor:
    """Width, height, width, height: the units of the four corner coordinates."""
    size = corners[..., 2:] - corners[..., :2]
    return torch.cat([size, size], -1)


def decode_polygons(offsets: Tensor, priors: Tensor, variances: Tensor) -> Tensor:
    """Move the corners of each prior by its predicted offsets to a polygon of four points.

    offsets    (N, P, 8) dx, dy of the corners upper left, upper right, lower right, lower left, in
               prior widths and heights; before variance
    priors     (P, 4) corners x1 y1 x2 y2; variances (P, 4), of which the first two count
    Returns the points (N, P, 8), x and y in turn.
    Source: DecodeBBoxesKernel in bbox_util.cu of MhLiao/TextBoxes_plusplus, code CENTER_SIZE.
    """
    corners = priors[:, [0, 1, 2, 1, 2, 3, 0, 3]]
    size = (priors[:, 2:] - priors[:, :2]) * variances[:, :2]
    return offsets * size.repeat(1, 4) + corners
