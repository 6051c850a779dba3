"""Resize of height and width, of one axis, or of three.

By a whole factor: Deconvolution with fixed filters, exact at the borders too. With aligned corners:
Interp. By any other factor: two fixed matrices (InnerProduct), one for each axis; so three axes.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from framework.importing.draft import Draft, Node
from framework.importing.operators.convolution import by_matrix, inner_product
from framework.importing.operators.moving import permuted, reshaped
from framework.importing.operators.padding import mirrored


def resize(draft: Draft, node: Node) -> str:
    """Planes, rows as planes of one row, and more axes one after the other."""
    x = draft.blob()
    shape, wanted = draft.shapes[x], draft.top_shape()
    if shape == wanted:
        return x
    if len(shape) < 3 or shape[:2] != wanted[:2]:
        raise node.refuse(f"resizes {shape} to {wanted}; all axes but the first two can be resized")
    matrices = [matrix(node, n, size, _scale(draft, node, axis), draft.opset < 11)
                for axis, (n, size) in enumerate(zip(shape[2:], wanted[2:], strict=True), 2)]
    if len(shape) == 3:
        x = reshaped(draft, x, (*shape[:2], 1, shape[2]), ".plane")
        y = _plane(draft, x, (1, wanted[2]), node, [np.eye(1), *matrices])
        return reshaped(draft, y, wanted, ".row")
    if len(shape) == 4:
        return _plane(draft, x, wanted[2:], node, matrices)
    for axis, one in enumerate(matrices, 2):
        if shape[axis] != wanted[axis]:
            x = by_matrix(draft, x, axis, one, f".axis{axis}")
    return x


def _plane(draft: Draft, x: str, wanted: tuple[int, ...], node: Node,
           matrices: list[np.ndarray]) -> str:
    """Height and width to the wanted ones, by the matrices or what is the same."""
    sizes = draft.shapes[x][2:]
    if sizes == (1, 1):     # not by Tile, which fewer programs take
        return enlarged(draft, x, (wanted[0], wanted[1]), [np.ones(size) for size in wanted],
                        (0, 0), "")
    mode = node.get("mode", "nearest")
    if all(size % n == 0 for size, n in zip(wanted, sizes, strict=True)):
        factors = (wanted[0] // sizes[0], wanted[1] // sizes[1])
        if mode == "nearest" and _are(matrices, [repeated(n, factor) for n, factor
                                                 in zip(sizes, factors, strict=True)]):
            return enlarged(draft, x, factors, [np.ones(factor) for factor in factors], (0, 0), "")
        if mode == "linear" and _are(matrices, [half_pixel(n, factor) for n, factor
                                                in zip(sizes, factors, strict=True)]):
            return bilinear(draft, x, factors)
    if mode == "linear" and _are(matrices, [aligned(n, size) for n, size
                                            in zip(sizes, wanted, strict=True)]):
        return draft.add("Interp", x, interp_param={"height": wanted[0], "width": wanted[1]})
    y = inner_product(draft, x, matrices[1], None, 3, ".columns", frozen=True)
    y = permuted(draft, y, [0, 1, 3, 2], ".turned")
    y = inner_product(draft, y, matrices[0], None, 3, ".rows", frozen=True)
    return permuted(draft, y, [0, 1, 3, 2])


def _are(found: list[np.ndarray], wanted: list[np.ndarray]) -> bool:
    return all(np.allclose(one, other, atol=1e-5)
               for one, other in zip(found, wanted, strict=True))


def _scale(draft: Draft, node: Node, axis: int) -> float:
    """The factor that the node gives, which may differ a little from the quotient of the sizes."""
    shape, wanted = draft.shapes[draft.blob()], draft.top_shape()
    quotient = wanted[axis] / shape[axis]
    axes = list(node.get("axes", range(len(shape))))
    if axis not in axes:
        return quotient
    if draft.opset < 9:
        scales = np.asarray(node.attributes["scales"])
    else:
        index = 1 if draft.opset < 11 else 2
        if not node.has(index) or (node.has(3) and draft.opset >= 11):
            return quotient
        scales = draft.constant(index, "scales").reshape(-1)
    return float(scales[axes.index(axis)]) if scales.size else quotient


def matrix(node: Node, n: int, size: int, scale: float, old: bool) -> np.ndarray:
    """(size, n): each cell of the result as a weighted sum of those before.

    old  before opset 11, which had no modes of coordinates

    Source: Resize in ONNX's operators.
    """
    index = np.arange(size, dtype=np.float64)
    mode = node.get("coordinate_transformation_mode", "asymmetric" if old else "half_pixel")
    if mode == "align_corners":
        place = index * (n - 1) / max(size - 1, 1)
    elif mode == "asymmetric":
        place = index / scale
    elif mode == "half_pixel" or (mode == "pytorch_half_pixel" and size > 1):
        place = (index + 0.5) / scale - 0.5
    elif mode == "pytorch_half_pixel":
        place = index * 0
    else:
        raise node.refuse(f"has the coordinates {mode}; half_pixel, pytorch_half_pixel, "
                          "align_corners and asymmetric are possible")
    if node.get("antialias", 0):
        raise node.refuse("has antialias; that is not possible")
    kind = node.get("mode", "nearest")
    if kind == "nearest":
        return _nearest(node, place, n, old)
    if kind == "linear":
        return _weighted(place, n, 2, lambda far: np.maximum(0, 1 - far))
    if kind == "cubic":
        if node.get("exclude_outside", 0):
            raise node.refuse("has exclude_outside; that is not possible")
        return _weighted(place, n, 4, lambda far: cubic(far, node.get("cubic_coeff_a", -0.75)))
    raise node.refuse(f"its mode is {kind}; nearest, linear and cubic are possible")


def _nearest(node: Node, place: np.ndarray, n: int, old: bool) -> np.ndarray:
    rounding = node.get("nearest_mode", "floor" if old else "round_prefer_floor")
    if rounding in ("floor", "ceil"):
        cells = np.floor(place) if rounding == "floor" else np.ceil(place)
    elif rounding == "round_prefer_floor":
        cells = np.ceil(place - 0.5)
    else:
        cells = np.floor(place + 0.5)
    cells = np.clip(cells.astype(int), 0, n - 1)
    return np.eye(n)[cells]


def _weighted(place: np.ndarray, n: int, reach: int, weight: Callable[[np.ndarray], np.ndarray]
              ) -> np.ndarray:
    """Weights by the distance of `reach` cells around each place; those outside are the edge's."""
    found = np.zeros((len(place), n))
    low = np.floor(place).astype(int) - reach // 2 + 1
    for step in range(reach):
        cell = low + step
        np.add.at(found, (np.arange(len(place)), np.clip(cell, 0, n - 1)),
                  weight(np.abs(place - cell)))
    return found


def cubic(far: np.ndarray, a: float) -> np.ndarray:
    """The weight of a cell at a distance; Keys 1981."""
    near = (a + 2) * far**3 - (a + 3) * far**2 + 1
    outer = a * far**3 - 5 * a * far**2 + 8 * a * far - 4 * a
    return np.where(far <= 1, near, np.where(far < 2, outer, 0))


def repeated(n: int, factor: int) -> np.ndarray:
    return np.repeat(np.eye(n), factor, axis=0)


def half_pixel(n: int, factor: int) -> np.ndarray:
    place = (np.arange(n * factor) + 0.5) / factor - 0.5
    return _weighted(place, n, 2, lambda far: np.maximum(0, 1 - far))


def aligned(n: int, size: int) -> np.ndarray:
    place = np.arange(size) * (n - 1) / max(size - 1, 1)
    return _weighted(place, n, 2, lambda far: np.maximum(0, 1 - far))


def bilinear(draft: Draft, x: str, factors: tuple[int, int]) -> str:
    """Between the centres of cells. The edges are repeated once, as torch and ONNX do, and what
    the filters spread beyond them is cut off as padding."""
    for axis in (2, 3):
        x = mirrored(draft, x, axis, 1, 1, reflect=False, suffix=".edge")
    filters, pads = [], []
    for factor in factors:
        width = 2 * factor - factor % 2
        centre = (width - 1) / 2
        filters.append(1 - np.abs(np.arange(width) - centre) / factor)
        pads.append((width - factor) // 2 + factor)
    return enlarged(draft, x, factors, filters, (pads[0], pads[1]), "")


def enlarged(draft: Draft, x: str, factors: tuple[int, int], filters: list[np.ndarray],
             pads: tuple[int, int], suffix: str) -> str:
    """Deconvolution of each channel by the product of two filters."""
    channels = draft.shapes[x][1]
    plane = np.outer(*filters)
    weight = np.broadcast_to(plane, (channels, 1, *plane.shape))
    param = {"num_output": channels, "group": channels, "bias_term": False,
             "kernel_h": plane.shape[0], "kernel_w": plane.shape[1], "stride_h": factors[0],
             "stride_w": factors[1], "pad_h": pads[0], "pad_w": pads[1]}
    return draft.add("Deconvolution", x, blobs=[weight], suffix=suffix, frozen=True,
                     convolution_param=param)
