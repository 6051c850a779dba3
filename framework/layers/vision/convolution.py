"""Convolution and transposed convolution (Deconvolution) over any number of axes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import torch.nn.functional as F
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.coordinates import CoordinateMap, window_map
from framework.layers.data.assumed_shapes import as_video
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import ONE_FOR_EACH_AXIS, honour
from framework.layers.vision.filters import (
    FIELDS,
    Filters,
    Geometry,
    convolutions_onnx,
    convolved,
    deconvolved,
    read_geometry,
    scaled_filters,
)
from framework.layers.vision.sides import SIDES, side_fields
from framework.proto import LayerParameter, enum_name

FOUR_SIDES = side_fields("convolution_param", "pad_type", "dilation_h", "dilation_w")
SHAPE_FIELDS = frozenset(f"convolution_param.{name}" for name in ONE_FOR_EACH_AXIS.values())


def fused_relu(spec: LayerSpec) -> tuple[bool, float]:
    """Whether a ReLU follows inside the layer, and its slope. SpecError for other fusions."""
    param = spec.proto.convolution_param
    fusion = enum_name(param, "fuse_type")
    if fusion == "FUSED_CONV_RELU":
        return True, param.relu_param.negative_slope
    if fusion != "UNFUSED":
        raise spec.error("convolution_param.fuse_type", f"is {fusion}; only FUSED_CONV_RELU is "
                         "supported: write the other layers after this one")
    return param.relu, param.negative_slope


@layer
@layer("NdConvolution")
@layer("ConvolutionData")
@layer("WinoConvolution")
class Convolution(Filters):
    """Convolution (cross-correlation) of each bottom with a bank of filters.

    Bottom: any number of x (batch..., C, n1, n2, ...), equal in shape; `axis` is that of C and
            the axes before it are all batch.
    Top:    one for each bottom: y (batch..., num_output, out1, out2, ...),
            out = floor((n + 2 pad - dilation * (kernel - 1) - 1) / stride) + 1, or 1 where the
            window is too large by less than a stride: it reads zeros past the end.
    Blobs:  weight (num_output, C / group, kernel1, kernel2, ...), one set for all bottoms;
            bias (num_output,) unless `bias_term: false`.
    Intel's `relu` with `negative_slope`, and opencl's `fuse_type: FUSED_CONV_RELU` with
    `relu_param`, are applied to the tops. Synopsys' `pad_t`, `pad_l`, `pad_b` and `pad_r` are the
    padding of single sides, in place of `pad`; its `pad_type: 1` is TensorFlow's SAME, with
    ceil(n / stride) windows. `engine`, `force_nd_im2col` and the other choices of a
    machine have no effect here. NdConvolution, of BVLC's pull request 2049, states its window by
    `kernel_shape`, `stride_shape` and `pad_shape`, one number for each axis. ConvolutionData
    shares the batch among machines. WinoConvolution computes by Winograd's tiles on its GPU, of
    `wino_tile` cells, and as this layer on its CPU.
    Errors: SpecError where base_conv_layer.cpp aborts, and for the fusions of Intel and OpenCL.
    Source: ConvolutionParameter in caffe.proto; BVLC base_conv_layer.cpp, conv_layer.cpp;
            conv_data_layer.cpp of Lyp100208/Caffe_action; wino_conv_layer.cpp of FredJeong/caffe;
            base_conv_layer.cpp of foss-for-synopsys-dwc-arc-processors/synopsys-caffe.
    """

    reads = ("convolution_param", "relu_param")
    fork_fields = SHAPE_FIELDS | FOUR_SIDES

    @classmethod
    def assumed_bottom(cls, spec: LayerSpec, index: int, bottoms: Sequence[Shape]
                       ) -> Shape | None:
        """A channel for each group, where the groups do not divide the channels; clips where the
        kernel has three axes."""
        if len(spec.proto.convolution_param.kernel_size) == 3:
            return as_video(bottoms[index])
        batch, *axes = bottoms[index]
        group = spec.proto.convolution_param.group
        return (batch, group, *axes[1:]) if axes and axes[0] % max(group, 1) else None

    def __init__(self, spec: LayerSpec, *bottoms: Shape):
        super().__init__(spec)
        honour(spec, "convolution_param",
               " ".join((FIELDS, *SIDES, "pad_type relu negative_slope fuse_type relu_param")))
        self.geometry = read_geometry(spec, *bottoms)
        self.relu, self.negative_slope = fused_relu(spec)
        self.add_filters()

    def forward(self, *bottoms: Tensor) -> Tensor | tuple[Tensor, ...]:
        tops = tuple(self.convolve(x) for x in bottoms)
        return tops if len(tops) > 1 else tops[0]

    def convolve(self, x: Tensor) -> Tensor:
        """The top of one bottom."""
        y = convolved(x, self.weight, self.bias, self.geometry)
        if self.relu:
            return F.leaky_relu(y, self.negative_slope) if self.negative_slope else F.relu(y)
        return y

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        tops = convolutions_onnx(graph, "Conv", self, self.geometry, bottoms)
        if not self.relu:
            return tops
        if self.negative_slope:
            return [graph.add("LeakyRelu", top, alpha=self.negative_slope) for top in tops]
        return [graph.add("Relu", top) for top in tops]

    def with_channel_factors(self, factor: Tensor, summand: Tensor) -> Layer | None:
        if self.relu or self.geometry.axis != 1:
            return None
        return scaled_filters(self, factor, summand)


@layer
class Deconvolution(Filters):
    """Transposed convolution: spread each cell of the bottom over a window of the top.

    Bottom: any number of x (batch..., C, n1, n2, ...), equal in shape.
    Top:    one for each bottom: y (batch..., num_output, out1, out2, ...),
            out = stride * (n - 1) + dilation * (kernel - 1) + 1 - 2 pad.
    Blobs:  weight (C, num_output / group, kernel1, kernel2, ...), one set for all bottoms;
            bias (num_output,) unless `bias_term: false`.
    Synopsys' `pad_t`, `pad_l`, `pad_b` and `pad_r` cut single sides, in place of `pad`; a negative
    one adds cells, which hold the bias. In the dialect "caffe-td" the top has one more cell at the
    end of each axis whose stride is 2, padding 1 and extent 3: twice the bottom's size.
    Errors: SpecError where base_conv_layer.cpp aborts.
    Source: ConvolutionParameter in caffe.proto; BVLC base_conv_layer.cpp, deconv_layer.cpp; both
            of foss-for-synopsys-dwc-arc-processors/synopsys-caffe; deconv_layer.cpp of
            niuchuangnn/Caffe-TD.
    """

    reads = ("convolution_param",)
    dialects = ("caffe-td",)
    fork_fields = side_fields("convolution_param")

    @classmethod
    def coordinate_map(cls, proto: LayerParameter) -> CoordinateMap:
        param = proto.convolution_param
        return window_map(param, transposed=True, axis=param.axis)

    def __init__(self, spec: LayerSpec, *bottoms: Shape):
        super().__init__(spec)
        honour(spec, "convolution_param", " ".join((FIELDS, *SIDES)))
        at = read_geometry(spec, *bottoms, kind="ConvTranspose")
        if spec.dialect:
            at = _doubling(at)
        self.geometry = at
        shape = (at.channels, at.num_output // at.group, *at.kernel)
        self.add_weights(shape, (at.num_output,))

    def multiply_adds(self, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        # each weight meets every position of the input
        return sum(self.weight[0].numel() * math.prod(bottom) for bottom in bottoms)

    def forward(self, *bottoms: Tensor) -> Tensor | tuple[Tensor, ...]:
        tops = tuple(self.deconvolve(x) for x in bottoms)
        return tops if len(tops) > 1 else tops[0]

    def deconvolve(self, x: Tensor) -> Tensor:
        """The top of one bottom."""
        return deconvolved(x, self.weight, self.bias, self.geometry)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        at = self.geometry
        for name, cells in zip(SIDES, (*at.pad, *at.pad_end), strict=False):
            if cells < 0:
                raise self.spec.error(f"convolution_param.{name}", f"is {cells}; ONNX's "
                                      "ConvTranspose takes no negative padding")
        return convolutions_onnx(graph, "ConvTranspose", self, at, bottoms)

    def with_channel_factors(self, factor: Tensor, summand: Tensor) -> Layer | None:
        if self.geometry.axis != 1:
            return None
        inputs, outputs = self.weight.shape[:2]
        groups = self.geometry.group
        of_group = factor.reshape(groups, 1, outputs).expand(-1, inputs // groups, -1)
        of_filters = of_group.reshape(inputs, outputs, *[1] * (self.weight.dim() - 2))
        return scaled_filters(self, factor, summand, of_filters)


def _doubling(at: Geometry) -> Geometry:
    """Without the padding at the end of axes of stride 2, padding 1 and extent 3."""
    extents = [d * (k - 1) + 1 for d, k in zip(at.dilation, at.kernel, strict=True)]
    fits = [(stride, pad, extent) == (2, 1, 3)
            for stride, pad, extent in zip(at.stride, at.pad, extents, strict=True)]
    return replace(at, pad_end=tuple(
        0 if doubles else end for doubles, end in zip(fits, at.pad_end, strict=True)))
