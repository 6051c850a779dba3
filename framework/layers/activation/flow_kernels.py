"""Neurons of LiteFlowNet's local convolutions by a flow: NegSquare and ExpMax."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.activation.mathematics import log_of_base
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import check_channels, honour


@layer
class NegSquare(Layer):
    """y = -x^2.

    The gradient is -2 x; the original multiplies by what is in its memory.
    Source: negsquare_layer.cu of twhui/LiteFlowNet.
    """

    pointwise = True
    keeps_shape = True

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)

    def forward(self, x: Tensor) -> Tensor:
        return -x.square()

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        return [graph.add("Neg", graph.add("Mul", bottoms[0], bottoms[0]))]


@layer
class ExpMax(Layer):
    """Exponential of the distance to the largest channel: y = base ** (scale (x - max) + shift).

    Bottom: x (N, C, ...). Top: as x; base -1 means e. The maximum is over the channels of each
            position, and has no gradient. The original takes it for the first item alone, and 0 for
            the others; shares of the sum over channels are the same.
    Errors: SpecError for less than two axes, and if base is neither -1 nor above 0.
    Source: expmax_layer.cpp and .cu of twhui/LiteFlowNet.
    """

    keeps_shape = True
    reads = ("expmax_param",)
    needs_float32 = True

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "expmax_param", "base scale shift")
        param = spec.proto.expmax_param
        check_channels(spec, x)
        log_base = log_of_base(spec, "expmax_param")
        self.scale = log_base * param.scale
        self.factor = math.exp(log_base * param.shift)

    def forward(self, x: Tensor) -> Tensor:
        largest = x.detach().amax(1, keepdim=True)
        return torch.exp(self.scale * (x - largest)) * self.factor

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        x = bottoms[0]
        below = graph.add("Sub", x, graph.reduce("ReduceMax", x, [1], True))
        y = graph.add("Exp", graph.add("Mul", below, graph.floats(self.scale)))
        return [graph.add("Mul", y, graph.floats(self.factor))]
