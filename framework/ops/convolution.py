"""Convolution and transposed convolution over any number of spatial axes.

Up to three axes are torch's own kernels; more are windows and a product of matrices.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from framework.ops.windows import pad_both_sides, windows


def convolve(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    stride: Sequence[int],
    pad: Sequence[int],
    dilation: Sequence[int],
    group: int,
) -> Tensor:
    """Grouped convolution (cross-correlation) with stride, padding and dilation.

    x       (N, C, n1, ...)
    weight  (M, C / group, k1, ...)
    bias    (M,)
    Returns (N, M, out1, ...), out = floor((n + 2 pad - dilation * (k - 1) - 1) / stride) + 1.
    Without a spatial axis it is a product with the (M, C / group) matrix.
    """
    spatial = x.dim() - 2
    if spatial == 2:
        return F.conv2d(x, weight, bias, stride, pad, dilation, group)
    if spatial in (1, 3):
        function = F.conv1d if spatial == 1 else F.conv3d
        return function(x, weight, bias, stride, pad, dilation, group)
    if spatial == 0:
        return F.conv1d(x[..., None], weight[..., None], bias, groups=group)[..., 0]
    cut = windows(pad_both_sides(x, pad), weight.shape[2:], stride, dilation)
    out = cut.shape[2 : 2 + spatial]
    cut = cut.reshape(len(x), group, -1, out.numel(), weight[0, 0].numel())
    rows = weight.reshape(group, -1, weight.shape[1], weight[0, 0].numel())
    y = torch.einsum("ngcok,gmck->ngmo", cut, rows).reshape(len(x), -1, *out)
    return y if bias is None else y + bias.reshape(-1, *(1,) * spatial)


def deconvolve(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    stride: Sequence[int],
    pad: Sequence[int],
    dilation: Sequence[int],
    group: int,
) -> Tensor:
    """Grouped transposed convolution with stride, padding and dilation.

    x       (N, C, n1, ...)
    weight  (C, M / group, k1, ...)
    bias    (M,)
    Returns (N, M, out1, ...), out = stride * (n - 1) + dilation * (k - 1) + 1 - 2 pad.
    """
    spatial = x.dim() - 2
    if spatial == 2:
        return F.conv_transpose2d(x, weight, bias, stride, pad, 0, group, dilation)
    if spatial in (1, 3):
        function = F.conv_transpose1d if spatial == 1 else F.conv_transpose3d
        return function(x, weight, bias, stride, pad, 0, group, dilation)
    # A transposed convolution is a convolution with the turned kernel over x with stride - 1
    # zeros between its cells.
    turned = weight.reshape(group, -1, *weight.shape[1:]).transpose(1, 2)
    turned = turned.flatten(0, 1).flip(tuple(range(2, weight.dim())))
    sizes = [s * (n - 1) + 1 for s, n in zip(stride, x.shape[2:], strict=True)]
    spread = x.new_zeros(*x.shape[:2], *sizes)
    steps: tuple[Any, ...] = (..., *(slice(None, None, s) for s in stride))  # Any: an index
    spread[steps] = x
    border = [d * (k - 1) - p for d, k, p in zip(dilation, weight.shape[2:], pad, strict=True)]
    spread = pad_both_sides(spread, border)
    ones = (1,) * spatial
    return convolve(spread, turned, bias, ones, (0,) * spatial, dilation, group)
