"""L2 normalization of whole items: NormalizationL2, NormL2, L2Norm and the like."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_graph import Names, OnnxGraph

EPS = {"Normalization": 0.0, "NormalizationL2": 1e-10, "NormL2": 1e-7, "L2Normalize": 1e-7,
       "SimpleNormalize": 0.0}
SMALLEST = 1e-37        # a sum of squares, for a division that has no eps
WIDE = ("NormL2", "L2Normalize", "SimpleNormalize")    # whose top has 4 axes


@layer
@layer("NormL2")
@layer("L2Normalize")
@layer("Normalization")
@layer("SimpleNormalize")
class NormalizationL2(Layer):
    """L2 normalization of each item: y = x / sqrt(sum(x^2) + eps), the sum over all its values.

    Bottom: x (N, ...).
    Top:    as x; NormL2, L2Normalize and SimpleNormalize give 4 axes, the missing ones of size 1.
    eps is 1e-10 for NormalizationL2, 0 for Normalization and SimpleNormalize, else 1e-7. An item
    of zeros stays as it is, also without eps, where most originals give NaN.
    Errors: SpecError for more than 4 axes in the three.
    Source: normalization_l2_layer.cu of liu-xb/GGL and of other forks with a triplet loss;
            normL2_layer.cpp of huangyangyu/SeqFace; l2_normalize_layer.cpp of
            gy20073/compact_bilinear_pooling; normalization_layer.cpp of ZhouYzzz/project and of
            many forks; simplenormalize_layer.cpp of yuqj1991/caffe_train.
    """

    needs_float32 = True

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        self.eps = EPS[spec.type]
        self.wide = spec.type in WIDE
        if self.wide:
            _check_axes(spec, x)

    def forward(self, x: Tensor) -> Tensor:
        flat = x.flatten(1).to(torch.promote_types(x.dtype, torch.float32))
        squares = (flat * flat).sum(1, keepdim=True) + self.eps
        norm = squares.where(squares > 0, 1).sqrt()
        shape = _four_axes(tuple(x.shape)) if self.wide else x.shape
        return (flat / norm).to(x.dtype).reshape(shape)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        x = bottoms[0]
        kind, least = ("Add", self.eps) if self.eps else ("Max", SMALLEST)
        squares = graph.add(kind, _squares_onnx(graph, x), graph.floats(least))
        unit = graph.add("Div", x, graph.add("Sqrt", squares))
        return [_four_axes_onnx(graph, unit, x) if self.wide else unit]


@layer
class L2Norm(Layer):
    """L2 normalization of each item: y = x / (sqrt(sum(x^2)) + eps), the sum over all its values.

    Bottom: x (N, ...), of 4 axes at most.
    Top:    as x, with 4 axes, the missing ones of size 1. The gradient is that of x / r for a norm
            r that has eps in it already, as in the original.
    Errors: SpecError for more than 4 axes.
    Source: l2norm_layer.cpp of vzhangmeng726/caffe_video_face.
    """

    needs_float32 = True

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        self.eps = spec.proto.l2norm_param.eps
        _check_axes(spec, x)

    def forward(self, x: Tensor) -> Tensor:
        flat = x.flatten(1).to(torch.promote_types(x.dtype, torch.float32))
        unit: Tensor = UnitWithEps.apply(flat, self.eps)
        return unit.to(x.dtype).reshape(_four_axes(tuple(x.shape)))

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        x = bottoms[0]
        norm = graph.add("Add", graph.add("Sqrt", _squares_onnx(graph, x)), graph.floats(self.eps))
        return [_four_axes_onnx(graph, graph.add("Div", x, norm), x)]


class UnitWithEps(torch.autograd.Function):
    """Rows over (norm + eps), with the gradient (g - y (y . g)) / (norm + eps).

    Source: l2norm_layer.cpp of vzhangmeng726/caffe_video_face.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, eps: float) -> Tensor:  # Any: torch has no type for it
        norm = (x * x).sum(1, keepdim=True).sqrt() + eps
        unit = x / norm
        ctx.save_for_backward(unit, norm)
        return unit

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        unit, norm = ctx.saved_tensors
        return (gradient - unit * (unit * gradient).sum(1, keepdim=True)) / norm, None


def _check_axes(spec: LayerSpec, x: Shape) -> None:
    if len(x) > 4:
        raise spec.error("bottom", f"has the shape {tuple(x)}; {spec.type} takes 4 axes at most")


def _four_axes(shape: Shape) -> Shape:
    return *shape, *(1,) * (4 - len(shape))


def _squares_onnx(graph: OnnxGraph, x: str) -> str:
    """The sum of the squares of each item's values."""
    axes = list(range(1, len(graph.shape(x))))
    return graph.reduce("ReduceSum", graph.add("Mul", x, x), axes, True)


def _four_axes_onnx(graph: OnnxGraph, unit: str, x: str) -> str:
    """`unit`, which has the shape of `x`, with 4 axes."""
    num_axes = len(graph.shape(x))
    return unit if num_axes == 4 else graph.reshape(unit, [0] * num_axes + [1] * (4 - num_axes))
