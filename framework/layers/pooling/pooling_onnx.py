"""Pooling by the original's window rules, as ONNX operators.

The sizes of windows at the ends are written as explicit padding and never as `ceil_mode`, whose
rule differs from the original's, and from runtime to runtime.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from framework.layers.onnx_graph import OnnxGraph
from framework.ops.pooling import PoolWindow


def max_pool_onnx(graph: OnnxGraph, x: str, shape: Sequence[int], window: PoolWindow,
                  with_mask: bool = False) -> list[str]:
    """The largest value of each window of x, of `shape`; then, if wanted, its index in the
    plane."""
    tops, ends, missing = _windows(shape[2:], window)
    attributes = {"kernel_shape": list(window.kernel), "strides": list(window.stride),
                  "pads": [*window.pad, *ends], "dilations": list(window.dilation)}
    if not with_mask:
        return [_extend(graph, graph.add("MaxPool", x, **attributes), missing, 0.0)]
    y, index = graph.add_several("MaxPool", 2, x, **attributes)
    cells = graph.integers(math.prod(shape[2:]))        # ONNX counts through the whole batch
    index = graph.add("Cast", graph.add("Mod", index, cells), to=1)
    return [_extend(graph, y, missing, 0.0), _extend(graph, index, missing, -1.0)]


def ave_pool_onnx(graph: OnnxGraph, x: str, shape: Sequence[int], window: PoolWindow,
                  include_pad: bool = True) -> str:
    """The mean of each window of x, of `shape`: its sum by its area cut to the padded size."""
    tops, ends, missing = _windows(shape[2:], window)
    # without padding, real cells are all that count
    counts = include_pad and any((*window.pad, *window.after))
    attributes = {"kernel_shape": list(window.kernel), "strides": list(window.stride),
                  "pads": [*window.pad, *ends], "count_include_pad": int(counts)}
    y = graph.add("AveragePool", x, **attributes)
    if counts and any(end > pad for end, pad in zip(ends, window.after, strict=True)):
        y = graph.add("Mul", y, graph.floats(_shares(tops, shape[2:], window)))
    return _extend(graph, y, missing, 0.0)


def pool_onnx(graph: OnnxGraph, x: str, shape: Sequence[int], window: PoolWindow, method: str,
              include_pad: bool) -> str:
    """The one top of MAX, AVE or STOCHASTIC pooling in TEST."""
    if method == "MAX":
        return max_pool_onnx(graph, x, shape, window)[0]
    if method == "AVE":
        return ave_pool_onnx(graph, x, shape, window, include_pad)
    total = ave_pool_onnx(graph, x, shape, window)
    squares = ave_pool_onnx(graph, graph.add("Mul", x, x), shape, window)
    positive = graph.add("Greater", total, graph.floats(0.0))
    divisor = graph.add("Where", positive, total, graph.floats(1.0))
    return graph.add("Where", positive, graph.add("Div", squares, divisor), graph.floats(0.0))


def _windows(sizes: Sequence[int], window: PoolWindow
             ) -> tuple[list[int], list[int], list[int]]:
    """For each axis: windows that begin on cells or padding before the end, the padding that they
    need at the end, and the windows of the original that begin after it."""
    tops, ends, missing = [], [], []
    zipped = zip(window.top_sizes(sizes), sizes, window.extent, window.stride, window.pad,
                 strict=True)
    for top, size, extent, stride, pad in zipped:
        inside = min(top, -(-(size + pad) // stride))
        tops.append(inside)
        ends.append(max(0, (inside - 1) * stride + extent - size - pad))
        missing.append(top - inside)
    return tops, ends, missing


def _shares(tops: Sequence[int], sizes: Sequence[int], window: PoolWindow) -> Tensor:
    """Kernel cells by those of each window that count, (1, 1, top1, ...)."""
    shares = torch.ones(1, 1, *(1,) * len(tops), dtype=torch.float64)
    zipped = zip(tops, sizes, window.kernel, window.stride, window.pad, window.after, strict=True)
    for axis, (top, size, kernel, stride, pad, after) in enumerate(zipped, 2):
        cells = (size + pad + after - torch.arange(top) * stride).clamp(max=kernel)
        dims = [1] * shares.dim()
        dims[axis] = top
        shares = shares * (kernel / cells.double()).reshape(dims)
    return shares


def _extend(graph: OnnxGraph, y: str, missing: Sequence[int], value: float) -> str:
    if not any(missing):
        return y
    pads = [*[0] * (len(missing) + 2), 0, 0, *missing]
    return graph.add("Pad", y, graph.integers(pads), graph.floats(value))
