"""IoU, encoding and decoding of boxes in pixels with inclusive ends (width x2 - x1 + 1, R-CNN)."""

from __future__ import annotations

import torch
from torch import Tensor


def overlap(first: Tensor, second: Tensor) -> Tensor:
    """Intersection over union (...) of corners (..., 4) in pixels; 0 for inverted boxes."""
    size = torch.minimum(first[..., 2:], second[..., 2:]) \
        - torch.maximum(first[..., :2], second[..., :2]) + 1
    common = torch.where((size >= 1).all(-1), size.prod(-1), 0)
    own, other = (box[..., 2:] - box[..., :2] + 1 for box in (first, second))
    covered = own.prod(-1) + other.prod(-1) - common
    proper = (own > 0).all(-1) & (other > 0).all(-1)
    return torch.where(proper, common / torch.where(proper, covered, 1), 0)


def moved(boxes: Tensor, offsets: Tensor) -> Tensor:
    """Box decoding: corners (..., 4) moved and scaled by offsets (..., 4).

    dx, dy count in widths and heights of the box; dw, dh are logs of size ratios.
    """
    size = boxes[..., 2:] - boxes[..., :2] + 1
    grown = size * offsets[..., 2:].exp()
    corner = offsets[..., :2] * size + (boxes[..., :2] + boxes[..., 2:]) / 2 - (grown - 1) / 2
    return torch.cat([corner, corner + grown - 1], -1)


def offsets_to(boxes: Tensor, targets: Tensor) -> Tensor:
    """Box encoding: the offsets (..., 4) by which `moved` takes corners `boxes` to `targets`."""
    size, wanted = (box[..., 2:] - box[..., :2] + 1 for box in (boxes, targets))
    shift = (targets[..., :2] + wanted / 2 - boxes[..., :2] - size / 2) / size
    return torch.cat([shift, (wanted / size).log()], -1)
