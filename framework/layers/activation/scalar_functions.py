"""Functions of single values: cosine, signed square root, and a constant factor and summand."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import honour

ROOT_EPS = 0.03     # summand of the root in its slope


@layer
@layer("Cosine")
class Cos(Layer):
    """Cosine: y = cos(x), x in radians.

    Bottom: x (...).
    Top:    as x.
    Source: cos_layer.cpp of aleksispi/pose-drl; cosine_layer.cpp of happynear/caffe-windows, whose
            backward on the CPU leaves out the gradient of the top: here, as on its GPU, it is the
            derivative.
    """

    keeps_shape = True
    pointwise = True

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cos(x)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        return [graph.add("Cos", bottoms[0])]


class _SignedRoot(torch.autograd.Function):
    """sign(x) * sqrt(|x|) with the slope 0.5 / (|y| + ROOT_EPS), which is finite at 0."""

    @staticmethod
    def forward(x: Tensor) -> Tensor:
        return x.sign() * x.abs().sqrt()

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Tensor) -> None:
        # Any: the context and the tuple of arguments are autograd's
        ctx.save_for_backward(output)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Tensor:
        (root,) = ctx.saved_tensors
        return 0.5 * grad / (root.abs() + ROOT_EPS)


@layer
class SignedSqrt(Layer):
    """Signed square root: y = sign(x) * sqrt(|x|), as bilinear pooling normalizes its sums.

    Bottom: x (...).
    Top:    as x. The slope is 0.5 / (|y| + 0.03).
    Source: signed_sqrt_layer.cpp of gy20073/compact_bilinear_pooling, also in
            ChaojianYu/Hierarchical-Bilinear-Pooling; Gao et al. 2016.
    """

    keeps_shape = True
    pointwise = True

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)

    def forward(self, x: Tensor) -> Tensor:
        return _SignedRoot.apply(x)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        root = graph.add("Sqrt", graph.add("Abs", bottoms[0]))
        return [graph.add("Mul", graph.add("Sign", bottoms[0]), root)]


@layer
class ConstScale(Layer):
    """Constant factor and summand: y = scale * x + bias.

    Bottom: x (...).
    Top:    as x.
    Source: ConstScaleParameter; const_scale_layer.cpp of limuhit/CCN.
    """

    keeps_shape = True
    pointwise = True

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "const_scale_param", "scale bias")
        self.scale = spec.proto.const_scale_param.scale
        self.bias = spec.proto.const_scale_param.bias

    def forward(self, x: Tensor) -> Tensor:
        return x * self.scale + self.bias

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        scaled = graph.add("Mul", bottoms[0], graph.floats(self.scale))
        return [graph.add("Add", scaled, graph.floats(self.bias))]
