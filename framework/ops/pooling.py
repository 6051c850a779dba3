"""Max, average and stochastic pooling by Caffe's window rules, on torch's kernels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import Tensor

from framework.ops.windows import pad_ends, windows


@dataclass(frozen=True)
class PoolWindow:
    """The geometry of pooling windows: one number for each spatial axis, in cells of the bottom.

    pad, after  padding before and after each axis; pad_end is empty where both are `pad`
    floor  sizes are rounded down (`round_mode: FLOOR`, `ceil_mode: false`) and not up.
    clip   a last window that starts in the padding at the end is dropped.
    clip_single  so is one without a cell, if some kernel is 1 (Intel)
    """

    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    pad: tuple[int, ...]
    dilation: tuple[int, ...]
    floor: bool = False
    clip: bool = True
    clip_single: bool = False
    pad_end: tuple[int, ...] = ()

    @property
    def after(self) -> tuple[int, ...]:
        return self.pad_end or self.pad

    @property
    def extent(self) -> tuple[int, ...]:
        """Cells that a window spans, gaps of a dilated one included."""
        return tuple(d * (k - 1) + 1 for k, d in zip(self.kernel, self.dilation, strict=True))

    def top_sizes(self, sizes: Sequence[int]) -> tuple[int, ...]:
        """The number of windows on each axis.

        Rounded up, and then a last window that would start in the padding at the end is dropped,
        but only if some padding is not 0: without any, a last window may be outside entirely.
        Source: pooling_layer.cpp Reshape, BVLC; and intel/caffe for a kernel of 1.
        """
        clips = self.clip and (any((*self.pad, *self.after))
                               or (self.clip_single and 1 in self.kernel))
        top = []
        axes = zip(sizes, self.extent, self.stride, self.pad, self.after, strict=True)
        for n, e, s, p, a in axes:
            steps = (n + p + a - e) // s if self.floor else -((e - n - p - a) // s)
            if clips and steps * s >= n + p:
                steps -= 1
            top.append(steps + 1)
        return tuple(top)

    def for_plane(self, sizes: Sequence[int]) -> PoolWindow:
        """The same windows on a plane of `sizes`, with strides no longer than it or the window is.

        A longer stride has the same windows but for a last one, outside of the plane either way:
        torch and we make room for all cells up to it. Where a window is longer than the padded
        plane, a stride from the window's length on still makes one window, a shorter one none.
        """
        steps = zip(sizes, self.stride, self.pad, self.after, self.extent, strict=True)
        return replace(self, stride=tuple(min(s, max(n + p + a, e)) for n, s, p, a, e in steps))

    def fits_torch(self) -> bool:
        """Whether torch's kernels take this padding: up to half a window (Caffe: a whole one), and
        the same on both sides."""
        return self.pad == self.after and all(
            2 * p <= e for p, e in zip(self.pad, self.extent, strict=True))


def max_pool(x: Tensor, window: PoolWindow, with_mask: bool = False) -> tuple[Tensor, Tensor]:
    """Max pooling: the largest value of each window, and its index in the plane as a float.

    x (N, C, n1, ...) -> two of (N, C, top1, ...); without `with_mask` the second is the first.
    Ties: the first cell in row-major order, which takes the whole gradient. Padding never wins.
    A window outside of the bottom gives 0, index -1 (the original: -FLT_MAX); NaN wins, so that
    it shows (the original drops it).
    """
    sizes = x.shape[2:]
    top = window.top_sizes(sizes)
    window = window.for_plane(sizes)
    pad = window.pad
    if not window.fits_torch():
        x = pad_ends(x, pad, window.after, float("-inf"))
        pad = (0,) * len(pad)
    function = (F.max_pool1d, F.max_pool2d, F.max_pool3d)[len(pad) - 1]
    ceil_mode = not window.floor
    arguments = (window.kernel, window.stride, pad, window.dilation, ceil_mode)
    if not with_mask:
        y = _fit(function(x, *arguments), top, 0.0)
        return y, y
    y, index = function(x, *arguments, return_indices=True)
    if x.shape[2:] != sizes:
        index = _without_padding(index, x.shape[2:], sizes, window.pad)
    real = torch.float64 if x.dtype == torch.float64 else torch.float32  # halves stop at 2048
    return _fit(y, top, 0.0), _fit(index.to(real), top, -1.0)


def ave_pool(x: Tensor, window: PoolWindow, include_pad: bool = True) -> Tensor:
    """Average pooling: the sum of a window by its area, cut at the end of the padding after it.

    x (N, C, n1, ...) -> (N, C, top1, ...). With `include_pad` false (Intel's avg_include_pad)
    only real cells are counted. A window outside of the bottom gives 0 (the original: NaN).
    """
    top = window.top_sizes(x.shape[2:])
    window = window.for_plane(x.shape[2:])
    pad = window.pad
    if not window.fits_torch():
        if not include_pad:
            ones = torch.ones_like(x[:1, :1])
            return ave_pool(x, window) / ave_pool(ones, window).clamp_min(1e-30)
        x = pad_ends(x, pad, window.after)
        pad = (0,) * len(pad)
    function = (F.avg_pool1d, F.avg_pool2d, F.avg_pool3d)[len(pad) - 1]
    y = function(x, window.kernel, window.stride, pad, not window.floor, include_pad)
    return _fit(y, top, 0.0)


def stochastic_pool(x: Tensor, window: PoolWindow, sample: bool) -> Tensor:
    """Stochastic pooling of x (N, C, n1, ...), not negative, to (N, C, top1, ...).

    sample  true: a cell drawn with a probability in proportion to its value; false: the mean of
            the values weighted by themselves, sum(v * v) / sum(v), 0 if nothing is positive.
    There is no padding. Draws with torch's default generator of the device.
    Source: pooling_layer.cu, BVLC; Zeiler and Fergus 2013.
    """
    if not sample:
        total = ave_pool(x, window)
        squares = ave_pool(x * x, window)
        positive = total > 0
        return torch.where(positive, squares / torch.where(positive, total, 1.0), 0.0)
    top = window.top_sizes(x.shape[2:])
    window = window.for_plane(x.shape[2:])
    over = [(t - 1) * s + e - n for t, s, e, n in
            zip(top, window.stride, window.extent, x.shape[2:], strict=True)]
    x = F.pad(x, [one for end in reversed(over) for one in (0, max(end, 0))])
    cut = windows(x, window.kernel, window.stride, window.dilation).flatten(2 + len(top))
    # inverse transform sampling: the first cell at which the cumulated sum reaches the threshold
    reached = cut.detach().cumsum(-1)
    threshold = torch.rand_like(reached[..., :1]) * reached[..., -1:]
    index = (reached >= threshold).to(torch.uint8).argmax(-1, keepdim=True)
    return cut.gather(-1, index)[..., 0]


def _fit(y: Tensor, top: Sequence[int], value: float) -> Tensor:
    """Crop or extend the ends of the last axes: torch always drops a window wholly outside."""
    have = y.shape[y.dim() - len(top) :]
    missing = [want - got for want, got in zip(top, have, strict=True)]
    if not any(missing):
        return y
    return F.pad(y, [one for end in reversed(missing) for one in (0, end)], value=value)


def _without_padding(
    index: Tensor, padded: Sequence[int], sizes: Sequence[int], pad: Sequence[int]
) -> Tensor:
    """Turn flat indices of the padded plane into those of the plane."""
    # axis by axis from the last: its index is the remainder, the others are the quotient
    result = torch.zeros_like(index)
    stride = 1
    for n_padded, n, p in zip(reversed(padded), reversed(sizes), reversed(pad), strict=True):
        result = result + (index % n_padded - p) * stride
        index = index // n_padded
        stride = stride * n
    return result
