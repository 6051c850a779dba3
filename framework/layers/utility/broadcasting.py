"""Sum and product of blobs of unlike shapes: Add and Mul."""

from __future__ import annotations

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import honour
from framework.proto import LayerParameter


@layer
class Mul(Layer):
    """Product of two blobs, cell by cell, with broadcasting as in numpy.

    Bottom: x and, with two bottoms, a. The shapes are compared from their last axes on; an axis of
            size 1, or one that is missing in front, is repeated.
    Top:    y = x * a in the larger size of each axis.
    Blobs:  with one bottom a (mul_shape), zeros until weights are loaded; else none.
    Errors: SpecError for shapes that do not fit, and for one bottom without mul_shape.
    Source: mul_layer.cpp of foss-for-synopsys-dwc-arc-processors/synopsys-caffe, whose broadcasting
            is numpy's.
    """

    num_bottoms = (1, 2)
    factor: Tensor

    @classmethod
    def learned_blobs(cls, proto: LayerParameter) -> tuple[bool, ...]:
        return (True,) * (len(proto.bottom) == 1)

    def __init__(self, spec: LayerSpec, *bottoms: Shape):
        super().__init__(spec)
        honour(spec, "mul_param", "mul_shape")
        shape = tuple(spec.proto.mul_param.mul_shape)
        if len(bottoms) == 2:
            _check(spec, *bottoms)
            return
        if not shape or min(shape) < 1:
            raise spec.error("mul_param.mul_shape", f"is {shape or 'not given'}; with one bottom "
                             "it is the shape of the factor")
        _check(spec, bottoms[0], shape)
        self.add_blob("factor", shape)

    def forward(self, x: Tensor, other: Tensor | None = None) -> Tensor:
        return x * (self.factor if other is None else other)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        other = bottoms[1] if len(bottoms) > 1 else graph.floats(self.factor, "factor")
        return [graph.add("Mul", bottoms[0], other)]


@layer
class Add(Layer):
    """Sum of two blobs, cell by cell, with broadcasting as in numpy.

    Bottom: x and a, of shapes as those of Mul.
    Top:    y = x + a in the larger size of each axis.
    Blobs:  none.
    Errors: SpecError for shapes that do not fit.
    Source: add_layer.cpp of foss-for-synopsys-dwc-arc-processors/synopsys-caffe; with one bottom it
            reads a blob that no field gives a shape to.
    """

    num_bottoms = (2, 2)

    def __init__(self, spec: LayerSpec, first: Shape, second: Shape):
        super().__init__(spec)
        _check(spec, first, second)

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        return first + second

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        return [graph.add("Add", *bottoms)]


def _check(spec: LayerSpec, first: Shape, second: Shape) -> None:
    try:
        torch.broadcast_shapes(first, second)
    except RuntimeError:
        raise spec.error("bottom", f"has the shapes {first} and {second}; from the last axis on, "
                         "the sizes must be equal or 1") from None
