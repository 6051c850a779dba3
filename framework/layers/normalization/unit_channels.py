"""L2 normalization of each position's channels, in form V1: NormOfChannels."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import check_channels
from framework.ops.losses import precise

EPS = 1e-6


class UnitChannels(torch.autograd.Function):
    """x / (r + 1e-6), r the norm over axis 1, with the gradient (g r^2 - x (x . g)) / (r^3 + 1e-6).

    Source: norm_layer.cpp of xiaolonw/caffe-3dnormal_joint_pose.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:     # Any: torch has no type for it
        norm = (x * x).sum(1, keepdim=True).sqrt()
        ctx.save_for_backward(x, norm)
        return x / (norm + EPS)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        x, norm = ctx.saved_tensors
        along = x * (x * gradient).sum(1, keepdim=True)
        return (gradient * norm.square() - along) / (norm**3 + EPS)


@layer
class NormOfChannels(Layer):
    """L2 normalization of each position: y = x / (sqrt(sum(x^2)) + 1e-6), the sum over channels.

    Bottom: x (N, C, ...). Top: as x.
    The gradient is (g r^2 - x (x . g)) / (r^3 + 1e-6), r the norm: nearly the derivative but for
    small norms, as in the original; of zeros it is 0.
    Errors: SpecError for less than two axes.
    Source: NORM, norm_layer.cpp of xiaolonw/caffe-3dnormal_joint_pose.
    """

    keeps_shape = True
    needs_float32 = True

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        check_channels(spec, x)

    def forward(self, x: Tensor) -> Tensor:
        unit: Tensor = UnitChannels.apply(precise(x))
        return unit.to(x.dtype)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        x = bottoms[0]
        squares = graph.reduce("ReduceSum", graph.add("Mul", x, x), [1], True)
        norm = graph.add("Add", graph.add("Sqrt", squares), graph.floats(EPS))
        return [graph.add("Div", x, norm)]
