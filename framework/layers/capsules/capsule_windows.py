"""Capsules of a window, as a convolution has it: CapsuleConvTransform and CapsuleConvRouting."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.params import check_sizes, honour
from framework.layers.weighted import Weighted
from framework.ops.by_item import by_item
from framework.ops.windows import windows

SIZES = "stride kh kw input_capsule_num output_capsule_num input_h input_w"
NO_FORM = "its windows of capsules have no operator of ONNX"


@dataclass(frozen=True)
class Windows:
    """Maps of capsules and the window over them.

    area       height and width of the maps
    positions  of the window, down and across
    cells      capsules in a window: those of all maps
    """

    area: tuple[int, int]
    kernel: tuple[int, int]
    stride: int
    inputs: int
    outputs: int
    positions: tuple[int, int]

    @property
    def cells(self) -> int:
        return self.inputs * math.prod(self.kernel)

    @property
    def num_positions(self) -> int:
        return math.prod(self.positions)


def read_windows(spec: LayerSpec, name: str) -> Windows:
    """The window of a message. SpecError for sizes of 0, and a window larger than the maps."""
    param: Any = getattr(spec.proto, name)      # one of two messages with these fields
    check_sizes(spec, name, SIZES)
    area, kernel = (param.input_h, param.input_w), (param.kh, param.kw)
    for field, cells, whole in (("kh", kernel[0], area[0]), ("kw", kernel[1], area[1])):
        if cells > whole:
            raise spec.error(f"{name}.{field}", f"is {cells}; the maps have {whole} there")
    height, width = ((whole - cells) // param.stride + 1
                     for whole, cells in zip(area, kernel, strict=True))
    return Windows(area, kernel, param.stride, param.input_capsule_num, param.output_capsule_num,
                   (height, width))


def read_matrix(spec: LayerSpec, field: str, dims: Sequence[int]) -> tuple[int, int]:
    """The two sizes of a capsule. SpecError unless there are two, above 0."""
    if len(dims) != 2 or min(dims) < 1:
        raise spec.error(f"{field}.dim", f"is {list(dims)}; it must be two sizes above 0")
    return dims[0], dims[1]


def check_count(spec: LayerSpec, x: Shape, wanted: int, or_more: bool = False) -> None:
    given = math.prod(x[1:])
    if given != wanted and not (or_more and given > wanted):
        raise spec.error("bottom", f"'{spec.bottoms[0]}' has the shape {tuple(x)}; by the text "
                         f"an item has {wanted} numbers")


@layer
class CapsuleConvTransform(Weighted):
    """Predictions of the capsules of each window, which are matrices: each times a weight.

    Bottom: x (N, ...), input_capsule_num maps of input_h x input_w capsules, each (D0, D1) as
            input_capsule_shape says. Of a bottom with more numbers only the first of the whole
            batch are read, as many as N items of this size have, as in the original.
    Top:    (N, positions of the window, capsules in it, output_capsule_num * D0 * E1):
            for each position and capsule of its window the product (D0, D1) by (D1, E1 *
            output_capsule_num); E1 is the second size of output_capsule_shape.
    Blobs:  weight (capsules in a window * output_capsule_num, D1, E1), read as one (D1, E1 *
            output_capsule_num) for each capsule; bias, as many as an item of the top, unless
            `bias_term: false`.
    Errors: SpecError for sizes that do not fit.
    Source: CapsuleConvTransformParameter; capsule_conv_transform_layer.cpp of
            chenzhenhua986/CAFFE-CapsNet.
    """

    weights_in = "capsule_conv_transform_param"
    no_onnx_form = NO_FORM

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        name = self.weights_in
        honour(spec, name, "bias_term weight_filler bias_filler input_capsule_shape "
               f"output_capsule_shape {SIZES}")
        param = spec.proto.capsule_conv_transform_param
        self.at = at = read_windows(spec, name)
        self.matrix = read_matrix(spec, f"{name}.input_capsule_shape",
                                  param.input_capsule_shape.dim)
        rows, columns = read_matrix(spec, f"{name}.output_capsule_shape",
                                    param.output_capsule_shape.dim)
        if rows != self.matrix[0]:
            raise spec.error(f"{name}.output_capsule_shape", f"begins with {rows}; it must begin "
                             f"with {self.matrix[0]} as input_capsule_shape")
        self.item_count = at.inputs * math.prod(at.area) * math.prod(self.matrix)
        check_count(spec, x, self.item_count, or_more=True)
        self.columns = at.outputs * columns
        self.add_weights((at.cells * at.outputs, self.matrix[1], columns),
                         (at.num_positions * at.cells * rows * self.columns,))

    def multiply_adds(self, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        return math.prod(tops[0]) * self.matrix[1]

    def forward(self, x: Tensor) -> Tensor:
        at = self.at
        if x.shape[1:].numel() > self.item_count:
            x = x.flatten()[:len(x) * self.item_count].reshape(len(x), -1)
        capsules = by_item(x, at.inputs, *at.area, -1).movedim(4, 2).flatten(1, 2)
        cut = windows(capsules, at.kernel, (at.stride,) * 2, (1, 1))
        positions = at.num_positions
        cut = cut.reshape(len(x), at.inputs, *self.matrix, positions, math.prod(at.kernel))
        cut = cut.permute(0, 4, 1, 5, 2, 3).reshape(len(x), positions, at.cells, *self.matrix)
        weight = self.weight.reshape(at.cells, self.matrix[1], self.columns)
        top = torch.einsum("npcab,cbo->npcao", cut, weight).flatten(3)
        return top if self.bias is None else top + self.bias.reshape(top.shape[1:])


@layer
class CapsuleConvRouting(Layer):
    """Learned routing of windows: each capsule is the weighted sum of its window's predictions.

    Bottom: x (N, ...), an item of which is read as (output_capsule_num * positions, capsules in a
            window, size): not in the order that CapsuleConvTransform has, as in the original.
    Top:    (N, output_capsule_num * positions, size), size the product of output_capsule_shape.
    Blobs:  weight (output_capsule_num * positions, capsules in a window).
    Errors: SpecError for sizes that do not fit.
    Source: CapsuleConvRoutingParameter; capsule_conv_routing_layer.cpp of
            chenzhenhua986/CAFFE-CapsNet.
    """

    no_onnx_form = NO_FORM
    blobs_learn = (True,)
    weight: Tensor

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        name = "capsule_conv_routing_param"
        honour(spec, name, f"weight_filler output_capsule_shape {SIZES}")
        param = spec.proto.capsule_conv_routing_param
        at = read_windows(spec, name)
        size = math.prod(read_matrix(spec, f"{name}.output_capsule_shape",
                                     param.output_capsule_shape.dim))
        self.sizes = (at.outputs * at.num_positions, at.cells, size)
        check_count(spec, x, math.prod(self.sizes))
        self.add_blob("weight", self.sizes[:2], param.weight_filler)

    def multiply_adds(self, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        return math.prod(tops[0]) * self.sizes[1]

    def forward(self, x: Tensor) -> Tensor:
        return torch.einsum("npcd,pc->npd", x.reshape(len(x), *self.sizes), self.weight)
