"""Locally connected layer: a convolution with filters of its own at each position."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Shape, layer
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import check_four_axes, check_sizes, honour
from framework.layers.weighted import Weighted
from framework.ops.by_item import by_item


@layer
class Local(Weighted):
    """Locally connected layer: correlate each window with filters of its own position.

    Bottom: x (N, C, H, W), whose height and width the blobs fix.
    Top:    y (N, num_output, h, w), size = floor((n + 2 pad - kernel_size) / stride) + 1.
    Blobs:  weight (num_output, 1, C * kernel_size^2, h * w), bias (1, 1, num_output, h * w) unless
            `bias_term: false`.
    Errors: SpecError for a missing num_output or kernel_size, stride 0, and windows that do not
            fit.
    Source: LocalParameter; local_layer.cpp of happynear/caffe-windows; Taigman et al. 2014.
    """

    weights_in = "local_param"

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "local_param", "num_output bias_term pad kernel_size stride weight_filler "
               "bias_filler")
        param = spec.proto.local_param
        check_sizes(spec, "local_param", "num_output kernel_size stride")
        check_four_axes(spec, x)
        self.kernel, self.stride, self.pad = param.kernel_size, param.stride, param.pad
        self.bottom_sizes = tuple(x[2:])
        self.sizes = tuple((n + 2 * self.pad - self.kernel) // self.stride + 1 for n in x[2:])
        if min(self.sizes) < 1:
            raise spec.error("local_param.kernel_size", f"leaves no output: the bottom is {x}")
        num_positions = self.sizes[0] * self.sizes[1]
        self.num_output = param.num_output
        values = x[1] * self.kernel**2
        self.add_weights((param.num_output, 1, values, num_positions),
                         (1, 1, param.num_output, num_positions))

    def multiply_adds(self, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        return int(self.weight.numel() * bottoms[0][0])

    def forward(self, x: Tensor) -> Tensor:
        if tuple(x.shape[2:]) != self.bottom_sizes:
            raise self.spec.error("bottom", f"has now the shape {tuple(x.shape)}; the weights are "
                                  f"for {self.bottom_sizes[0]} x {self.bottom_sizes[1]}")
        columns = F.unfold(x, self.kernel, 1, self.pad, self.stride)        # (N, K, L)
        y = torch.einsum("nkl,mkl->nml", columns, self.weight[:, 0])
        if self.bias is not None:
            y = y + self.bias[0].to(y.dtype)
        return by_item(y, -1, *self.sizes)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        num_values = self.weight.shape[2]
        # a filter for each value of a window takes the windows apart
        one = torch.eye(num_values).reshape(num_values, -1, self.kernel, self.kernel)
        columns = graph.add("Conv", bottoms[0], graph.floats(one), strides=[self.stride] * 2,
                            kernel_shape=[self.kernel] * 2, pads=[self.pad] * 4)
        columns = graph.reshape(columns, [0, 1, num_values, -1])
        product = graph.add("Mul", columns, graph.floats(self.weight.detach()[:, 0], "weight"))
        y = graph.reduce("ReduceSum", product, [2], False)
        if self.bias is not None:
            y = graph.add("Add", y, graph.floats(self.bias.detach()[0, 0], "bias"))
        return [graph.reshape(y, [0, self.num_output, *self.sizes])]
