"""Convolutions of community projects with one filter a channel."""

from __future__ import annotations

from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import honour
from framework.layers.vision.convolution import (
    FIELDS,
    check_top,
    convolutions_onnx,
    read_geometry,
    scaled_filters,
)
from framework.ops.convolution import convolve


@layer
@layer("DepthwiseConvolution")
class ConvolutionDepthwise(Layer):
    """Correlate each channel with a filter of its own: Convolution with as many groups.

    Bottom: x (N, C, n1, n2, ...).
    Top:    y (N, C, out1, out2, ...), sizes as those of Convolution. Several bottoms and tops
            share one weight set.
    Blobs:  weight (C, 1, kernel1, kernel2, ...); bias (C,) unless `bias_term: false`.
    `num_output` and `group` must be C or left out (farmingyard's layer passes both over, eric612's
    needs them); `axis` must be 1.
    Errors: SpecError as for Convolution.
    Source: conv_dw_layer.cpp of jolibrain/caffe and farmingyard's ConvolutionDepthwise;
            depthwise_conv_layer.cpp of eric612/MobileNet-YOLO.
    """

    num_bottoms = (1, None)
    num_tops = (1, None)
    same_number = True
    weight: Tensor
    bias: Tensor | None

    def __init__(self, spec: LayerSpec, *bottoms: Shape):
        super().__init__(spec)
        honour(spec, "convolution_param", FIELDS)
        param, channels = spec.proto.convolution_param, bottoms[0][1]
        if param.axis != 1:
            raise spec.error("convolution_param.axis", f"is {param.axis}; it must be 1")
        for field in ("num_output", "group"):
            if param.HasField(field) and getattr(param, field) not in (channels, 1):
                raise spec.error(f"convolution_param.{field}", f"is {getattr(param, field)}; it "
                                 f"must be that of the bottom's channels, {channels}")
        self.geometry = at = read_geometry(spec, *bottoms, depthwise=True)
        zipped = zip(bottoms[0][2:], at.kernel, at.stride, at.pad, at.dilation, strict=True)
        check_top(spec, tuple((n + 2 * p - d * (k - 1) - 1) // s + 1 for n, k, s, p, d in zipped),
                  bottoms[0])
        self.add_blob("weight", (channels, 1, *at.kernel), param.weight_filler)
        if param.bias_term:
            self.add_blob("bias", (channels,), param.bias_filler)
        else:
            self.bias = None

    def forward(self, *bottoms: Tensor) -> Tensor | tuple[Tensor, ...]:
        at = self.geometry
        tops = tuple(convolve(x, self.weight, self.bias, at.stride, at.pad, at.dilation, at.group)
                     for x in bottoms)
        return tops if len(tops) > 1 else tops[0]

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        return convolutions_onnx(graph, "Conv", self, self.geometry, bottoms)

    def with_channel_factors(self, factor: Tensor, summand: Tensor) -> Layer | None:
        return scaled_filters(self, factor, summand)
