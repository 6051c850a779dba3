"""Clipping with the gradients of two projects (Truncation)."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import honour, is_set


class _Clipped(torch.autograd.Function):
    """x clipped to [low, high]; beyond a bound only a gradient that leads back passes (`returns`),
    else none, also at the bounds."""

    @staticmethod
    def forward(x: Tensor, low: float, high: float, returns: bool) -> Tensor:
        return x.clamp(low, high)

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Tensor) -> None:
        # Any: the context and the tuple of arguments are autograd's
        x, ctx.low, ctx.high, ctx.returns = inputs
        ctx.save_for_backward(x)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, None, None]:
        (x,) = ctx.saved_tensors
        if not ctx.returns:
            return grad * ((x > ctx.low) & (x < ctx.high)), None, None, None
        below = torch.where(x < ctx.low, grad.clamp(min=0), grad)
        return torch.where(x > ctx.high, grad.clamp(max=0), below), None, None, None


@layer
class Truncation(Layer):
    """Clipping: y = min(max(x, lower), upper); two projects' layers, which differ in the gradient.

    Bottom: x (...).
    Top:    as x.
    With lower_bound and upper_bound (happynear; 0 and 5 without them) values at or beyond a bound
    get no gradient. With truncation_min and truncation_max (0 and 1 where one is missing) values
    below the lower one keep a positive gradient, and those above the upper one a negative one.
    Errors: SpecError for fields of both, or bounds in the wrong order.
    Source: TruncationParameter; truncation_layer.cpp of happynear/caffe-windows and of
            SSAW14/LearnableDilationNetwork.
    """

    keeps_shape = True
    pointwise = True

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "truncation_param", "lower_bound upper_bound truncation_min truncation_max")
        param = spec.proto.truncation_param
        self.returns = is_set(param, "truncation_min") or is_set(param, "truncation_max")
        if self.returns and (is_set(param, "lower_bound") or is_set(param, "upper_bound")):
            raise spec.error("truncation_param", "has fields of two projects: lower_bound and "
                             "upper_bound are of one, truncation_min and truncation_max of another")
        self.low = param.truncation_min if self.returns else param.lower_bound
        self.high = param.truncation_max if self.returns else param.upper_bound
        if self.low > self.high:
            raise spec.error("truncation_param", f"has the bounds {self.low:g} and {self.high:g}; "
                             "the lower must not be above the upper")

    def forward(self, x: Tensor) -> Tensor:
        return _Clipped.apply(x, self.low, self.high, self.returns)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        return [graph.add("Clip", bottoms[0], graph.floats(self.low), graph.floats(self.high))]
