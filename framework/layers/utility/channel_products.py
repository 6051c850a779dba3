"""Product of a blob and maps of one channel."""

from __future__ import annotations

import functools

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import check_channels, choice, honour


@layer
class CrossChannelEltwise(Layer):
    """Product of a blob and of maps of one channel, which multiply each of its channels.

    Bottoms: x (N, C, ...), then one or more of (N, 1, ...).
    Top:     as x. The gradient is the derivative.
    An Eltwise whose text says `cross_channel: true` is this one.
    Errors:  SpecError for another operation than PROD, and for other shapes.
    Source:  eltwise_layer.cpp and .cu of wanglijun1989/caffe-cvpr17, where the type is Eltwise.
    """

    reads = ("eltwise_param",)
    num_bottoms = (2, None)
    fork_fields = frozenset(["eltwise_param.cross_channel"])

    def __init__(self, spec: LayerSpec, x: Shape, *maps: Shape):
        super().__init__(spec)
        honour(spec, "eltwise_param", "operation stable_prod_grad cross_channel")
        choice(spec, "eltwise_param", "operation", ("PROD",))
        check_channels(spec, x)
        wanted = (x[0], 1, *x[2:])
        for shape in maps:
            if tuple(shape) != wanted:
                raise spec.error("bottom", f"has the shape {tuple(shape)}; with cross_channel each "
                                 f"after the first must have {wanted}")

    def forward(self, x: Tensor, *maps: Tensor) -> Tensor:
        return functools.reduce(torch.mul, maps, x)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        return [functools.reduce(lambda one, other: graph.add("Mul", one, other), bottoms)]
