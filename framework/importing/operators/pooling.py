"""Pooling: ONNX rounds sizes down, Caffe up.

Where that gives another number of windows, Pooling has `round_mode: FLOOR`, or, in a net for plain
Caffe, the last row and column are cut off: the other windows are the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from framework.importing.draft import Draft, Node
from framework.importing.operators.convolution import explicit_pads
from framework.importing.operators.moving import reshaped
from framework.importing.operators.reduction import global_pool
from framework.importing.operators.slicing import cut
from framework.ops.pooling import PoolWindow


@dataclass(frozen=True)
class Windows:
    """How Caffe says the windows of an ONNX pooling.

    first  windows before the first that is wanted, which are cut off
    sizes  of the top that is wanted
    """

    window: PoolWindow
    first: tuple[int, ...]
    sizes: tuple[int, ...]


def max_pool(draft: Draft, node: Node) -> str:
    """Max pooling, without the indices of the maxima."""
    if len(node.outputs) > 1 and node.outputs[1]:
        raise node.refuse("gives the indices of the maxima too, which count through the whole "
                          "batch; Caffe's mask counts in each plane")
    return pooled(draft, node, "MAX")


def average_pool(draft: Draft, node: Node) -> str:
    """Average pooling."""
    return pooled(draft, node, "AVE")


def global_max_pool(draft: Draft, node: Node) -> str:
    """The maximum of each plane."""
    return _global(draft, "MAX")


def global_average_pool(draft: Draft, node: Node) -> str:
    """The mean of each plane."""
    return _global(draft, "AVE")


def _global(draft: Draft, method: str) -> str:
    x = draft.blob()
    shape = draft.shapes[x]
    if len(shape) == 3:
        x = reshaped(draft, x, (*shape[:2], 1, shape[2]), ".plane")
    return reshaped(draft, global_pool(draft, x, method), draft.top_shape(), ".axes")


def pooled(draft: Draft, node: Node, method: str) -> str:
    """Pooling by windows along one, two or three axes."""
    x = draft.blob()
    shape = draft.shapes[x]
    wanted = draft.top_shape()[2:]
    kernel = list(node.attributes["kernel_shape"])
    stride = list(node.get("strides", [1] * len(kernel)))
    dilation = list(node.get("dilations", [1] * len(kernel)))
    before, after = explicit_pads(node, shape[2:], kernel, stride, dilation)
    if max(kernel) == 1 and max(stride) == 1 and not any(before + after):
        return x
    if len(kernel) == 1:        # a plane of one row
        x = reshaped(draft, x, (*shape[:2], 1, shape[2]), ".plane")
        kernel, stride, dilation = [1, *kernel], [1, *stride], [1, *dilation]
        before, after, wanted = [0, *before], [0, *after], (1, *wanted)
    sizes = draft.shapes[x][2:]
    at = windows(node, sizes, wanted, kernel, stride, before, after, dilation)
    counts = bool(node.get("count_include_pad", 0))
    y = _pooling_layer(draft, x, at, method)
    if method == "AVE":
        y = _with_divisors(draft, y, at, sizes, divisors(at, sizes, before, after, counts))
    return reshaped(draft, y, draft.top_shape(), ".axes")


def windows(node: Node, sizes: Sequence[int], wanted: tuple[int, ...], kernel: Sequence[int],
            stride: Sequence[int], before: Sequence[int], after: Sequence[int],
            dilation: Sequence[int]) -> Windows:
    """Windows of Caffe that begin where those of ONNX do, rounded up if that gives as many.

    Refuses the node with its sizes if there are none.
    """
    pads = [tuple(before)]
    if list(before) != list(after):     # a padding in steps of the stride: first windows are cut
        pads.append(tuple(first + -(-max(0, last - first) // step) * step for first, last, step
                          in zip(before, after, stride, strict=True)))
    for pad in pads:
        if any(own >= size for own, size in zip(pad, kernel, strict=True)):
            continue
        first = tuple((more - own) // step
                      for more, own, step in zip(pad, before, stride, strict=True))
        for floor in (False, True):
            window = PoolWindow(tuple(kernel), tuple(stride), pad, tuple(dilation), floor)
            tops = window.top_sizes(sizes)
            if all(top == size + less for top, size, less
                   in zip(tops, wanted, first, strict=True)):
                return Windows(window, first, wanted)
        tops = PoolWindow(tuple(kernel), tuple(stride), pad, tuple(dilation)).top_sizes(sizes)
        if all(top >= size + less for top, size, less in zip(tops, wanted, first, strict=True)):
            return Windows(PoolWindow(tuple(kernel), tuple(stride), pad, tuple(dilation)), first,
                           wanted)
    raise node.refuse(f"pools {tuple(sizes)} to {wanted} with a kernel of {tuple(kernel)}, stride "
                      f"{tuple(stride)}, padding {tuple(before)} before and {tuple(after)} after; "
                      "Caffe pads both sides alike, by less than the kernel")


def _pooling_layer(draft: Draft, x: str, at: Windows, method: str) -> str:
    """The layer, and what is cut off its top."""
    window = at.window
    param: dict[str, object] = {"pool": method}
    fields = (("kernel", "kernel_size", window.kernel, None),
              ("stride", "stride", window.stride, 1), ("pad", "pad", window.pad, 0))
    for short, field, numbers, default in fields:
        if len(numbers) > 2:
            param[f"{field}_3d"] = list(numbers)
        elif len(set(numbers)) > 1:
            param[f"{short}_h"], param[f"{short}_w"] = numbers
        elif numbers[0] != default:
            param[field] = numbers[0]
    if max(window.dilation) > 1:
        if draft.plain:
            raise draft.node.refuse(f"has windows of {window.kernel} with the dilation "
                                    f"{window.dilation}, which BVLC's Pooling has not (leave out "
                                    "--plain)")
        param["dilation"] = list(window.dilation)
    if window.floor and not draft.plain:
        param["round_mode"] = "FLOOR"
    y = draft.add("Pooling", x, pooling_param=param)
    for axis, (first, size) in enumerate(zip(at.first, at.sizes, strict=True), 2):
        y = cut(draft, y, axis, first, first + size, f".axis{axis}")
    return y


def divisors(at: Windows, sizes: Sequence[int], before: Sequence[int], after: Sequence[int],
             counts: bool) -> list[tuple[np.ndarray, np.ndarray]]:
    """For each axis, the cells that each window divides by in ONNX, and in Caffe.

    Caffe counts cells of the padded axis; ONNX all of them, or with `counts` false real cells.
    Source: AveragePool in ONNX's operators; BVLC pooling_layer.cpp.
    """
    found = []
    window = at.window
    zipped = zip(sizes, window.kernel, window.stride, window.pad, before, after, at.first,
                 at.sizes, strict=True)
    for size, k, s, pad, start, end, less, number in zipped:
        begin = (np.arange(number) + less) * s - pad
        ours = np.minimum(begin + k, size + pad) - begin
        if counts:
            theirs = np.minimum(begin + k, size + end) - np.maximum(begin, -start)
        else:
            theirs = np.minimum(begin + k, size) - np.maximum(begin, 0)
        found.append((theirs, ours))
    return found


def _with_divisors(draft: Draft, y: str, at: Windows, sizes: Sequence[int],
                   found: list[tuple[np.ndarray, np.ndarray]]) -> str:
    """y divided as ONNX does: as it is, by Intel's `avg_include_pad`, or by a Scale layer."""
    if all((theirs == ours).all() for theirs, ours in found):
        return y
    real = []
    window = at.window
    zipped = zip(sizes, window.kernel, window.stride, window.pad, at.first, at.sizes, strict=True)
    for size, k, s, pad, less, number in zipped:
        begin = (np.arange(number) + less) * s - pad
        real.append(np.minimum(begin + k, size) - np.maximum(begin, 0))
    only_real = all((theirs == cells).all()
                    for (theirs, _), cells in zip(found, real, strict=True))
    if only_real and not draft.plain:
        layer = next(one for one in reversed(draft.message.layer) if one.name == draft.node.name)
        layer.pooling_param.avg_include_pad = False
        return y
    factor = np.ones(())
    for theirs, ours in found:
        factor = np.multiply.outer(factor, ours / theirs)
    return draft.add("Scale", y, suffix=".divisor", blobs=[factor], frozen=True,
                     scale_param={"axis": 2, "num_axes": factor.ndim})
