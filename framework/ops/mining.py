"""Hard example mining: the priors of largest loss in each image."""

from __future__ import annotations

import torch
from torch import Tensor

from framework.ops.boxes import area
from framework.ops.device import sizes_may_vary
from framework.ops.nms import greedy

# Boxes with a smaller area are left out of suppression (ApplyNMS).
SMALLEST_AREA = 1e-5


def highest(value: Tensor, count: Tensor) -> Tensor:
    """Top-k mask with a k for each row; of equal values the earlier ones.

    value   (N, P), no NaN
    count   (N,) int64 from 0 to P
    Returns (N, P) bool.
    """
    rank = (count - 1).clamp(min=0)[:, None]
    if sizes_may_vary(value):
        most = int(count.max()) if len(count) else 0
        if most == 0:
            return torch.zeros_like(value, dtype=torch.bool)
        last = value.topk(most, 1).values.gather(1, rank)
        reached = value >= last
        if torch.equal(reached.sum(1), count):      # none equal to the last but itself
            return reached
    else:
        last = value.sort(1, descending=True).values.gather(1, rank)
    above = value > last
    equal = value == last
    # `last` is the k-th value: all above it are in, and of its equals as many as there is room for
    room = count - above.sum(1)
    return above | (equal & (equal.cumsum(1) <= room[:, None]))


def ranking_key(loss: Tensor, eligible: Tensor) -> Tensor:
    """(N, P) losses to rank by: a NaN first, what is not eligible last."""
    key = loss.nan_to_num(nan=torch.inf, posinf=torch.inf)
    return torch.where(eligible, key, -torch.inf)


def hardest(loss: Tensor, eligible: Tensor, count: Tensor) -> Tensor:
    """Hard example mining: the `count` eligible priors of largest loss in each image, or all.

    loss, eligible  (N, P) numbers and bool
    count           (N,) int64
    Returns (N, P) bool. A NaN counts as the largest loss, so that it shows; equal losses, whose
    order the original leaves open, count from the front.
    """
    count = torch.minimum(count, eligible.sum(1))
    return highest(ranking_key(loss, eligible), count)


def hardest_apart(loss: Tensor, eligible: Tensor, count: Tensor, boxes: Tensor,
                  threshold: float, top_k: int) -> Tensor:
    """Hard example mining after non-maximum suppression with the loss as the score (OHEM).

    loss, eligible, count  as for `hardest`
    boxes      (P, 4) or (N, P, 4) corners; boxes of an area below 1e-5 are left out
    threshold  of priors that overlap by more than this only the hardest stays
    top_k      suppression sees this many of the hardest; negative: all
    Returns (N, P) bool.
    Source: ApplyNMS and MineHardExamples, bbox_util.cpp in weiliu89/caffe branch ssd.
    """
    num_priors = loss.shape[1]
    width = num_priors if top_k < 0 else min(top_k, num_priors)
    key = ranking_key(loss, eligible)
    order = key.sort(dim=1, descending=True, stable=True).indices[:, :width]
    corners = boxes.expand(len(loss), -1, -1).gather(1, order[:, :, None].expand(-1, -1, 4))
    valid = eligible.gather(1, order) & (area(corners) >= SMALLEST_AREA)
    kept = greedy(corners, valid, threshold, early_exit=sizes_may_vary(loss))
    kept &= kept.cumsum(1) <= count[:, None]
    return torch.zeros_like(eligible).scatter(1, order, kept)
