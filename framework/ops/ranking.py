"""Which values are the largest, with the original's rule for equal ones."""

from __future__ import annotations

import torch
from torch import Tensor


def largest(x: Tensor, k: int, axis: int) -> tuple[Tensor, Tensor]:
    """The k largest values along `axis`, the best first, and their places (int64).

    Of equal values the one in the later place comes first: the original sorts pairs of value
    and place, downwards (argmax_layer.cpp).
    """
    last = x.shape[axis] - 1
    turned = x.flip(axis)
    if k == 1:
        values, places = turned.max(axis, keepdim=True)
    else:
        values, places = turned.sort(dim=axis, descending=True, stable=True)
        values, places = values.narrow(axis, 0, k), places.narrow(axis, 0, k)
    return values, last - places


def rank_of(x: Tensor, index: Tensor, axis: int) -> Tensor:
    """How many values of each row along `axis` stand before the one in place `index`, from 0.

    x      any shape
    index  x's shape without `axis`, int64
    Of equal values the later place stands first, as in `largest`. A NaN stands behind all.
    """
    index = index.unsqueeze(axis)
    value = x.gather(axis, index)
    shape = [1] * x.dim()
    shape[axis] = -1
    places = torch.arange(x.shape[axis], device=x.device).view(shape)
    before = (x > value) | ((x == value) & (places > index)) | value.isnan()
    return before.sum(axis)
