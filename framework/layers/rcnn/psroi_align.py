"""Position-sensitive RoI align: bilinear samples, each bin of its own channel."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import check_sizes, honour
from framework.layers.rcnn.regions import (
    check_channels,
    check_regions,
    check_samples,
    example_regions,
    region_columns,
)
from framework.layers.rcnn.regions_onnx import INT64, columns_onnx

SMALLEST = 0.1          # cells: the least height and width of a region


@layer
class PSROIAlign(Layer):
    """Position-sensitive RoI align: the mean of bilinear samples in each bin, of its own channel.

    Bottoms: x (N, output_dim * group_size^2, H, W); regions (R, 5): item, x1, y1, x2, y2 in
             pixels, no gradient.
    Top:     (R, output_dim, group_size, group_size); bin (i, j) of output d reads channel
             (d * group_size + i) * group_size + j.
    A region goes from x1 to x2 + 1, times spatial_scale, and has group_size^2 equal bins. A bin,
    cut to 0 ... H - 1 and 0 ... W - 1, has sample_num samples on each axis, a (sample_num + 1)-th
    of the whole bin apart. Those at or after its end add 0 to the mean.
    Errors:  SpecError for another number of channels, or a size of 0.
    Source:  psroi_align_layer.cu of afantideng/R-FCN-PSROIAlign.
    """

    num_bottoms = (2, 2)
    no_gradient_bottoms = (1,)
    pools_regions = True
    needs_float32 = True

    def __init__(self, spec: LayerSpec, x: Shape, rois: Shape):
        super().__init__(spec)
        honour(spec, "psroi_align_param", "spatial_scale output_dim group_size sample_num")
        self.check = check_regions(spec, x, rois)
        param = spec.proto.psroi_align_param
        check_sizes(spec, "psroi_align_param", "output_dim group_size sample_num")
        check_samples(spec, "psroi_align_param.sample_num", param.sample_num)
        self.scale = param.spatial_scale
        self.num_outputs = param.output_dim
        self.size = param.group_size
        self.samples = param.sample_num
        check_channels(spec, x, self.num_outputs, self.size)

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        return [(bottoms[1][0], self.num_outputs, self.size, self.size)]

    def forward(self, x: Tensor, rois: Tensor) -> Tensor:
        item, x1, y1, x2, y2 = region_columns(rois, self.check, len(x))
        num_channels, high, wide = x.shape[1:]
        rows, row_weights = self._taps(y1, y2, high)
        columns, column_weights = self._taps(x1, x2, wide)
        channel = torch.arange(num_channels, device=x.device)
        channel = channel.view(self.num_outputs, self.size, self.size)
        plane = item[:, None, None, None] * num_channels + channel
        cell = rows[:, None, :, None, :, None] * wide + columns[:, None, None, :, None, :]
        index = plane[..., None, None] * (high * wide) + cell
        weights = row_weights[:, None, :, None, :, None] \
            * column_weights[:, None, None, :, None, :]
        return (x.reshape(-1)[index] * weights.to(x.dtype)).sum((-2, -1))

    def _taps(self, first: Tensor, last: Tensor, limit: int) -> tuple[Tensor, Tensor]:
        """The cells that each bin of an axis reads, (R, bins, 2 * samples), and their weights.

        first, last  (R,): in pixels
        limit        the cells of the axis
        """
        start = first * self.scale
        size = ((last + 1) * self.scale - start).clamp(min=SMALLEST) / self.size
        bins = torch.arange(self.size, device=first.device, dtype=start.dtype)
        low, end = ((start[:, None] + (bins + more) * size[:, None]).clamp(0, limit - 1)
                    for more in (0, 1))
        steps = torch.arange(1, self.samples + 1, device=first.device, dtype=start.dtype)
        point = low[..., None] + steps * (size / (self.samples + 1))[:, None, None]
        inside = point < end[..., None]
        before = point.clamp(max=limit - 1).nan_to_num(0).floor()
        after = (before + 1).clamp(max=limit - 1)
        part = (point - before).clamp(0, 1)
        weights = torch.stack([1 - part, part], -1) / self.samples
        weights = torch.where(inside[..., None], weights, 0)
        cells = torch.stack([before, after], -1).long()
        shape = (len(first), self.size, 2 * self.samples)
        return cells.reshape(shape), weights.reshape(shape)

    def example_bottom(self, index: int, shapes: Sequence[Shape]) -> Tensor | None:
        return example_regions(shapes, self.scale) if index else None

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        num_channels, high, wide = graph.shape(bottoms[0])[1:]
        item, x1, y1, x2, y2 = columns_onnx(graph, bottoms[1])
        rows, row_weights = self._taps_onnx(graph, y1, y2, high)
        columns, column_weights = self._taps_onnx(graph, x1, x2, wide)
        taps = 2 * self.samples
        by_row, by_column = [-1, 1, self.size, 1, taps, 1], [-1, 1, 1, self.size, 1, taps]
        channel = torch.arange(num_channels).view(1, self.num_outputs, self.size, self.size, 1, 1)
        plane = graph.add("Add", graph.add("Mul", graph.reshape(item, [-1, 1, 1, 1, 1, 1]),
                                           graph.integers(num_channels)), graph.integers(
                                               channel.tolist()))
        cell = graph.add("Add", graph.add("Mul", graph.reshape(rows, by_row),
                                          graph.integers(wide)),
                         graph.reshape(columns, by_column))
        index = graph.add("Add", graph.add("Mul", plane, graph.integers(high * wide)), cell)
        values = graph.add("Gather", graph.reshape(bottoms[0], [-1]), index, axis=0)
        weights = graph.add("Mul", graph.reshape(row_weights, by_row),
                            graph.reshape(column_weights, by_column))
        return [graph.reduce("ReduceSum", graph.add("Mul", values, weights), [4, 5], False)]

    def _taps_onnx(self, graph: OnnxGraph, first: str, last: str, limit: int) -> tuple[str, str]:
        """As _taps; cells and weights (R, bins, samples, 2)."""
        scale = graph.floats(self.scale)
        start = graph.reshape(graph.add("Mul", first, scale), [-1, 1, 1])
        end = graph.add("Mul", graph.add("Add", last, graph.floats(1.0)), scale)
        length = graph.add("Sub", graph.reshape(end, [-1, 1, 1]), start)
        size = graph.add("Div", graph.add("Max", length, graph.floats(SMALLEST)),
                         graph.floats(float(self.size)))
        edges = []
        for more in (0, 1):
            bins = (torch.arange(self.size).float() + more)[:, None]
            edge = graph.add("Add", start, graph.add("Mul", size, graph.floats(bins)))
            edges.append(graph.add("Clip", edge, graph.floats(0.0),
                                   graph.floats(float(limit - 1))))
        steps = torch.arange(1, self.samples + 1).float() / (self.samples + 1)
        point = graph.add("Add", edges[0], graph.add("Mul", size, graph.floats(steps)))
        inside = graph.add("Less", point, edges[1])
        top = graph.floats(float(limit - 1))
        before = graph.add("Floor", graph.add("Min", point, top))
        after = graph.add("Min", graph.add("Add", before, graph.floats(1.0)), top)
        part = graph.add("Clip", graph.add("Sub", point, before), graph.floats(0.0),
                         graph.floats(1.0))
        share = graph.add("Div", graph.add("Cast", inside, to=1),
                          graph.floats(float(self.samples)))
        part = graph.add("Mul", part, share)
        joined = []
        for pair in ((before, after), (graph.add("Sub", share, part), part)):
            both = [graph.add("Unsqueeze", one, graph.integers([3])) for one in pair]
            joined.append(graph.add("Concat", *both, axis=3))
        return graph.add("Cast", joined[0], to=INT64), joined[1]
