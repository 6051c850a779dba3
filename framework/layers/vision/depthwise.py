"""Depthwise convolution of community projects: one filter for each channel."""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence

from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.coordinates import CoordinateMap, window_map
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import honour
from framework.layers.vision.convolution import (
    FIELDS,
    FOUR_SIDES,
    convolutions_onnx,
    convolved,
    read_geometry,
    scaled_filters,
)
from framework.layers.vision.sides import SIDES
from framework.layers.weighted import Weighted
from framework.proto import LayerParameter

LOG = logging.getLogger(__name__)


@layer
@layer("DepthwiseConvolution")
class ConvolutionDepthwise(Weighted):
    """Depthwise convolution: correlate each channel with a filter of its own.

    Bottom: x (N, C, n1, n2, ...).
    Top:    y (N, C, out1, out2, ...), sizes as those of Convolution. Several bottoms and tops
            share one weight set.
    Blobs:  weight (C, 1, kernel1, kernel2, ...); bias (C,) unless `bias_term: false`.
    `num_output` and `group` do not count, as in the original; a warning names one that is neither C
    nor 1. The one of the name DepthwiseConvolution obeys a `group` that is given, be it 1: its
    blobs and tops are then those of Convolution, and without one both must be C or 1. `axis` must
    be 1. `pad_t` and its like, and `pad_type`, are those of Convolution.
    Errors: SpecError as for Convolution.
    Source: conv_dw_layer.cpp of jolibrain/caffe and farmingyard's ConvolutionDepthwise;
            depthwise_conv_layer.cpp of eric612/MobileNet-YOLO, Forward_cpu (its code for GPUs
            reads the first C filters, whatever the group).
    """

    reads = ("convolution_param",)
    num_bottoms = (1, None)
    num_tops = (1, None)
    same_number = True
    fork_fields = FOUR_SIDES
    weights_in = "convolution_param"

    @classmethod
    def coordinate_map(cls, proto: LayerParameter) -> CoordinateMap:
        return window_map(proto.convolution_param, axis=proto.convolution_param.axis)

    def __init__(self, spec: LayerSpec, *bottoms: Shape):
        super().__init__(spec)
        honour(spec, "convolution_param", " ".join((FIELDS, *SIDES, "pad_type")))
        param = spec.proto.convolution_param
        channels = bottoms[0][1]
        if param.axis != 1:
            raise spec.error("convolution_param.axis", f"is {param.axis}; it must be 1")
        grouped = spec.type == "DepthwiseConvolution" and param.HasField("group")
        for field in () if grouped else ("num_output", "group"):
            if param.HasField(field) and getattr(param, field) not in (channels, 1):
                self._take_other(field, getattr(param, field), channels)
        self.geometry = at = read_geometry(spec, *bottoms, depthwise=not grouped)
        shape = (at.num_output, channels // at.group, *at.kernel)
        self.add_weights(shape, shape[:1])

    def _take_other(self, field: str, given: int, channels: int) -> None:
        """Another number of filters than channels: ConvolutionDepthwise's original never reads it.
        """
        where = f"convolution_param.{field}"
        if self.spec.type == "DepthwiseConvolution":
            raise self.spec.error(where, f"is {given}; it must be that of the bottom's channels, "
                                  f"{channels}")
        LOG.warning("%s: %s is %d; it has no effect, as in the original: there is a filter for "
                    "each of the %d channels", self.spec.place(), where, given, channels)

    def multiply_adds(self, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        # each weight meets every position of the output
        return sum(self.weight[0].numel() * math.prod(top) for top in tops)

    def forward(self, *bottoms: Tensor) -> Tensor | tuple[Tensor, ...]:
        tops = tuple(convolved(x, self.weight, self.bias, self.geometry) for x in bottoms)
        return tops if len(tops) > 1 else tops[0]

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        return convolutions_onnx(graph, "Conv", self, self.geometry, bottoms)

    def with_channel_factors(self, factor: Tensor, summand: Tensor) -> Layer | None:
        return scaled_filters(self, factor, summand)
