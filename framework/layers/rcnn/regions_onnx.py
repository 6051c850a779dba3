"""Region proposals and RoI pooling as ONNX operators; the number of regions is that of the data."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from framework.layers.onnx_graph import OnnxGraph
from framework.layers.ssd.detection_onnx import LOWEST, kept_onnx

DOUBLE, FLOAT, INT64 = 11, 1, 7     # TensorProto.DataType


def flat_onnx(graph: OnnxGraph, x: str) -> str:
    """x (R, ...) as (R, K)."""
    return x if len(graph.shape(x)) == 2 else graph.add("Flatten", x, axis=1)


def product(graph: OnnxGraph, x: str, axis: int) -> str:
    """The product of the two numbers along an axis, which remains, of size 1."""
    return graph.add("Mul", graph.cut(x, axis, 0, 1), graph.cut(x, axis, 1, 2))


def adjusted_onnx(graph: OnnxGraph, moves: str, mean: Sequence[float], deviation: Sequence[float]
                  ) -> str:
    """Offsets (..., 4) times their deviation plus their mean."""
    return graph.add("Add", graph.add("Mul", moves, graph.floats(deviation)), graph.floats(mean))


def moved_onnx(graph: OnnxGraph, boxes: str, moves: str, axis: int) -> tuple[str, str]:
    """As framework.ops.pixel_boxes.moved: x1 y1 and x2 y2 of corners (R, 4) moved by offsets.

    moves  (R, 4) or (C, R, 4); `axis` is their last
    """
    first, last = graph.cut(boxes, 1, 0, 2), graph.cut(boxes, 1, 2, 4)
    one, half = graph.floats(1.0), graph.floats(2.0)
    size = graph.add("Add", graph.add("Sub", last, first), one)
    grown = graph.add("Mul", size, graph.add("Exp", graph.cut(moves, axis, 2, 4)))
    middle = graph.add("Div", graph.add("Add", first, last), half)
    corner = graph.add("Add", graph.add("Mul", graph.cut(moves, axis, 0, 2), size), middle)
    less = graph.add("Sub", grown, one)
    corner = graph.add("Sub", corner, graph.add("Div", less, half))
    return corner, graph.add("Add", corner, less)


def best_onnx(graph: OnnxGraph, corners: str, scores: str, count: str) -> tuple[str, str]:
    """The boxes (L, K, 4) and scores (L, K) of the `count` highest scores (L, M), best first."""
    best, order = graph.add_several("TopK", 2, scores, count, axis=1)
    index = graph.add("Unsqueeze", order, graph.integers([2]))
    wide = graph.add("Concat", index, index, index, index, axis=2)
    return graph.add("GatherElements", corners, wide, axis=1), best


def suppressed_onnx(graph: OnnxGraph, boxes: str, scores: str, count: str, threshold: float,
                    most: int | None = None) -> str:
    """Which boxes (L, K, 4) in pixels, ends included, remain: bool (L, K); scores above LOWEST."""
    past_end = graph.add("Add", boxes, graph.floats([0.0, 0.0, 1.0, 1.0]))
    return kept_onnx(graph, past_end, scores, count, LOWEST, threshold, most)


def among_best_onnx(graph: OnnxGraph, scores: str, kept: str, lists: int | None, most: int) -> str:
    """Which of the kept boxes, bool (L, K), are among the `most` of highest score of their image.

    lists  of each image, one after the other; None: all
    """
    ranked = graph.add("Where", kept, scores, graph.floats(LOWEST))
    shape = graph.add("Shape", ranked)
    if lists is None:
        ranked = graph.reshape(ranked, [1, -1])
    else:
        split = graph.add("Concat", graph.integers([-1, lists]), graph.cut(shape, 0, 1, 2), axis=0)
        ranked = graph.add("Flatten", graph.add("Reshape", ranked, split), axis=1)
    size = graph.add("Shape", ranked)
    limit = graph.add("Min", graph.cut(size, 0, 1, 2), graph.integers([most]))
    _, index = graph.add_several("TopK", 2, ranked, limit, axis=1)
    zeros = graph.add("Expand", graph.floats([0.0]), size)
    ones = graph.add("Expand", graph.floats([1.0]), graph.add("Shape", index))
    marks = graph.add("Reshape", graph.add("ScatterElements", zeros, index, ones, axis=1), shape)
    return graph.add("And", kept, graph.add("Greater", marks, graph.floats(0.5)))


def rows_onnx(graph: OnnxGraph, kept: str, boxes: str, scores: str) -> tuple[str, str, str]:
    """List (R, 1) as float, box (R, 4) and score (R,) of each that is kept, list by list."""
    index = graph.add("Transpose", graph.add("NonZero", kept), perm=[1, 0])
    where = graph.add("Cast", graph.cut(index, 1, 0, 1), to=FLOAT)
    return where, graph.add("GatherND", boxes, index), graph.add("GatherND", scores, index)


def or_else_onnx(graph: OnnxGraph, rows: str, fallback: str) -> str:
    """`rows` (R, ...), or the one row `fallback` where R is 0."""
    number = graph.cut(graph.add("Shape", rows), 0, 0, 1)
    stop = graph.add("Max", number, graph.integers([1]))
    both = graph.add("Concat", rows, fallback, axis=0)
    return graph.add("Slice", both, graph.integers([0]), stop)


def columns_onnx(graph: OnnxGraph, rois: str) -> tuple[str, str, str, str, str]:
    """Item (int64), x1, y1, x2 and y2 of regions, (R, 1) each."""
    rois = flat_onnx(graph, rois)
    item, *corners = (graph.cut(rois, 1, index, index + 1) for index in range(5))
    x1, y1, x2, y2 = corners
    return graph.add("Cast", item, to=INT64), x1, y1, x2, y2


def grown_onnx(graph: OnnxGraph, corners: Sequence[str], ratio: float) -> Sequence[str]:
    """x1, y1, x2, y2 of the regions, larger on each side by `ratio` of their size."""
    if not ratio:
        return corners
    x1, y1, x2, y2 = corners
    one, part = graph.floats(1.0), graph.floats(ratio)
    wide, high = (graph.add("Mul", graph.add("Add", graph.add("Sub", end, start), one), part)
                  for start, end in ((x1, x2), (y1, y2)))
    return (graph.add("Sub", x1, wide), graph.add("Sub", y1, high),
            graph.add("Add", x2, wide), graph.add("Add", y2, high))


def rounded_onnx(graph: OnnxGraph, x: str) -> str:
    """Halves away from zero; ONNX's Round takes them to the even number."""
    whole = graph.add("Floor", graph.add("Add", graph.add("Abs", x), graph.floats(0.5)))
    return graph.add("Mul", graph.add("Sign", x), whole)


def cells_onnx(graph: OnnxGraph, x: str, last: int) -> str:
    """Whole numbers of float32 as int64, cut to 0..last; NaN is 0.

    The Cast of NaN gives the least integer on x86, which no Gather takes.
    """
    cut = graph.add("Clip", x, graph.floats(0.0), graph.floats(float(last)))
    return graph.add("Max", graph.add("Cast", cut, to=INT64), graph.integers(0))


def bin_edges_onnx(graph: OnnxGraph, start: str, length: str, num_bins: int, limit: int
                   ) -> tuple[str, str]:
    """As framework.ops.regions.bin_edges: two (R, num_bins) int64 of start, length (R, 1)."""
    size = graph.add("Div", length, graph.floats(float(num_bins)))
    edges = []
    for kind, first in (("Floor", 0), ("Ceil", 1)):
        index = graph.floats([float(first + index) for index in range(num_bins)])
        edge = graph.add(kind, graph.add("Add", graph.add("Mul", index, size), start))
        edges.append(cells_onnx(graph, edge, limit))
    return edges[0], edges[1]


def _along(graph: OnnxGraph, x: str, axes: Sequence[int]) -> str:
    return graph.add("Unsqueeze", x, graph.integers(axes))


def rectangle_mean_onnx(graph: OnnxGraph, x: str, item: str, channel: Tensor,
                        rows: tuple[str, str], columns: tuple[str, str]) -> str:
    """As framework.ops.regions.rectangle_mean, by an integral image.

    x        (N, C, H, W)
    item     (R, 1) int64
    channel  (D, P, Q)
    rows, columns  first and one past the last cell of each bin, (R, P) and (R, Q) int64
    Returns (R, D, P, Q).
    """
    _, channels, height, width = graph.shape(x)
    sums = graph.add("Cast", x, to=DOUBLE)
    for axis in (2, 3):
        sums = graph.add("CumSum", sums, graph.integers(axis))
    sums = graph.add("Pad", sums, graph.integers([0, 0, 1, 1, 0, 0, 0, 0]))
    sums = graph.reshape(sums, [-1])
    plane = graph.add("Mul", item, graph.integers(channels))
    plane = graph.add("Add", _along(graph, plane, [2, 3]), graph.integers(channel[None].tolist()))
    plane = graph.add("Mul", plane, graph.integers((height + 1) * (width + 1)))
    high = [graph.add("Mul", _along(graph, row, [1, 3]), graph.integers(width + 1))
            for row in rows]
    wide = [_along(graph, column, [1, 2]) for column in columns]

    def corner(row: int, column: int) -> str:
        index = graph.add("Add", graph.add("Add", plane, high[row]), wide[column])
        return graph.add("Gather", sums, index, axis=0)

    total = graph.add("Sub", corner(1, 1), corner(0, 1))
    total = graph.add("Add", graph.add("Sub", total, corner(1, 0)), corner(0, 0))
    sides = [graph.add("Max", graph.add("Sub", high, low), graph.integers(0))
             for low, high in (rows, columns)]
    area = graph.add("Mul", _along(graph, sides[0], [1, 3]), _along(graph, sides[1], [1, 2]))
    divisor = graph.add("Cast", graph.add("Max", area, graph.integers(1)), to=DOUBLE)
    mean = graph.add("Cast", graph.add("Div", total, divisor), to=FLOAT)
    return graph.add("Where", graph.add("Greater", area, graph.integers(0)), mean,
                     graph.floats(0.0))


def sample_bilinear_onnx(graph: OnnxGraph, x: str, item: str, rows: str, columns: str) -> str:
    """As framework.ops.regions.sample_bilinear: (R, C, P, Q) of x (N, C, H, W), item (R, 1)."""
    _, channels, height, width = graph.shape(x)
    cells = graph.reshape(graph.add("Transpose", x, perm=[0, 2, 3, 1]), [-1, channels])
    top, bottom, down, beyond_y = _neighbours(graph, rows, height)
    left, right, along, beyond_x = _neighbours(graph, columns, width)
    start = graph.add("Mul", _along(graph, item, [2]), graph.integers(height * width))

    def cell(row: str, column: str) -> str:
        line = graph.add("Mul", _along(graph, row, [2]), graph.integers(width))
        index = graph.add("Add", graph.add("Add", start, line), _along(graph, column, [1]))
        return graph.add("Gather", cells, index, axis=0)

    def between(first: str, second: str, part: str) -> str:
        rest = graph.add("Sub", graph.floats(1.0), part)
        return graph.add("Add", graph.add("Mul", first, rest), graph.add("Mul", second, part))

    along, down = _along(graph, along, [1, 3]), _along(graph, down, [2, 3])
    upper = between(cell(top, left), cell(top, right), along)
    lower = between(cell(bottom, left), cell(bottom, right), along)
    outside = graph.add("Or", _along(graph, beyond_y, [2, 3]), _along(graph, beyond_x, [1, 3]))
    found = graph.add("Where", outside, graph.floats(0.0), between(upper, lower, down))
    return graph.add("Transpose", found, perm=[0, 3, 1, 2])


def _neighbours(graph: OnnxGraph, x: str, limit: int) -> tuple[str, str, str, str]:
    """Cells before and after each point, its distance from the first, whether it is outside."""
    ends = graph.floats(0.0), graph.floats(float(limit - 1))
    cell = graph.add("Floor", x)
    before = cells_onnx(graph, cell, limit - 1)
    after = cells_onnx(graph, graph.add("Add", cell, graph.floats(1.0)), limit - 1)
    distance = graph.add("Sub", graph.add("Clip", x, *ends), graph.add("Cast", before, to=FLOAT))
    outside = graph.add("Or", graph.add("Less", x, graph.floats(-0.5)),
                        graph.add("Greater", x, graph.floats(limit - 0.5)))
    return before, after, distance, outside


def grid(height: int, width: int, step: float, offset: float = 0.0) -> Tensor:
    """x and y (height, width, 2) of the cells, `step` pixels each."""
    rows = (torch.arange(height, dtype=torch.float32) + offset) * step
    columns = (torch.arange(width, dtype=torch.float32) + offset) * step
    y, x = torch.meshgrid(rows, columns, indexing="ij")
    return torch.stack([x, y], -1)
