"""MultiROIPooling: windows of the map around points, as patches around facial landmarks."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.params import check_sizes, honour
from framework.ops.regions import round_half_away


@layer
class MultiROIPooling(Layer):
    """Patches around points: a window of fixed size of each item's map, around each of its points.

    Bottoms: x (N, C, H, W); points (N, K, 2): x and y in pixels, no gradient.
    Tops:    top_num of (N, C, pooled_h, pooled_w), one for each of the first points. A window
             starts at round(point * spatial_scale - size / 2), the half rounded down; it is 0
             outside the map.
    Errors:  SpecError for another number of tops, too few points, or a size of 0.
    Source:  multi_roi_pooling_layer.cu of mysee1989/PG-CNN.
    """

    num_bottoms = (2, 2)
    num_tops = (1, None)
    no_gradient_bottoms = (1,)
    needs_float32 = True
    no_onnx_form = "its windows start where the points are, which no operator takes"

    def __init__(self, spec: LayerSpec, x: Shape, points: Shape):
        super().__init__(spec)
        honour(spec, "multi_roi_pooling_param", "pooled_h pooled_w spatial_scale top_num")
        param = spec.proto.multi_roi_pooling_param
        check_sizes(spec, "multi_roi_pooling_param", "pooled_h pooled_w")
        if param.top_num != len(spec.tops):
            raise spec.error("multi_roi_pooling_param.top_num", f"is {param.top_num}; the layer "
                             f"has {len(spec.tops)} tops")
        if len(x) != 4 or points[:1] != x[:1] or math.prod(points[1:]) < 2 * param.top_num:
            raise spec.error("bottom", f"has the shapes {tuple(x)} and {tuple(points)}; they must "
                             f"be (N, C, H, W) and (N, K, 2) with K at least {param.top_num}")
        self.height, self.width = param.pooled_h, param.pooled_w
        self.scale = param.spatial_scale

    def forward(self, x: Tensor, points: Tensor) -> tuple[Tensor, ...]:
        places = points.detach().flatten(1)
        places = places.to(torch.promote_types(places.dtype, torch.float32)) * self.scale
        item = torch.arange(len(x), device=x.device)[:, None, None]
        tops = []
        for index in range(len(self.spec.tops)):
            columns, fits_x = _window(places[:, 2 * index], self.width, x.shape[3])
            rows, fits_y = _window(places[:, 2 * index + 1], self.height, x.shape[2])
            fits = fits_y[:, :, None] & fits_x[:, None, :]
            patch = x[item, :, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)
            tops.append(patch.masked_fill(~fits[:, None], 0))
        return tuple(tops)


def _window(center: Tensor, size: int, limit: int) -> tuple[Tensor, Tensor]:
    """The cells (N, size) of an axis around each center, cut to the map, and which were in it."""
    start = round_half_away(center - size // 2)
    cells = start[:, None] + torch.arange(size, device=center.device)
    fits = (cells >= 0) & (cells < limit)
    return cells.clamp(0, limit - 1).nan_to_num(0).long(), fits
