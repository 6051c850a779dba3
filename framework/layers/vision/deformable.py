"""Deformable convolution: a convolution whose taps are moved by offsets, and weighted by a mask."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Shape, layer
from framework.layers.flow.optical_flow import bilinear, bilinear_in_zeros
from framework.layers.onnx_reasons import UNWRITTEN
from framework.layers.params import at_least, axis_sizes, check_sizes, honour
from framework.layers.weighted import Weighted
from framework.ops.windows import convolved_sizes, reached_ends

FIELDS = ("num_output bias_term pad kernel_size stride dilation pad_h pad_w kernel_h kernel_w "
          "stride_h stride_w group deformable_group weight_filler bias_filler axis")


class Deformable(Weighted):
    """What both have in common; see the subclasses."""

    needs_float32 = True
    no_onnx_form = UNWRITTEN

    def __init__(self, spec: LayerSpec, x: Shape, *others: Shape):
        super().__init__(spec)
        field = self.weights_in
        honour(spec, field, FIELDS)
        param = getattr(spec.proto, field)
        if len(x) != 4 or param.axis not in (1, -3):
            raise spec.error("bottom", f"has the shape {tuple(x)}; it must be (N, C, H, W), with "
                             "channels on axis 1")
        self.kernel = axis_sizes(spec, f"{field}.kernel_size", 2, None, 1)
        self.stride = axis_sizes(spec, f"{field}.stride", 2, 1, 1)
        self.pad = axis_sizes(spec, f"{field}.pad", 2, 0, 0)
        self.dilation = axis_sizes(spec, f"{field}.dilation", 2, 1, 1)
        self.parts, self.group = param.deformable_group, param.group
        check_sizes(spec, field, "num_output group deformable_group")
        if x[1] % self.group or param.num_output % self.group or x[1] % self.parts:
            raise spec.error(f"{field}.group", f"is {self.group} and deformable_group {self.parts};"
                             f" both must divide the {x[1]} channels, and group the "
                             f"{param.num_output} outputs")
        self.taps = math.prod(self.kernel)
        sizes = self.top_sizes(x[2:])
        at_least(spec, f"{field}.kernel_size", sizes, 1)
        wanted = [(x[0], factor * self.parts * self.taps, *sizes) for factor in (2, 1)]
        for index, (shape, right) in enumerate(zip(others, wanted, strict=False), 1):
            if shape[0] != x[0] or math.prod(shape) != math.prod(right):
                raise spec.error(f"bottom[{index}]", f"has the shape {tuple(shape)}; it must be "
                                 f"{right}, or have as many values for each item")
        self.add_weights((param.num_output, x[1] // self.group, *self.kernel), (param.num_output,))

    def top_sizes(self, sizes: Sequence[int]) -> tuple[int, ...]:
        """Height and width of the top for those of x."""
        ends = reached_ends(sizes, self.kernel, self.stride, self.pad, self.dilation)
        return convolved_sizes(sizes, self.kernel, self.stride, self.pad, self.dilation, ends)

    def points(self, x: Tensor, offsets: Tensor) -> tuple[Tensor, Tensor]:
        """Rows and columns (N * parts, taps * h, w) that the taps read, in cells of x."""
        high, wide = self.top_sizes(x.shape[2:])
        moves = offsets.reshape(len(x) * self.parts, self.taps, 2, high, wide)
        ends = []
        for axis, size in enumerate((high, wide)):
            first = torch.arange(size, device=x.device) * self.stride[axis] - self.pad[axis]
            tap = torch.arange(self.kernel[axis], device=x.device) * self.dilation[axis]
            shape = (self.kernel[0], self.kernel[1], 1, 1)
            taps = (tap[:, None] if axis == 0 else tap).expand(self.kernel).reshape(shape)
            at = first[:, None] if axis == 0 else first
            ends.append((taps + at).expand(*self.kernel, high, wide).flatten(0, 1))
        return tuple((end + moves[:, :, axis]).flatten(1, 2)
                     for axis, end in enumerate(ends))      # type: ignore[return-value]  # two

    def convolved(self, read: Tensor, x: Tensor) -> Tensor:
        """The convolution of the values read, (N * parts, C / parts, taps * h, w)."""
        columns = read.reshape(len(x), self.group, x.shape[1] // self.group * self.taps, -1)
        weight = self.weight.reshape(self.group, len(self.weight) // self.group, -1)
        top = (weight @ columns).reshape(len(x), -1, *self.top_sizes(x.shape[2:]))
        return top if self.bias is None else top + self.bias[:, None, None]

    def multiply_adds(self, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        return math.prod(tops[0]) * math.prod(self.weight.shape[1:])


@layer
class DeformableConvolution(Deformable):
    """Deformable convolution: each tap reads x at its cell plus an offset, bilinearly.

    Bottoms: x (N, C, H, W); offsets (N, 2 * deformable_group * K, h, w), K the taps: row and column
             of each tap in turn, for each group of channels. Items of another shape with as many
             values are read in this one, as in the original.
    Top:     (N, num_output, h, w). Points outside of the cells 0 to H, and 0 to W, add nothing;
             those beyond the last cell read it.
    Blobs:   weight (num_output, C / group, kernel), bias (num_output,) if bias_term.
    Errors:  SpecError for sizes and groups that do not fit.
    Source:  DeformableConvolutionParameter; deformable_conv_layer.cpp of
             unsky/Deformable-ConvNets-caffe and of zhanglonghao1992's, MXNet's rule of Dai et al.
             2017.
    """

    num_bottoms = (2, 2)
    weights_in = "deformable_convolution_param"

    def forward(self, x: Tensor, offsets: Tensor) -> Tensor:
        rows, columns = self.points(x, offsets)
        height, width = x.shape[2:]
        inside = (rows >= 0) & (columns >= 0) & (rows < height) & (columns < width)
        parts = x.reshape(len(rows), x.shape[1] // self.parts, height, width)
        read = bilinear(parts, rows.clamp(0, height - 1), columns.clamp(0, width - 1))
        return self.convolved(read.where(inside[:, None], 0), x)


@layer
class ModulatedDeformableConvolution(Deformable):
    """Modulated deformable convolution (v2): what each tap reads is also multiplied by a mask.

    Bottoms: x (N, C, H, W); offsets (N, 2 * deformable_group * K, h, w), in the order of
             DeformableConvolution's; mask (N, deformable_group * K, h, w).
    Top:     (N, num_output, h, w), x being surrounded by zeros.
    Blobs:   weight (num_output, C / group, kernel), bias (num_output,) if bias_term.
    Errors:  SpecError for sizes and groups that do not fit.
    Source:  ModulatedDeformableConvolutionParameter; modulated_deformable_conv_layer.cpp of
             zhanglonghao1992's Deformable-ConvNets-caffe; Zhu et al. 2018.
    """

    num_bottoms = (3, 3)
    weights_in = "modulated_deformable_convolution_param"

    def forward(self, x: Tensor, offsets: Tensor, mask: Tensor) -> Tensor:
        rows, columns = self.points(x, offsets)
        parts = x.reshape(len(rows), x.shape[1] // self.parts, *x.shape[2:])
        read = bilinear_in_zeros(parts, rows, columns)
        weights = mask.reshape(len(rows), 1, *rows.shape[1:])
        return self.convolved(read * weights, x)
