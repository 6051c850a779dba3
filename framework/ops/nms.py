"""Greedy non-maximum suppression for many lists of boxes at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import torch
from torch import Tensor

from framework.ops.boxes import iou

# The most boxes of a list that are compared with each other at once, and the most pairs of boxes of
# all lists: their overlaps take memory, and on a CPU time if they do not fit the cache.
CHUNK = 256
PAIRS = 1 << 22


def greedy(corners: Tensor, valid: Tensor, threshold: float, *, eta: float = 1.0,
           group: Tensor | None = None, most: int | None = None, early_exit: bool = True,
           overlap: Callable[[Tensor, Tensor], Tensor] = iou) -> Tensor:
    """Greedy NMS: keep each box that overlaps no kept box before it by more than the threshold.

    corners     (B, M, 4): B lists of boxes, the best first; boxes of one list are compared. They
                may have more columns, for `overlap`
    valid       (B, M) bool: the others are neither kept nor do they suppress
    eta         below 1, the threshold shrinks by this factor after every kept box, as long as it
                is above 0.5 (adaptive)
    group       (B, M) integers: only boxes of one group are compared, each with its own threshold
    most        stop when every list has this many kept boxes, and give the first of them
    early_exit  stop when nothing changes any more, which asks the device for values
    overlap     of two boxes, by their columns
    Returns (B, M) bool. Source: ApplyNMSFast, bbox_util.cpp in weiliu89/caffe branch ssd.
    """
    num_lists = max(1, PAIRS // max(1, min(CHUNK, valid.shape[1])) ** 2)
    if len(valid) > num_lists:
        some = [slice(start, start + num_lists) for start in range(0, len(valid), num_lists)]
        return torch.cat([
            greedy(corners[lists], valid[lists], threshold, eta=eta, most=most,
                   group=None if group is None else group[lists], early_exit=early_exit,
                   overlap=overlap)
            for lists in some])
    steps = _thresholds(threshold, eta)
    overlaps = partial(_overlaps, corners, group, overlap)
    kept = torch.zeros_like(valid)
    for start in range(0, valid.shape[1], CHUNK):
        part = slice(start, start + CHUNK)
        before = _compact(kept[:, :start]) if early_exit else _all(kept[:, :start])
        kept[:, part] = _keep_in_chunk(overlaps, valid, part, before, steps, early_exit)
        if most is not None and early_exit and \
                bool(((kept.sum(1) >= most) | ~valid[:, start + CHUNK:].any(1)).all()):
            break
    return kept if most is None else kept & (kept.cumsum(1) <= most)


def _thresholds(threshold: float, eta: float) -> Sequence[float]:
    """The adaptive threshold after 0, 1, ... kept boxes, in float32 as in the original."""
    steps = [torch.tensor(threshold, dtype=torch.float32)]
    while eta < 1 and steps[-1] > 0.5:
        steps.append(steps[-1] * torch.tensor(eta, dtype=torch.float32))
    return [step.item() for step in steps]


def _compact(kept: Tensor) -> tuple[Tensor, Tensor]:
    """The positions (B, K) of the kept boxes, and which of them are real."""
    num = kept.sum(1)
    order = kept.to(torch.uint8).argsort(dim=1, descending=True, stable=True)
    width = int(num.max()) if kept.shape[1] else 0
    return order[:, :width], torch.arange(width, device=kept.device) < num[:, None]


def _all(kept: Tensor) -> tuple[Tensor, Tensor]:
    """All positions (B, K), without a size that depends on values, and which are kept."""
    return torch.arange(kept.shape[1], device=kept.device).expand(len(kept), -1), kept


def _keep_in_chunk(overlaps: Callable[[Tensor, slice], Tensor], valid: Tensor, part: slice,
                   before: tuple[Tensor, Tensor], steps: Sequence[float],
                   early_exit: bool) -> Tensor:
    """Which boxes of the chunk are kept, given the kept ones before it (position, is real).

    overlaps  those of the boxes at positions (B, K) with the chunk's, (B, K, new)

    Fixed point: a box is kept if none of the kept ones before it suppresses it, and just one set
    of boxes agrees with that rule. Applying the rule to all boxes at once, again and again, gets
    there from any start: each round makes at least one more box at the front right for good, as
    it depends on earlier ones only. Mostly a few rounds do; `len(new)` of them always do.
    """
    position, real = before
    alive = valid[:, part]
    index = torch.arange(alive.shape[1], device=valid.device)
    own = (index + part.start).expand(len(alive), -1)
    earlier = index[:, None] < index
    if len(steps) == 1:
        num_old = max(1, PAIRS // max(1, alive.numel()))
        for old, is_real in zip(position.split(num_old, 1), real.split(num_old, 1), strict=True):
            alive = alive & ~_any_pair(is_real, overlaps(old, part) > steps[0])
        inner = (earlier & (overlaps(own, part) > steps[0])).float()
        return _settle(alive, lambda keep: _any_pair(keep, inner), early_exit)
    overlap = overlaps(torch.cat([position, own], 1), part)
    counts = (overlap >= 0) & torch.cat([earlier.new_ones(position.shape[1], len(index)), earlier])
    pairs = counts & (overlap > steps[-1])          # those that may suppress: the lowest threshold
    table = torch.tensor(steps, dtype=overlap.dtype, device=overlap.device)

    # eta: the threshold depends on how many are kept before, so that it is part of the fixed point
    def suppressed(keep: Tensor) -> Tensor:
        is_kept = torch.cat([real, keep], 1)[:, :, None]
        rank = (is_kept & counts).sum(1).clamp(max=len(steps) - 1)
        return (is_kept & pairs & (overlap > table[rank][:, None])).any(1)

    return _settle(alive, suppressed, early_exit)


def _overlaps(corners: Tensor, group: Tensor | None,
              overlap: Callable[[Tensor, Tensor], Tensor], first: Tensor, part: slice) -> Tensor:
    """(B, K, new): the overlap of the boxes at the positions `first` (B, K) with the chunk's; -1
    for boxes of different groups."""
    boxes = corners.gather(1, first[:, :, None].expand(-1, -1, corners.shape[2]))
    found = overlap(boxes[:, :, None], corners[:, None, part])
    if group is None:
        return found
    return found.masked_fill_(group.gather(1, first)[:, :, None] != group[:, None, part], -1)


def _settle(alive: Tensor, suppressed: Callable[[Tensor], Tensor], early_exit: bool) -> Tensor:
    """The fixed point: the boxes that are alive and not suppressed by those of it."""
    keep = alive
    for _ in range(alive.shape[1]):
        now = alive & ~suppressed(keep)
        if early_exit and torch.equal(now, keep):
            break
        keep = now
    return keep


def _any_pair(is_kept: Tensor, pairs: Tensor) -> Tensor:
    """(B, new): whether a kept box pairs with the new one: a product of zeros and ones."""
    return torch.bmm(is_kept[:, None].float(), pairs.float())[:, 0] > 0
