"""Values of an item as a map that all channels share (ReshapeVolume)."""

from __future__ import annotations

import math

from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import check_sizes, honour


@layer
class ReshapeVolume(Layer):
    """The values of an item as a map, the same in each channel.

    Bottom: x (N, out_height * out_width), perhaps with further axes of 1.
    Top:    (N, out_channels, out_height, out_width).
    Errors: SpecError for sizes that are 0 or do not fit the bottom.
    Source: ReshapeVolumeParameter; reshape_volume_layer.cpp of pararthshah/caffe.
    """

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "reshape_volume_param", "out_channels out_height out_width")
        param = spec.proto.reshape_volume_param
        check_sizes(spec, "reshape_volume_param", "out_channels out_height out_width")
        height, width = param.out_height, param.out_width
        if len(x) < 2 or x[1] != height * width or math.prod(x[2:]) != 1:
            raise spec.error("bottom", f"has the shape {tuple(x)}; out_height: {height} and "
                             f"out_width: {width} need (N, {height * width})")
        self.shape = (param.out_channels, height, width)

    def forward(self, x: Tensor) -> Tensor:
        return x.reshape(-1, 1, *self.shape[1:]).expand(-1, *self.shape)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        maps = graph.add("Reshape", bottoms[0], graph.integers((-1, 1, *self.shape[1:])))
        return [graph.add("Expand", maps, graph.integers((1, *self.shape)))]
