"""Masks of objects: cut for a region, pasted into an image, and compared."""

from __future__ import annotations

import torch
from torch import Tensor

from framework.ops.roi_align import Grid, roi_align

SAMPLES = 2         # of a target's cell on each axis


def cut_masks(masks: Tensor, index: Tensor, corners: Tensor, size: int) -> Tensor:
    """The part of a mask that a region shows, (R, size, size), from 0 to 1.

    masks    (G, H, W), 0 or 1
    index    (R,) int64: which mask
    corners  (R, 4) in pixels, ends included
    Each cell is the mean of SAMPLES ^ 2 bilinear samples, as RoI align makes it. Unlike in
    torchvision's project_masks_on_boxes a pixel's value is at its middle.
    """
    ends = corners + corners.new_tensor([-0.5, -0.5, 0.5, 0.5])
    level = torch.zeros_like(index)
    return roi_align([masks[:, None]], index, level, ends, Grid(size, size, SAMPLES))[:, 0]


def paste_masks(masks: Tensor, corners: Tensor, height: int, width: int) -> Tensor:
    """Bilinear resize of masks (D, M, N) to their boxes in images, (D, height, width); 0 outside.

    corners  (D, 4) in pixels, 0 the left or upper edge of the image
    A pixel is inside if its middle is. Source: paste_masks_in_image of torchvision, whose boxes
    are rounded to whole pixels; Detectron2's _do_paste_mask, which does not round.
    """
    x1, y1, x2, y2 = corners.unbind(1)
    rows = _weights(y1, y2, masks.shape[1], height).to(masks.dtype)
    columns = _weights(x1, x2, masks.shape[2], width).to(masks.dtype)
    return rows @ masks @ columns.transpose(1, 2)


def _weights(start: Tensor, end: Tensor, cells: int, size: int) -> Tensor:
    """(D, size, cells): the part that each cell has in each pixel of an axis."""
    middle = torch.arange(size, device=start.device, dtype=start.dtype) + 0.5
    length = (end - start).clamp(min=1e-6)[:, None]
    place = (middle - start[:, None]) / length
    inside = (place >= 0) & (place < 1)
    place = (place * cells - 0.5).clamp(0, cells - 1)
    index = torch.arange(cells, device=start.device, dtype=start.dtype)
    weights = (1 - (place[:, :, None] - index).abs()).clamp(min=0)
    return torch.where(inside[:, :, None], weights, 0)


def mask_iou(first: Tensor, second: Tensor) -> Tensor:
    """Intersection over union (A, B) of masks (A, H, W) and (B, H, W), bool; 0 for empty ones.

    Source: rleIou in maskApi.c of COCO's API.
    """
    one, other = first.flatten(1).float(), second.flatten(1).float()
    shared = one @ other.t()
    union = one.sum(1)[:, None] + other.sum(1) - shared
    return shared / union.clamp(min=1)
