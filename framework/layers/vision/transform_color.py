"""Colours of each image moved by an affine matrix that another bottom gives."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import honour
from framework.proto import has_field


@layer
class TransformColor(Layer):
    """Colour transformer: three channels times a matrix of each image, plus a column.

    Bottoms: x (N, 3, H, W); the twelve numbers of the matrix, row by row, of each image (N, ...),
             less those that `theta_1_1` to `theta_3_4` state.
    Top:     y (N, 3, H, W): channel c is m[c, 0] x[0] + m[c, 1] x[1] + m[c, 2] x[2] + m[c, 3].
    x gets no gradient, whatever `to_compute_dU` says: the original computes none.
    Errors:  SpecError for another transform, another number of channels or of numbers, or an
             output_H or output_W that is not the bottom's.
    Source:  transform_color_layer.cpp and .cu of SuHuynh/Color-Transform-Network (its schema is not
             public: the fields are those that the layer reads).
    """

    reads = ("tc_param",)
    num_bottoms = (2, 2)
    no_gradient_bottoms = (0,)

    def __init__(self, spec: LayerSpec, x: Shape, theta: Shape):
        super().__init__(spec)
        stated = ("theta_1_1 theta_1_2 theta_1_3 theta_1_4 theta_2_1 theta_2_2 theta_2_3 theta_2_4 "
                  "theta_3_1 theta_3_2 theta_3_3 theta_3_4")
        honour(spec, "tc_param", f"transform_type output_H output_W {stated}")
        param = spec.proto.tc_param
        if param.transform_type != "affine":
            raise spec.error("tc_param.transform_type", f"is '{param.transform_type}'; only "
                             "'affine' is known")
        if len(x) != 4 or x[1] != 3:
            raise spec.error("bottom[0]", f"has the shape {tuple(x)}; it must be (N, 3, H, W)")
        for axis, field in ((2, "output_H"), (3, "output_W")):
            if has_field(param, field) and getattr(param, field) != x[axis]:
                raise spec.error(f"tc_param.{field}", f"is {getattr(param, field)}; it must be "
                                 f"{x[axis]} as in the bottom")
        self.stated = [getattr(param, name) if has_field(param, name) else None
                       for name in stated.split()]
        missing = self.stated.count(None)
        if theta[0] != x[0] or math.prod(theta[1:]) != missing:
            raise spec.error("bottom[1]", f"has the shape {tuple(theta)}; it must hold {missing} "
                             f"numbers for each of {x[0]} images")

    def forward(self, x: Tensor, theta: Tensor) -> Tensor:
        given = iter(theta.flatten(1).unbind(1))
        matrix = torch.stack([next(given) if value is None else theta.new_full((len(theta),), value)
                              for value in self.stated], 1).unflatten(1, (3, 4))
        moved = torch.einsum("ncd,ndhw->nchw", matrix[:, :, :3], x.detach())
        return moved + matrix[:, :, 3, None, None]

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        shape = graph.shape(bottoms[0])
        given = [index for index, value in enumerate(self.stated) if value is None]
        matrix = graph.reshape(bottoms[1], [-1, len(given)])
        if len(given) < len(self.stated):
            placed = graph.floats(torch.eye(len(self.stated))[given])
            stated = graph.floats(torch.tensor([value or 0.0 for value in self.stated]))
            matrix = graph.add("Add", graph.add("MatMul", matrix, placed), stated)
        matrix = graph.reshape(matrix, [-1, 3, 4])
        factors, summand = graph.cut(matrix, 2, 0, 3), graph.cut(matrix, 2, 3, 4)
        flat = graph.reshape(bottoms[0], [-1, 3, math.prod(shape[2:])])
        moved = graph.add("Add", graph.add("MatMul", factors, flat), summand)
        return [graph.reshape(moved, [-1, *shape[1:]])]
