"""Sliding windows (unfold) over the last axes of a tensor, as a view; symmetric padding."""

from __future__ import annotations

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor


def convolved_sizes(sizes: Sequence[int], kernel: Sequence[int], stride: Sequence[int],
                    pad: Sequence[int], dilation: Sequence[int]) -> tuple[int, ...]:
    """Windows that fit on each axis: floor((n + 2 pad - dilation (k - 1) - 1) / stride) + 1."""
    axes = zip(sizes, kernel, stride, pad, dilation, strict=True)
    return tuple((n + 2 * p - d * (k - 1) - 1) // s + 1 for n, k, s, p, d in axes)


def transposed_sizes(sizes: Sequence[int], kernel: Sequence[int], stride: Sequence[int],
                     pad: Sequence[int], dilation: Sequence[int]) -> tuple[int, ...]:
    """The sizes that n windows span: stride (n - 1) + dilation (k - 1) + 1 - 2 pad."""
    axes = zip(sizes, kernel, stride, pad, dilation, strict=True)
    return tuple(s * (n - 1) + d * (k - 1) + 1 - 2 * p for n, k, s, p, d in axes)


def windows(
    x: Tensor, kernel: Sequence[int], stride: Sequence[int], dilation: Sequence[int]
) -> Tensor:
    """Unfold: all windows inside the last len(kernel) axes of x.

    x (..., n1, n2, ...) -> (..., out1, out2, ..., k1, k2, ...), a view without a copy;
    out = floor((n - dilation * (k - 1) - 1) / stride) + 1 on each axis.
    """
    first = x.dim() - len(kernel)
    for axis, (k, s, d) in enumerate(zip(kernel, stride, dilation, strict=True)):
        x = x.unfold(first + axis, d * (k - 1) + 1, s)
        if d > 1:
            x = x[..., ::d]
    return x


def pad_both_sides(x: Tensor, pad: Sequence[int], value: float = 0.0) -> Tensor:
    """Pad the last len(pad) axes by pad[i] on each side; a negative pad crops."""
    sides = [one for size in reversed(pad) for one in (size, size)]
    return F.pad(x, sides, value=value) if any(sides) else x
