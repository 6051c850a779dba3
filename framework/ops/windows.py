"""Sliding windows (unfold) over the last axes of a tensor, as a view; padding, and sizes."""

from __future__ import annotations

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor


def convolved_sizes(sizes: Sequence[int], kernel: Sequence[int], stride: Sequence[int],
                    pad: Sequence[int], dilation: Sequence[int],
                    pad_end: Sequence[int] | None = None) -> tuple[int, ...]:
    """Windows that fit on each axis: floor((n + pad + pad_end - dilation (k - 1) - 1) / stride)
    + 1; pad_end is pad where it is not given."""
    axes = zip(sizes, kernel, stride, pad, pad_end or pad, dilation, strict=True)
    return tuple((n + p + e - d * (k - 1) - 1) // s + 1 for n, k, s, p, e, d in axes)


def reached_ends(sizes: Sequence[int], kernel: Sequence[int], stride: Sequence[int],
                 pad: Sequence[int], dilation: Sequence[int]) -> tuple[int, ...]:
    """The padding after each axis, with which a window too large by less than a stride fits too.

    The original counts it too, by a division that cuts towards 0, and lets it read zeros
    past the end; cuDNN counts otherwise and does not take it.
    Source: compute_output_shape in conv_layer.cpp, and im2col.cpp, of BVLC.
    """
    axes = zip(sizes, kernel, stride, pad, dilation, strict=True)
    past = [(d * (k - 1) + 1 - n - 2 * p, s) for n, k, s, p, d in axes]
    return tuple(p + cells if 0 < cells < s else p
                 for p, (cells, s) in zip(pad, past, strict=True))


def transposed_sizes(sizes: Sequence[int], kernel: Sequence[int], stride: Sequence[int],
                     pad: Sequence[int], dilation: Sequence[int],
                     pad_end: Sequence[int] | None = None) -> tuple[int, ...]:
    """The sizes that n windows span: stride (n - 1) + dilation (k - 1) + 1 - pad - pad_end."""
    axes = zip(sizes, kernel, stride, pad, pad_end or pad, dilation, strict=True)
    return tuple(s * (n - 1) + d * (k - 1) + 1 - p - e for n, k, s, p, e, d in axes)


def same_padding(sizes: Sequence[int], kernel: Sequence[int], stride: Sequence[int],
                 dilation: Sequence[int]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The padding before and after each axis with which ceil(n / stride) windows fit (SAME).

    Half of what an undilated kernel needs comes before, rounded down, as in the source; what is
    missing then comes after.
    Source: im2col_cpu and compute_output_shape of synopsys-caffe, pad_type 1.
    """
    before, after = [], []
    for n, k, s, d in zip(sizes, kernel, stride, dilation, strict=True):
        reach = (-(-n // s) - 1) * s - n            # from the end to the start of the last window
        before.append(max(reach + k, 0) // 2)
        after.append(max(reach + d * (k - 1) + 1 - before[-1], 0))
    return tuple(before), tuple(after)


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
    return pad_ends(x, pad, pad, value)


def pad_ends(x: Tensor, before: Sequence[int], after: Sequence[int], value: float = 0.0
             ) -> Tensor:
    """Pad the last axes by before[i] and after[i]; a negative number crops."""
    ends = zip(reversed(before), reversed(after), strict=True)
    sides = [size for pair in ends for size in pair]
    return F.pad(x, sides, value=value) if any(sides) else x
