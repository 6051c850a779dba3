"""Layers of FlowNet: correlation of two maps, warping by a flow, length of its vectors."""

from __future__ import annotations

import math
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.onnx_reasons import UNWRITTEN
from framework.layers.params import LARGEST_STEP, check_four_axes, honour, within
from framework.proto import enum_name

LENGTH_EPS = 1e-9       # beside a length in the slope of ChannelNorm


class Correlating(Layer):
    """What both correlations have in common; see the subclasses."""

    num_bottoms = (2, 2)
    no_onnx_form = UNWRITTEN

    def read(self, a: Shape, b: Shape, more: str = "") -> None:
        """The settings. SpecError for maps of two shapes and fields not known or out of range."""
        spec = self.spec
        honour(spec, "correlation_param",
               f"pad kernel_size max_displacement stride_1 stride_2 correlation_type{more}")
        param = spec.proto.correlation_param
        if len(a) != 4 or tuple(a) != tuple(b):
            raise spec.error("bottom", f"has the shapes {tuple(a)} and {tuple(b)}; both must be "
                             "the same, (N, C, H, W)")
        if param.kernel_size % 2 == 0:
            raise spec.error("correlation_param.kernel_size", f"is {param.kernel_size}; it must be "
                             "an odd number")
        for field, least in (("stride_1", 1), ("stride_2", 1), ("pad", 0),
                             ("max_displacement", 0)):
            within(spec, f"correlation_param.{field}", (getattr(param, field),), least,
                   LARGEST_STEP)
        self.pad, self.kernel = param.pad, param.kernel_size
        self.reach, self.strides = param.max_displacement, (param.stride_1, param.stride_2)
        self.subtracts = enum_name(param, "correlation_type") == "SUBTRACT"


@layer
class Correlation(Correlating):
    """Correlation of two maps: mean products of a patch and those at displacements from it.

    Bottoms: a and b (N, C, H, W).
    Top:     (N, D^2, top_h, top_w), D = 2 * (max_displacement / stride_2) + 1, displacements row by
             row in steps of stride_2; the mean over channels and kernel_size x kernel_size cells
             of a * b, or with SUBTRACT of |a - b|. Both are padded with zeros; patches are
             stride_1 apart, and none with its displacements leaves the padded map.
    Errors:  SpecError for maps of two shapes, an even kernel_size or none, and where nothing is
             left.
    Source:  CorrelationParameter; correlation_layer.cu of lmb-freiburg/flownet2, where do_abs is
             read by nothing; Dosovitskiy et al. 2015.
    """

    def __init__(self, spec: LayerSpec, a: Shape, b: Shape):
        super().__init__(spec)
        self.read(a, b)
        used = 2 * self.reach + self.kernel - 1
        if min(a[2:]) + 2 * self.pad <= used:
            raise spec.error("correlation_param.max_displacement", f"and kernel_size take "
                             f"{used} cells; the padded map has {min(a[2:]) + 2 * self.pad}")

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        reach, step = self.reach, self.strides[1]
        radius = reach // step * step
        a, b = (F.pad(x, (self.pad,) * 4) for x in (a, b))
        height, width = a.shape[2] - 2 * reach, a.shape[3] - 2 * reach
        a = a[:, :, reach:reach + height, reach:reach + width]
        rows = []
        for down in range(-radius, radius + 1, step):
            row = b[:, :, reach + down:reach + down + height,
                    reach - radius:reach + radius + width]
            rows.append(_along_rows(a, row, step, self.subtracts))
        return _of_patches(torch.cat(rows, 1), self.kernel, self.strides[0])


@layer
class Correlation1D(Correlating):
    """Correlation of two maps along rows: mean products of a patch and those beside it.

    Bottoms: a and b (N, C, H, W).
    Top:     (N, D, top_h, top_w), R = max_displacement / stride_2: with single_direction 0 the
             displacements -R to R, D = 2 R + 1; with 1 those of 0 to R, with -1 those of -R - 1 to
             -1, in steps of stride_2. Each is the mean over channels and kernel_size x kernel_size
             cells of a * b, or with SUBTRACT of |a - b|. Both maps are padded with zeros at left
             and right; patches are stride_1 apart.
    Errors:  SpecError for maps of two shapes, an even kernel_size or none, a single_direction
             beyond -1 to 1, and where nothing is left.
    Source:  CorrelationParameter; correlation_layer1d.cpp and .cu of lmb-freiburg/flownet2, where
             -1 leads one step beyond max_displacement (to the left of the padded row are zeros
             here); DispNet, Mayer et al. 2016.
    """

    reads = ("correlation_param",)

    def __init__(self, spec: LayerSpec, a: Shape, b: Shape):
        super().__init__(spec)
        self.read(a, b, " single_direction")
        param = spec.proto.correlation_param
        radius = self.reach // self.strides[1]
        directions = {0: (-radius, radius), 1: (0, radius), -1: (-radius - 1, -1)}
        if param.single_direction not in directions:
            raise spec.error("correlation_param.single_direction", f"is {param.single_direction}; "
                             "it must be -1, 0 or 1")
        self.first, self.last = (self.strides[1] * end
                                 for end in directions[param.single_direction])
        used = 2 * self.reach + self.kernel - 1
        if a[3] + 2 * self.pad <= used or a[2] < self.kernel:
            raise spec.error("correlation_param.max_displacement", f"and kernel_size take "
                             f"{self.kernel} x {used + 1} cells; the padded map has {a[2]} x "
                             f"{a[3] + 2 * self.pad}")

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        pad = self.pad - self.reach
        a = F.pad(a, (pad, pad))
        b = F.pad(b, (pad - self.first, pad + self.last))
        planes = _along_rows(a, b, self.strides[1], self.subtracts)
        return _of_patches(planes, self.kernel, self.strides[0])


def _along_rows(a: Tensor, b: Tensor, step: int, subtracts: bool) -> Tensor:
    """Means over channels of a (N, C, h, w) and b (N, C, h, w + D) at each `step`-th displacement
    of its rows: (N, displacements, h, w) of products, or of differences without sign."""
    shifted = b.unfold(3, a.shape[3], step).transpose(3, 4)     # (N, C, h, w, displacements)
    a = a[..., None]
    terms = (a - shifted).abs() if subtracts else a * shifted
    return terms.mean(1).permute(0, 3, 1, 2)


def _of_patches(planes: Tensor, kernel: int, stride: int) -> Tensor:
    """The means over patches of kernel x kernel cells, `stride` apart."""
    if kernel == 1 and stride == 1:
        return planes
    return F.avg_pool2d(planes, kernel, stride)


class Warping(Layer):
    """What both layers that warp by a flow have in common; see the subclasses."""

    num_bottoms = (2, 2)
    needs_float32 = True
    no_onnx_form = UNWRITTEN
    fill: float = 0     # where the flow leads outside

    def __init__(self, spec: LayerSpec, x: Shape, flow: Shape):
        super().__init__(spec)
        if len(x) != 4 or tuple(flow) != (x[0], 2, *x[2:]):
            raise spec.error("bottom", f"has the shapes {tuple(x)} and {tuple(flow)}; they must be "
                             "(N, C, H, W) and (N, 2, H, W)")

    def is_before_end(self, points: Tensor, size: int) -> Tensor:
        """Whether points of an axis, in cells, are before the end of its `size` cells."""
        return points < size

    def forward(self, x: Tensor, flow: Tensor) -> Tensor:
        height, width = x.shape[2:]
        columns = torch.arange(width, device=x.device, dtype=flow.dtype) + flow[:, 0]
        rows = torch.arange(height, device=x.device, dtype=flow.dtype)[:, None] + flow[:, 1]
        inside = (columns >= 0) & (rows >= 0) & self.is_before_end(columns, width) \
            & self.is_before_end(rows, height)
        top = bilinear(x, rows.clamp(0, height - 1), columns.clamp(0, width - 1))
        return torch.where(inside[:, None], top, self.fill)


@layer
class FlowWarp(Warping):
    """Warping of images by an optical flow: y at a point is x where the flow leads from there.

    Bottoms: x (N, C, H, W); flow (N, 2, H, W), in cells to the right and down.
    Top:     as x, read bilinearly; 0, or NaN with `fill_value: NOT_A_NUMBER`, where the flow leads
             outside of the map, from 0 to W and from 0 to H.
    Errors:  SpecError for other shapes.
    Source:  FlowWarpParameter; flow_warp_layer.cpp of lmb-freiburg/flownet2.
    """

    def __init__(self, spec: LayerSpec, x: Shape, flow: Shape):
        super().__init__(spec, x, flow)
        honour(spec, "flow_warp_param", "fill_value")
        if enum_name(spec.proto.flow_warp_param, "fill_value") != "ZERO":
            self.fill = math.nan


@layer
class Warp(Warping):
    """Warping of images by an optical flow, 0 where it leads beyond the middle of the last cell.

    Bottoms: x (N, C, H, W); flow (N, 2, H, W), in cells to the right and down.
    Top:     as x, read bilinearly; 0 where the flow leads outside of the map, from 0 to W - 1 and
             from 0 to H - 1, both within it.
    Exactly in the middle of a cell the slope by the flow is that of the right or lower side; the
    original takes the mean of both sides.
    Errors:  SpecError for other shapes.
    Source:  warp_layer.cu of SteveSZF/StruPyNet.
    """

    def is_before_end(self, points: Tensor, size: int) -> Tensor:
        return points <= size - 1


class _Length(torch.autograd.Function):
    """The lengths over channels; the slope x / (length + LENGTH_EPS) is finite at 0."""

    @staticmethod
    def forward(x: Tensor) -> Tensor:
        return (x * x).sum(1, keepdim=True).sqrt()

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Tensor) -> None:
        # Any: the context and the tuple of arguments are autograd's
        ctx.save_for_backward(inputs[0], output)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Tensor:
        x, length = ctx.saved_tensors
        return grad * x / (length + LENGTH_EPS)


@layer
class ChannelNorm(Layer):
    """Length of the vector of channels at each position: sqrt of the sum of squares.

    Bottom: x (N, C, H, W).
    Top:    (N, 1, H, W).
    Errors: SpecError for another number of axes.
    Source: channel_norm_layer.cpp of lmb-freiburg/flownet2.
    """

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        check_four_axes(spec, x)

    def forward(self, x: Tensor) -> Tensor:
        return _Length.apply(x)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        squares = graph.add("Mul", bottoms[0], bottoms[0])
        return [graph.add("Sqrt", graph.reduce("ReduceSum", squares, [1], True))]


def bilinear(x: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """The values of x (N, C, H, W) at points (N, h, w) within it, in cells; (N, C, h, w)."""
    height, width = x.shape[2:]
    top, left = rows.detach().floor(), columns.detach().floor()
    down, along = (rows - top)[:, None], (columns - left)[:, None]
    above, first = top.nan_to_num().long(), left.nan_to_num().long()    # NaN stays in the shares
    below, last = (above + 1).clamp(max=height - 1), (first + 1).clamp(max=width - 1)
    flat = x.flatten(2)

    def at(row: Tensor, column: Tensor) -> Tensor:
        index = (row * width + column).flatten(1)[:, None].expand(-1, x.shape[1], -1)
        return flat.gather(2, index).reshape(*x.shape[:2], *rows.shape[1:])

    upper = at(above, first) * (1 - along) + at(above, last) * along
    lower = at(below, first) * (1 - along) + at(below, last) * along
    return upper * (1 - down) + lower * down


def bilinear_in_zeros(x: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """As `bilinear`, of points that may be outside of x, around which all cells are 0."""
    height, width = x.shape[2:]
    return bilinear(F.pad(x, (1, 1, 1, 1)), (rows + 1).clamp(0, height + 1),
                    (columns + 1).clamp(0, width + 1))
