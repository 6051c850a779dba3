"""Map boxes from fractions of a net's input to pixels of the image it came from, and their IoU."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

# ResizeParameter.Resize_mode
WARP, FIT_SMALL_SIZE, FIT_LARGE_SIZE_AND_PAD = 1, 2, 3


@dataclass(frozen=True)
class Resizing:
    """How images were resized to inputs: ResizeParameter's fields of the same names."""

    mode: int
    height: int
    width: int
    height_scale: int = 0
    width_scale: int = 0


def in_image(corners: Tensor, sizes: Tensor, resizing: Resizing | None = None
               ) -> tuple[Tensor, Tensor]:
    """Clip boxes to the image and scale them to its pixels.

    corners   (K, 4) float32, as fractions of the net's input
    sizes     (K, 2) height and width of each box's image
    Returns corners (K, 4) in pixels and areas (K,). As the original, an area counts both border
    pixels, (w + 1)(h + 1), except in images of one pixel and with FIT_SMALL_SIZE and scales.
    A box wholly in the padding of FIT_LARGE_SIZE_AND_PAD keeps its coordinates.
    Source: OutputBBox, ScaleBBox, ClipBBox, ProjectBBox in bbox_util.cpp.
    """
    high, wide = sizes[:, 0].float(), sizes[:, 1].float()
    if resizing and resizing.mode == FIT_SMALL_SIZE and resizing.height_scale \
            and resizing.width_scale:
        unit = corners.new_tensor([resizing.width_scale, resizing.height_scale] * 2)
        limit = torch.stack([wide, high, wide, high], 1)
        boxes = torch.minimum(corners * unit, limit).clamp(min=0)
        return boxes, _area(boxes, torch.zeros_like(high))
    if resizing and resizing.mode == FIT_LARGE_SIZE_AND_PAD:
        corners = _without_padding(corners, high, wide, resizing)
    boxes = corners.clamp(0, 1) * torch.stack([wide, high, wide, high], 1)
    return boxes, _area(boxes, ((wide > 1) | (high > 1)).float())


def _without_padding(corners: Tensor, high: Tensor, wide: Tensor, resizing: Resizing) -> Tensor:
    """Fractions of the padded input as fractions of the image in its middle."""
    height = corners.new_tensor(float(resizing.height))
    width = corners.new_tensor(float(resizing.width))
    aspect = wide / high
    broad = aspect > width / height
    above = torch.where(broad, (height - width / aspect) / 2, 0) / height
    beside = torch.where(broad, 0, (width - height * aspect) / 2) / width
    low = torch.stack([beside, above], 1)
    top = (1 - low.double()).float()
    inside = ((corners[:, :2] < top) & (corners[:, 2:] > low)).all(1)
    size = top - low
    moved = (corners - low.repeat(1, 2)) / size.repeat(1, 2)
    return torch.where(inside[:, None], moved.clamp(0, 1), corners)


def _area(corners: Tensor, border: Tensor) -> Tensor:
    size = corners[:, 2:] - corners[:, :2]
    area = (size[:, 0] + border) * (size[:, 1] + border)
    return torch.where((size < 0).any(1), 0, area)


def pixel_iou(first: Tensor, second: Tensor, first_area: Tensor, second_area: Tensor) -> Tensor:
    """Pairwise intersection over union (A, B) of boxes in pixels, both border pixels counted.

    first, second            (A, 4) and (B, 4) corners
    first_area, second_area  (A,) and (B,) as `in_image` gives them
    Boxes apart from each other share one pixel, as in the original, which matters for boxes of
    about a pixel. Source: JaccardOverlap with normalized false, bbox_util.cpp.
    """
    a, b = first[:, None], second[None]
    apart = (b[..., :2] > a[..., 2:]).any(-1) | (b[..., 2:] < a[..., :2]).any(-1)
    size = torch.minimum(a[..., 2:], b[..., 2:]) - torch.maximum(a[..., :2], b[..., :2]) + 1
    size = torch.where(apart[..., None], 1, size)
    shared = size[..., 0] * size[..., 1]
    overlap = shared / (first_area[:, None] + second_area - shared)
    return torch.where((size > 0).all(-1), overlap, 0)
