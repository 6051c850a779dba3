"""Filters along steps of time that are groups of channels: convolution, pooling, pairs of steps."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_reasons import UNWRITTEN
from framework.layers.params import (
    at_least,
    axis_sizes,
    check_four_axes,
    check_sizes,
    choice,
    honour,
)
from framework.layers.weighted import Weighted
from framework.ops.pooling import PoolWindow, max_pool

BLOBS = "bias_term weight_filler bias_filler"


def _channels_of_step(spec: LayerSpec, name: str, x: Shape) -> int:
    """The channels of each of the `group` steps; SpecError unless they divide those of x."""
    check_four_axes(spec, x)
    check_sizes(spec, name, "group")
    group = getattr(spec.proto, name).group
    if x[1] % group:
        raise spec.error(f"{name}.group", f"is {group}; it must divide the {x[1]} channels of the "
                         "bottom")
    return x[1] // group


def _by_time(x: Tensor, group: int) -> Tensor:
    """(N, group * V, H, W) as (N, V, group, H, W)."""
    return x.unflatten(1, (group, -1)).transpose(1, 2)


def _as_channels(y: Tensor) -> Tensor:
    """The way back of _by_time."""
    return y.transpose(1, 2).flatten(1, 2)


@layer
class MultiConvolution(Weighted):
    """Convolution of each of several groups of channels by the same filters.

    Bottom: x (N, group * C, H, W). Top: (N, num_output, h, w), num_output / group for each group.
    Blobs:  weight (num_output / group, C, kernel_h, kernel_w); bias (1, 1, 1, num_output / group)
            unless `bias_term: false`.
    Errors: SpecError for sizes that do not fit.
    Source: MultiConvolutionParameter; multi_conv_layer.cpp of peiswang/caffe4video.
    """

    weights_in = "multi_convolution_param"
    no_onnx_form = UNWRITTEN

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        name = self.weights_in
        honour(spec, name, f"num_output group kernel_size stride pad kernel_h kernel_w stride_h "
               f"stride_w pad_h pad_w {BLOBS}")
        self.param = param = spec.proto.multi_convolution_param
        check_sizes(spec, name, "num_output")
        channels = _channels_of_step(spec, name, x)
        if param.num_output % param.group:
            raise spec.error(f"{name}.num_output", f"is {param.num_output}; group, {param.group}, "
                             "must divide it")
        kernel = axis_sizes(spec, f"{name}.kernel_size", 2, None, 1)
        self.stride = axis_sizes(spec, f"{name}.stride", 2, 1, 1)
        self.pad = axis_sizes(spec, f"{name}.pad", 2, 0, 0)
        at_least(spec, f"{name}.kernel_size", [
            (n + 2 * p - k) // s + 1 for n, p, k, s
            in zip(x[2:], self.pad, kernel, self.stride, strict=True)], 1)
        outputs = param.num_output // param.group
        self.add_weights((outputs, channels, *kernel), (1, 1, 1, outputs))

    def multiply_adds(self, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        return self.weight[0].numel() * math.prod(tops[0])

    def forward(self, x: Tensor) -> Tensor:
        each = x.reshape(x.shape[0] * self.param.group, self.weight.shape[1], *x.shape[2:])
        bias = None if self.bias is None else self.bias.flatten()
        y = F.conv2d(each, self.weight, bias, self.stride, self.pad)
        return y.reshape(x.shape[0], self.param.num_output, *y.shape[2:])


@layer
class TemporalConvolution(Weighted):
    """Convolution along steps of time, which are groups of channels, at each position.

    Bottom: x (N, group * C, H, W). Top: (N, steps * num_output, H, W), steps = floor((group + 2 pad
            - kernel_size) / stride) + 1.
    Blobs:  weight (1, num_output, kernel_size, C); bias (1, 1, 1, num_output) unless `bias_term:
            false`.
    Errors: SpecError for sizes that do not fit.
    Source: TemporalConvolutionParameter; temporal_convolution_layer.cpp of peiswang/caffe4video.
    """

    weights_in = "temporal_convolution_param"
    no_onnx_form = UNWRITTEN

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        name = self.weights_in
        honour(spec, name, f"group num_output kernel_size stride pad {BLOBS}")
        self.param = param = spec.proto.temporal_convolution_param
        check_sizes(spec, name, "num_output kernel_size stride")
        channels = _channels_of_step(spec, name, x)
        at_least(spec, f"{name}.kernel_size",
                 [(param.group + 2 * param.pad - param.kernel_size) // param.stride + 1], 1)
        self.add_weights((1, param.num_output, param.kernel_size, channels),
                         (1, 1, 1, param.num_output))

    def multiply_adds(self, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        return self.weight[0, 0].numel() * math.prod(tops[0])

    def forward(self, x: Tensor) -> Tensor:
        weight = self.weight[0].transpose(1, 2)[..., None, None]
        bias = None if self.bias is None else self.bias.flatten()
        return _as_channels(F.conv3d(_by_time(x, self.param.group), weight, bias,
                                     (self.param.stride, 1, 1), (self.param.pad, 0, 0)))


@layer
class TemporalPooling(Layer):
    """Max pooling along steps of time, which are groups of channels, at each position.

    Bottom: x (N, group * C, H, W). Top: (N, steps * C, H, W), steps as Pooling's windows.
    Errors: SpecError for another method than MAX, and for sizes that do not fit.
    Source: TemporalPoolingParameter; temporal_pooling_layer.cpp of peiswang/caffe4video.
    """

    no_onnx_form = UNWRITTEN

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        name = "temporal_pooling_param"
        honour(spec, name, "pool pad kernel_size stride group")
        choice(spec, name, "pool", ("MAX",))
        self.param = param = spec.proto.temporal_pooling_param
        check_sizes(spec, name, "kernel_size stride")
        _channels_of_step(spec, name, x)
        if param.pad >= param.kernel_size:
            raise spec.error(f"{name}.pad", f"is {param.pad}; it must be below the kernel, "
                             f"{param.kernel_size}")
        self.window = PoolWindow((param.kernel_size, 1, 1), (param.stride, 1, 1),
                                 (param.pad, 0, 0), (1, 1, 1))
        at_least(spec, f"{name}.kernel_size", self.window.top_sizes((param.group, *x[2:])), 1)

    def forward(self, x: Tensor) -> Tensor:
        return _as_channels(max_pool(_by_time(x, self.param.group), self.window)[0])


@layer
class RecursiveOnce(Weighted):
    """One step of time of several, which are groups of channels: the largest of weighted sums.

    Bottom: x (N, group * C, H, W). Top: (N, steps * C, H, W), steps = floor((group - reach) /
            stride) + 1, the reach being from the first to the last relative_position.
    Step t is the maximum, over assemble_size sets of weights, of the sum over num_uv steps, at
    stride t and its relative_position less the first, of weight and step, and the bias.
    Blobs:  weight (assemble_size, num_uv, C, C); bias (1, 1, assemble_size, C) unless `bias_term:
            false`.
    Errors: SpecError unless relative_position is given num_uv times and rises, and for sizes that
            do not fit.
    Source: RecursiveOnceParameter; recursive_once_layer.cpp of peiswang/caffe4video.
    """

    weights_in = "recursive_once_param"
    no_onnx_form = UNWRITTEN

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        name = self.weights_in
        honour(spec, name, f"group num_uv assemble_size relative_position stride {BLOBS}")
        self.param = param = spec.proto.recursive_once_param
        check_sizes(spec, name, "num_uv assemble_size stride")
        channels = _channels_of_step(spec, name, x)
        given = list(param.relative_position)
        if len(given) != param.num_uv or any(b <= a for a, b in itertools.pairwise(given)):
            raise spec.error(f"{name}.relative_position", f"is {given}; it must be given num_uv, "
                             f"{param.num_uv}, times and rise")
        self.places = [place - given[0] for place in given]
        self.reach = self.places[-1] + 1
        if self.reach > param.group:
            raise spec.error(f"{name}.group", f"is {param.group}; the positions reach over "
                             f"{self.reach} steps")
        self.add_weights((param.assemble_size, param.num_uv, channels, channels),
                         (1, 1, param.assemble_size, channels))

    def multiply_adds(self, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        return self.param.assemble_size * self.reach * self.weight.shape[2] * math.prod(tops[0])

    def forward(self, x: Tensor) -> Tensor:
        sets, _, channels, _ = self.weight.shape
        filters = self.weight.new_zeros(sets, self.reach, channels, channels)
        places = torch.tensor(self.places, device=x.device)
        filters = filters.index_copy(1, places, self.weight)
        filters = filters.permute(0, 2, 3, 1).reshape(sets * channels, channels, self.reach, 1, 1)
        bias = None if self.bias is None else self.bias.flatten()
        sums = F.conv3d(_by_time(x, self.param.group), filters, bias, (self.param.stride, 1, 1))
        return _as_channels(sums.unflatten(1, (sets, channels)).max(1).values)
