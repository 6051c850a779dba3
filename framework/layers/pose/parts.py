"""Fixed parts of the plane: Division cuts them out, Combination puts them together."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import check_four_axes, honour


def _corners(spec: LayerSpec, field: str, xs: Sequence[int], ys: Sequence[int], wanted: int
             ) -> list[tuple[int, int]]:
    """Left and upper edge of each part; SpecError unless there is a pair for each."""
    for name, given in (("xcoord", xs), ("ycoord", ys)):
        if len(given) < wanted:
            raise spec.error(f"{field}.{name}", f"is given {len(given)} times; it must be "
                             f"{wanted}, one for each part")
    return list(zip(xs, ys, strict=False))[:wanted]


@layer
class Division(Layer):
    """Cut fixed rectangles out of the plane, one for each top.

    Bottom: x (N, C, H, W).
    Tops:   (N, C, height, width): the rectangle from `xcoord` and `ycoord` on, a pair for each top.
    Errors: SpecError if a pair is missing, or a rectangle is empty or outside the plane.
    Source: division_layer.cpp of ZhiwenShao/JAANet (where a value is in two rectangles, the
            original's gradient is that of the last; here it is the sum).
    """

    num_tops = (1, None)

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "division_param", "width height xcoord ycoord")
        param = spec.proto.division_param
        check_four_axes(spec, x)
        self.height, self.width = param.height, param.width
        self.corners = _corners(spec, "division_param", param.xcoord, param.ycoord, len(spec.tops))
        if min(self.height, self.width) < 1:
            raise spec.error("division_param", "gives no height and width")
        for index, (left, upper) in enumerate(self.corners):
            if left + self.width > x[3] or upper + self.height > x[2]:
                raise spec.error(f"division_param.xcoord[{index}]", f"{left} and ycoord {upper} "
                                 f"begin a part of {self.width} x {self.height}, which ends "
                                 f"outside the plane of {x[3]} x {x[2]}")

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        return tuple(x[:, :, upper:upper + self.height, left:left + self.width]
                     for left, upper in self.corners)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        return [graph.cut(graph.cut(bottoms[0], 2, upper, upper + self.height), 3, left,
                          left + self.width) for left, upper in self.corners]


@layer
class Combination(Layer):
    """Put parts together in a plane: the inverse of Division.

    Bottoms: parts (N, C, h, w), which may differ in size.
    Top:     (N, C, H, W): each part from its `xcoord` and `ycoord` on, a later one over an earlier;
             0 where there is none. The last part ends at H and W.
    Errors:  SpecError if a pair is missing, the parts differ in N or C, or one is outside.
    Source:  combination_layer.cpp of ZhiwenShao/JAANet (where parts overlap, the original's
             gradient reaches both; here it reaches the part that shows).
    """

    num_bottoms = (1, None)

    def __init__(self, spec: LayerSpec, *bottoms: Shape):
        super().__init__(spec)
        honour(spec, "combination_param", "xcoord ycoord")
        param = spec.proto.combination_param
        self.corners = _corners(spec, "combination_param", param.xcoord, param.ycoord,
                                len(bottoms))
        for name, shape in zip(spec.bottoms, bottoms, strict=True):
            if len(shape) != 4 or shape[:2] != bottoms[0][:2]:
                raise spec.error("bottom", f"'{name}' has the shape {tuple(shape)}; all must be "
                                 f"(N, C, h, w) with N and C of the first, {tuple(bottoms[0])}")
        left, upper = self.corners[-1]
        self.height, self.width = upper + bottoms[-1][2], left + bottoms[-1][3]
        for index, ((left, upper), shape) in enumerate(zip(self.corners, bottoms, strict=True)):
            if left + shape[3] > self.width or upper + shape[2] > self.height:
                raise spec.error(f"combination_param.xcoord[{index}]", f"{left} and ycoord {upper} "
                                 f"begin a part of {shape[3]} x {shape[2]}, which ends outside the "
                                 f"plane of {self.width} x {self.height}, where the last part ends")

    def _margins(self, left: int, upper: int, shape: Sequence[int]) -> tuple[int, int, int, int]:
        """Left, right, upper and lower."""
        return left, self.width - left - shape[3], upper, self.height - upper - shape[2]

    def forward(self, *bottoms: Tensor) -> Tensor:
        top: Tensor | None = None
        for (left, upper), part in zip(self.corners, bottoms, strict=True):
            margins = self._margins(left, upper, part.shape)
            wide = torch.nn.functional.pad(part, margins)
            if top is None:
                top = wide
                continue
            inside = torch.nn.functional.pad(part.new_ones(part.shape[2:]), margins) > 0
            top = torch.where(inside, wide, top)
        assert top is not None
        return top

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        top = ""
        for (left, upper), part in zip(self.corners, bottoms, strict=True):
            shape = graph.shape(part)
            before_x, after_x, before_y, after_y = self._margins(left, upper, shape)
            wide = graph.add("Pad", part, graph.integers([0, 0, before_y, before_x,
                                                          0, 0, after_y, after_x]))
            if not top:
                top = wide
                continue
            inside = torch.zeros(self.height, self.width, dtype=torch.bool)
            inside[upper:upper + shape[2], left:left + shape[3]] = True
            top = graph.add("Where", graph.add("Cast", graph.floats(inside.float()), to=9), wide,
                            top)
        return [top]
