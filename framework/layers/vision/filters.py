"""Convolution by convolution_param: its geometry, arithmetic and ONNX; what such layers share."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape
from framework.layers.coordinates import CoordinateMap, window_map
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import (
    LARGEST_STEP,
    ONE_FOR_EACH_AXIS,
    at_least,
    axis_sizes,
    canonical_axis,
    is_set,
)
from framework.layers.vision.sides import read_padding
from framework.layers.weighted import Weighted
from framework.ops.convolution import convolve, deconvolve
from framework.ops.windows import (
    convolved_sizes,
    pad_ends,
    reached_ends,
    same_padding,
    transposed_sizes,
)
from framework.proto import LayerParameter

FIELDS = (
    "num_output bias_term pad kernel_size group stride weight_filler bias_filler pad_h pad_w "
    "kernel_h kernel_w stride_h stride_w axis dilation dilation_h dilation_w kernel_shape "
    "stride_shape pad_shape"
)


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
        plane = x if at.axis == 1 else graph.reshape(x, [-1, *graph.shape(x)[at.axis:]])
        y = graph.add(kind, plane, *blobs, kernel_shape=list(at.kernel), strides=list(at.stride),
                      pads=[*at.pad, *at.pad_end], dilations=list(at.dilation), group=at.group)
        if at.axis != 1:
            shape = graph.shape(x)
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


class Filters(Weighted):
    """What layers of filters share, which move over every bottom: their text, sizes and tops."""

    num_bottoms = (1, None)
    num_tops = (1, None)
    same_number = True
    weights_in = "convolution_param"
    geometry: Geometry

    @classmethod
    def coordinate_map(cls, proto: LayerParameter) -> CoordinateMap:
        return window_map(proto.convolution_param, axis=proto.convolution_param.axis)

    def add_filters(self) -> None:
        """Make the blobs: weight (num_output, C / group, kernel1, ...), and bias."""
        at = self.geometry
        self.add_weights((at.num_output, at.channels // at.group, *at.kernel), (at.num_output,))

    def multiply_adds(self, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        # each weight meets every position of the output
        return sum(self.weight[0].numel() * math.prod(top) for top in tops)

    def filters(self) -> tuple[Tensor, Tensor | None]:
        """The weight and the bias as they count in a forward."""
        return self.weight, self.bias

    def forward(self, *bottoms: Tensor) -> Tensor | tuple[Tensor, ...]:
        weight, bias = self.filters()
        tops = tuple(convolved(x, weight, bias, self.geometry) for x in bottoms)
        return tops if len(tops) > 1 else tops[0]
