"""Bilinear values of maps at points that a bottom gives: PointBilinear, FlowWarping."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.index_check import IndexCheck
from framework.layers.onnx_reasons import UNWRITTEN
from framework.layers.params import check_four_axes, honour


@layer
class PointBilinear(Layer):
    """Bilinear sampling of a map at a list of points.

    Bottoms: x (N, C, H, W); points (P, 2), x and y in pixels of the image, `ratio` of which is a
             cell; if wanted the item of each point, P numbers or more (without it: item 0).
    Top:     (P, C, 1, 1); a point outside of the map reads the cell at its border.
    Errors:  SpecError for a ratio that is not above 0, and bottoms of other shapes.
    Source:  PointBilinearParameter; point_bilinear_layer.cpp of tonghe90/textspotter, which writes
             the gradient of a point to that of others, and without `ratio`; here it is the
             derivative.
    """

    num_bottoms = (2, 3)
    no_gradient_bottoms = (2,)
    needs_float32 = True
    no_onnx_form = UNWRITTEN

    def __init__(self, spec: LayerSpec, x: Shape, points: Shape, *items: Shape):
        super().__init__(spec)
        honour(spec, "point_bilinear_param", "ratio")
        self.ratio = spec.proto.point_bilinear_param.ratio
        if not 0 < self.ratio < math.inf:
            raise spec.error("point_bilinear_param.ratio", f"is {self.ratio:g}; it must be above 0")
        check_four_axes(spec, x, "bottom[0]")
        if len(points) < 2 or points[1] != 2 or math.prod(points) != 2 * points[0]:
            raise spec.error("bottom[1]", f"has the shape {tuple(points)}; it must be (P, 2), x "
                             "and y of each point")
        if items and math.prod(items[0]) < points[0]:
            raise spec.error("bottom[2]", f"has the shape {tuple(items[0])}; it must hold the item "
                             f"of each of {points[0]} points")
        if items:
            self.check = IndexCheck(spec, 2, items[0], x[0], what="items of the map", unit="point")

    def forward(self, x: Tensor, points: Tensor, *items: Tensor) -> Tensor:
        height, width = x.shape[2:]
        spots = points.reshape(-1, 2).to(x.dtype) * self.ratio
        columns = spots[:, 0].clamp(0, width - 1)
        rows = spots[:, 1].clamp(0, height - 1)
        if items:
            item = self.check(items[0], x.shape[0]).flatten()[:spots.shape[0]]
        else:
            item = torch.zeros_like(columns, dtype=torch.long)
        return _read(x, item, rows, columns, extends=True)[:, :, None, None]


@layer
class FlowWarping(Layer):
    """Warping of maps by a displacement: y at a cell is x where the displacement leads from there.

    Bottoms: x (N, C, H, W); displacement (N, 2, H, W), in cells, down and then to the right.
    Top:     as x, read bilinearly: each of the four cells around the point that is in the map
             counts by its share. The first of them is the point cut towards 0, so that up to a
             cell outside on the upper and left sides the shares are 1 - d and d with d below 0.
    Errors:  SpecError for other shapes.
    Source:  flow_warping_layer.cu of AmirooR/caffe_video_segmentation.
    """

    num_bottoms = (2, 2)
    needs_float32 = True
    no_onnx_form = UNWRITTEN

    def __init__(self, spec: LayerSpec, x: Shape, displacement: Shape):
        super().__init__(spec)
        if len(x) != 4 or tuple(displacement) != (x[0], 2, *x[2:]):
            raise spec.error("bottom", f"has the shapes {tuple(x)} and {tuple(displacement)}; they "
                             "must be (N, C, H, W) and (N, 2, H, W)")

    def forward(self, x: Tensor, displacement: Tensor) -> Tensor:
        num, channels, height, width = x.shape
        moved = displacement.to(x.dtype)
        rows = torch.arange(height, device=x.device, dtype=x.dtype)[:, None] + moved[:, 0]
        columns = torch.arange(width, device=x.device, dtype=x.dtype) + moved[:, 1]
        item = torch.arange(num, device=x.device)[:, None, None].expand(-1, height, width)
        top = _read(x, item.flatten(), rows.flatten(), columns.flatten(), extends=False)
        return top.reshape(num, height, width, channels).permute(0, 3, 1, 2)


def _read(x: Tensor, item: Tensor, rows: Tensor, columns: Tensor, extends: bool) -> Tensor:
    """Bilinear values (P, C) of maps x (N, C, H, W) at P points, each cell counting by its share.

    item           (P,) int64: which of the maps
    rows, columns  (P,) in cells; the first cell of a point is cut towards 0
    extends        whether a cell outside of the map is that at its border; else it is 0
    """
    height, width = x.shape[2:]
    # a point that is NaN has a cell, and shows in the share
    first_row, first_column = rows.detach().trunc(), columns.detach().trunc()
    down, along = (rows - first_row)[:, None], (columns - first_column)[:, None]

    def cell(below: int, right: int) -> Tensor:
        row = first_row.nan_to_num(0).clamp(-2, height).long() + below
        column = first_column.nan_to_num(0).clamp(-2, width).long() + right
        found = x[item, :, row.clamp(0, height - 1), column.clamp(0, width - 1)]
        if extends:
            return found
        inside = (row >= 0) & (row < height) & (column >= 0) & (column < width)
        return torch.where(inside[:, None], found, 0)

    upper = cell(0, 0) * (1 - along) + cell(0, 1) * along
    lower = cell(1, 0) * (1 - along) + cell(1, 1) * along
    return upper * (1 - down) + lower * down
