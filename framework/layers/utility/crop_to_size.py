"""Crop to sizes that the text gives: CropToSize."""

from __future__ import annotations

from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import canonical_axis, honour
from framework.layers.utility.shape import crop_offsets

ROWS = 2        # the axis that `height` is of


@layer
class CropToSize(Layer):
    """Crop to a height and a width, without a bottom that gives the size.

    Bottom: x.
    Top:    x from `offset` on: 0 if it is not given, one for all axes from `axis` on, or one for
            each; `height` cells of axis 2 and `weight` (so spelt) of each other one of them.
    Errors: SpecError for a wrong number of offsets, or a crop that goes beyond x.
    Source: crop_layer.cpp of southatsouth/GLAD, where the type is Crop.
    """

    reads = ("crop_param",)
    fork_fields = frozenset(["crop_param.height", "crop_param.weight"])

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "crop_param", "axis offset height weight")
        param = spec.proto.crop_param
        first = canonical_axis(spec, "crop_param.axis", param.axis, x)
        self.parts: list[tuple[int, int, int]] = []
        for axis, offset in enumerate(crop_offsets(spec, x, first), first):
            field = "height" if axis == ROWS else "weight"
            size = getattr(param, field)
            if size < 1 or offset + size > x[axis]:
                raise spec.error(f"crop_param.{field}", f"is {size} on axis {axis}; from the "
                                 f"offset {offset} the bottom has {max(x[axis] - offset, 0)}")
            self.parts.append((axis, offset, size))

    def forward(self, x: Tensor) -> Tensor:
        for axis, offset, size in self.parts:
            x = x.narrow(axis, offset, size)
        return x

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        x = bottoms[0]
        for axis, offset, size in self.parts:
            x = graph.cut(x, axis, offset, offset + size)
        return [x]
