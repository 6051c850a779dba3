"""Channel-wise scaling of one blob by another: Axpy and BroadcastMul of community projects."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_graph import Names, OnnxGraph


@layer
class Axpy(Layer):
    """Channel-wise scale and add, y = a * x + b: the end of a squeeze-and-excitation block.

    Bottom: a (N, C) or (N, C, 1, 1); x (N, C, ...); b in the shape of x.
    Top:    y in the shape of x.
    Blobs:  none.
    Errors: SpecError if the shapes do not fit.
    Source: axpy_layer.cpp of hujie-frank/SENet, jolibrain, NVIDIA and others.
    """

    num_bottoms = (3, 3)

    def __init__(self, spec: LayerSpec, a: Shape, x: Shape, b: Shape):
        super().__init__(spec)
        if x != b:
            raise spec.error("bottom[2]", f"has the shape {b}; it must be that of the second, {x}")
        if a[:2] != x[:2] or math.prod(a) != math.prod(a[:2]):
            raise spec.error("bottom[0]", f"has the shape {a}; it must be {x[:2]}, followed by "
                             "axes of size 1")

    def forward(self, a: Tensor, x: Tensor, b: Tensor) -> Tensor:
        factor = a.reshape(*a.shape[:2], *(1,) * (x.dim() - 2))
        return torch.addcmul(b, x, factor)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        a, x, b = bottoms
        num_axes = len(graph.shape(x))
        if len(graph.shape(a)) != num_axes:
            a = graph.reshape(a, [0, 0] + [1] * (num_axes - 2))
        return [graph.add("Add", graph.add("Mul", x, a), b)]


@layer
class BroadcastMul(Layer):
    """Channel-wise scale: multiply each channel of the larger bottom by a number of the smaller.

    Bottom: x (N, C, ...) and a (N, C) or (N, C, 1, 1), in any order.
    Top:    y = x * a in the shape of x.
    Blobs:  none. The gradient is the derivative (the original writes it over the data).
    Errors: SpecError if the shapes do not fit.
    Source: broadcast_mul_layer.cpp of jolibrain/caffe and troyliu0105/caffe.
    """

    num_bottoms = (2, 2)

    def __init__(self, spec: LayerSpec, first: Shape, second: Shape):
        super().__init__(spec)
        self.swapped = math.prod(first) <= math.prod(second)
        a, x = (first, second) if self.swapped else (second, first)
        if a[:2] != x[:2] or (a != x and math.prod(a) != math.prod(a[:2])):
            raise spec.error("bottom", f"has the shapes {first} and {second}; one must be the "
                             "first two axes of the other, followed by axes of size 1")

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        a, x = (first, second) if self.swapped else (second, first)
        if a.shape == x.shape:
            return a * x
        return x * a.reshape(*a.shape[:2], *(1,) * (x.dim() - 2))

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        a, x = bottoms if self.swapped else reversed(bottoms)
        num_axes = len(graph.shape(x))
        if len(graph.shape(a)) != num_axes:
            a = graph.reshape(a, [0, 0] + [1] * (num_axes - 2))
        return [graph.add("Mul", x, a)]
