"""RotateROIPooling: the largest value in each bin of regions that are turned (RRPN)."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.index_check import IndexCheck
from framework.layers.params import check_sizes, honour
from framework.ops.losses import precise

PI = 3.1415926535       # as the original writes it
LARGEST = 1 << 24       # values that are looked at together


@layer
class RotateROIPooling(Layer):
    """RoI max pooling of turned regions: the largest value in each bin, and at least 0.

    Bottoms: x (N, C, H, W); regions (R, 6): item, x and y of the centre, height and width in
             pixels, and the angle in degrees, counter-clockwise; im_info, height and width of the
             image first, beyond which nothing is read. The last two get no gradient.
    Top:     (R, C, pooled_h, pooled_w): of the cells whose position is in the bin, times
             spatial_scale; 0 where there is none.
    Errors:  SpecError for other shapes or a size of 0; DataError for an item that is not there.
    Source:  RotateROIPoolingParameter; rotate_roi_pooling_layer.cu of mjq11302010044/RRPN (its .cpp
             rounds the image's size).
    """

    reads = ("rotate_pooling_param",)
    num_bottoms = (3, 3)
    no_gradient_bottoms = (1, 2)
    needs_float32 = True
    no_onnx_form = "it pools regions that are turned"

    def __init__(self, spec: LayerSpec, x: Shape, regions: Shape, info: Shape):
        super().__init__(spec)
        honour(spec, "rotate_pooling_param", "pooled_h pooled_w spatial_scale")
        check_sizes(spec, "rotate_pooling_param", "pooled_h pooled_w")
        param = spec.proto.rotate_pooling_param
        if len(x) != 4 or len(regions) < 2 or math.prod(regions[1:]) != 6 or math.prod(info) < 2:
            raise spec.error("bottom", f"has the shapes {tuple(x)}, {tuple(regions)} and "
                             f"{tuple(info)}; they must be (N, C, H, W), (R, 6) and (1, 3)")
        self.height, self.width = param.pooled_h, param.pooled_w
        self.scale = param.spatial_scale
        self.check = IndexCheck(spec, 1, regions[:1], what=f"items of '{spec.bottoms[0]}'",
                                unit="region")

    @classmethod
    def assumed_bottom(cls, spec: LayerSpec, index: int, bottoms: object) -> Shape | None:
        return (1, 6) if index == 1 else (1, 3) if index == 2 else None

    def forward(self, x: Tensor, regions: Tensor, info: Tensor) -> Tensor:
        rows = precise(regions.detach()).flatten(1)
        item = self.check(rows[:, 0], x.shape[0])
        bins = self._bins(rows, precise(info.detach()).flatten(), x.shape[2], x.shape[3])
        step = max(LARGEST // max(x[0].numel(), 1), 1)
        tops = [self._pooled(x, item[first:first + step], bins[first:first + step])
                for first in range(0, max(len(rows), 1), step)]
        return torch.cat(tops).reshape(-1, x.shape[1], self.height, self.width)

    def _bins(self, rows: Tensor, info: Tensor, height: int, width: int) -> Tensor:
        """The number of the bin of each cell (R, H * W); height * width of bins for none."""
        y = torch.arange(height, device=rows.device)[:, None].expand(height, width).flatten()
        x = torch.arange(width, device=rows.device).repeat(height)
        inside = (x < (info[1] * self.scale).long()) & (y < (info[0] * self.scale).long())
        _, cx, cy, tall, wide, angle = rows[:, :, None].unbind(1)
        angle = angle / 180 * PI
        dx, dy = x - cx * self.scale, y - cy * self.scale
        along = (angle.cos() * dx - angle.sin() * dy) / (wide * self.scale) + 0.5
        down = (angle.sin() * dx + angle.cos() * dy) / (tall * self.scale) + 0.5
        column, row = (along * self.width).floor(), (down * self.height).floor()
        inside = inside & (column >= 0) & (column < self.width) & (row >= 0) & (row < self.height)
        return torch.where(inside, row * self.width + column, self.height * self.width).long()

    def _pooled(self, x: Tensor, item: Tensor, bins: Tensor) -> Tensor:
        """The largest value (r, C, bins), of the first cell of equal ones."""
        values = x.flatten(2)[item]
        places = bins[:, None].expand_as(values)
        with torch.no_grad():
            size = (*values.shape[:2], self.height * self.width + 1)
            largest = values.new_zeros(size).scatter_reduce(2, places, values, "amax")
            is_largest = (values == largest.gather(2, places)) & (values > 0)
            cell = torch.arange(values.shape[2], device=x.device).expand_as(values)
            cell = cell.masked_fill(~is_largest, values.shape[2])
            first = torch.full(size, values.shape[2], device=x.device).scatter_reduce(
                2, places, cell, "amin")[..., :-1]
        found = first < values.shape[2]
        return values.gather(2, first.where(found, 0)).where(found, 0)
