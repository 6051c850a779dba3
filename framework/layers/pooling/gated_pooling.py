"""Learned pooling: a gate mixes max and average pooling, or a tree of two learned filters.

Source: gated_max_ave_layer, treepool_max_ave_layer and treepool_kernel_1l_layer (.cpp, .cu) of
Chen-Yu Lee's Caffe, which ducha-aiki/caffenet-benchmark uses; Lee, Gallagher and Tu 2016.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.params import axis_sizes, check_four_axes, honour


class _Windows(NamedTuple):
    """Values of windows (N, C, h, w, k * k), 0 outside of the bottom, and which are inside."""

    values: Tensor
    inside: Tensor


class _Geometry(NamedTuple):
    kernel: int
    stride: int


def _set_up(layer: Layer, x: Shape, *names: str) -> _Geometry:
    """The windows, once the layer has the blobs `names`, filters of one window."""
    at = _geometry(layer.spec, x)
    for name in names:
        layer.add_blob(name, (1, 1, at.kernel, at.kernel),
                       layer.spec.proto.convolution_param.weight_filler)
    return at


def _geometry(spec: LayerSpec, x: Shape) -> _Geometry:
    """kernel_size and stride of convolution_param. SpecError for what cannot be."""
    honour(spec, "convolution_param", "kernel_size stride weight_filler")
    check_four_axes(spec, x)
    kernel = axis_sizes(spec, "convolution_param.kernel_size", 2, None, 1)
    stride = axis_sizes(spec, "convolution_param.stride", 2, 1, 1)
    if kernel[0] != kernel[1] or stride[0] != stride[1]:
        raise spec.error("convolution_param.kernel_size", f"is {kernel} and the stride {stride}; "
                         "both must be the same for height and width")
    if kernel[0] > min(x[2:]):
        raise spec.error("convolution_param.kernel_size", f"is {kernel[0]}; the bottom has the "
                         f"shape {tuple(x)}")
    if stride[0] > kernel[0]:
        raise spec.error("convolution_param.stride", f"is {stride[0]}, above the kernel, "
                         f"{kernel[0]}: a window could be empty")
    return _Geometry(kernel[0], stride[0])


def _windows(x: Tensor, at: _Geometry) -> _Windows:
    """All windows; the last ones may end beyond the bottom: their number is rounded up."""
    counts = [-((at.kernel - n) // at.stride) + 1 for n in x.shape[2:]]
    missing = [(count - 1) * at.stride + at.kernel - n
               for count, n in zip(counts, x.shape[2:], strict=True)]
    sides = [0, missing[1], 0, missing[0]]
    real = F.pad(torch.ones(x.shape[2:], dtype=torch.bool, device=x.device), sides)
    both = [one.unfold(-2, at.kernel, at.stride).unfold(-2, at.kernel, at.stride).flatten(-2)
            for one in (F.pad(x, sides), real)]
    return _Windows(*both)


def _product(windows: _Windows, weight: Tensor) -> Tensor:
    """The sum of each window's values times the numbers of a filter, (..., k * k)."""
    return (windows.values * weight).sum(-1)


@layer
class TreepoolMaxAve(Layer):
    """Gated pooling: sigmoid(x . w) * max + (1 - sigmoid(x . w)) * average of each window x.

    Bottom: x (N, C, H, W).
    Top:    y (N, C, h, w), size = ceil((n - kernel_size) / stride) + 1; windows are cut at the
            border, and averages are of what is left.
    Blobs:  weight (1, 1, kernel_size, kernel_size), one gate for all channels.
    `kernel_size`, `stride` and `weight_filler` are those of convolution_param.
    Errors: SpecError for a kernel larger than the bottom, or a stride above it.
    Source: see the module.
    """

    reads = ("convolution_param",)
    no_onnx_form = "ONNX pools without a filter of its own in the windows at the border"
    elementwise = True
    blobs_learn = (True,)
    weight: Tensor

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        self.at = _set_up(self, x, "weight")

    def forward(self, x: Tensor) -> Tensor:
        windows = _windows(x, self.at)
        gate = _product(windows, self._filter(windows).to(x.dtype)).sigmoid()
        largest = windows.values.masked_fill(~windows.inside, -torch.inf).amax(-1)
        average = windows.values.sum(-1) / windows.inside.sum(-1)
        return gate * largest + (1 - gate) * average

    def _filter(self, windows: _Windows) -> Tensor:
        """The numbers of the filter at the cells of each window."""
        return self.weight.reshape(-1)


@layer
class GatedMaxAve(TreepoolMaxAve):
    """Gated pooling as TreepoolMaxAve, but windows that are cut take the filter's first numbers.

    Bottom, top, blob and fields are those of TreepoolMaxAve. The original counts through the
    filter while it goes through the cells that are inside: in a window of 2 of 3 columns the
    second row has the filter's numbers from the third on.
    Errors: SpecError for a kernel larger than the bottom, or a stride above it.
    Source: see the module.
    """

    def _filter(self, windows: _Windows) -> Tensor:
        number = (windows.inside.cumsum(-1) - 1).clamp(min=0)       # (h, w, k * k)
        return self.weight.reshape(-1)[number]


@layer
class TreepoolKernel1L(Layer):
    """Tree pooling with one split: s * (x . v1) + (1 - s) * (x . v2), s = sigmoid(x . w).

    Bottom: x (N, C, H, W).
    Top:    y (N, C, h, w), size = ceil((n - kernel_size) / stride) + 1; cells beyond the border
            are 0.
    Blobs:  v1, v2 and w (1, 1, kernel_size, kernel_size), one set for all channels.
    `kernel_size`, `stride` and `weight_filler` are those of convolution_param.
    Errors: SpecError for a kernel larger than the bottom, or a stride above it.
    Source: see the module.
    """

    reads = ("convolution_param",)
    no_onnx_form = "ONNX pools without a filter of its own in the windows at the border"
    elementwise = True
    blobs_learn = (True, True, True)
    first: Tensor
    second: Tensor
    split: Tensor

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        self.at = _set_up(self, x, "first", "second", "split")

    def forward(self, x: Tensor) -> Tensor:
        windows = _windows(x, self.at)
        first, second, split = (_product(windows, blob.reshape(-1).to(x.dtype))
                                for blob in (self.first, self.second, self.split))
        gate = split.sigmoid()
        return gate * first + (1 - gate) * second
