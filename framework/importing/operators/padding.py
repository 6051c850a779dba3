"""Padding, which Caffe has only inside convolution and pooling."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from framework.importing.draft import Draft, Node
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
        value = _value(draft, node)
        if value != 0:
            raise node.refuse(f"pads with {value:g}; Caffe's layers pad with 0")
        return zeros_around(draft, x, before, after)
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
    """A 1 x 1 convolution of zeros and ones that pads, less what is too much on a side."""
    channels = draft.shapes[x][1] if len(draft.shapes[x]) == 4 else 0
    if not channels or before[0] or after[0]:
        raise draft.node.refuse(f"pads {draft.shapes[x]} by {list(before)} and {list(after)}; "
                                "channels, height and width of 4 axes can be padded")
    widths = [max(pair) for pair in zip(before[2:], after[2:], strict=True)]
    grows = before[1] + after[1]
    num_output = channels + grows
    weight = np.zeros((num_output, channels, 1, 1)) if grows else np.ones((channels, 1, 1, 1))
    if grows:
        weight[np.arange(channels) + before[1], np.arange(channels)] = 1
    param = {"num_output": num_output, "group": 1 if grows else channels, "bias_term": False,
             "kernel_size": [1], "pad_h": widths[0], "pad_w": widths[1]}
    y = draft.add("Convolution", x, blobs=[weight], frozen=True, convolution_param=param)
    for axis, width in enumerate(widths, 2):
        size = draft.shapes[y][axis]
        y = cut(draft, y, axis, width - before[axis], size - (width - after[axis]), f".axis{axis}")
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
