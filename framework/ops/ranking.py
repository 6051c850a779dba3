"""Top-k and ranks along an axis, with Caffe's order of equal values."""

from __future__ import annotations

import torch
from torch import Tensor


def largest(x: Tensor, k: int, axis: int) -> tuple[Tensor, Tensor]:
    """Top-k: the k largest values of x along `axis`, the best first, and their indices (int64).

    Of equal values the one of higher index comes first: the original sorts pairs of value and
    index, downwards. Source: BVLC argmax_layer.cpp.
    """
    last = x.shape[axis] - 1
    turned = x.flip(axis)           # stable sorts keep the order, so that the later value is first
    if k == 1:
        values, indices = turned.max(axis, keepdim=True)
    else:
        values, indices = turned.sort(dim=axis, descending=True, stable=True)
        values, indices = values.narrow(axis, 0, k), indices.narrow(axis, 0, k)
    return values, last - indices


def rank_of(x: Tensor, index: Tensor, axis: int) -> Tensor:
    """The rank, from 0, of the value at `index` in each row along `axis`.

    x      any shape
    index  x's shape without `axis`, int64
    Returns int64 of the shape of `index`. Of equal values the later comes first, as in `largest`;
    a NaN comes last.
    """
    index = index.unsqueeze(axis)
    value = x.gather(axis, index)
    shape = [1] * x.dim()
    shape[axis] = -1
    positions = torch.arange(x.shape[axis], device=x.device).view(shape)
    before = (x > value) | ((x == value) & (positions > index)) | value.isnan()
    return before.sum(axis)


def rank_within(group: Tensor, value: Tensor) -> Tensor:
    """The rank of each value, from 0, among those of its group, the largest first.

    Two stable sorts order by group and, within it, by falling value; the rank is the position less
    that of the group's first value.
    """
    order = value.argsort(descending=True, stable=True)
    order = order[group[order].argsort(stable=True)]
    groups = group[order].contiguous()
    position = torch.arange(len(groups), device=group.device)
    rank = position - torch.searchsorted(groups, groups)
    return torch.zeros_like(position).scatter(0, order, rank)
