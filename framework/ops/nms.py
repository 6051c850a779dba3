"""Greedy non-maximum suppression for many lists of boxes at once."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from framework.ops.boxes import iou

# The most boxes that are compared with each other at once.
CHUNK = 256


def greedy(corners: Tensor, valid: Tensor, threshold: float, *, eta: float = 1.0,
           group: Tensor | None = None, most: int | None = None,
           early_exit: bool = True) -> Tensor:
    """Greedy NMS: keep each box that overlaps no kept box before it by more than the threshold.

    corners     (B, M, 4): B lists of boxes, the best first; boxes of one list are compared
    valid       (B, M) bool: the others are neither kept nor do they suppress
    eta         below 1, the threshold shrinks by this factor after every kept box, as long as it
                is above 0.5 (adaptive)
    group       (B, M) integers: only boxes of one group are compared, each with its own threshold
    most        stop when every list has this many kept boxes, and give the first of them
    early_exit  stop when nothing changes any more, which asks the device for values
    Returns (B, M) bool. Source: ApplyNMSFast, bbox_util.cpp in weiliu89/caffe branch ssd.
    """
    steps = _thresholds(threshold, eta)
    kept = torch.zeros_like(valid)
    for start in range(0, valid.shape[1], CHUNK):
        part = slice(start, start + CHUNK)
        before = _compact(kept[:, :start]) if early_exit else _all(kept[:, :start])
        kept[:, part] = _keep_in_chunk(corners, valid, group, part, before, steps, early_exit)
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


def _keep_in_chunk(corners: Tensor, valid: Tensor, group: Tensor | None, part: slice,
                   before: tuple[Tensor, Tensor], steps: Sequence[float],
                   early_exit: bool) -> Tensor:
    """Which boxes of the chunk are kept, given the kept ones before it (position, is real).

    Fixed point: a box is kept if none of the kept ones before it suppresses it, and just one set
    of boxes agrees with that rule. Applying the rule to all boxes at once, again and again, gets
    there from any start: each round makes at least one more box at the front right for good, as
    it depends on earlier ones only. Mostly a few rounds do; `len(new)` of them always do.
    """
    position, real = before
    new = corners[:, part]
    first = torch.cat([corners.gather(1, position[:, :, None].expand(-1, -1, 4)), new], 1)
    overlap = iou(first[:, :, None], new[:, None])              # [b, j, i]: box j with new box i
    index = torch.arange(first.shape[1], device=corners.device)
    counts = (index[:, None] < index[position.shape[1]:])[None]     # j comes before i
    if group is not None:
        groups = torch.cat([group.gather(1, position), group[:, part]], 1)
        counts = counts & (groups[:, :, None] == group[:, None, part])
    pairs = counts & (overlap > steps[-1])          # those that may suppress: the lowest threshold
    if len(steps) == 1:
        return _settle(valid[:, part], real, pairs.float(), early_exit)
    table = torch.tensor(steps, dtype=overlap.dtype, device=overlap.device)
    alive = valid[:, part]
    keep = alive
    # eta: the threshold depends on how many are kept before, so that it is part of the fixed point
    for _ in range(new.shape[1]):
        is_kept = torch.cat([real, keep], 1)[:, :, None]
        rank = (is_kept & counts).sum(1).clamp(max=len(steps) - 1)
        now = alive & ~(is_kept & pairs & (overlap > table[rank][:, None])).any(1)
        if early_exit and torch.equal(now, keep):
            break
        keep = now
    return keep


def _settle(alive: Tensor, real: Tensor, pairs: Tensor, early_exit: bool) -> Tensor:
    """The fixed point for `pairs` (B, old + new, new), 0 or 1: which box would suppress which."""
    num_old = real.shape[1]
    alive = alive & ~_any_pair(real, pairs[:, :num_old])
    inner = pairs[:, num_old:]
    keep = alive
    for _ in range(pairs.shape[2]):
        now = alive & ~_any_pair(keep, inner)
        if early_exit and torch.equal(now, keep):
            break
        keep = now
    return keep


def _any_pair(is_kept: Tensor, pairs: Tensor) -> Tensor:
    """(B, new): whether a kept box pairs with the new one: a product of zeros and ones."""
    return torch.bmm(is_kept[:, None].to(pairs.dtype), pairs)[:, 0] > 0
