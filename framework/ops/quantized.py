"""Weights of one bit and of three levels, with a factor for each filter."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

THRESHOLD = 0.7     # of the mean distance from the mean weight, below which a weight becomes 0


def binary(weight: Tensor) -> Tensor:
    """-a or a for each value of weight (M, K): a is the mean of |weight| in its row; 0 gives a.

    Source: Rastegari et al. 2016 (XNOR-Net), section 3.1.
    """
    return torch.where(weight >= 0, 1.0, -1.0).to(weight) * weight.abs().mean(1, keepdim=True)


def ternary(weight: Tensor) -> Tensor:
    """-a, 0 or a for each value of weight (M, K).

    Values up to d = 0.7 * mean |weight - mean weight|, over all of them, become 0. a is the mean
    of |weight| over the values of the row beyond d, 0 without any.
    Source: Li and Liu 2016 (ternary weight networks), eq. 6; there the mean weight is taken as 0.
    """
    distance = THRESHOLD * (weight - weight.mean()).abs().mean()
    kept = (weight.abs() > distance).to(weight)
    total = (weight.abs() * kept).sum(1, keepdim=True)
    return weight.sign() * kept * total / kept.sum(1, keepdim=True).clamp(min=1)


def exact_rows(weight: Tensor, quantized: Tensor, number: int) -> Tensor:
    """(M, 1) bools: `number` rows drawn without replacement, by their errors of quantization.

    A row's chance is its error, sum |weight - quantized| / sum |weight|, in the sum of those that
    are not drawn yet. Source: Dong et al. 2017, algorithm 1 (stochastic quantization).
    """
    error = (weight - quantized).abs().sum(1) / weight.abs().sum(1).clamp(min=1e-30)
    drawn = torch.multinomial(error.float() + 1e-12, number)
    return torch.zeros_like(error, dtype=torch.bool).scatter(0, drawn, True)[:, None]


LEVELS: dict[str, Callable[[Tensor], Tensor]] = {"Binary": binary, "Ternary": ternary}
