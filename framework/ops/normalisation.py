"""Batch normalisation, by the statistics of the batch or by stored ones."""

from __future__ import annotations

import torch
from torch import Tensor


def by_batch(
    x: Tensor, scale: Tensor | None, bias: Tensor | None, eps: float, like: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Batch normalisation of x (N, C, ...) by the mean and variance of each channel.

    scale, bias  (C,), applied after it
    like         a (C,) tensor of the statistics' dtype and device
    Returns y like x, and without gradient the mean (C,) and the variance (C,) times m / (m - 1),
    m values in a channel; 0 for m = 1, where y is the bias.
    """
    mean, variance = torch.zeros_like(like), torch.zeros_like(like)
    if x.numel() > x.shape[1]:
        # with momentum 1 torch puts the batch's mean and unbiased variance into these two
        return _batch_norm(x, scale, bias, mean, variance, True, eps), mean, variance
    y = _batch_norm(x - x, scale, bias, mean, variance, False, eps)
    return y, x.detach().reshape(-1).to(mean.dtype), variance


def by_stored(
    x: Tensor, scale: Tensor | None, bias: Tensor | None, mean: Tensor, variance: Tensor, eps: float
) -> Tensor:
    """Batch normalisation of x (N, C, ...) by stored statistics (inference).

    scale, bias, mean, variance  (C,)
    Returns (x - mean) / sqrt(variance + eps) * scale + bias, like x.
    """
    return _batch_norm(x, scale, bias, mean, variance, False, eps)


def _batch_norm(
    x: Tensor, scale: Tensor | None, bias: Tensor | None, mean: Tensor, variance: Tensor,
    train: bool, eps: float,
) -> Tensor:
    cudnn = torch.backends.cudnn.enabled
    return torch.batch_norm(x, scale, bias, mean, variance, train, 1.0, eps, cudnn)
