"""Maps put together from regions (DRML), and a value spread over a map."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_reasons import UNWRITTEN
from framework.layers.params import honour


def _corners(spec: LayerSpec, field: str, count: int, size: Sequence[int], area: Sequence[int]
             ) -> list[tuple[int, int]]:
    """Row and column of each region; SpecError for another number, or one beyond the area."""
    param = getattr(spec.proto, field)
    for name in ("xcoord", "ycoord"):
        if len(getattr(param, name)) < count:
            raise spec.error(f"{field}.{name}", f"is given {len(getattr(param, name))} times; "
                             f"there are {count} regions")
    corners = list(zip(param.ycoord[:count], param.xcoord[:count], strict=True))
    for row, column in corners:
        if not (0 <= row <= area[0] - size[0] and 0 <= column <= area[1] - size[1]):
            raise spec.error(f"{field}.ycoord", f"and xcoord are {row} and {column} of a region of "
                             f"{size[0]} x {size[1]}, which goes beyond {area[0]} x {area[1]}")
    return corners


@layer
class Splice(Layer):
    """Put maps of one size side by side, in a square of them.

    Bottoms: S maps (N, C, h, w). Top: (N, C, floor(sqrt(S) h), floor(sqrt(S) w)), map i from row
             ycoord and column xcoord on, a later one over an earlier, 0 where there is none.
    Errors:  SpecError for maps of other shapes, or beyond the top.
    Source:  SpliceParameter; splice.cpp of zkl20061823/DRML, whose CPU code writes other channels
             for all items but the first; Zhao et al. 2016.
    """

    num_bottoms = (1, None)
    no_onnx_form = UNWRITTEN

    def __init__(self, spec: LayerSpec, *maps: Shape):
        super().__init__(spec)
        honour(spec, "splice_param", "xcoord ycoord")
        if len({tuple(shape) for shape in maps}) > 1 or len(maps[0]) != 4:
            raise spec.error("bottom", f"has the shapes {[tuple(shape) for shape in maps]}; they "
                             "must be the same (N, C, H, W)")
        self.area = [math.floor(size * math.sqrt(len(maps))) for size in maps[0][2:]]
        self.corners = _corners(spec, "splice_param", len(maps), maps[0][2:], self.area)

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        return [(*bottoms[0][:2], *self.area)]

    def forward(self, *maps: Tensor) -> Tensor:
        num, channels, height, width = maps[0].shape
        top = maps[0].new_zeros(num, channels, *self.area)
        for one, (row, column) in zip(maps, self.corners, strict=True):
            rows = torch.arange(row, row + height, device=top.device)
            part = top.index_select(2, rows)
            columns = torch.arange(column, column + width, device=top.device)
            top = top.index_copy(2, rows, part.index_copy(3, columns, one))
        return top


@layer
class Duplicate(Layer):
    """Spread one value for each channel over a map.

    Bottom: x (N, C) or (N, C, 1, 1). Top: (N, C, height, width).
    Errors: SpecError for more values, or a size of 0.
    Source: DuplicateParameter; duplicate_layer.cu of SSAW14/LearnableDilationNetwork (its CPU code
            leaves the top as it was).
    """

    no_onnx_form = UNWRITTEN

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "duplicate_param", "height width")
        param = spec.proto.duplicate_param
        self.size = (param.height, param.width)
        if 0 in self.size or math.prod(x) != math.prod(x[:2]) or len(x) < 2:
            raise spec.error("duplicate_param.height", f"and width are {param.height} and "
                             f"{param.width}; they must be at least 1, and the bottom {tuple(x)} "
                             "one value for each channel")

    def forward(self, x: Tensor) -> Tensor:
        return x.reshape(*x.shape[:2], 1, 1).expand(-1, -1, *self.size).clone()
