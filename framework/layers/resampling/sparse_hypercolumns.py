"""Hypercolumns at given points: features of several maps, and whole numbers for the points."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.flow.optical_flow import bilinear
from framework.layers.onnx_reasons import UNWRITTEN
from framework.layers.params import honour

INSIDE = 1.0001     # how far from the size of a map a point stays


@layer
class SparseHypercolumnExtractor(Layer):
    """Hypercolumns: bilinear samples of all feature maps at the given points.

    Bottoms: points (N, P, 2, ...), y and x, no gradient; maps (N, C, h, w).
    Top:     columns (N * P, sum of C), the points of an item side by side. Of map i the point is at
             (y - offset_height) / scale, (x - offset_width) / scale of it, moved inside, and its
             samples are multiplied by activation_mult, 1 where fewer are given.
    Errors:  SpecError for other shapes, or another number of scales or offsets than maps.
    Source:  SparseHypercolumnExtractorParameter; sparse_hypercolumn_extractor_layer.cpp of
             XiaohangZhan/mix-and-match and gustavla/autocolorize; Larsson et al. 2016.
    """

    no_onnx_form = UNWRITTEN
    num_bottoms = (2, None)
    no_gradient_bottoms = (0,)

    def __init__(self, spec: LayerSpec, points: Shape, *maps: Shape):
        super().__init__(spec)
        name = "sparse_hypercolumn_extractor_param"
        honour(spec, name, "scale offset_height offset_width activation_mult")
        param = getattr(spec.proto, name)
        if len(points) < 3 or points[2] != 2 or math.prod(points[3:]) != 1 or any(
                len(x) != 4 or x[0] != points[0] for x in maps):
            raise spec.error("bottom", f"has the shapes {tuple(points)} and {list(maps)}; they "
                             "must be (N, P, 2) and (N, C, h, w)")
        for field in ("scale", "offset_height", "offset_width"):
            if len(getattr(param, field)) != len(maps):
                raise spec.error(f"{name}.{field}", f"is given {len(getattr(param, field))} "
                                 f"times; there are {len(maps)} maps")
        if not all(param.scale):
            raise spec.error(f"{name}.scale", "is 0; it must not be")
        factors = [*param.activation_mult, *[1.0] * len(maps)]
        self.places = list(zip(param.scale, param.offset_height, param.offset_width,
                               factors[:len(maps)], strict=True))

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        points, *maps = bottoms
        return [(points[0] * points[1], sum(x[1] for x in maps))]

    def forward(self, *bottoms: Tensor) -> Tensor:
        points, maps = bottoms[0].detach().flatten(2), bottoms[1:]
        columns = []
        for x, (scale, offset_y, offset_x, factor) in zip(maps, self.places, strict=True):
            height, width = x.shape[2:]
            rows = ((points[..., 0] - offset_y) / scale).clamp(0, max(height - INSIDE, 0))
            across = ((points[..., 1] - offset_x) / scale).clamp(0, max(width - INSIDE, 0))
            sample = bilinear(x, rows[:, None], across[:, None]).squeeze(2).to(x.dtype)
            columns.append(sample.transpose(1, 2).flatten(0, 1) * factor)
        return torch.cat(columns, 1)


@layer
class StripDecimals(Layer):
    """Whole numbers: what is after the decimal point is cut off. No gradient.

    Bottom: x (...). Top: as x.
    Source: strip_decimals_layer.cpp of XiaohangZhan/mix-and-match.
    """

    no_onnx_form = UNWRITTEN
    keeps_shape = True
    pointwise = True
    no_gradient_bottoms = (0,)

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)

    def forward(self, x: Tensor) -> Tensor:
        return x.detach().trunc()
