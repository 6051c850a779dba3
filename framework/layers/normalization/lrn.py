"""Local response normalization."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import honour
from framework.layers.pooling.pooling import read_window
from framework.layers.pooling.pooling_onnx import max_pool_onnx
from framework.ops.pooling import max_pool
from framework.proto import enum_name


@layer
class LRN(Layer):
    """Local response normalization: divide each value by a power of the squares around it.

    Bottom: x (N, C, H, W).
    Top:    y = x / (k + alpha / n * sum(x^2)) ** beta, the sum over
            ACROSS_CHANNELS: local_size channels around, n = local_size;
            WITHIN_CHANNEL: local_size x local_size cells around, n = local_size^2, and k is 1
            whatever is given. What is outside counts as 0.
    Blobs:  none.
    `fuse_type: FUSED_POOL_MAX` (BVLC's branch opencl) pools y as `lrn_param.pooling_param` says.
    Errors: SpecError if local_size is even, or for other axes.
    Source: LRNParameter in caffe.proto; BVLC lrn_layer.cpp; Krizhevsky et al. 2012.
    """

    pointwise = True
    needs_float32 = True

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "lrn_param", "local_size alpha beta norm_region k fuse_type pooling_param")
        param = spec.proto.lrn_param
        if param.local_size % 2 == 0:
            raise spec.error("lrn_param.local_size", f"is {param.local_size}; it must be odd")
        self.size = param.local_size
        self.alpha = param.alpha
        self.beta = param.beta
        self.k = param.k
        self.across = enum_name(param, "norm_region") == "ACROSS_CHANNELS"
        if len(x) != 4:
            raise spec.error("bottom", f"has the shape {tuple(x)}; LRN takes (N, C, H, W)")
        self.pooling = enum_name(param, "fuse_type") == "FUSED_POOL_MAX"
        if self.pooling:
            self.window = read_window(spec, x, "lrn_param.pooling_param")

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        return super().top_shapes(*bottoms) if self.pooling else [bottoms[0]]

    def forward(self, x: Tensor) -> Tensor:
        y = self.normalise(x)
        return max_pool(y, self.window)[0] if self.pooling else y

    def normalise(self, x: Tensor) -> Tensor:
        """y, before pooling."""
        squares = (x * x).to(torch.promote_types(x.dtype, torch.float32))
        half = self.size // 2
        if self.across:
            channels = x.shape[1]
            reach = min(half, channels - 1)     # beyond it there are only zeros
            padded = F.pad(squares, (0, 0) * (x.dim() - 2) + (reach, reach))
            total = padded.narrow(1, 0, channels)
            for start in range(1, 2 * reach + 1):
                total = total + padded.narrow(1, start, channels)
            base = self.k + self.alpha / self.size * total
        else:
            base = 1 + self.alpha * F.avg_pool2d(squares, self.size, 1, half)
        if self.beta == 0.75:  # two roots are several times faster than a power
            root = base.rsqrt()
            return (x * root * root.sqrt()).to(x.dtype)
        return (x * base.pow(-self.beta)).to(x.dtype)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        x, shape = bottoms[0], graph.shape(bottoms[0])
        if self.across:
            if len(shape) != 4:
                x = graph.reshape(x, [0, 0, -1, 1] if len(shape) > 2 else [0, 0, 1, 1])
            y = graph.add("LRN", x, size=self.size, alpha=self.alpha, beta=self.beta, bias=self.k)
            if len(shape) != 4:
                y = graph.reshape(y, [0, *shape[1:]])
        else:
            half = self.size // 2
            mean = graph.add("AveragePool", graph.add("Mul", x, x), kernel_shape=[self.size] * 2,
                             pads=[half] * 4, count_include_pad=1)
            base = graph.add("Add", graph.add("Mul", mean, graph.floats(self.alpha)),
                             graph.floats(1.0))
            y = graph.add("Mul", x, graph.add("Pow", base, graph.floats(-self.beta)))
        return [max_pool_onnx(graph, y, shape, self.window)[0]] if self.pooling else [y]
