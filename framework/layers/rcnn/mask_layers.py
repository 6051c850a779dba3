"""Layers of multi-task network cascades (MNC): warped regions, and masks on their features."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import LARGEST_STEP, check_four_axes, check_sizes, honour
from framework.layers.rcnn.regions import check_regions, example_regions
from framework.ops.regions import round_half_away, sample_bilinear


@layer
class ROIWarping(Layer):
    """RoI warping: bilinear samples at pooled_h * pooled_w points of each region.

    Bottoms: x (N, C, H, W); regions (R, 5): item, x1, y1, x2, y2 in pixels. Both get a gradient.
    Top:     (R, C, pooled_h, pooled_w): point p of P of an axis is at start + p * (end - start) / P
             in cells, start and end rounded. Points more than half a cell outside give 0.
    The gradient of the corners is that of corners that are not rounded, as in the original, whose
    bins are one cell larger in it.
    Errors:  SpecError for shapes that do not fit, and for pooled_h or pooled_w 0.
    Source:  ROIWarpingParameter; roi_warping_layer.cu of daijifeng001/caffe-mnc; Dai et al. 2016.
    """

    num_bottoms = (2, 2)
    pools_regions = True
    needs_float32 = True
    no_onnx_form = "RoiAlign of ONNX has its points in the middle of bins, and another border"

    def __init__(self, spec: LayerSpec, x: Shape, regions: Shape):
        super().__init__(spec)
        honour(spec, "roi_warping_param", "pooled_h pooled_w spatial_scale")
        param = spec.proto.roi_warping_param
        check_sizes(spec, "roi_warping_param", "pooled_h pooled_w")
        self.check = check_regions(spec, x, regions)
        self.sizes = (param.pooled_h, param.pooled_w)
        self.scale = param.spatial_scale

    def example_bottom(self, index: int, shapes: Sequence[Shape]) -> Tensor | None:
        return example_regions(shapes, self.scale) if index else None

    def forward(self, x: Tensor, regions: Tensor) -> Tensor:
        rows = regions.reshape(-1, 5)
        corners = rows[:, 1:] * self.scale
        corners = corners + (round_half_away(corners) - corners).detach()
        x1, y1, x2, y2 = corners.unbind(1)
        item = self.check(rows[:, 0].detach(), x.shape[0])
        return sample_bilinear(x, item, _points(y1, y2, self.sizes[0]),
                               _points(x1, x2, self.sizes[1]))


def _points(start: Tensor, end: Tensor, count: int) -> Tensor:
    """(R, count) cells from `start` on, `end` not reached; both (R,). None is before its start."""
    steps = torch.arange(count, device=start.device, dtype=start.dtype) / count
    return start[:, None] + (end - start).clamp(min=0)[:, None] * steps


@layer
@layer("TileProduct")
class MaskPooling(Layer):
    """Mask pooling: multiply all channels of each item by its mask, a map of one channel.

    Bottoms: x (N, C, H, W); masks (N, 1, H, W). Both get a gradient.
    Top:     as x.
    Errors:  SpecError for shapes that do not fit.
    Source:  mask_pooling_layer.cu of daijifeng001/caffe-mnc; Dai et al. 2016. TileProduct is
             tile_product_layer.cu of chwilms/AttentionMask.
    """

    num_bottoms = (2, 2)
    pointwise = True

    @classmethod
    def assumed_bottom(cls, spec: LayerSpec, index: int, bottoms: Sequence[Shape]
                       ) -> Shape | None:
        """Masks fit the maps."""
        x = bottoms[0]
        return (x[0], 1, *x[2:]) if index and len(x) == 4 else None

    def __init__(self, spec: LayerSpec, x: Shape, masks: Shape):
        super().__init__(spec)
        if len(x) != 4 or tuple(masks) != (x[0], 1, *x[2:]):
            raise spec.error("bottom", f"has the shapes {tuple(x)} and {tuple(masks)}; they must "
                             "be (N, C, H, W) and (N, 1, H, W)")

    def forward(self, x: Tensor, masks: Tensor) -> Tensor:
        return x * masks

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        return [graph.add("Mul", *bottoms)]


@layer
class MaskResize(Layer):
    """Bilinear resize to output_height x output_width, cell i being sampled at i * (size / output).

    Bottom: x (N, C, H, W).
    Top:    (N, C, output_height, output_width); factor_height and factor_width (BestSonny/SSTD)
            above 0 come before these: the output is their part of H and W, rounded down.
    The gradient is the derivative; the original's lacks some parts of it where the map grows.
    Errors: SpecError for sizes of 0, and factors that are NaN or too large.
    Source: MaskResizeParameter; mask_resize_layer.cu of daijifeng001/caffe-mnc; Dai et al. 2016;
            mask_resize_layer.cpp of BestSonny/SSTD, which wants output_height and output_width too.
    """

    @classmethod
    def assumed_bottom(cls, spec: LayerSpec, index: int, bottoms: Sequence[Shape]
                       ) -> Shape | None:
        """Square masks of as many cells as a row has."""
        x = bottoms[0]
        side = math.isqrt(x[-1]) if x else 0
        return (x[0], 1, side, side) if len(x) == 2 and side * side == x[1] else None

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "mask_resize_param", "output_height output_width factor_height factor_width")
        param = spec.proto.mask_resize_param
        check_sizes(spec, "mask_resize_param", "output_height output_width")
        check_four_axes(spec, x)
        for field in ("factor_height", "factor_width"):
            if not getattr(param, field) < LARGEST_STEP:     # NaN too
                raise spec.error(f"mask_resize_param.{field}", f"is {getattr(param, field):g}; it "
                                 f"must be below {LARGEST_STEP}")
        height = _part(x[2], param.factor_height, param.output_height)
        width = _part(x[3], param.factor_width, param.output_width)
        if min(height, width) < 1:
            raise spec.error("mask_resize_param.factor_height", f"and factor_width leave {height} "
                             f"x {width} of the bottom, {tuple(x)}")
        self.sizes = (height, width)

    def forward(self, x: Tensor) -> Tensor:
        rows, columns = (_weights(x, axis, size) for axis, size in zip((2, 3), self.sizes,
                                                                       strict=True))
        return rows @ x @ columns.t()

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        size = graph.sizes(bottoms[0], self.sizes)
        return [graph.add("Resize", bottoms[0], "", "", size, mode="linear",
                          coordinate_transformation_mode="asymmetric")]


def _part(size: int, factor: float, stated: int) -> int:
    """`factor` of `size`, rounded down from the product in float32 as the original has it; or
    `stated` where no factor is."""
    return int(np.float32(size) * np.float32(factor)) if factor > 0 else stated


def _weights(x: Tensor, axis: int, size: int) -> Tensor:
    """(size, n): the parts that the cells of an axis have in each cell of the top."""
    limit = x.shape[axis]
    place = torch.arange(size, device=x.device, dtype=x.dtype) * (limit / size)
    cells = torch.arange(limit, device=x.device, dtype=x.dtype)
    distance = (place.clamp(max=limit - 1)[:, None] - cells).abs()
    return (1 - distance).clamp(min=0)
