"""ScaleFilter: a random factor for each channel of each item."""

from __future__ import annotations

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import check_four_axes, honour


@layer
class ScaleFilter(Layer):
    """Each channel of each item times a factor drawn from min_scale to max_scale, in TRAIN.

    Bottom: x (N, C, H, W).
    Top:    as x; in TEST it is x.
    Errors: SpecError for other axes, and unless 0 < min_scale < max_scale.
    Source: scale_filter_layer.cpp of openvinotoolkit/training_toolbox_caffe.
    """

    keeps_shape = True

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "scale_filter_param", "min_scale max_scale")
        param = spec.proto.scale_filter_param
        check_four_axes(spec, x)
        if not 0 < param.min_scale < param.max_scale:
            raise spec.error("scale_filter_param.min_scale", f"is {param.min_scale:g} and "
                             f"max_scale {param.max_scale:g}; it must be 0 < min_scale < max_scale")
        self.least, self.span = param.min_scale, param.max_scale - param.min_scale
        self.draws = spec.phase == "TRAIN"

    def forward(self, x: Tensor) -> Tensor:
        if not self.draws:
            return x.view_as(x)
        return x * (torch.rand_like(x[:, :, :1, :1]) * self.span + self.least)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        if self.draws:
            raise self.spec.error("type", "has no ONNX form in TRAIN: its factors are drawn in "
                                  "each forward")
        return [graph.add("Identity", bottoms[0])]
