"""Maximum mean discrepancy of two samples by Gaussian kernels, over drawn pairs."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


def inverse_width(items: Tensor) -> Tensor:
    """The inverse of the mean squared distance (), over pairs of different rows of items (N, D)."""
    squares = (items * items).sum(1)
    distances = squares[:, None] + squares - 2 * items @ items.t()
    number = len(items)
    return (number * number - number) / distances.clamp(min=0).sum().clamp(min=1e-30)


def discrepancy(source: Tensor, target: Tensor, gamma: Tensor, factors: Sequence[float]) -> Tensor:
    """The sum of k(s, s') + k(t, t') - k(s, t') - k(s', t) over max(N, M) draws of two rows.

    source   (N, D), target (M, D); s and s' are two rows of it where it has two, t and t' of target
    gamma    of k, the sum of exp(-gamma f d^2) over the factors f, d the distance of two rows
    """
    number = max(len(source), len(target))
    first, second = _pairs(source, number)
    third, fourth = _pairs(target, number)
    widths = gamma * gamma.new_tensor(factors)
    return sum((_kernel(a, b, widths) * sign for a, b, sign in (
        (first, second, 1), (third, fourth, 1), (first, fourth, -1), (second, third, -1))),
        start=source.new_zeros(()))


def _kernel(a: Tensor, b: Tensor, widths: Tensor) -> Tensor:
    return torch.exp(-widths[:, None] * (a - b).square().sum(1)).sum()


def _pairs(items: Tensor, number: int) -> tuple[Tensor, Tensor]:
    """Two different items for each of `number` draws."""
    size = len(items)
    first, second = torch.randint(size, (2, number), device=items.device)
    second = torch.where(first == second, (second + 1) % size, second)
    return items[first], items[second]
