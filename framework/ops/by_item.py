"""Reshape and shuffle the items of a batch, of which there may be none."""

from __future__ import annotations

import math

import torch.nn.functional as F
from torch import Tensor


def by_item(x: Tensor, *sizes: int) -> Tensor:
    """x (N, ...) as (N, *sizes), one of which may be -1: what is left.

    As `x.reshape(len(x), *sizes)`, which cannot tell what is left if N is 0.
    """
    if -1 in sizes:
        given = -math.prod(sizes)
        rest = math.prod(x.shape[1:]) // max(given, 1)
        return x.reshape(x.shape[0], *[rest if size == -1 else size for size in sizes])
    return x.reshape(x.shape[0], *sizes)


def pixel_shuffle(x: Tensor, factor: int) -> Tensor:
    """x (N, C * factor^2, H, W) as (N, C, H * factor, W * factor): channels to cells.

    torch's, whose backward gives another shape than the bottom's if N is 0.
    """
    if x.shape[0]:
        return F.pixel_shuffle(x, factor)
    _, channels, height, width = x.shape
    return x.reshape(0, channels // factor**2, height * factor, width * factor)


def pixel_unshuffle(x: Tensor, factor: int) -> Tensor:
    """x (N, C, H * factor, W * factor) as (N, C * factor^2, H, W): the way back."""
    if x.shape[0]:
        return F.pixel_unshuffle(x, factor)
    _, channels, height, width = x.shape
    return x.reshape(0, channels * factor**2, height // factor, width // factor)


def channels_to_blocks(x: Tensor, size: int) -> Tensor:
    """Depth to space, TensorFlow's order: x (N, size^2 * C, H, W) as (N, C, H * size, W * size).

    Channel (i * size + j) * C + c is cell (i, j) of each block of channel c; `pixel_shuffle` reads
    c * size^2 + i * size + j there.
    """
    num, channels, height, width = x.shape
    inner = channels // size**2
    parts = x.reshape(num, size, size, inner, height, width).permute(0, 3, 4, 1, 5, 2)
    return parts.reshape(num, inner, height * size, width * size)


def blocks_to_channels(x: Tensor, size: int) -> Tensor:
    """Space to depth: x (N, C, H * size, W * size) as (N, size^2 * C, H, W), the way back."""
    num, channels, height, width = x.shape
    rows, columns = height // size, width // size
    parts = x.reshape(num, channels, rows, size, columns, size).permute(0, 3, 5, 1, 2, 4)
    return parts.reshape(num, channels * size**2, rows, columns)
