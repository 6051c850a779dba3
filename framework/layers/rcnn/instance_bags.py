"""Multiple instance learning: the score of a bag from those of its instances, rows or cells."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import check_four_axes, honour
from framework.layers.region_rows import RegionRows
from framework.ops.losses import GivenSlopes
from framework.proto import enum_name


@layer
class MIL(RegionRows):
    """Multiple instance learning by max pooling: the largest score of each bag, for each class.

    Bottom: scores (N * context_per_roi, C) or (N * context_per_roi, C, 1, 1), bag after bag.
    Top:    (N, C, 1, 1).
    Each score that equals the largest gets the whole gradient, as in the original. Rows that fill
    no bag are left out.
    Errors: SpecError for other shapes, fewer rows than a bag has, and a context_per_roi of 0.
    Source: mil_layer.cpp of R*CNN's Caffe, as in liyantett's Joint-Local-and-Global-Information-
            Learning-with-Single-Apex-Frame-Detection; Gkioxari et al. 2015, eq. 1.
    """

    @classmethod
    def assumed_rows(cls, spec: LayerSpec) -> int:
        return spec.proto.mil_param.context_per_roi

    @classmethod
    def assumed_bottom(cls, spec: LayerSpec, index: int, bottoms: Sequence[Shape]
                       ) -> Shape | None:
        """A bag for each row, where there are too few."""
        rows, *others = bottoms[0]
        size = spec.proto.mil_param.context_per_roi
        return (rows * size, *others) if rows < size else None

    def __init__(self, spec: LayerSpec, scores: Shape):
        super().__init__(spec)
        honour(spec, "mil_param", "context_per_roi")
        self.size = spec.proto.mil_param.context_per_roi
        if self.size == 0:
            raise spec.error("mil_param.context_per_roi", "is missing or 0; it must be at least 1")
        if len(scores) < 2 or math.prod(scores[2:]) != 1 or scores[0] < self.size:
            raise spec.error("bottom", f"has the shape {tuple(scores)}; it must be (N, C), N at "
                             f"least context_per_roi, {self.size}")

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        return [(bottoms[0][0] // self.size, bottoms[0][1], 1, 1)]

    def forward(self, scores: Tensor) -> Tensor:
        num_bags = scores.shape[0] // self.size
        bags = scores[:num_bags * self.size].reshape(num_bags, self.size, scores.shape[1])
        values = bags.detach()
        largest = values.amax(1, keepdim=True)
        slopes = (values == largest).to(values.dtype)
        top: Tensor = GivenSlopes.apply(bags, slopes, largest)
        return top.reshape(num_bags, scores.shape[1], 1, 1)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        rows, classes = graph.shape(bottoms[0])[:2]
        if rows % self.size:
            raise self.spec.error("bottom", f"has {rows} rows, some of which fill no bag; the "
                                  "ONNX form takes whole bags only")
        bags = graph.reshape(bottoms[0], [-1, self.size, classes])
        largest = graph.reduce("ReduceMax", bags, [1], True)
        return [graph.reshape(largest, [-1, classes, 1, 1])]


@layer
class MapMIL(Layer):
    """Multiple instance learning over the cells of a map: their maximum, or their noisy or.

    Bottom: x (N, C, H, W); with NOR probabilities, outside of which the original ends.
    Top:    (N, C, 1, 1): MAX the maximum m, NOR the larger of m and 1 - prod(1 - p).
    Each cell that equals the maximum gets the whole gradient. That of NOR is the original's: the
    smaller of 1 and (1 - top) / (1 - p), and 1 where p is 1.
    Errors: SpecError for a bottom without four axes.
    Source: MILParameter and mil_layer.cpp of s-gupta/caffe, branch mil, which calls it MIL; Fang et
            al. 2015, eq. 1.
    """

    reads = ("mil_param",)
    fork_fields = frozenset(["mil_param.type"])

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "mil_param", "type")
        check_four_axes(spec, x)
        self.is_or = enum_name(spec.proto.mil_param, "type") == "NOR"

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        return [(*bottoms[0][:2], 1, 1)]

    def forward(self, x: Tensor) -> Tensor:
        values = x.detach()
        value = values.amax((2, 3), keepdim=True)
        if self.is_or:
            others = 1 - values
            absent = others.flatten(2).prod(2)[..., None, None]
            value = torch.maximum(1 - absent, value)
            slopes = ((1 - value) / others.where(others != 0, 1)).clamp(max=1)
            slopes = slopes.where(others != 0, 1)
        else:
            slopes = (values == value).to(values.dtype)
        top: Tensor = GivenSlopes.apply(x, slopes, value)
        return top

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        largest = graph.reduce("ReduceMax", bottoms[0], [2, 3], True)
        if not self.is_or:
            return [largest]
        others = graph.add("Sub", graph.floats(1.0), bottoms[0])
        absent = graph.reduce("ReduceProd", others, [2, 3], True)
        return [graph.add("Max", graph.add("Sub", graph.floats(1.0), absent), largest)]
