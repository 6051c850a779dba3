"""Degridding: the transpose of Gridding, with a weight for each position of its output."""

from __future__ import annotations

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Shape, layer
from framework.layers.onnx_reasons import UNWRITTEN
from framework.layers.vision.gridding import AXES, read_windows
from framework.layers.weighted import Weighted


@layer
class Degridding(Weighted):
    """Spread each value over its window; the sum at a position times the weight of that position.

    Bottom: x (N, C, H, W).
    Top:    y (N, c, h, w), an axis of n windows of kernel_* every stride_* being
            (n - 1) * stride + kernel - cutoff long: the sum of the values whose window has the
            position, times its weight, plus its bias. Between windows it is the bias.
    Blobs:  weight, one for each position that a window has; bias (c, h, w) unless
            `bias_term: false`.
    Errors: SpecError for another `degridding` than incomplete_degridding, a kernel or stride of 0,
            a cutoff that is not below both, and a bottom that has not four axes.
    Source: DegriddingParameter; degridding_layer.cpp of JiahaoLi-gdut/CAFFE-DACH, whose
            complete_degridding and shared_degridding are in no public net.
    """

    no_onnx_form = UNWRITTEN
    weights_in = "degridding_param"
    elementwise = True

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        self.kernel, self.stride = read_windows(spec, x, "degridding",
                                                "cutoff_c cutoff_h cutoff_w")
        param = spec.proto.degridding_param
        self.cutoff = [param.cutoff_c, param.cutoff_h, param.cutoff_w]
        step = [min(pair) for pair in zip(self.kernel, self.stride, strict=True)]
        for axis, cutoff, most in zip(AXES, self.cutoff, step, strict=True):
            if cutoff >= most:
                raise spec.error(f"degridding_param.cutoff_{axis}", f"is {cutoff}; it must be "
                                 f"below the kernel and the stride, {most}")
        ends = [kernel - cutoff for kernel, cutoff in zip(self.kernel, self.cutoff, strict=True)]
        weight, top = (tuple((count - 1) * every + end for count, every, end in zip(
            x[1:], steps, ends, strict=True)) for steps in (step, self.stride))
        self.add_weights(weight, top)

    def forward(self, x: Tensor) -> Tensor:
        weight = self.weight
        for axis, (kernel, stride, cutoff) in enumerate(
                zip(self.kernel, self.stride, self.cutoff, strict=True), start=1):
            x = _spread(x, axis, kernel, stride, cutoff)
            if stride > kernel:     # between windows any weight will do: the sum there is 0
                index = torch.arange(x.shape[axis], device=x.device)
                index = index // stride * kernel + (index % stride).clamp(max=kernel - 1)
                weight = weight.index_select(axis - 1, index)
        y = x * weight
        return y if self.bias is None else y + self.bias


def _spread(x: Tensor, axis: int, kernel: int, stride: int, cutoff: int) -> Tensor:
    """Add each value to the `kernel` positions of its window, one every `stride` along an axis."""
    number = x.shape[axis]
    starts = torch.arange(number, device=x.device)[:, None] * stride
    index = (starts + torch.arange(kernel, device=x.device)).flatten()
    size = (number - 1) * stride + kernel
    sums = x.new_zeros(*x.shape[:axis], size, *x.shape[axis + 1:])
    sums = sums.index_add(axis, index, x.repeat_interleave(kernel, axis))
    return sums.narrow(axis, 0, size - cutoff)
