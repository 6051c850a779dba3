"""Reductions along axes."""

from __future__ import annotations

import numpy as np

from framework.importing.draft import Draft, Node
from framework.importing.operators.arithmetic import combined, negative, power_layer
from framework.importing.operators.convolution import by_matrix
from framework.importing.operators.moving import permuted, reshaped
from framework.importing.operators.slicing import cut


def axes_of(draft: Draft, node: Node) -> list[int]:
    """The axes that are reduced, in order."""
    num_axes = len(draft.shapes[draft.blob()])
    axes = node.get("axes", None)
    if axes is None and node.has(1):
        axes = draft.integers(1, "axes")
    if not axes:
        return [] if node.get("noop_with_empty_axes", 0) else list(range(num_axes))
    return sorted(axis % num_axes for axis in axes)


def reduced(draft: Draft, node: Node, operation: str, x: str = "") -> str:
    """By Reduction, which takes the last axes: others are moved there first.

    x  instead of the node's input
    """
    x = x or draft.blob()
    axes = axes_of(draft, node)
    if not axes:
        return x
    shape = draft.shapes[x]
    if operation == "MEAN" and len(shape) == 4 and axes == [2, 3]:
        return reshaped(draft, global_pool(draft, x, "AVE"), draft.top_shape(), ".flat")
    kept = [axis for axis in range(len(shape)) if axis not in axes]
    x = permuted(draft, x, [*kept, *axes], ".order")
    y = draft.add("Reduction", x,
                  reduction_param={"operation": operation, "axis": len(kept)})
    return reshaped(draft, y, draft.top_shape(), ".axes")


def global_pool(draft: Draft, x: str, method: str) -> str:
    """Pooling over the whole plane, by `method`."""
    return draft.add("Pooling", x, pooling_param={"pool": method, "global_pooling": True})


def reduce_mean(draft: Draft, node: Node) -> str:
    """The mean over axes, by Reduction or Pooling."""
    return reduced(draft, node, "MEAN")


def reduce_sum(draft: Draft, node: Node) -> str:
    """The sum over axes."""
    return reduced(draft, node, "SUM")


def reduce_l1(draft: Draft, node: Node) -> str:
    """The sum of absolute values over axes."""
    return reduced(draft, node, "ASUM")


def reduce_sum_square(draft: Draft, node: Node) -> str:
    """The sum of squares over axes."""
    return reduced(draft, node, "SUMSQ")


def reduce_l2(draft: Draft, node: Node) -> str:
    """The square root of the sum of squares over axes."""
    return draft.add("Power", reduced(draft, node, "SUMSQ"), suffix=".root",
                     power_param={"power": 0.5})


def reduce_max(draft: Draft, node: Node) -> str:
    """The largest value of each plane, or along one axis by ArgMax's values."""
    x = draft.blob()
    axes = axes_of(draft, node)
    if len(draft.shapes[x]) == 4 and axes == [2, 3]:
        return reshaped(draft, global_pool(draft, x, "MAX"), draft.top_shape(), ".flat")
    if len(axes) != 1:
        raise node.refuse(f"takes the largest value along the axes {axes} of {draft.shapes[x]}; "
                          "Pooling does so along height and width, ArgMax along one axis")
    y = draft.add("ArgMax", x, argmax_param={"axis": axes[0], "out_max_val": True})
    return reshaped(draft, y, draft.top_shape(), ".axes")


def reduce_min(draft: Draft, node: Node) -> str:
    """The least value along one axis: the greatest of the negative ones."""
    y = _along_one(draft, node, negative(draft, draft.blob()), "MAX")
    y = power_layer(draft, y, scale=-1.0)
    return reshaped(draft, y, draft.top_shape(), ".axes")


def reduce_prod(draft: Draft, node: Node) -> str:
    """The product along one axis."""
    y = _along_one(draft, node, draft.blob(), "PROD")
    return reshaped(draft, y, draft.top_shape(), ".axes")


def _along_one(draft: Draft, node: Node, x: str, operation: str) -> str:
    """The cells of an axis as blobs, and Eltwise of them, of size 1."""
    shape, axes = draft.shapes[x], axes_of(draft, node)
    if len(axes) != 1:
        raise node.refuse(f"takes the axes {axes} of {shape}; one axis is possible")
    cells = [cut(draft, x, axes[0], index, index + 1, f".cell{index}")
             for index in range(shape[axes[0]])]
    return cells[0] if len(cells) == 1 else draft.add(
        "Eltwise", *cells, suffix=".cells", eltwise_param={"operation": operation})


def reduce_log_sum_exp(draft: Draft, node: Node) -> str:
    """log(sum(exp(x))) along one axis, less the largest value, and that again."""
    x = draft.blob()
    largest = _along_one(draft, node, x, "MAX")
    negated = negative(draft, largest)
    with draft.under(".centred"):
        centred = combined(draft, x, negated, "SUM")
    with draft.under(".total"):
        total = reduced(draft, node, "SUM", draft.add("Exp", centred, suffix=".exp"))
    log = draft.add("Log", total, suffix=".log")
    return draft.add("Eltwise", log, reshaped(draft, largest, draft.top_shape(), ".largest"),
                     eltwise_param={"operation": "SUM"})


def cum_sum(draft: Draft, node: Node) -> str:
    """Sums of all cells up to each one, by a fixed triangle of ones."""
    x = draft.blob()
    axis = draft.integers(1, "axis")[0] % len(draft.shapes[x])
    if axis == 0:
        raise node.refuse(f"sums along the batch of {draft.shapes[x]}")
    size = draft.shapes[x][axis]
    ones = np.tri(size, k=-1 if node.get("exclusive", 0) else 0)
    return by_matrix(draft, x, axis, ones.T if node.get("reverse", 0) else ones, ".sums")


def arg_max(draft: Draft, node: Node) -> str:
    """The index of the largest value; of equal ones Caffe takes the last, ONNX the first."""
    x = draft.blob()
    axis = node.get("axis", 0) % len(draft.shapes[x])
    y = draft.add("ArgMax", x, argmax_param={"axis": axis})
    return reshaped(draft, y, draft.top_shape(), ".axes")
