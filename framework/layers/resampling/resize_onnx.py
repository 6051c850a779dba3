"""ONNX forms of interpolation and max unpooling, for the layers of `resize`."""

from __future__ import annotations

import math

from framework.layers.onnx_graph import OnnxGraph


def resize_onnx(graph: OnnxGraph, x: str, like: str, sizes: list[int]) -> str:
    """Bilinear, corners on corners; `like` is a bottom with the batch and channels of x."""
    return graph.add("Resize", x, "", "", graph.sizes(like, sizes), mode="linear",
                     coordinate_transformation_mode="align_corners")


def put_onnx(graph: OnnxGraph, x: str, mask: str, sizes: tuple[int, ...]) -> str:
    """As `resize.put`; an index below 0 goes to one cell more, which is cut off."""
    cells = math.prod(sizes)
    channels = graph.shape(x)[1]
    index = graph.reshape(graph.add("Cast", mask, to=7), [0, 0, -1])
    outside = graph.add("Less", index, graph.integers(0))
    index = graph.add("Where", outside, graph.integers(cells), index)
    flat = graph.reshape(x, [0, 0, -1])
    zero = graph.add("Mul", graph.cut(flat, 2, 0, 1), graph.floats(0.0))
    blank = graph.add("Expand", zero, graph.integers([1, channels, cells + 1]))
    spread = graph.add("ScatterElements", blank, index, flat, axis=2)
    return graph.reshape(graph.cut(spread, 2, 0, cells), [0, 0, *sizes])
