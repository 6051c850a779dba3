"""Matrix products (MatMul) by layers of the original."""

from __future__ import annotations

import math

import numpy as np

from framework.export.caffe.chain import Chain, Rewrite
from framework.export.caffe.parts import Floats, Part, Parts
from framework.layers.utility.matmul import MatMul

MOST_PRODUCTS = 2**26       # numbers before they are summed: 256 MB


def by_fixed_matrix(parts: Parts, part: Part) -> list[Part] | None:
    """A learned factor as InnerProduct along the last axis."""
    assert isinstance(part.layer, MatMul)
    if not part.blobs or math.prod(part.blobs[0].shape[:-2]) != 1:
        return None
    chain = Chain(parts, part)
    x = part.proto.bottom[0]
    if part.layer.turns[0]:
        x = _turned(chain, x)
    matrix = part.blobs[0].reshape(part.blobs[0].shape[-2:])
    rows: Floats = matrix if part.layer.turns[1] else matrix.T
    chain.add("InnerProduct", x, blobs=[np.ascontiguousarray(rows)], inner_product_param={
        "num_output": rows.shape[0], "axis": len(chain.shape(x)) - 1, "bias_term": False})
    return chain.finish()


def by_sums_of_products(parts: Parts, part: Part) -> list[Part] | None:
    """Two blobs: all products of a row and a column, summed. a (..., M, K) is repeated for each
    column, and the transposed b (..., N, K) for each row."""
    assert isinstance(part.layer, MatMul)
    if part.blobs:
        return None
    chain = Chain(parts, part)
    a, b = part.proto.bottom
    *outer, rows, inner = _last_two_turned(chain.shape(a), part.layer.turns[0])
    columns = _last_two_turned(chain.shape(b), part.layer.turns[1])[-1]
    if math.prod(outer) * rows * inner * columns > MOST_PRODUCTS:
        return None
    if part.layer.turns[0]:
        a = _turned(chain, a)
    if not part.layer.turns[1]:
        b = _turned(chain, b)
    sizes = [*outer, rows, columns, inner]
    a = _repeated(chain, a, [*outer, rows, 1, inner], sizes)
    shared = [1] * len(outer) if len(chain.shape(b)) == 2 else outer
    b = _repeated(chain, b, [*shared, 1, columns, inner], sizes)
    chain.add("Reduction", chain.product(a, b),
              reduction_param={"operation": "SUM", "axis": len(sizes) - 1})
    return chain.finish()


def _last_two_turned(shape: tuple[int, ...], turns: bool) -> tuple[int, ...]:
    return (*shape[:-2], shape[-1], shape[-2]) if turns else shape


def _turned(chain: Chain, x: str) -> str:
    """x with its last two axes exchanged."""
    order = list(range(len(chain.shape(x))))
    order[-2:] = order[:-3:-1]
    return chain.add("Permute", x, permute_param={"order": order})


def _repeated(chain: Chain, x: str, shape: list[int], sizes: list[int]) -> str:
    """x in a shape with axes of size 1, along which it is repeated."""
    y = chain.add("Reshape", x, reshape_param={"shape": {"dim": shape}})
    for axis, (own, size) in enumerate(zip(shape, sizes, strict=True)):
        if own != size:
            y = chain.add("Tile", y, tile_param={"axis": axis, "tiles": size})
    return y


PRODUCTS: dict[str, tuple[Rewrite, ...]] = {"MatMul": (by_fixed_matrix, by_sums_of_products)}
