"""Mean-variance normalization."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import honour


class StandardScore(torch.autograd.Function):
    """Standard score: (x - mean) / (deviation + eps) over the last axis of x (..., n).

    Not the derivative: the backward treats deviation + eps as if it were the deviation,
    (g - mean g - y * mean(g * y)) / (deviation + eps), as published training did.
    Source: BVLC mvn_layer.cpp, Backward_cpu.
    """

    @staticmethod
    def forward(x: Tensor, eps: float) -> tuple[Tensor, Tensor]:
        centred = x - x.mean(-1, keepdim=True)
        deviation = (centred * centred).mean(-1, keepdim=True).sqrt() + eps
        return centred / deviation, deviation

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: tuple[Tensor, Tensor]) -> None:
        # Any: the context and the tuple of arguments are autograd's
        ctx.mark_non_differentiable(output[1])
        ctx.save_for_backward(*output)

    @staticmethod
    def backward(ctx: Any, grad: Tensor, _: Tensor | None) -> tuple[Tensor, None]:
        y, deviation = ctx.saved_tensors
        mean = grad.mean(-1, keepdim=True)
        return (grad - mean - y * (grad * y).mean(-1, keepdim=True)) / deviation, None


@layer
class MVN(Layer):
    """Mean-variance normalization: each channel of each item to mean 0 and, by default, variance 1.

    Bottom: x (N, C, H, W), or fewer axes.
    Top:    y = (x - mean) / (standard deviation + eps), always with 4 axes, 1 where missing;
            without `normalize_variance` y = x - mean. `across_channels`: over C as well.
    Blobs:  none.
    The backward with variance is not the derivative, see StandardScore.
    Errors: SpecError with more than 4 axes.
    Source: MVNParameter in caffe.proto; BVLC mvn_layer.cpp.
    """

    pointwise = True
    needs_float32 = True

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "mvn_param", "normalize_variance across_channels eps")
        param = spec.proto.mvn_param
        if not 1 <= len(x) <= 4:
            raise spec.error("bottom", f"has the shape {x}; MVN takes 1 to 4 axes")
        self.normalize_variance = param.normalize_variance
        self.eps = param.eps
        self.first = 1 if param.across_channels else 2

    def forward(self, x: Tensor) -> Tensor:
        shape = (*x.shape, *(1,) * (4 - x.dim()))
        rows = x.reshape(shape).flatten(self.first)
        rows = rows.to(torch.promote_types(x.dtype, torch.float32))
        if self.normalize_variance:
            y = StandardScore.apply(rows, self.eps)[0]
        else:
            y = rows - rows.mean(-1, keepdim=True)
        return y.reshape(shape).to(x.dtype)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        x, shape = bottoms[0], graph.shape(bottoms[0])
        if len(shape) < 4:
            x = graph.reshape(x, [0] * len(shape) + [1] * (4 - len(shape)))
        axes = list(range(self.first, 4))
        y = graph.add("Sub", x, graph.reduce("ReduceMean", x, axes, True))
        if not self.normalize_variance:
            return [y]
        variance = graph.reduce("ReduceMean", graph.add("Mul", y, y), axes, True)
        deviation = graph.add("Add", graph.add("Sqrt", variance), graph.floats(self.eps))
        return [graph.add("Div", y, deviation)]
