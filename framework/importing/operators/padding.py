"""Padding, which Caffe has only inside convolution and pooling."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from framework.importing.draft import Draft, Node
from framework.importing.operators.activation import LARGEST
from framework.importing.operators.moving import reshaped
from framework.importing.operators.slicing import cut


def pad(draft: Draft, node: Node) -> str:
    """Zeros by a convolution that copies, edges and reflections by Slice and Concat."""
    x = draft.blob()
    shape = draft.shapes[x]
    before, after = _widths(draft, node, len(shape))
    if not any(before + after):
        return x
    mode = node.get("mode", "constant")
    if min(before + after) < 0:
        for axis, (first, last) in enumerate(zip(before, after, strict=True)):
            x = cut(draft, x, axis, max(0, -first), shape[axis] - max(0, -last), f".cut{axis}")
        before, after = ([max(0, width) for width in widths] for widths in (before, after))
        if not any(before + after):
            return x
    if mode == "constant":
        value = max(-LARGEST, min(_value(draft, node), LARGEST))
        if value == 0:
            return zeros_around(draft, x, before, after)
        with draft.under(".zeros"):
            y = zeros_around(draft, x, before, after)
        plane = np.full(draft.shapes[y][1:], value)
        plane[tuple(slice(first, first + size) for first, size
                    in zip(before[1:], draft.shapes[x][1:], strict=True))] = 0
        return draft.add("Bias", y, blobs=[plane], frozen=True,
                         bias_param={"axis": 1, "num_axes": plane.ndim})
    if mode not in ("edge", "reflect"):
        raise node.refuse(f"its mode is {mode}; constant, edge and reflect are possible")
    for axis, (first, last) in enumerate(zip(before, after, strict=True)):
        if first or last:
            x = mirrored(draft, x, axis, first, last, mode == "reflect")
    return x


def _widths(draft: Draft, node: Node, num_axes: int) -> tuple[list[int], list[int]]:
    if draft.opset < 11:
        pads = list(node.attributes["pads"])
    else:
        pads = draft.integers(1, "pads")
    axes = [axis % num_axes for axis in draft.integers(3, "axes")] if node.has(3) \
        else list(range(num_axes))
    before, after = [0] * num_axes, [0] * num_axes
    for index, axis in enumerate(axes):
        before[axis], after[axis] = pads[index], pads[index + len(axes)]
    return before, after


def _value(draft: Draft, node: Node) -> float:
    if draft.opset < 11:
        return float(node.get("value", 0.0))
    return float(draft.constant(2, "value").reshape(())) if node.has(2) else 0.0


def zeros_around(draft: Draft, x: str, before: Sequence[int], after: Sequence[int]) -> str:
    """Zeros around all axes but the batch."""
    if before[0] or after[0]:
        raise draft.node.refuse(f"pads {draft.shapes[x]} by {list(before)} and {list(after)}; "
                                "all axes but the first can be padded")
    if len(draft.shapes[x]) == 4:
        return _zeros(draft, x, before, after, "")
    for axis, (first, last) in enumerate(zip(before, after, strict=True)):
        if not (first or last):
            continue
        shape = draft.shapes[x]
        after_it = math.prod(shape[axis + 1:])
        at, folded = 2, (shape[0], math.prod(shape[1:axis]), shape[axis], after_it)
        if axis == 1:
            at, folded = 1, (shape[0], shape[1], after_it, 1)
        y = reshaped(draft, x, folded, f".folded{axis}")
        start, end = ([width if index == at else 0 for index in range(4)]
                      for width in (first, last))
        y = _zeros(draft, y, start, end, f".padded{axis}")
        x = reshaped(draft, y, (*shape[:axis], shape[axis] + first + last, *shape[axis + 1:]),
                     f".axes{axis}")
    return x


def _zeros(draft: Draft, x: str, before: Sequence[int], after: Sequence[int], suffix: str) -> str:
    """A 1 x 1 convolution of zeros and ones that pads 4 axes, less what is too much on a side."""
    channels = draft.shapes[x][1]
    widths = [max(pair) for pair in zip(before[2:], after[2:], strict=True)]
    grows = before[1] + after[1]
    num_output = channels + grows
    weight = np.zeros((num_output, channels, 1, 1)) if grows else np.ones((channels, 1, 1, 1))
    if grows:
        weight[np.arange(channels) + before[1], np.arange(channels)] = 1
    param = {"num_output": num_output, "group": 1 if grows else channels, "bias_term": False,
             "kernel_size": [1], "pad_h": widths[0], "pad_w": widths[1]}
    y = draft.add("Convolution", x, blobs=[weight], frozen=True, suffix=suffix,
                  convolution_param=param)
    for axis, width in enumerate(widths, 2):
        size = draft.shapes[y][axis]
        y = cut(draft, y, axis, width - before[axis], size - (width - after[axis]),
                f"{suffix}.axis{axis}")
    return y


def mirrored(draft: Draft, x: str, axis: int, before: int, after: int, reflect: bool,
             suffix: str = "") -> str:
    """An axis with copies of its first and last cells, or of those next to them, around it."""
    size = draft.shapes[x][axis]
    if reflect and max(before, after) >= size:
        raise draft.node.refuse(f"reflects {max(before, after)} cells of an axis of {size}")
    starts = [distance if reflect else 0 for distance in range(before, 0, -1)]
    ends = [size - 1 - (distance if reflect else 0) for distance in range(1, after + 1)]
    parts = [cut(draft, x, axis, index, index + 1, f"{suffix}.before{axis}") for index in starts]
    parts.append(x)
    parts += [cut(draft, x, axis, index, index + 1, f"{suffix}.after{axis}") for index in ends]
    return draft.add("Concat", *parts, suffix=f"{suffix}.axis{axis}", concat_param={"axis": axis})
