"""Unpooling of ParseNet: each value over all of its window, or in the middle of it."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_reasons import UNWRITTEN
from framework.layers.params import (
    at_least,
    axis_sizes,
    check_four_axes,
    choice,
    honour,
    is_set,
)
from framework.layers.resampling.resize import put

FIELDS = ("unpool out_kernel_size out_kernel_h out_kernel_w out_stride out_stride_h out_stride_w "
          "out_pad out_pad_h out_pad_w")
FORK_FIELDS = frozenset(f"unpooling_param.{name}" for name in FIELDS.split()[1:])


@layer
class SpreadUnpooling(Layer):
    """Unpooling: each value at the middle of its window, or spread over it, means where they meet.

    Bottoms: x (N, C, H, W); if wanted, a blob whose height and width the top is to have.
    Top:     (N, C, (H - 1) out_stride_h - 2 out_pad_h + out_kernel_h, and so in width). With two
             bottoms the fields do not count: kernel and stride are ceil(H of the second / H), the
             stride 1 if that is the second's H; the padding is half of what is too much, rounded
             down.
    REP:     the mean of the values whose windows cover the cell, 0 of none; DIV: that over the
             number of cells of a window; FIXED, the method if none is given: the value at the
             middle of its window, rounded down, 0 elsewhere; of several for a cell the last.
    An UnPooling with one of these methods or fields is this one.
    Errors:  SpecError for another number of axes, and without an output.
    Source:  unpooling_layer.cpp of weiliu89/caffe (ParseNet), in debidatta/caffe-parsenet.
    """

    reads = ("unpooling_param",)
    num_bottoms = (1, 2)
    no_gradient_bottoms = (1,)
    no_onnx_form = UNWRITTEN
    fork_fields = FORK_FIELDS

    def __init__(self, spec: LayerSpec, x: Shape, like: Shape | None = None):
        super().__init__(spec)
        honour(spec, "unpooling_param", FIELDS)
        self.method = "FIXED"       # the fork's default
        if is_set(spec.proto.unpooling_param, "unpool"):
            self.method = choice(spec, "unpooling_param", "unpool", ("FIXED", "DIV", "REP"))
        for shape in (x, like or x):
            check_four_axes(spec, shape)
        if like is None:
            self.window = (
                axis_sizes(spec, "unpooling_param.out_kernel_size", 2, None, 1),
                axis_sizes(spec, "unpooling_param.out_stride", 2, 1, 1),
                axis_sizes(spec, "unpooling_param.out_pad", 2, 0, 0))
        kernel, stride, pad = self._windows(x, like)
        sizes = [(n - 1) * s - 2 * p + k
                 for n, s, p, k in zip(x[2:], stride, pad, kernel, strict=True)]
        at_least(spec, "bottom" if like else "unpooling_param.out_kernel_size", sizes, 1)

    def _windows(self, x: Shape, like: Shape | None) -> tuple[tuple[int, ...], ...]:
        """Kernel, stride and padding, each for height and width."""
        if like is None:
            return self.window
        kernel = tuple(math.ceil(wanted / n) for wanted, n in zip(like[2:], x[2:], strict=True))
        stride = tuple(1 if k == wanted else k for k, wanted in zip(kernel, like[2:], strict=True))
        pad = tuple(((n - 1) * s + k - wanted) // 2 for n, s, k, wanted
                    in zip(x[2:], stride, kernel, like[2:], strict=True))
        return kernel, stride, pad

    def forward(self, x: Tensor, like: Tensor | None = None) -> Tensor:
        kernel, stride, pad = self._windows(x.shape, None if like is None else like.shape)
        if self.method == "FIXED":
            return self._in_the_middle(x, kernel, stride, pad)
        ones = x.new_ones(1, 1, *kernel)
        planes = x.flatten(0, 1)[:, None]
        total, number = (F.conv_transpose2d(one, ones, stride=stride, padding=pad)
                         for one in (planes, torch.ones_like(planes[:1])))
        mean = total / number.clamp(min=1)
        if self.method == "DIV":
            mean = mean / math.prod(kernel)
        return mean.reshape(*x.shape[:2], *mean.shape[2:])

    def _in_the_middle(self, x: Tensor, kernel: tuple[int, ...], stride: tuple[int, ...],
                       pad: tuple[int, ...]) -> Tensor:
        sizes = [(n - 1) * s - 2 * p + k
                 for n, s, p, k in zip(x.shape[2:], stride, pad, kernel, strict=True)]
        row, column = (
            ((torch.arange(n, device=x.device) * s - p) + (k - 1) // 2).clamp(0, size - 1)
            for n, s, p, k, size in zip(x.shape[2:], stride, pad, kernel, sizes, strict=True))
        mask = (row[:, None] * sizes[1] + column).expand(x.shape)
        return put(x, mask, *sizes)
