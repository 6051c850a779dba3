"""ReLU with a bound above."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import check_positive, honour


@layer
class BoundedReLU(Layer):
    """Clipped ReLU: y = min(max(x, 0) + negative_slope * min(x, 0), upper_bound).

    Bottom: x (...). Top: as x. The gradient at the bound and above it is 0.
    A ReLU whose text gives `upper_bound` is this one.
    Errors: SpecError unless the bound is above 0.
    Source: relu_layer.cpp of wanglijun1989/caffe-cvpr17, where the type is ReLU.
    """

    reads = ("relu_param",)
    keeps_shape = True
    pointwise = True
    fork_fields = frozenset(["relu_param.upper_bound"])

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "relu_param", "negative_slope upper_bound")
        check_positive(spec, "relu_param", "upper_bound")
        self.negative_slope = spec.proto.relu_param.negative_slope
        self.bound = spec.proto.relu_param.upper_bound

    def forward(self, x: Tensor) -> Tensor:
        y = F.leaky_relu(x, self.negative_slope)
        return torch.where(y >= self.bound, self.bound, y)      # NaN stays

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        y = graph.add("LeakyRelu", bottoms[0], alpha=self.negative_slope)
        return [graph.add("Min", y, graph.floats(self.bound))]
