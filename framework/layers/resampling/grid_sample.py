"""Sampling of a map at given points (GridSample)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import check_four_axes, honour
from framework.ops.losses import precise
from framework.proto import enum_name

NATIVE_OPSET = 16       # the first with an operator GridSample
RENAMED_OPSET = 20      # the first where its modes are linear and cubic
FARTHEST = 1e30         # a coordinate: times the size of a map it is still a float32


@layer
class GridSample(Layer):
    """Grid sampling (spatial transformer's sampler): values of a map at points of a second bottom.

    Bottoms: x (N, C, H, W); grid (N, h, w, 2), the points as x then y, -1 and 1 the outer edges of
             the map, or with `align_corners` the centres of its outer cells.
    Top:     y (N, C, h, w), interpolated by `mode`; outside the map by `padding`: zeros, the cells
             at the border, or the map mirrored there.
    Coordinates that are NaN count as -1.
    Both bottoms get a gradient (that of NEAREST is 0 for the grid).
    Errors:  SpecError for other shapes. BICUBIC has an ONNX form from opset 16 on.
    Source:  torch's grid_sample and ONNX's GridSample, which Jaderberg et al. 2015 is the first
             use of. No fork of Caffe has it under this name that we know.
    """

    num_bottoms = (2, 2)
    needs_float32 = True

    def __init__(self, spec: LayerSpec, x: Shape, grid: Shape):
        super().__init__(spec)
        honour(spec, "grid_sample_param", "mode padding align_corners")
        param = spec.proto.grid_sample_param
        self.mode = enum_name(param, "mode").lower()
        self.padding = enum_name(param, "padding").lower()
        self.align_corners = param.align_corners
        check_four_axes(spec, x, "bottom[0]")
        if len(grid) != 4 or grid[0] != x[0] or grid[3] != 2:
            raise spec.error("bottom[1]", f"has the shape {tuple(grid)}; the grid must be "
                             f"({x[0]}, h, w, 2)")

    def forward(self, x: Tensor, grid: Tensor) -> Tensor:
        wide = precise(x)
        points = grid.to(wide.dtype)
        # of NaN and what overflows, torch's loops of REFLECTION read outside of the memory
        points = torch.where(points.isnan(), -1, points).clamp(-FARTHEST, FARTHEST)
        return F.grid_sample(wide, points, self.mode, self.padding,
                             self.align_corners).to(x.dtype)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        if graph.opset >= NATIVE_OPSET:
            names = {"bilinear": "linear", "bicubic": "cubic"}
            mode = names.get(self.mode, self.mode) if graph.opset >= RENAMED_OPSET else self.mode
            return [graph.add("GridSample", *bottoms, mode=mode, padding_mode=self.padding,
                              align_corners=int(self.align_corners))]
        if self.mode == "bicubic":
            raise self.spec.error("grid_sample_param.mode", "is BICUBIC, which ONNX has from opset "
                                  "16 on; export with --opset 17")
        return [self._gathered(graph, *bottoms)]

    def _gathered(self, graph: OnnxGraph, x: str, grid: str) -> str:
        """As cells of the map in one row, gathered by index and weighted."""
        _, channels, height, width = graph.shape(x)
        rows, columns = graph.shape(grid)[1:3]
        row = graph.reshape(x, [0, channels, height * width])
        points = [self._point(graph, graph.cut(grid, 3, axis, axis + 1), size)
                  for axis, size in ((1, height), (0, width))]
        total = ""
        for y, y_weight in self._cells(graph, points[0]):
            for column, x_weight in self._cells(graph, points[1]):
                inside = graph.add("And", _within(graph, y, height), _within(graph, column, width))
                index = graph.add("Mul", _clipped(graph, y, height), graph.floats(float(width)))
                index = graph.add("Add", index, _clipped(graph, column, width))
                index = graph.reshape(graph.add("Cast", index, to=7), [0, 1, rows * columns])
                index = graph.add("Expand", index, graph.integers([1, channels, 1]))
                value = graph.add("GatherElements", row, index, axis=2)
                weight = graph.add("Mul", y_weight, x_weight)
                weight = graph.add("Where", inside, weight, graph.floats(0.0))
                weight = graph.reshape(weight, [0, 1, rows * columns])
                part = graph.add("Mul", value, weight)
                total = graph.add("Add", total, part) if total else part
        return graph.reshape(total, [0, channels, rows, columns])

    def _point(self, graph: OnnxGraph, point: str, size: int) -> str:
        """Coordinates from -1 ... 1 to cells of an axis, after the padding's rule."""
        cells = size - 1 if self.align_corners else size
        shift = (size - 1) / 2
        point = graph.add("Add", graph.add("Mul", point, graph.floats(cells / 2)),
                          graph.floats(shift))
        if self.padding == "reflection":
            low = 0.0 if self.align_corners else -0.5
            point = _mirrored(graph, point, low, float(cells))
        if self.padding != "zeros":
            point = _clipped(graph, point, size)
        return point

    def _cells(self, graph: OnnxGraph, point: str) -> list[tuple[str, str]]:
        """The cells along an axis that make the value, and the weight of each."""
        one = graph.floats(1.0)
        if self.mode == "nearest":
            return [(graph.add("Round", point), one)]
        before = graph.add("Floor", point)
        part = graph.add("Sub", point, before)
        return [(before, graph.add("Sub", one, part)), (graph.add("Add", before, one), part)]


def _clipped(graph: OnnxGraph, point: str, size: int) -> str:
    return graph.add("Clip", point, graph.floats(0.0), graph.floats(float(size - 1)))


def _within(graph: OnnxGraph, cell: str, size: int) -> str:
    """Whether a whole number is that of a cell."""
    return graph.add("And", graph.add("Greater", cell, graph.floats(-0.5)),
                     graph.add("Less", cell, graph.floats(size - 0.5)))


def _mirrored(graph: OnnxGraph, point: str, low: float, span: float) -> str:
    """Reflected at low and low + span, as often as it takes: a triangular wave."""
    if span == 0:
        return graph.add("Mul", point, graph.floats(0.0))
    far = graph.add("Abs", graph.add("Sub", point, graph.floats(low)))
    far = graph.add("Mod", far, graph.floats(2 * span), fmod=1)
    back = graph.add("Abs", graph.add("Sub", far, graph.floats(span)))
    return graph.add("Sub", graph.floats(low + span), back)
