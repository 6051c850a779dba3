"""RoI pooling and position-sensitive RoI pooling (R-FCN)."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.index_check import IndexCheck
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import check_sizes, honour
from framework.layers.rcnn.regions_onnx import (
    bin_edges_onnx,
    columns_onnx,
    flat_onnx,
    grown_onnx,
    rectangle_mean_onnx,
    rounded_onnx,
)
from framework.ops.regions import (
    Bins,
    bin_edges,
    rectangle_max,
    rectangle_mean,
    round_half_away,
)
from framework.proto import enum_name

MOST_SAMPLES = 128          # on each axis of a bin; projects have 2

Corners = tuple[Tensor, Tensor, Tensor, Tensor, Tensor]


def check_regions(spec: LayerSpec, x: Shape, rois: Shape, index: int = 1) -> IndexCheck:
    """The bounds check of the regions' items; SpecError for shapes that do not fit.

    index  of the bottom of regions
    """
    if len(x) != 4 or len(rois) < 2 or rois[1] != 5 or math.prod(rois[2:]) != 1:
        raise spec.error("bottom", f"has the shapes {tuple(x)} and {tuple(rois)}; they must be "
                         "(N, C, H, W) and (R, 5): item, x1, y1, x2, y2 in pixels")
    return IndexCheck(spec, index, rois[:1], what=f"items of '{spec.bottoms[0]}'", unit="region")


def read_size(spec: LayerSpec, also: str = "", field: str = "roi_pooling_param"
              ) -> tuple[int, int]:
    """pooled_h and pooled_w of a param message; SpecError for a 0, and for fields of other layers.

    also  fields that the layer takes besides spatial_scale and pad_ratio
    """
    honour(spec, field, f"pooled_h pooled_w spatial_scale pad_ratio {also}")
    param = getattr(spec.proto, field)
    check_sizes(spec, field, "pooled_h pooled_w")
    return param.pooled_h, param.pooled_w


def check_samples(spec: LayerSpec, field: str, samples: int) -> None:
    """SpecError for more samples on each axis of a bin than any memory is for."""
    if samples > MOST_SAMPLES:
        raise spec.error(field, f"is {samples}; it must be at most {MOST_SAMPLES}")


def check_channels(spec: LayerSpec, x: Shape, num_outputs: int, size: int) -> None:
    """SpecError unless each of size * size bins has a channel of its own for each output."""
    if x[1] != num_outputs * size ** 2:
        raise spec.error("bottom", f"'{spec.bottoms[0]}' has {x[1]} channels; output_dim * "
                         f"group_size^2 is {num_outputs * size ** 2}")


def region_columns(rois: Tensor, check: IndexCheck, num_items: int) -> Corners:
    """Item (int64) and x1, y1, x2, y2 of each region, (R,) each."""
    rois = rois.detach().reshape(rois.shape[0], 5)
    rois = rois.to(torch.promote_types(rois.dtype, torch.float32))
    item, x1, y1, x2, y2 = rois.unbind(1)
    return check(item, num_items), x1, y1, x2, y2


def grown(corners: list[Tensor], ratio: float) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """x1, y1, x2, y2 of the regions, made larger on each side by `ratio` of their size."""
    x1, y1, x2, y2 = corners
    wide, high = (x2 - x1 + 1) * ratio, (y2 - y1 + 1) * ratio
    return x1 - wide, y1 - high, x2 + wide, y2 + high


def example_regions(shapes: Sequence[Shape], scale: float) -> Tensor:
    """Regions (R, 5) of different sizes and items, in pixels, of which a cell has 1 / scale."""
    x, rois = shapes
    number = torch.arange(rois[0], dtype=torch.float32)
    part = 0.5 / scale
    low = [number % size * part for size in (x[3], x[2])]
    high = [start + (number % 3 + 1) * size * part / 3
            for start, size in zip(low, (x[3], x[2]), strict=True)]
    return torch.stack([number % x[0], *low, *high], 1).reshape(rois)


def bins_of(x: Tensor, corners: Sequence[Tensor], height: int, width: int) -> Bins:
    """height * width bins of each region, cut to the maps x (N, C, H, W).

    corners  x1, y1, x2, y2 (R,) in cells; they are rounded, and both ends belong to the region
    """
    x1, y1, x2, y2 = (round_half_away(side) for side in corners)
    # The original adds the start after rounding; it is whole, so that is the same.
    zero = torch.zeros_like(x1)
    low, high = bin_edges(zero, (y2 - y1 + 1).clamp(min=1), height, 1 << 30)
    left, right = bin_edges(zero, (x2 - x1 + 1).clamp(min=1), width, 1 << 30)
    y, x0 = y1.long()[:, None], x1.long()[:, None]
    return Bins((low + y).clamp(0, x.shape[2]), (high + y).clamp(0, x.shape[2]),
                (left + x0).clamp(0, x.shape[3]), (right + x0).clamp(0, x.shape[3]))


@layer
class ROIPooling(Layer):
    """RoI pooling: the maximum of each of pooled_h * pooled_w bins of each region.

    Bottoms: x (N, C, H, W); regions (R, 5): item, x1, y1, x2, y2 in pixels, no gradient.
    Top:     (R, C, pooled_h, pooled_w); 0 where a bin is outside the map. The first of equal
             maxima gets the gradient.
    Corners are multiplied by spatial_scale and rounded to cells, both ends included; bins go
    from floor to ceil, so neighbours may overlap. `pad_ratio` (cascade-rcnn) grows the regions.
    `pool: AVE` (ccnn) takes the mean of each bin; the original divides 0 by 0 where one is outside.
    Errors:  SpecError for other shapes, or a size of 0.
    Source:  Fast R-CNN (rbgirshick/caffe-fast-rcnn roi_pooling_layer.cpp), Intel, cascade-rcnn;
             wk910930/ccnn.
    """

    fork_fields = frozenset(["roi_pooling_param.pool"])

    num_bottoms = (2, 2)
    no_gradient_bottoms = (1,)
    pools_regions = True
    needs_float32 = True

    def __init__(self, spec: LayerSpec, x: Shape, rois: Shape):
        super().__init__(spec)
        self.height, self.width = read_size(spec, "pool")
        self.check = check_regions(spec, x, rois)
        param = spec.proto.roi_pooling_param
        self.scale = param.spatial_scale
        self.pad_ratio = param.pad_ratio
        self.averages = enum_name(param, "pool") == "AVE"

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        """Known without a forward, which takes seconds on meta tensors."""
        x, rois = bottoms
        return [(rois[0], x[1], self.height, self.width)]

    def forward(self, x: Tensor, rois: Tensor) -> Tensor:
        item, *corners = region_columns(rois, self.check, len(x))
        wide = [side * self.scale for side in grown(corners, self.pad_ratio)]
        bins = bins_of(x, wide, self.height, self.width)
        if self.averages:
            channel = torch.arange(x.shape[1], device=x.device)[:, None, None]
            return rectangle_mean(x, item, channel.expand(-1, self.height, self.width), bins)
        return rectangle_max(x, item, bins)

    def example_bottom(self, index: int, shapes: Sequence[Shape]) -> Tensor | None:
        return example_regions(shapes, self.scale) if index else None

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        if self.averages:
            raise self.spec.error("roi_pooling_param.pool", "is AVE; ONNX's MaxRoiPool has maxima "
                                  "alone")
        rois = flat_onnx(graph, bottoms[1])
        if self.pad_ratio:
            item = graph.cut(rois, 1, 0, 1)
            corners = [graph.cut(rois, 1, index, index + 1) for index in range(1, 5)]
            rois = graph.add("Concat", item, *grown_onnx(graph, corners, self.pad_ratio), axis=1)
        return [graph.add("MaxRoiPool", bottoms[0], rois, pooled_shape=[self.height, self.width],
                          spatial_scale=self.scale)]


@layer
class PSROIPooling(Layer):
    """Position-sensitive RoI pooling: the mean of each bin of each region over its own channel.

    Bottoms: x (N, output_dim * group_size^2, H, W); regions (R, 5): item, x1, y1, x2, y2 in
             pixels, no gradient.
    Top:     (R, output_dim, group_size, group_size); bin (i, j) of output d averages channel
             (d * group_size + i) * group_size + j; 0 where it is outside the map.
    `pad_ratio` (xujinchang/py-R-FCN-multiGPU) grows the regions on each side before all else.
    Errors:  SpecError for another number of channels, or a size of 0.
    Source:  R-FCN (daijifeng001/caffe-rfcn psroi_pooling_layer.cu), Intel, bottom-up-attention,
             cascade-rcnn; Dai et al. 2016.
    """

    fork_fields = frozenset(["psroi_pooling_param.pad_ratio"])

    num_bottoms = (2, 2)
    no_gradient_bottoms = (1,)
    pools_regions = True
    needs_float32 = True

    def __init__(self, spec: LayerSpec, x: Shape, rois: Shape):
        super().__init__(spec)
        honour(spec, "psroi_pooling_param", "spatial_scale output_dim group_size pad_ratio")
        self.check = check_regions(spec, x, rois)
        param = spec.proto.psroi_pooling_param
        check_sizes(spec, "psroi_pooling_param", "output_dim group_size")
        self.scale = param.spatial_scale
        self.num_outputs = param.output_dim
        self.size = param.group_size
        self.pad_ratio = param.pad_ratio
        check_channels(spec, x, self.num_outputs, self.size)

    def forward(self, x: Tensor, rois: Tensor) -> Tensor:
        item, *corners = region_columns(rois, self.check, len(x))
        x1, y1, x2, y2 = grown(corners, self.pad_ratio)
        left, top = round_half_away(x1) * self.scale, round_half_away(y1) * self.scale
        right = (round_half_away(x2) + 1) * self.scale
        bottom = (round_half_away(y2) + 1) * self.scale
        rows = bin_edges(top, (bottom - top).clamp(min=0.1), self.size, x.shape[2])
        columns = bin_edges(left, (right - left).clamp(min=0.1), self.size, x.shape[3])
        channel = torch.arange(x.shape[1], device=x.device)
        channel = channel.view(self.num_outputs, self.size, self.size)
        return rectangle_mean(x, item, channel, Bins(*rows, *columns))

    def example_bottom(self, index: int, shapes: Sequence[Shape]) -> Tensor | None:
        return example_regions(shapes, self.scale) if index else None

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        height, width = graph.shape(bottoms[0])[2:]
        item, *corners = columns_onnx(graph, bottoms[1])
        if self.pad_ratio:
            corners = list(grown_onnx(graph, corners, self.pad_ratio))
        x1, y1, x2, y2 = (rounded_onnx(graph, side) for side in corners)
        scale, one = graph.floats(self.scale), graph.floats(1.0)
        edges = []
        for first, last, limit in ((y1, y2, height), (x1, x2, width)):
            start = graph.add("Mul", first, scale)
            end = graph.add("Mul", graph.add("Add", last, one), scale)
            length = graph.add("Max", graph.add("Sub", end, start), graph.floats(0.1))
            edges.append(bin_edges_onnx(graph, start, length, self.size, limit))
        channel = torch.arange(self.num_outputs * self.size ** 2)
        channel = channel.view(self.num_outputs, self.size, self.size)
        return [rectangle_mean_onnx(graph, bottoms[0], item, channel, *edges)]
