"""Gridding: a window's weighted sum, with a weight for each position of the input."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Shape, layer
from framework.layers.onnx_reasons import UNWRITTEN
from framework.layers.params import check_four_axes, check_sizes, honour
from framework.layers.weighted import Weighted
from framework.ops.windows import pad_ends

AXES = "chw"


def read_windows(spec: LayerSpec, x: Shape, form: str, more: str = ""
                 ) -> tuple[list[int], list[int]]:
    """Kernel and stride of a window, by axis, of gridding_param or degridding_param.

    form  "gridding" or "degridding"
    more  names of other fields that the layer reads
    SpecError for another form than the incomplete one, a size of 0, and not four axes.
    """
    field = f"{form}_param"
    sizes = [[f"{kind}_{axis}" for axis in AXES] for kind in ("kernel", "stride")]
    names = " ".join(name for names in sizes for name in names)
    honour(spec, field, f"{form} bias_term weight_filler bias_filler {more} {names}")
    param = getattr(spec.proto, field)
    if (given := getattr(param, form)) != f"incomplete_{form}":
        raise spec.error(f"{field}.{form}", f"is '{given}'; only 'incomplete_{form}' is supported")
    check_sizes(spec, field, names)
    check_four_axes(spec, x)
    kernel, stride = ([getattr(param, name) for name in names] for names in sizes)
    return kernel, stride


def _num_windows(size: int, kernel: int, stride: int) -> int:
    """Windows along an axis, the last of which may be cut by its end."""
    rest = max(0, size - kernel)
    whole = rest // stride + 1
    return whole + int(rest % stride > 0 and whole * stride < size)


@layer
class Gridding(Weighted):
    """Sums of windows over channels, height and width, of the input times a weight of its position.

    Bottom: x (N, C, H, W).
    Top:    y (N, c, h, w), windows of kernel_* every stride_*, the last of an axis cut by its end:
            the sum over the window of x times the weight of that position, which overlapping
            windows share, plus a bias for each window.
    Blobs:  weight, one for each position of x that a window has; bias (c, h, w) unless
            `bias_term: false`.
    Errors: SpecError for another `gridding` than incomplete_gridding, a kernel or stride of 0, and
            a bottom that has not four axes.
    Source: GriddingParameter; gridding_layer.cpp of JiahaoLi-gdut/CAFFE-DACH, whose
            complete_gridding and shared_gridding are in no public net.
    """

    no_onnx_form = UNWRITTEN
    weights_in = "gridding_param"
    elementwise = True

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        self.kernel, self.stride = read_windows(spec, x, "gridding")
        counts = [_num_windows(*one) for one in zip(x[1:], self.kernel, self.stride, strict=True)]
        self.step = [min(pair) for pair in zip(self.kernel, self.stride, strict=True)]
        last = [min(kernel, size - (count - 1) * stride) for kernel, size, count, stride in zip(
            self.kernel, x[1:], counts, self.stride, strict=True)]      # cells of the last window
        self.missing = [kernel - cells for kernel, cells in zip(self.kernel, last, strict=True)]
        weight = tuple((count - 1) * step + cells
                       for count, step, cells in zip(counts, self.step, last, strict=True))
        self.add_weights(weight, tuple(counts))

    def forward(self, x: Tensor) -> Tensor:
        for axis, (size, kernel, stride) in enumerate(
                zip(self.weight.shape, self.kernel, self.stride, strict=True), start=1):
            if kernel < stride:     # what is between the windows has no weight
                index = torch.arange(size, device=x.device)
                x = x.index_select(axis, index // kernel * stride + index % kernel)
            else:
                x = x.narrow(axis, 0, size)
        product = x * self.weight
        whole = pad_ends(product, (0, 0, 0), self.missing)
        sums = F.avg_pool3d(whole, self.kernel, self.step)
        y = sums * math.prod(self.kernel)
        return y if self.bias is None else y + self.bias
