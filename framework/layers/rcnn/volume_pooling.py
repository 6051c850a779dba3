"""RoI pooling in volumes."""

from __future__ import annotations

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.params import check_sizes, honour
from framework.layers.rcnn.volume_anchors import NUMBERS
from framework.ops.losses import precise
from framework.ops.regions import bin_edges, round_half_away

FIELDS = "pooled_l pooled_h pooled_w spatial_scale_xy spatial_scale_z"
AT_ONCE = 1 << 24       # values of the maps of as many regions as are pooled at once


@layer
class ROIPooling3D(Layer):
    """RoI pooling in volumes: the maximum of each bin; ROIPooling with `pooled_l`.

    Bottoms: x (N, C, L, H, W); regions (R, 7): item, x1, y1, z1, x2, y2, z2, no gradient.
    Top:     (R, C, pooled_l, pooled_h, pooled_w); 0 where a bin is outside the map, and for an item
             that is not in x, such as the -1 of a row without a region, for which the original
             reads beyond its memory. The first of equal maxima gets the gradient.
    x and y are multiplied by spatial_scale_xy, z by spatial_scale_z, and rounded to cells, both
    ends included; bins go from floor to ceil, so neighbours may overlap.
    Errors:  SpecError for other shapes, or a size of 0.
    Source:  ROIPoolingParameter; roi_pooling_layer.cu of superxuang/caffe_3d_faster_rcnn.
    """

    reads = ("roi_pooling_param",)
    fork_fields = frozenset(f"roi_pooling_param.{name}" for name in (
        "pooled_l", "spatial_scale_xy", "spatial_scale_z"))
    num_bottoms = (2, 2)
    no_gradient_bottoms = (1,)
    needs_float32 = True
    no_onnx_form = "regions in volumes have no operator"

    def __init__(self, spec: LayerSpec, x: Shape, regions: Shape):
        super().__init__(spec)
        honour(spec, "roi_pooling_param", FIELDS)
        check_sizes(spec, "roi_pooling_param", "pooled_l pooled_h pooled_w")
        param = spec.proto.roi_pooling_param
        self.bins = (param.pooled_l, param.pooled_h, param.pooled_w)
        self.scales = (param.spatial_scale_z, param.spatial_scale_xy, param.spatial_scale_xy)
        if len(x) != 5 or tuple(regions[1:]) != (NUMBERS + 1,):
            raise spec.error("bottom", f"has the shapes {tuple(x)} and {tuple(regions)}; they must "
                             "be (N, C, L, H, W) and (R, 7)")

    def forward(self, x: Tensor, regions: Tensor) -> Tensor:
        rows = precise(regions.detach())
        item = rows[:, 0].trunc().long()
        there = (item >= 0) & (item < x.shape[0])
        item = item.clamp(0, max(x.shape[0] - 1, 0))
        edges = [self._edges(rows, axis, x.shape[2 + axis]) for axis in range(3)]
        with torch.no_grad():
            step = max(AT_ONCE // max(x[0].numel(), 1), 1) if x.shape[0] else 1
            parts = [_first_maxima(x.detach()[item[start:start + step]],
                                   [(low[start:start + step], high[start:start + step])
                                    for low, high in edges])
                     for start in range(0, max(rows.shape[0], 1), step)]
            index = torch.cat(parts)                    # (R, C, bins), -1 in an empty bin
        channel = torch.arange(x.shape[1], device=x.device)[:, None, None, None]
        place = (item[:, None, None, None, None] * x.shape[1] + channel) * x[0, 0].numel()
        values = x.reshape(-1)[(place + index.clamp(min=0)).reshape(-1)].reshape(index.shape)
        return values.where((index >= 0) & there[:, None, None, None, None], 0)

    def _edges(self, rows: Tensor, axis: int, cells: int) -> tuple[Tensor, Tensor]:
        """First and one past the last cell (R, bins) along z, y or x."""
        low, high = (round_half_away(rows[:, column] * self.scales[axis])
                     for column in (3 - axis, 6 - axis))
        length = (high - low + 1).clamp(min=1)
        start, end = bin_edges(torch.zeros_like(low), length, self.bins[axis], 1 << 30)
        first = low.long()[:, None]
        return (start + first).clamp(0, cells), (end + first).clamp(0, cells)


def _first_maxima(x: Tensor, edges: list[tuple[Tensor, Tensor]]) -> Tensor:
    """Where in L H W the first of the largest values of each bin is, -1 in an empty bin.

    x      (R, C, L, H, W)
    edges  of the bins along each axis, (R, bins) twice
    Rows of cells come down to bins first, then columns, then slices: the first in each is the
    first in the order of the cells.
    """
    height, width = x.shape[3:]
    strides = (height * width, width, 1)
    index = torch.zeros(x.shape, dtype=torch.int64, device=x.device)
    empty = torch.zeros((), dtype=torch.bool, device=x.device)
    for axis in (2, 1, 0):
        low, high = edges[axis]
        values, places = [], []
        cells = x.shape[2 + axis]
        cell = torch.arange(cells, device=x.device)
        along = [1] * 5
        along[2 + axis] = cells
        of_regions = [x.shape[0], *along[1:]]
        for number in range(low.shape[1]):
            inside = (cell >= low[:, number, None]) & (cell < high[:, number, None])
            part = x.where(inside.reshape(of_regions), -torch.inf)
            most = part.amax(2 + axis, keepdim=True)
            there = torch.where(part == most, cell.reshape(along), cells)
            first = there.amin(2 + axis, keepdim=True).clamp(max=cells - 1)
            values.append(most)
            places.append(index.gather(2 + axis, first) + first * strides[axis])
        x, index = torch.cat(values, 2 + axis), torch.cat(places, 2 + axis)
        along[2 + axis] = low.shape[1]
        empty = empty | (high <= low).reshape(x.shape[0], *along[1:])
    return torch.where(empty, -1, index)
