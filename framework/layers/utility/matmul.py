"""Matrix products of two bottoms: MatMul and MatrixMultiplication."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import honour
from framework.proto import LayerParameter


def _matrix(shape: Shape, transposed: bool) -> tuple[int, int]:
    """Rows and columns of the last two axes, after a transposition."""
    return (shape[-1], shape[-2]) if transposed else (shape[-2], shape[-1])


@layer
class MatMul(Layer):
    """Batched matrix product of the last two axes of two blobs.

    Bottom: a (..., M, K) and b (..., K, N) with equal axes before the last two, or a matrix b for
            all; transposed where `transpose_a` or `transpose_b` says so. With one bottom b is a
            blob.
    Top:    a @ b (..., M, N).
    Blobs:  with one bottom: weight, of the shape `blob_shape`, zeros at first as in the original.
    Errors: SpecError if the sizes do not fit, or blob_shape is missing or beside a second bottom.
    Source: MatMulParameter; matmul_layer.cpp of Intel's OpenVINO fork.
    """

    num_bottoms = (1, 2)
    weight: Tensor

    @classmethod
    def learned_blobs(cls, proto: LayerParameter) -> tuple[bool, ...]:
        return (True,) if len(proto.bottom) == 1 else ()

    def __init__(self, spec: LayerSpec, a: Shape, *others: Shape):
        super().__init__(spec)
        honour(spec, "matmul_param", "transpose_a transpose_b blob_shape")
        param = spec.proto.matmul_param
        self.turns = (param.transpose_a, param.transpose_b)
        stated = tuple(param.blob_shape)
        if bool(stated) == bool(others):
            raise spec.error("matmul_param.blob_shape", f"is {list(stated)}; it must be the shape "
                             "of a learned factor with one bottom, and not be given with two")
        b = others[0] if others else stated
        if len(a) < 2 or len(b) < 2 or min(b) < 1 or len(b) not in (2, len(a)) \
                or (len(b) == len(a) and tuple(a[:-2]) != tuple(b[:-2])):
            raise spec.error("bottom", f"has the shape {tuple(a)} and the other factor {tuple(b)}; "
                             "the axes before the last two must be equal, or the other factor "
                             "must have two axes")
        rows, columns = _matrix(a, self.turns[0]), _matrix(b, self.turns[1])
        if rows[1] != columns[0]:
            raise spec.error("bottom", f"has the shape {tuple(a)} and the other factor {tuple(b)}: "
                             f"{rows[0]} x {rows[1]} times {columns[0]} x {columns[1]} has no "
                             "product")
        self.inner = rows[1]
        if not others:
            self.add_blob("weight", stated)

    def multiply_adds(self, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        return math.prod(tops[0]) * self.inner

    def forward(self, a: Tensor, b: Tensor | None = None) -> Tensor:
        b = self.weight.to(a.dtype) if b is None else b
        a = a.transpose(-2, -1) if self.turns[0] else a
        return torch.matmul(a, b.transpose(-2, -1) if self.turns[1] else b)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        if len(bottoms) == 1:
            matrix = self.weight.detach()
            b = graph.floats(matrix.transpose(-2, -1) if self.turns[1] else matrix, "weight")
        else:
            b = _turned(graph, bottoms[1], self.turns[1])
        return [graph.add("MatMul", _turned(graph, bottoms[0], self.turns[0]), b)]


@layer
class MatrixMultiplication(Layer):
    """Matrix product of the last two axes of two bottoms.

    Bottoms: a (..., M, K) and b (..., K, N): as many matrices of both, or one with two axes alone,
             which counts for all of the other's.
    Top:     a @ b (..., M, N).
    Errors:  SpecError if the shapes do not fit.
    Source:  matrix_multiplication_layer.cpp of wss321/video-caffe; the four axes of
             ivalab/affordanceNet_Context's nets agree with the shapes in its logs.
    """

    num_bottoms = (2, 2)

    def __init__(self, spec: LayerSpec, a: Shape, b: Shape):
        super().__init__(spec)
        others = [tuple(one[:-2]) for one in (a, b) if len(one) > 2]
        if min(len(a), len(b)) < 2 or others[1:] not in ([], others[:1]) or a[-1] != b[-2]:
            raise spec.error("bottom[1]", f"has the shape {tuple(b)}, and bottom[0] {tuple(a)}; "
                             "they must be (..., M, K) and (..., K, N), with equal axes before "
                             "these or none in one of them")
        self.inner = a[-1]

    def multiply_adds(self, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        return math.prod(tops[0]) * self.inner

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        return torch.matmul(a, b)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        return [graph.add("MatMul", *bottoms)]


def _turned(graph: OnnxGraph, x: str, turns: bool) -> str:
    """x with its last two axes exchanged."""
    if not turns:
        return x
    order = list(range(len(graph.shape(x))))
    order[-2:] = order[:-3:-1]
    return graph.add("Transpose", x, perm=order)
