"""Convolution and transposed convolution (Deconvolution) over any number of axes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch.nn.functional as F
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.coordinates import CoordinateMap, window_map
from framework.layers.data.assumed_shapes import as_video
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import (
    LARGEST_STEP,
    ONE_FOR_EACH_AXIS,
    at_least,
    axis_sizes,
    canonical_axis,
    honour,
    is_set,
)
from framework.layers.vision.sides import SIDES, read_padding, side_fields
from framework.layers.weighted import Weighted
from framework.ops.convolution import convolve, deconvolve
from framework.ops.windows import (
    convolved_sizes,
    pad_ends,
    reached_ends,
    same_padding,
    transposed_sizes,
)
from framework.proto import LayerParameter, enum_name

FIELDS = (
    "num_output bias_term pad kernel_size group stride weight_filler bias_filler pad_h pad_w "
    "kernel_h kernel_w stride_h stride_w axis dilation dilation_h dilation_w kernel_shape "
    "stride_shape pad_shape"
)
FOUR_SIDES = side_fields("convolution_param", "pad_type", "dilation_h", "dilation_w")
SHAPE_FIELDS = frozenset(f"convolution_param.{name}" for name in ONE_FOR_EACH_AXIS.values())


@dataclass(frozen=True)
class Geometry:
    """The geometry of a convolution, by convolution_param; `axis` is that of the channels.

    pad, pad_end  cells of padding before and after each axis
    same          these are for the bottom's sizes when it was read; `on` has those of others
    short         so is pad_end, as the one window reached past the end of those sizes
    """

    axis: int
    channels: int
    num_output: int
    group: int
    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    pad: tuple[int, ...]
    dilation: tuple[int, ...]
    pad_end: tuple[int, ...]
    same: bool = False
    short: bool = False

    @property
    def is_symmetric(self) -> bool:
        """Whether the padding is the same on both sides, whatever the bottom's sizes."""
        return self.pad == self.pad_end and not self.same and not self.short

    @property
    def inner(self) -> Geometry:
        """That of the convolution of what `padded` gives."""
        none = (0,) * len(self.pad)
        return self if self.is_symmetric else replace(self, pad=none, pad_end=none, same=False,
                                                      short=False)

    def padded(self, x: Tensor) -> Tensor:
        """x (N, C, sizes...) with the padding that differs on both sides, else x itself."""
        if self.is_symmetric:
            return x
        at = self.on(x.shape[2:])
        return pad_ends(x, at.pad, at.pad_end)

    def reaching(self, sizes: Shape) -> Geometry:
        """With zeros past the end, where a window is too large by less than a stride."""
        if self.same or not (self.short or self.is_symmetric):
            return self
        ends = reached_ends(sizes, self.kernel, self.stride, self.pad, self.dilation)
        return replace(self, pad_end=ends, short=True) if self.short or ends != self.pad else self

    def on(self, sizes: Shape) -> Geometry:
        """The geometry for a bottom of these spatial sizes."""
        if self.short:
            return self.reaching(sizes)
        if not self.same:
            return self
        before, after = same_padding(sizes, self.kernel, self.stride, self.dilation)
        return replace(self, pad=before, pad_end=after)


def read_geometry(spec: LayerSpec, *bottoms: Shape, kind: str = "Conv", depthwise: bool = False,
                  dilation: tuple[int, ...] = ()) -> Geometry:
    """Read and check convolution_param.

    kind        Conv or ConvTranspose
    depthwise   outputs and groups are as many as channels
    dilation    in place of the message's

    Raises SpecError as the original aborts: bottoms of different shapes, missing or wrong sizes, a
    group that does not divide, a top without cells. A window too large by less than a stride counts
    (reached_ends says why). Source: BVLC base_conv_layer.cpp LayerSetUp and Reshape.
    """
    param = spec.proto.convolution_param
    x = bottoms[0]
    for index, shape in enumerate(bottoms[1:], 1):
        if shape != x:
            raise spec.error(
                f"bottom[{index}]", f"has the shape {shape}; it must be that of the first, {x}"
            )
    axis = canonical_axis(spec, "convolution_param.axis", param.axis, x)
    spatial = len(x) - axis - 1
    prefix = "convolution_param"
    kernel, stride, pad, spread = read_windows(spec, spatial)
    num_output = x[axis] if depthwise else param.num_output
    group = x[axis] if depthwise else param.group
    at_least(spec, f"{prefix}.num_output", (num_output,), 1)
    at_least(spec, f"{prefix}.group", (group,), 1)
    for what, number in (("channels of the bottom", x[axis]), ("outputs", num_output)):
        if number % group:
            raise spec.error(f"{prefix}.group", f"is {group}; it must divide the {number} {what}")
    padding = read_padding(spec, prefix, pad, 0 if kind == "Conv" else -LARGEST_STEP)
    at = Geometry(axis, x[axis], num_output, group, kernel, stride, padding.before,
                  dilation or spread, padding.after, padding.same).on(x[axis + 1:])
    if kind == "Conv":
        at = at.reaching(x[axis + 1:])
    check_top(spec, top_sizes(kind, x[axis + 1:], at), x)
    return at


def read_windows(spec: LayerSpec, num_axes: int) -> tuple[tuple[int, ...], ...]:
    """kernel_size, stride, pad and dilation of convolution_param, each with a number an axis.

    Or, for the first three, `kernel_shape` and its like (NdConvolution). 0 dilates a kernel of 1.
    """
    windows = []
    for field, default, least in (("kernel_size", None, 1), ("stride", 1, 1), ("pad", 0, 0),
                                  ("dilation", 1, 0)):
        shape = ONE_FOR_EACH_AXIS.get(field, "")
        name = f"{shape}.dim" if is_set(spec.proto.convolution_param, shape) else field
        windows.append(axis_sizes(spec, f"convolution_param.{name}", num_axes, default, least))
    kernel, stride, pad, dilation = windows
    spread = tuple(d or int(k == 1) for k, d in zip(kernel, dilation, strict=True))
    return kernel, stride, pad, at_least(spec, "convolution_param.dilation", spread, 1)


def check_top(spec: LayerSpec, sizes: tuple[int, ...], bottom: Shape) -> None:
    """SpecError if the top's `sizes` leave no output cell on some axis."""
    if sizes and min(sizes) < 1:
        raise spec.error("convolution_param.kernel_size", f"leaves no output: the bottom {bottom} "
                         f"gives a top of {' x '.join(map(str, sizes))}")


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


def as_batch(x: Tensor, axis: int) -> Tensor:
    """Flatten all axes before the channels, which are on `axis`, into one batch axis."""
    if axis == 1:
        return x
    return x[None] if axis == 0 else x.flatten(0, axis - 1)


def convolved(x: Tensor, weight: Tensor, bias: Tensor | None, at: Geometry) -> Tensor:
    """Convolution of a bottom, whatever its axis of channels."""
    batch, at = at.padded(as_batch(x, at.axis)), at.inner
    y = convolve(batch, weight, bias, at.stride, at.pad, at.dilation, at.group)
    return y if at.axis == 1 else y.reshape(x.shape[:at.axis] + y.shape[1:])


def deconvolved(x: Tensor, weight: Tensor, bias: Tensor | None, at: Geometry) -> Tensor:
    """Transposed convolution of a bottom, whatever its axis of channels."""
    batch = as_batch(x, at.axis)
    if not at.kernel:  # no spatial axes: cells are single points
        points = deconvolve(batch[..., None], weight[..., None], bias, (1,), (0,), (1,), at.group)
        y = points[..., 0]
    elif not at.is_symmetric:
        y = deconvolve(batch, weight, None, at.stride, (0, 0), at.dilation, at.group)
        y = pad_ends(y, [-cells for cells in at.pad], [-cells for cells in at.pad_end])
        y = y if bias is None else y + bias.reshape(-1, 1, 1)
    else:
        y = deconvolve(batch, weight, bias, at.stride, at.pad, at.dilation, at.group)
    return y if at.axis == 1 else y.reshape(x.shape[:at.axis] + y.shape[1:])


def scaled_filters(layer: Layer, factor: Tensor, summand: Tensor,
                   of_filters: Tensor | None = None) -> Layer:
    """A copy of a convolution whose filters and bias have the factor and summand (C,) inside.

    of_filters  the factors as the weight takes them; None: one for each of its first axis
    """
    weight, bias = layer.blobs[0].detach().double(), summand
    if len(layer.blobs) > 1:
        bias = bias + layer.blobs[1].detach().double() * factor
    if of_filters is None:
        of_filters = factor.reshape(-1, *(1,) * (weight.dim() - 1))
    return layer.with_blobs(weight=weight * of_filters, bias=bias)


def convolutions_onnx(graph: OnnxGraph, kind: str, layer: Layer, at: Geometry,
                      bottoms: Names) -> list[str]:
    """Conv or ConvTranspose for each bottom, with the weight and the bias of the layer."""
    if not at.kernel:
        raise layer.spec.error("bottom", "has no spatial axes, which no ONNX convolution takes")
    blobs = [graph.floats(blob, name)
             for blob, name in zip(layer.blobs, layer.blob_names, strict=True)
             if name in ("weight", "bias")]
    tops = []
    for x in bottoms:
        shape = graph.shape(x)
        plane = x if at.axis == 1 else graph.reshape(x, [-1, *shape[at.axis:]])
        y = graph.add(kind, plane, *blobs, kernel_shape=list(at.kernel), strides=list(at.stride),
                      pads=[*at.pad, *at.pad_end], dilations=list(at.dilation), group=at.group)
        if at.axis != 1:
            sizes = top_sizes(kind, shape[at.axis + 1:], at)
            before = [-1, *shape[1:at.axis]] if at.axis else []
            y = graph.reshape(y, [*before, at.num_output, *sizes])
        tops.append(y)
    return tops


def top_sizes(kind: str, sizes: Shape, at: Geometry) -> Shape:
    """Spatial sizes of the top of a Conv or a ConvTranspose; below 1 if the window does not fit."""
    size_of = convolved_sizes if kind == "Conv" else transposed_sizes
    at = at.on(sizes)
    return size_of(sizes, at.kernel, at.stride, at.pad, at.dilation, at.pad_end)


@layer
@layer("NdConvolution")
@layer("ConvolutionData")
@layer("WinoConvolution")
class Convolution(Weighted):
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
    num_bottoms = (1, None)
    num_tops = (1, None)
    same_number = True
    fork_fields = SHAPE_FIELDS | FOUR_SIDES
    weights_in = "convolution_param"

    @classmethod
    def coordinate_map(cls, proto: LayerParameter) -> CoordinateMap:
        return window_map(proto.convolution_param, axis=proto.convolution_param.axis)

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
        self.geometry = at = read_geometry(spec, *bottoms)
        self.relu, self.negative_slope = fused_relu(spec)
        shape = (at.num_output, at.channels // at.group, *at.kernel)
        self.add_weights(shape, (at.num_output,))

    def multiply_adds(self, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        # each weight meets every position of the output
        return sum(self.weight[0].numel() * math.prod(top) for top in tops)

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
class Deconvolution(Weighted):
    """Transposed convolution: spread each cell of the bottom over a window of the top.

    Bottom: any number of x (batch..., C, n1, n2, ...), equal in shape.
    Top:    one for each bottom: y (batch..., num_output, out1, out2, ...),
            out = stride * (n - 1) + dilation * (kernel - 1) + 1 - 2 pad.
    Blobs:  weight (C, num_output / group, kernel1, kernel2, ...), one set for all bottoms;
            bias (num_output,) unless `bias_term: false`.
    Synopsys' `pad_t`, `pad_l`, `pad_b` and `pad_r` cut single sides, in place of `pad`; a negative
    one adds cells, which hold the bias.
    Errors: SpecError where base_conv_layer.cpp aborts.
    Source: ConvolutionParameter in caffe.proto; BVLC base_conv_layer.cpp, deconv_layer.cpp; both
            of foss-for-synopsys-dwc-arc-processors/synopsys-caffe.
    """

    reads = ("convolution_param",)
    num_bottoms = (1, None)
    num_tops = (1, None)
    same_number = True
    fork_fields = side_fields("convolution_param")
    weights_in = "convolution_param"

    @classmethod
    def coordinate_map(cls, proto: LayerParameter) -> CoordinateMap:
        param = proto.convolution_param
        return window_map(param, transposed=True, axis=param.axis)

    def __init__(self, spec: LayerSpec, *bottoms: Shape):
        super().__init__(spec)
        honour(spec, "convolution_param", " ".join((FIELDS, *SIDES)))
        self.geometry = at = read_geometry(spec, *bottoms, kind="ConvTranspose")
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
