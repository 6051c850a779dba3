"""Concatenation, and parts of blobs."""

from __future__ import annotations

import math
from itertools import accumulate

from framework.importing.draft import Draft, Node
from framework.importing.operators.moving import reshaped, without_first


def cut(draft: Draft, x: str, axis: int, start: int, end: int, suffix: str = ".part") -> str:
    """The part from start to end of an axis; what is not wanted goes into a Silence layer."""
    size = draft.shapes[x][axis]
    if (start, end) == (0, size):
        return x
    points = [point for point in (start, end) if 0 < point < size]
    key: tuple[str | int, ...] = (x, axis, *points)
    if key not in draft.cuts:       # else another operator has cut the blob at the same points
        tops = draft.add_several("Slice", len(points) + 1, x, suffix=suffix,
                                 slice_param={"axis": axis, "slice_point": points})
        draft.add_several("Silence", 0, *tops, suffix=suffix + ".rest")
        draft.cuts[key] = tops
    wanted = draft.cuts[key][1 if start else 0]
    draft.take_from_silence(wanted)
    return wanted


def turned(draft: Draft, x: str, axis: int, suffix: str) -> str:
    """x with an axis in reverse order; for plain Caffe by Slice and Concat."""
    size = draft.shapes[x][axis]
    if size == 1:
        return x
    if not draft.plain:
        return draft.add("Reverse", x, suffix=suffix, reverse_param={"axis": axis})
    parts = draft.add_several("Slice", size, x, suffix=f"{suffix}.cells", slice_param={
        "axis": axis, "slice_point": range(1, size)})
    return draft.add("Concat", *reversed(parts), suffix=suffix, concat_param={"axis": axis})


def concat(draft: Draft, node: Node) -> str:
    inputs = [index for index, name in enumerate(node.inputs)
              if 0 not in draft.tensors[name]]
    axis = node.attributes["axis"] % len(draft.top_shape())
    blobs = [draft.blob(index) for index in inputs]
    return blobs[0] if len(blobs) == 1 else draft.add("Concat", *blobs,
                                                      concat_param={"axis": axis})


def split(draft: Draft, node: Node) -> list[str]:
    """Split: the sizes are those of the results."""
    x = draft.blob()
    axis = node.get("axis", 0) % len(draft.shapes[x])
    sizes = [draft.top_shape(index)[axis] for index in range(len(node.outputs))]
    if len(sizes) == 1:
        return [x]
    points = list(accumulate(sizes))[:-1]
    return draft.add_several("Slice", len(sizes), x,
                             slice_param={"axis": axis, "slice_point": points})


def slice_(draft: Draft, node: Node) -> str:
    """Slices along any number of axes; steps above 1 along height and width."""
    x = draft.blob()
    shape = draft.shapes[x]
    if draft.opset < 10:
        starts, ends = node.attributes["starts"], node.attributes["ends"]
        axes = node.get("axes", range(len(starts)))
        steps = [1] * len(starts)
    else:
        starts, ends = draft.integers(1, "starts"), draft.integers(2, "ends")
        axes = draft.integers(3, "axes") if node.has(3) else range(len(starts))
        steps = draft.integers(4, "steps") if node.has(4) else [1] * len(starts)
    strides = {}
    for axis, start, end, step in zip(axes, starts, ends, steps, strict=True):
        axis %= len(shape)
        indices = range(*slice(start, end, step).indices(shape[axis]))
        if not indices:
            raise node.refuse(f"takes the cells {start}:{end}:{step} of axis {axis}, which are "
                              "none")
        if step < 0:        # the same cells of the axis in reverse order
            x = turned(draft, x, axis, f".turned{axis}")
            step, last = -step, shape[axis] - 1
            indices = range(last - indices[0], last - indices[-1] + 1, step)
        x = cut(draft, x, axis, indices[0], indices[-1] + 1, f".axis{axis}")
        if step > 1 and len(indices) > 1:
            strides[axis] = step
    return strided(draft, node, x, strides) if strides else x


def strided(draft: Draft, node: Node, x: str, strides: dict[int, int]) -> str:
    """Each `stride`-th cell from the first: pooling with a window of one cell, along height and
    width or, of other axes, along the one that stands for the height."""
    if len(draft.shapes[x]) == 4 and set(strides) <= {2, 3}:
        return _windows_of_one(draft, x, strides.get(2, 1), strides.get(3, 1), ".steps")
    if 0 in strides:
        raise node.refuse(f"takes steps along the batch of {draft.shapes[x]}")
    for axis, stride in strides.items():
        shape = draft.shapes[x]
        y = reshaped(draft, x, (shape[0], math.prod(shape[1:axis]), shape[axis],
                                math.prod(shape[axis + 1:])), f".plane{axis}")
        y = _windows_of_one(draft, y, stride, 1, f".steps{axis}")
        x = reshaped(draft, y, (*shape[:axis], draft.shapes[y][2], *shape[axis + 1:]),
                     f".axes{axis}")
    return x


def _windows_of_one(draft: Draft, x: str, high: int, wide: int, suffix: str) -> str:
    return draft.add("Pooling", x, suffix=suffix, pooling_param={
        "pool": "MAX", "kernel_size": 1, "stride_h": high, "stride_w": wide})


def gather(draft: Draft, node: Node) -> str:
    """Fixed indices along an axis; rows of a fixed table by indices that are computed."""
    if draft.is_constant(node.inputs[0]) and not draft.is_constant(node.inputs[1]):
        return embedded(draft, node)
    x = draft.blob()
    shape = draft.shapes[x]
    axis = node.get("axis", 0) % len(shape)
    indices = [index % shape[axis] for index in draft.integers(1, "indices")]
    parts: list[str] = []
    first = 0
    for position in range(1, len(indices) + 1):     # runs of neighbours
        if position == len(indices) or indices[position] != indices[position - 1] + 1:
            parts.append(cut(draft, x, axis, indices[first], indices[position - 1] + 1))
            first = position
    y = parts[0] if len(parts) == 1 else draft.add("Concat", *parts, concat_param={"axis": axis})
    if axis == 0 and len(draft.top_shape()) < len(shape):
        return without_first(draft, y, ".axes")
    return reshaped(draft, y, draft.top_shape(), ".axes")


def embedded(draft: Draft, node: Node) -> str:
    """Rows of a table, by Embed."""
    table = draft.constant(0, "table")
    if node.get("axis", 0) % table.ndim != 0:
        raise node.refuse(f"takes computed indices of axis {node.get('axis', 0)} of "
                          f"{table.shape}; Embed takes them of the first one")
    rows = table.reshape(len(table), -1)
    param = {"num_output": rows.shape[1], "input_dim": len(rows), "bias_term": False}
    y = draft.add("Embed", draft.blob(1), blobs=[rows], embed_param=param)
    return reshaped(draft, y, draft.top_shape(), ".axes")
