"""Layers at the end of OpenPose's nets: maps made larger, and the peaks in them."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import at_least, check_four_axes, honour
from framework.ops.losses import precise

REACH = 3               # cells around a peak whose mean it is moved to
LOWEST = -1e10          # what Maximum gives where every value is less


def _single(value: float) -> float:
    """The nearest float32: the original's borders are of rounded products."""
    mantissa, exponent = math.frexp(value)
    return math.ldexp(round(mantissa * 2 ** 24), exponent - 24)


def _cubic(distance: Tensor) -> Tensor:
    """The weights (4, T) of the cells before, at, after and second after a point, Catmull-Rom."""
    square, cube = distance ** 2, distance ** 3
    return torch.stack([-0.5 * cube + square - 0.5 * distance, 1.5 * cube - 2.5 * square + 1,
                        -1.5 * cube + 2 * square + 0.5 * distance, 0.5 * cube - 0.5 * square])


def resize_matrix(size: int, target: int, border: int) -> Tensor:
    """The matrix (target, size) that resizes one axis, from the cells border ... size - border."""
    inner = size - 2 * border
    at = (torch.arange(target) - (target / inner / 2 - 0.5)) * (inner / target)
    first = (at + 1e-5).long().clamp(min=0)
    after = (first + 1).clamp(max=inner - 1)
    cells = torch.stack([(first - 1).clamp(min=0), first, after, (after + 1).clamp(max=inner - 1)])
    is_at = cells[..., None] + border == torch.arange(size)
    return (_cubic(at - first)[..., None] * is_at).sum(0)


@layer
class ImResize(Layer):
    """Resize maps by cubic interpolation, and average those of one image at several scales.

    Bottom: x (N, C, H, W), the maps of one image; those of item n fill the part start_scale - n *
            scale_gap of each axis, in the middle.
    Top:    (1, C, factor * H, factor * W), or without a factor target_spatial_height x
            target_spatial_width: the mean over the items of their parts, made as large. A cell
            that is not there is the nearest one. No gradient.
    Errors: SpecError for another number of axes, or a size of 0.
    Source: ImResizeParameter; imresize_layer.cu of CMU-Perceptual-Computing-Lab/caffe_rtpose (its
            .cpp takes no scales).
    """

    no_gradient_bottoms = (0,)

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        fields = "target_spatial_width target_spatial_height factor start_scale scale_gap"
        honour(spec, "imresize_param", fields)
        self.param = spec.proto.imresize_param
        check_four_axes(spec, x)
        for index, axis in enumerate(("height", "width")):
            at_least(spec, f"imresize_param.target_spatial_{axis}", [self._target(x)[index]], 1)

    def _target(self, x: Shape) -> tuple[int, int]:
        if self.param.factor == 0:
            return self.param.target_spatial_height, self.param.target_spatial_width
        factor = self.param.factor
        return int(_single(x[2] * factor)), int(_single(x[3] * factor))

    def _matrix(self, size: int, target: int, item: int) -> Tensor:
        less = _single(1 - self.param.start_scale + _single(item * self.param.scale_gap))
        border = math.floor(_single(size // 2 * less))
        if border < 0 or 2 * border >= size:
            raise self.spec.error("imresize_param.scale_gap", f"leaves item {item} of the batch "
                                  f"{size - 2 * border} of {size} cells")
        return resize_matrix(size, target, border)

    def forward(self, x: Tensor) -> Tensor:
        rows, columns = (matrices.to(x) for matrices in self._matrices(tuple(x.shape)))
        return (rows @ x.detach() @ columns).mean(0, keepdim=True)

    def _matrices(self, x: Shape) -> tuple[Tensor, Tensor]:
        """What maps (N, C, H, W) are multiplied by, from the left and from the right."""
        rows, columns = (
            torch.stack([self._matrix(size, target, item) for item in range(x[0])])
            for size, target in zip(x[2:], self._target(x), strict=True))
        return rows[:, None], columns[:, None].transpose(2, 3)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        rows, columns = (graph.floats(matrices)
                         for matrices in self._matrices(graph.shape(bottoms[0])))
        resized = graph.add("MatMul", graph.add("MatMul", rows, bottoms[0]), columns)
        return [graph.reduce("ReduceMean", resized, [0], True)]


@layer
class Nms(Layer):
    """Peaks of maps: local maxima of 3 x 3 cells, each moved to the mean of the cells around it.

    Bottom: x (N, C, H, W), of which the first N * num_parts maps are read.
    Top:    (N, num_parts, max_peaks + 1, 3): first the number of peaks, then x, y and score of the
            first max_peaks of them, from top to bottom and left to right; the rest is 0. A peak is
            above the threshold and above its eight neighbours, and not at the border. x and y are
            the mean, by their positive values, of the 7 x 7 cells around it, without row 0, column
            0 and rows beyond W, as in the original; where none counts, it divides 0 by 0, and here
            they are 0. No gradient.
    Errors: SpecError for another number of axes, or less than num_parts channels.
    Source: NmsParameter; nms_layer.cu of CMU-Perceptual-Computing-Lab/caffe_rtpose.
    """

    no_gradient_bottoms = (0,)
    needs_float32 = True
    no_onnx_form = "it lists peaks"

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "nms_param", "threshold max_peaks num_parts")
        self.param = spec.proto.nms_param
        check_four_axes(spec, x)
        if not 1 <= self.param.num_parts <= x[1]:
            raise spec.error("nms_param.num_parts", f"is {self.param.num_parts}; the bottom has "
                             f"{x[1]} channels")

    def forward(self, x: Tensor) -> Tensor:
        items, _, height, width = x.shape
        parts, most = self.param.num_parts, self.param.max_peaks
        maps = precise(x.detach()).flatten(0, 1)[:items * parts]
        around = F.pad(maps, (1, 1, 1, 1), value=float("inf")).unfold(1, 3, 1).unfold(2, 3, 1)
        around = around.flatten(3)
        others = torch.cat([around[..., :4], around[..., 5:]], -1).amax(-1)
        peak = ((maps > others) & (maps > self.param.threshold)).flatten(1)
        rank = peak.cumsum(1)
        place = torch.where(peak & (rank <= most), rank, most + 1)
        found = torch.stack([*self._means(maps), maps], -1).flatten(1, 2)
        top = maps.new_zeros(items * parts, most + 2, 3)
        top = top.scatter(1, place[..., None].expand(-1, -1, 3), found)[:, :-1]
        count = F.pad(peak.sum(1).to(top.dtype)[:, None, None], (0, 2, 0, most))
        return (top + count).reshape(items, parts, most + 1, 3).to(x.dtype)

    def _means(self, maps: Tensor) -> tuple[Tensor, Tensor]:
        """x and y (N, H, W) of the mean of the 7 x 7 cells around each, by their values."""
        height, width = maps.shape[1:]
        y = torch.arange(height, device=maps.device)[:, None].to(maps.dtype)
        x = torch.arange(width, device=maps.device).to(maps.dtype)
        weight = maps.clamp(min=0) * ((y > 0) & (y < width)) * (x > 0)
        around = F.avg_pool2d(torch.stack([weight, weight * x, weight * y], 1), 2 * REACH + 1, 1,
                              REACH)
        total = around[:, 0].clamp(min=torch.finfo(maps.dtype).tiny)
        return around[:, 1] / total, around[:, 2] / total


@layer
class Maximum(Layer):
    """The highest value of each map, and where it is.

    Bottom: x (N, C, H, W). Top: (N, C, 1, 3): x, y and value of the first of equal values; 0, 0 and
            -1e10 where all are less. No gradient.
    Errors: SpecError for another number of axes.
    Source: maximum_layer.cu of CMU-Perceptual-Computing-Lab/caffe_rtpose (its .cpp looks at
            positive values alone). Of equal values the original takes any.
    """

    no_gradient_bottoms = (0,)
    no_onnx_form = "it lists peaks"

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        check_four_axes(spec, x)

    def forward(self, x: Tensor) -> Tensor:
        value, index = x.detach().flatten(2).max(2)
        width = x.shape[3]
        found = value > LOWEST
        top = torch.stack([(index % width).to(x.dtype) * found,
                           index.div(width, rounding_mode="floor").to(x.dtype) * found,
                           value.clamp(min=LOWEST)], -1)
        return top[:, :, None]
