"""Depthwise convolution of community projects: one filter for each channel."""

from __future__ import annotations

import logging

from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import honour
from framework.layers.vision.convolution import FOUR_SIDES
from framework.layers.vision.filters import (
    FIELDS,
    Filters,
    convolutions_onnx,
    read_geometry,
    scaled_filters,
)
from framework.layers.vision.sides import SIDES

LOG = logging.getLogger(__name__)


@layer
@layer("DepthwiseConvolution")
class ConvolutionDepthwise(Filters):
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
    fork_fields = FOUR_SIDES

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
        self.geometry = read_geometry(spec, *bottoms, depthwise=not grouped)
        self.add_filters()

    def _take_other(self, field: str, given: int, channels: int) -> None:
        """Another number of filters than channels: ConvolutionDepthwise's original never reads it.
        """
        where = f"convolution_param.{field}"
        if self.spec.type == "DepthwiseConvolution":
            raise self.spec.error(where, f"is {given}; it must be that of the bottom's channels, "
                                  f"{channels}")
        LOG.warning("%s: %s is %d; it has no effect, as in the original: there is a filter for "
                    "each of the %d channels", self.spec.place(), where, given, channels)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        return convolutions_onnx(graph, "Conv", self, self.geometry, bottoms)

    def with_channel_factors(self, factor: Tensor, summand: Tensor) -> Layer | None:
        return scaled_filters(self, factor, summand)
