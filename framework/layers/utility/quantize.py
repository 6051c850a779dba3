"""Scales of a skeleton detector: Quantize and Rescale of DeepSkeleton."""

from __future__ import annotations

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import check_sizes, honour

LIMITS = (1, 12, 36, 80, 200)       # pixels: the receptive fields of the side outputs


@layer
class Quantize(Layer):
    """Quantize scales in pixels to 5 classes: from 1 on 1, from 12 on 2, 36: 3, 80: 4, else 0.

    Bottom: any shape.
    Top:    the class, 0 below 1 and from 200 on. No gradient.
    Source: quantize_layer.cpp of zeakey/DeepSkeleton; Shen et al. 2016.
    """

    keeps_shape = True
    no_gradient_bottoms = (0,)

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)

    def forward(self, x: Tensor) -> Tensor:
        data = x.detach()
        total = sum((data >= limit).to(data.dtype) for limit in LIMITS[:-1])
        return torch.where(data >= LIMITS[-1], 0, total)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        steps = [graph.add("Cast", graph.add("GreaterOrEqual", bottoms[0], graph.floats(limit)),
                           to=1) for limit in LIMITS]
        total = steps[0]
        for step in steps[1:-1]:
            total = graph.add("Add", total, step)
        inside = graph.add("Sub", graph.floats(1.0), steps[-1])
        return [graph.add("Mul", total, inside)]


@layer
class Rescale(Layer):
    """Rescale scales in pixels to -1 ... 1: y = 2 x / rf - 1 for 0.0001 < |x| and x < rf, else 0.

    Bottom: any shape.
    Tops:   y; if wanted, 1 where y is not set to 0, and 0 elsewhere. No gradient.
    Errors: SpecError if rf is 0.
    Source: RescaleParameter; rescale_layer.cpp of zeakey/DeepSkeleton.
    """

    num_tops = (1, 2)
    no_gradient_bottoms = (0,)
    no_onnx_form = "it makes the scales that a net is trained on"

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "rescale_param", "rf")
        self.field = spec.proto.rescale_param.rf
        check_sizes(spec, "rescale_param", "rf")

    def forward(self, x: Tensor) -> Tensor | tuple[Tensor, ...]:
        data = x.detach()
        counts = (data < self.field) & (data.abs() > 1e-4)
        y = torch.where(counts, 2 * data / self.field - 1, 0)
        return (y, counts.to(data.dtype)) if len(self.spec.tops) == 2 else y
