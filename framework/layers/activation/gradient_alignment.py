"""Two tops of one blob whose gradients are brought to one size (GradientAlignment)."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import honour


class _Aligned(torch.autograd.Function):
    """x twice; its gradient is a + factor * max(|a|^2 / |b|^2, 1) * b, of the two's a and b."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, factor: float) -> tuple[Tensor, Tensor]:  # Any: torch
        ctx.factor = factor
        return x.clone(), x.clone()

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        first, second = gradients
        ratio = first.square().sum() / second.square().sum()
        return first + ctx.factor * ratio.clamp(min=1.0) * second, None


@layer
class GradientAlignment(Layer):
    """The bottom as two tops; the second one's gradient is scaled up to the first one's size.

    Bottom: x (...).
    Tops:   x and x. With their gradients a and b that of x is
            a + lambda * max(|a|^2 / |b|^2, 1) * b, sums of squares over the batch: a lambda of -1
            reverses the second. It is NaN where both are 0, as in the original.
    Source: GradientAlignmentParameter; gradient_alignment_layer.cpp of JiahaoLi-gdut/CAFFE-DACH.
    """

    num_tops = (2, 2)
    pointwise = True
    reads = ("gradient_alignment_param",)

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "gradient_alignment_param", "lambda")
        # a word of Python's
        self.factor = getattr(spec.proto.gradient_alignment_param, "lambda")

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        first, second = _Aligned.apply(x, self.factor)
        return first, second

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        return [graph.add("Identity", bottoms[0]) for _ in range(2)]
