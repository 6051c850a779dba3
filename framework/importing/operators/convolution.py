"""Convolutions and matrix products."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from framework.export.caffe.products import MOST_PRODUCTS
from framework.importing.draft import Array, Draft, Node
from framework.importing.operators.moving import permuted, reshaped, tiled
from framework.importing.operators.slicing import cut

MOST_TIMES = 64         # of cells: a kernel of 1 x 1 may become one of 8 x 8


def explicit_pads(node: Node, sizes: Sequence[int], kernel: Sequence[int], stride: Sequence[int],
                  dilation: Sequence[int]) -> tuple[list[int], list[int]]:
    """Padding before and after each axis, by `pads` or by `auto_pad`."""
    num_axes = len(kernel)
    mode = node.get("auto_pad", "NOTSET")
    if mode == "NOTSET":
        pads = list(node.get("pads", [0] * 2 * num_axes))
        return pads[:num_axes], pads[num_axes:]
    if mode == "VALID":
        return [0] * num_axes, [0] * num_axes
    before, after = [], []
    for size, k, s, d in zip(sizes, kernel, stride, dilation, strict=True):
        total = max(0, (-(-size // s) - 1) * s + d * (k - 1) + 1 - size)
        less, more = total // 2, total - total // 2
        before.append(more if mode == "SAME_LOWER" else less)
        after.append(less if mode == "SAME_LOWER" else more)
    return before, after


def conv(draft: Draft, node: Node) -> str:
    """Convolution. Padding that differs before and after an axis goes into a larger kernel."""
    weight = draft.constant(1, "weight")
    x = draft.blob()
    sizes = draft.shapes[x][2:]
    num_axes = len(sizes)
    stride = list(node.get("strides", [1] * num_axes))
    dilation = list(node.get("dilations", [1] * num_axes))
    before, after = explicit_pads(node, sizes, weight.shape[2:], stride, dilation)
    weight, pad = with_equal_pads(node, weight, before, after, dilation)
    param = geometry(weight.shape[2:], stride, pad, dilation)
    param |= {"num_output": weight.shape[0], "weight_filler": {"type": "msra"}}
    param |= {} if node.has(2) else {"bias_term": False}
    param |= {"group": node.attributes["group"]} if node.get("group", 1) > 1 else {}
    blobs = [weight, draft.constant(2, "bias")] if node.has(2) else [weight]
    return draft.add("Convolution", x, blobs=blobs, convolution_param=param)


def geometry(kernel: Sequence[int], stride: Sequence[int], pad: Sequence[int],
             dilation: Sequence[int]) -> dict[str, object]:
    """Fields of a convolution_param; one number where all axes have the same."""
    param: dict[str, object] = {}
    fields = (("kernel", "kernel_size", kernel, None), ("stride", "stride", stride, 1),
              ("pad", "pad", pad, 0), ("dilation", "dilation", dilation, 1))
    for short, field, numbers, default in fields:
        if len(set(numbers)) > 1 and len(numbers) == 2 and short != "dilation":
            param[f"{short}_h"], param[f"{short}_w"] = (int(number) for number in numbers)
        elif len(set(numbers)) > 1:
            param[field] = [int(number) for number in numbers]
        elif numbers[0] != default:
            param[field] = [int(numbers[0])]
    return param


def with_equal_pads(node: Node, weight: Array, before: Sequence[int], after: Sequence[int],
                    dilation: Sequence[int]) -> tuple[Array, list[int]]:
    """The kernel with zeros on one side, so that the padding is the same on both; and that."""
    widths = [(0, 0), (0, 0)]
    pad = []
    for first, last, step in zip(before, after, dilation, strict=True):
        more = abs(last - first)
        if more % step or min(first, last) < 0:
            raise node.refuse(f"pads {list(before)} before and {list(after)} after, with dilation "
                              f"{list(dilation)}; Caffe pads both sides alike")
        zeros = more // step
        widths.append((zeros, 0) if last > first else (0, zeros))
        pad.append(max(first, last))
    return widened(node, weight, widths), pad


def widened(node: Node, weight: Array, widths: Sequence[tuple[int, int]]) -> Array:
    """The kernel with zeros beside it. Refused where it would become MOST_TIMES as large: a
    convolution by tens of thousands of zeros does not end."""
    sizes = [size + sum(zeros) for size, zeros in zip(weight.shape, widths, strict=True)]
    if math.prod(sizes) > MOST_TIMES * weight.size:
        raise node.refuse(f"pads its two sides so differently that its kernel of "
                          f"{' x '.join(map(str, weight.shape[2:]))} would become one of "
                          f"{' x '.join(map(str, sizes[2:]))}")
    return np.pad(weight, widths)


def conv_transpose(draft: Draft, node: Node) -> str:
    """Transposed convolution; padding that differs before and after is cut off."""
    weight = draft.constant(1, "weight")
    x = draft.blob()
    num_axes = weight.ndim - 2
    stride = list(node.get("strides", [1] * num_axes))
    dilation = list(node.get("dilations", [1] * num_axes))
    before = _first_pads(draft, node, weight, stride, dilation)
    group = node.get("group", 1)
    widths, pad, wanted = [(0, 0), (0, 0)], [], draft.top_shape()[2:]
    zipped = zip(draft.shapes[x][2:], weight.shape[2:], stride, dilation, before, wanted,
                 strict=True)
    for n, k, s, d, first, size in zipped:
        whole = s * (n - 1) + d * (k - 1) + 1
        missing = max(0, first + size - whole)
        if missing and d > 1:
            raise node.refuse(f"has a result of {size} cells, more than its kernel reaches, with "
                              f"dilation {d}")
        widths.append((0, missing))
        pad.append(max(0, min(first, whole + missing - first - size)))
    weight = widened(node, weight, widths)
    param = geometry(weight.shape[2:], stride, pad, dilation)
    param |= {"num_output": weight.shape[1] * group, "weight_filler": {"type": "msra"}}
    param |= {} if node.has(2) else {"bias_term": False}
    param |= {"group": group} if group > 1 else {}
    blobs = [weight, draft.constant(2, "bias")] if node.has(2) else [weight]
    y = draft.add("Deconvolution", x, blobs=blobs, convolution_param=param)
    for axis, (first, less, size) in enumerate(zip(before, pad, wanted, strict=True), 2):
        y = cut(draft, y, axis, first - less, first - less + size)
    return y


def _first_pads(draft: Draft, node: Node, weight: Array, stride: Sequence[int],
                dilation: Sequence[int]) -> list[int]:
    """Cells cut off before each axis of the whole result."""
    mode = node.get("auto_pad", "NOTSET")
    if mode == "VALID":
        return [0] * len(stride)
    if mode == "NOTSET" and "output_shape" not in node.attributes:
        return list(node.get("pads", [0] * 2 * len(stride)))[:len(stride)]
    extra = node.get("output_padding", [0] * len(stride))
    zipped = zip(draft.shapes[draft.blob()][2:], weight.shape[2:], stride, dilation, extra,
                 draft.top_shape()[2:], strict=True)
    before = []
    for n, k, s, d, more, size in zipped:
        total = max(0, s * (n - 1) + more + d * (k - 1) + 1 - size)
        before.append(total - total // 2 if mode == "SAME_LOWER" else total // 2)
    return before


def gemm(draft: Draft, node: Node) -> str:
    """Fully connected layer: alpha * x @ weight + beta * bias."""
    if node.get("transA", 0):
        raise node.refuse("transA is 1; InnerProduct multiplies the rows of its bottom")
    weight = draft.constant(1, "weight") * np.float32(node.get("alpha", 1.0))
    rows = weight if node.get("transB", 0) else weight.T
    bias = None
    if node.has(2):
        bias = draft.constant(2, "bias") * np.float32(node.get("beta", 1.0))
        if bias.size not in (1, rows.shape[0]):
            raise node.refuse(f"its bias has the shape {bias.shape}; InnerProduct adds one number "
                              f"to each of the {rows.shape[0]} outputs")
        bias = np.broadcast_to(bias.reshape(-1), rows.shape[:1])
    return inner_product(draft, draft.blob(), rows, bias, axis=1)


def matmul(draft: Draft, node: Node) -> str:
    """Matrix product: InnerProduct by one known matrix, else MatMul of two blobs."""
    known = [draft.is_constant(name) for name in node.inputs]
    if all(known) or not any(known):
        return product_of_blobs(draft, node)
    index = known.index(True)
    matrix = draft.constant(index, "matrix")
    if matrix.size != math.prod(matrix.shape[-2:]):
        return product_of_blobs(draft, node)
    x = draft.blob(1 - index)
    if len(draft.shapes[x]) == 1:
        x = reshaped(draft, x, (1, *draft.shapes[x]), ".row")
    elif index == 0:
        x = _turned(draft, x, ".columns")
    rows: Array = matrix.reshape(-1, matrix.shape[-1])
    if matrix.ndim > 1 and index == 1:
        rows = rows.T
    y = inner_product(draft, x, rows, None, axis=len(draft.shapes[x]) - 1)
    if index == 0 and len(draft.shapes[y]) > 1:
        y = _turned(draft, y, ".rows")
    return reshaped(draft, y, draft.top_shape(), ".axes")


def _turned(draft: Draft, x: str, suffix: str) -> str:
    """x with its last two axes exchanged."""
    order = list(range(len(draft.shapes[x])))
    order[-2:] = order[:-3:-1]
    return permuted(draft, x, order, suffix)


def product_of_blobs(draft: Draft, node: Node) -> str:
    """MatMul of two blobs, repeated along the axes before the last two where only the other one is
    longer; a vector is a matrix of one row on the left, of one column on the right."""
    blobs = [draft.blob(0), draft.blob(1)]
    shapes = [draft.shapes[blob] for blob in blobs]
    if len(shapes[0]) == 1:
        shapes[0] = (1, *shapes[0])
    if len(shapes[1]) == 1:
        shapes[1] = (*shapes[1], 1)
    outer = np.broadcast_shapes(shapes[0][:-2], shapes[1][:-2])
    for index, shape in enumerate(shapes):
        blobs[index] = reshaped(draft, blobs[index], shape, f".shape{index}")
        blobs[index] = tiled(draft, blobs[index], (*outer, *shape[-2:]), f".{index}")
    return reshaped(draft, product(draft, node, *blobs), draft.top_shape(), ".axes")


def product(draft: Draft, node: Node, a: str, b: str) -> str:
    """MatMul of (..., M, K) and (..., K, N)."""
    return _plain_product(draft, node, a, b) if draft.plain else draft.add("MatMul", a, b)


def _plain_product(draft: Draft, node: Node, a: str, b: str) -> str:
    """The same without MatMul, which BVLC's Caffe has not: the products of each row of a
    (..., M, K) and each column of b (..., K, N), summed."""
    *outer, rows, inner = draft.shapes[a]
    columns = draft.shapes[b][-1]
    sizes = (*outer, rows, columns, inner)
    if math.prod(sizes) > MOST_PRODUCTS:
        raise node.refuse(f"multiplies two computed matrices, {math.prod(sizes):,} products; "
                          "BVLC's Caffe has no layer for it, and up to "
                          f"{MOST_PRODUCTS:,} are written out by Tile, Eltwise and Reduction "
                          "(leave out --plain)")
    a = tiled(draft, reshaped(draft, a, (*outer, rows, 1, inner), ".row"), sizes, ".left")
    b = reshaped(draft, _turned(draft, b, ".columns"), (*outer, 1, columns, inner), ".column")
    b = tiled(draft, b, sizes, ".right")
    y = draft.add("Eltwise", a, b, suffix=".products", eltwise_param={"operation": "PROD"})
    return draft.add("Reduction", y,
                     reduction_param={"operation": "SUM", "axis": len(sizes) - 1})


def by_matrix(draft: Draft, x: str, axis: int, matrix: Array, suffix: str) -> str:
    """Each row along an axis times a fixed matrix (new size, old size)."""
    order = [other for other in range(len(draft.shapes[x])) if other != axis] + [axis]
    x = permuted(draft, x, order, suffix + ".last")
    x = inner_product(draft, x, matrix, None, len(order) - 1, suffix, frozen=True)
    return permuted(draft, x, [order.index(other) for other in range(len(order))],
                    suffix + ".back")


def inner_product(draft: Draft, x: str, rows: Array, bias: Array | None, axis: int,
                  suffix: str = "", frozen: bool = False) -> str:
    """InnerProduct of x by the rows of a matrix."""
    param: dict[str, object] = {"num_output": rows.shape[0], "weight_filler": {"type": "xavier"}}
    if bias is None:
        param["bias_term"] = False
    if axis != 1:
        param["axis"] = axis
    blobs = [rows] if bias is None else [rows, bias]
    return draft.add("InnerProduct", x, blobs=blobs, suffix=suffix, frozen=frozen,
                     inner_product_param=param)
