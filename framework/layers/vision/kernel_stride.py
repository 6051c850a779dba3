"""ConvolutionSK and PoolingSK of naibaf7/caffe, with strided kernels, and its PoolingND."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import axis_sizes, check_four_axes, honour
from framework.layers.pooling.pooling import pool, read_window
from framework.layers.pooling.pooling_onnx import max_pool_onnx, pool_onnx
from framework.layers.vision.filters import convolutions_onnx, convolved, read_geometry
from framework.layers.weighted import Weighted
from framework.ops.pooling import max_pool
from framework.proto import enum_name


@layer
class ConvolutionSK(Weighted):
    """Convolution whose kernel takes every kstride-th cell: dilation before Caffe had it.

    Bottom: x (N, C, H, W).
    Top:    y (N, num_output, h, w), size = floor((n - kstride * (kernel - 1) - 1) / stride) + 1.
    Blobs:  weight (num_output, C / group, kernel_h, kernel_w); bias (num_output,) unless
            `bias_term: false`.
    Errors: SpecError where the original aborts: padding, and as for Convolution.
    Source: convolution_sk_layer.cpp of naibaf7/caffe (2015), for naibaf7/caffe_neural_models.
    """

    reads = ("convolution_param",)
    weights_in = "convolution_param"

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "convolution_param", "num_output bias_term pad kernel_size group stride "
               "weight_filler bias_filler pad_h pad_w kernel_h kernel_w stride_h stride_w kstride "
               "kstride_h kstride_w")
        check_four_axes(spec, x)
        spread = axis_sizes(spec, "convolution_param.kstride", 2, 1, 1)
        self.geometry = at = read_geometry(spec, x, dilation=spread)
        if any(at.pad):
            raise spec.error("convolution_param.pad", f"is {at.pad}; it must be 0")
        self.add_weights((at.num_output, at.channels // at.group, *at.kernel), (at.num_output,))

    def multiply_adds(self, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        return self.weight[0].numel() * math.prod(tops[0])

    def forward(self, x: Tensor) -> Tensor:
        return convolved(x, self.weight, self.bias, self.geometry)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        return convolutions_onnx(graph, "Conv", self, self.geometry, bottoms)


@layer
class PoolingSK(Layer):
    """Max pooling of every kstride-th cell of a window; without kstride also of other methods.

    Bottom: x (N, C, H, W).
    Top:    y (N, C, h, w), size = ceil((n + 2 pad - kstride * (kernel - 1) - 1) / stride) + 1.
    Errors: SpecError for AVE or STOCHASTIC with a kstride, and as for Pooling.
    Source: pooling_sk_layer.cpp of naibaf7/caffe (2015), for naibaf7/caffe_neural_models.
    """

    reads = ("pooling_param",)

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "pooling_param", "pool kernel_size stride pad kernel_h kernel_w stride_h "
               "stride_w pad_h pad_w kstride kstride_h kstride_w")
        check_four_axes(spec, x)
        self.method = enum_name(spec.proto.pooling_param, "pool")
        spread = axis_sizes(spec, "pooling_param.kstride", 2, 1, 1)
        if max(spread) > 1 and self.method != "MAX":
            raise spec.error("pooling_param.kstride", f"is {spread}; only MAX pooling has it here")
        self.window = dataclasses.replace(read_window(spec, x), dilation=spread, clip=False)
        if min(self.window.top_sizes(x[2:])) < 1:
            raise spec.error("pooling_param.kernel_size", f"leaves no output: the bottom is {x}")

    def forward(self, x: Tensor) -> Tensor:
        return pool(x, self.window, self.method, self.spec.phase == "TRAIN", True)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        shape = graph.shape(bottoms[0])
        return [pool_onnx(graph, bottoms[0], shape, self.window, self.method, True)]


@layer
class PoolingND(Layer):
    """Max pooling over any two or three axes.

    Bottom: x (N, C, H, W) or (N, C, L, H, W).
    Top:    y (N, C, ...), size = ceil((n + 2 pad - kstride * (kernel - 1) - 1) / stride) + 1: a
            last window may start in the padding, and gives 0 there.
    Sizes are `kernel_size`, `stride` and `pad` of pooling_param. A PoolingND with pooling_nd_param
    is another project's, an NdPooling here.
    Errors: SpecError for other methods than MAX, which the original's GPU code alone has, and as
            for Pooling.
    Source: pooling_nd_layer.cpp and .cu of naibaf7/caffe (2015).
    """

    reads = ("pooling_param",)

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "pooling_param", "pool kernel_size stride pad kernel_h kernel_w stride_h "
               "stride_w pad_h pad_w kstride kernel_size_3d stride_3d pad_3d")
        param = spec.proto.pooling_param
        if enum_name(param, "pool") != "MAX":
            raise spec.error("pooling_param.pool", f"is {enum_name(param, 'pool')}; only MAX is "
                             "supported here")
        spread = (param.kstride,) * (len(x) - 2)
        self.window = dataclasses.replace(read_window(spec, x), dilation=spread, clip=False)
        if min(self.window.top_sizes(x[2:])) < 1:
            raise spec.error("pooling_param.kernel_size", f"leaves no output: the bottom is {x}")

    def forward(self, x: Tensor) -> Tensor:
        return max_pool(x, self.window)[0]

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        return max_pool_onnx(graph, bottoms[0], graph.shape(bottoms[0]), self.window)
