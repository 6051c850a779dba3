"""Box regression on maps with one cell for each anchor (MS-CNN, Cascade R-CNN)."""

from __future__ import annotations

import math

import torch
from torch import Tensor

SMALLEST_SIDE = 2       # of a ground truth box, in pixels


def anchor_fields(anchors: list[tuple[int, int]], stride: int, like: Tensor
                  ) -> tuple[Tensor, Tensor]:
    """Sizes (N * A, 2, 1, 1) of the anchors, and their centres (2, H, W), in pixels."""
    sizes = like.new_tensor(anchors).repeat(like.shape[0] // len(anchors), 1)
    y, x = (torch.arange(num, device=like.device, dtype=like.dtype) for num in like.shape[2:])
    rows, columns = torch.meshgrid((y + 0.5) * stride, (x + 0.5) * stride, indexing="ij")
    return sizes[:, :, None, None], torch.stack([columns, rows])


def column(values: list[float], like: Tensor) -> Tensor:
    """Values, one for each channel, (C, 1, 1)."""
    return like.new_tensor(values)[:, None, None]


def offset_limits(mean: list[float], deviation: list[float], field_xyr: float, field_whr: float
                  ) -> tuple[list[float], list[float]]:
    """Lower and upper limits of the normalised offsets; x and y share them, and w and h."""
    shift, growth = 1 / field_xyr, math.log(field_whr)
    least, most = [], []
    for start, limit in ((0, shift), (2, growth)):
        middle = (mean[start] + mean[start + 1]) / 2
        scale = math.sqrt(deviation[start] * deviation[start + 1])
        least += [(-limit - middle) / scale] * 2
        most += [(limit - middle) / scale] * 2
    return least, most


def offset_targets(boxes: Tensor, fields: tuple[Tensor, Tensor], mean: list[float],
                   deviation: list[float]) -> Tensor:
    """Normalised offsets (N * A, 4, H, W) from the anchors to centres and sizes `boxes`."""
    sizes, centres = fields
    target = torch.cat([(boxes[:, :2] - centres) / sizes,
                        (boxes[:, 2:].clamp(min=SMALLEST_SIDE) / sizes).log()], 1)
    return (target - column(mean, target)) / column(deviation, target)


def box_loss(offsets: Tensor, target: Tensor, counts: Tensor,
             limits: tuple[list[float], list[float]] | None, is_smooth: bool) -> Tensor:
    """Mean smooth L1 loss, or half the mean square, of offsets (N * A, 4, H, W) that count.

    counts  (N * A, H, W) bool
    limits  the offsets are cut to them; the cut has the gradient 1
    """
    if limits is not None:
        least, most = (column(limit, offsets) for limit in limits)
        # clamp with a straight-through gradient
        offsets = offsets + (offsets.maximum(least).minimum(most) - offsets).detach()
    difference = torch.where(counts[:, None], offsets - target, 0)
    size = difference.abs()
    square = 0.5 * difference ** 2
    if is_smooth:
        square = torch.where(size < 1, square, size - 0.5)
    return square.sum() / (4 * counts.sum()).clamp(min=1)


def cells_that_count(truth: Tensor, asked: Tensor, bg_threshold: float, ignored: int | None
                     ) -> tuple[Tensor, Tensor]:
    """(N * A, H, W) bool: cells that count in an accuracy, and those with a box.

    truth   (N * A, 6, H, W): label, box, overlap; cells of label 0 that overlap too far are out
    asked   (N * A, H, W): the labels that scores are compared with
    """
    label = truth[:, 0].trunc()
    counts = (asked != 0) | (truth[:, 5] < bg_threshold)
    boxed = label != 0
    if ignored is not None:
        counts = counts & (asked != ignored)
        boxed = boxed & (label != ignored)
    return counts, boxed


def corners_of(first: Tensor, size: Tensor, last: float = 0.0) -> Tensor:
    """(..., 4) from first corners and sizes (..., 2); `last` is 1 where pixels are cells."""
    return torch.cat([first, first + size - last], -1)


def truth_corners(truth: Tensor, last: float = 0.0) -> Tensor:
    """(N * A, H, W, 4) from the centres and sizes in truth (N * A, 6, H, W)."""
    centre, size = (truth[:, start:start + 2].movedim(1, -1) for start in (1, 3))
    return corners_of(centre - size / 2, size, last)


def accuracies(right: Tensor, asked: Tensor, counts: Tensor) -> Tensor:
    """(1, 1, 1, 2): the share of right cells of all that count, and of those with a label."""
    parts = [mean_where(right, counts), mean_where(right, counts & (asked != 0))]
    return torch.stack(parts).view(1, 1, 1, 2)


def mean_where(values: Tensor, counts: Tensor) -> Tensor:
    """The mean of the values that count, -1 if none does."""
    number = counts.sum()
    mean = torch.where(counts, values, 0).sum() / number.clamp(min=1)
    return torch.where(number > 0, mean, -1)
