"""GRN: L2 normalization over the channels of each position."""

from __future__ import annotations

from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import honour
from framework.ops.losses import StraightThrough, precise


@layer
class GRN(Layer):
    """L2 normalization over channels: y = x / sqrt(sum over C of x^2 + bias).

    Bottom: x (N, C, n1, ...).
    Top:    as x. With `dummy_backward` the gradient of the top goes on as it is.
    Errors: SpecError with one axis, and for a bias below 0.
    Source: grn_layer.cpp of openvinotoolkit/training_toolbox_caffe.
    """

    keeps_shape = True
    needs_float32 = True

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "grn_param", "bias dummy_backward")
        param = spec.proto.grn_param
        if len(x) < 2:
            raise spec.error("bottom", f"has the shape {tuple(x)}; GRN needs at least 2 axes "
                             "(N, C)")
        if param.bias < 0:
            raise spec.error("grn_param.bias", f"is {param.bias:g}; it must be at least 0")
        self.bias = param.bias
        self.passes_on = param.dummy_backward

    def forward(self, x: Tensor) -> Tensor:
        wide = precise(x)
        if self.passes_on:
            top: Tensor = StraightThrough.apply(wide, self._unit(wide.detach()))
            return top.to(x.dtype)
        return self._unit(wide).to(x.dtype)

    def _unit(self, x: Tensor) -> Tensor:
        return x / ((x * x).sum(1, keepdim=True) + self.bias).sqrt()

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        x = bottoms[0]
        squares = graph.reduce("ReduceSum", graph.add("Mul", x, x), [1], True)
        norm = graph.add("Sqrt", graph.add("Add", squares, graph.floats(self.bias)))
        return [graph.add("Div", x, norm)]
