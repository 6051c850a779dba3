"""Layers of capsule networks: groups of numbers whose length says whether a thing is there."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import at_least, check_sizes, honour
from framework.layers.weighted import Weighted
from framework.ops.by_item import by_item
from framework.ops.losses import GivenSlopes

TINY = 1e-7     # what the original adds to squared lengths


def count_of(spec: LayerSpec, x: Shape, field: str, size: int, what: str = "numbers") -> int:
    """How often `size` fits into the numbers of an item. SpecError if it does not, by `field`."""
    at_least(spec, field, (size,), 1)
    count = math.prod(x[1:])
    if count % size:
        raise spec.error(field, f"is {size}; it must divide the {count} {what} of an item of "
                         f"'{spec.bottoms[0]}'")
    return count // size


@layer
class Squash(Layer):
    """Squashing of capsules: their direction, with a length of 1 - exp(-length) below 1.

    Bottom: x (N, ...), whose items are capsules of capsule_dim numbers.
    Top:    as x: x (1 - exp(-r)) / r, r the length, of whose square 2e-7 more is taken.
    The gradient is the original's: of a number of the top that of the same number of the bottom
    alone, though r depends on all of its capsule.
    Errors: SpecError if capsule_dim does not divide an item.
    Source: SquashParameter; squash_layer.cpp of chenzhenhua986/CAFFE-CapsNet; Xi et al. 2017.
    """

    keeps_shape = True

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "squash_param", "capsule_dim")
        self.size = spec.proto.squash_param.capsule_dim
        count_of(spec, x, "squash_param.capsule_dim", self.size)

    def forward(self, x: Tensor) -> Tensor:
        capsules = x.flatten(1).unflatten(1, (-1, self.size))
        fixed = capsules.detach()
        length = (fixed.square().sum(2, keepdim=True) + 2 * TINY).sqrt()
        falling = (-length).exp()
        factor = -torch.expm1(-length) / length
        slopes = factor + fixed.square() * (falling - factor) / length.square()
        top: Tensor = GivenSlopes.apply(capsules, slopes, fixed * factor)
        return top.reshape(x.shape)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        shape = graph.shape(bottoms[0])
        capsules = graph.reshape(bottoms[0], [0, -1, self.size])
        squares = graph.reduce("ReduceSumSquare", capsules, [2], True)
        length = graph.add("Sqrt", graph.add("Add", squares, graph.floats(2 * TINY)))
        falling = graph.add("Exp", graph.add("Neg", length))
        share = graph.add("Sub", graph.floats(1.0), falling)
        top = graph.add("Mul", capsules, graph.add("Div", share, length))
        return [graph.reshape(top, [0, *shape[1:]])]


@layer
class CapsuleReshape(Layer):
    """Capsules of maps: each position of capsule_dim channels becomes one.

    Bottom: x (N, C, ...).
    Top:    (N, C / capsule_dim * positions, capsule_dim), all positions of the first capsule_dim
            channels first.
    Errors: SpecError if capsule_dim does not divide the channels.
    Source: CapsuleReshapeParameter; capsule_reshape_layer.cu of chenzhenhua986/CAFFE-CapsNet.
    """

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "capsule_reshape_param", "capsule_dim")
        self.size = spec.proto.capsule_reshape_param.capsule_dim
        count_of(spec, x[:2], "capsule_reshape_param.capsule_dim", self.size, "channels")

    def forward(self, x: Tensor) -> Tensor:
        groups = x.reshape(len(x), x.shape[1] // self.size, self.size, math.prod(x.shape[2:]))
        return groups.transpose(2, 3).flatten(1, 2)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        _, channels, *_ = graph.shape(bottoms[0])
        groups = graph.reshape(bottoms[0], [0, channels // self.size, self.size, -1])
        turned = graph.add("Transpose", groups, perm=[0, 1, 3, 2])
        return [graph.reshape(turned, [0, -1, self.size])]


@layer
class CapsuleTransform(Weighted):
    """Predictions of capsules: each one times a matrix of its own, for every capsule to come.

    Bottom: x (N, ...), I capsules of input_capsule_dim numbers.
    Top:    (N, I, output_capsule_num * output_capsule_dim).
    Blobs:  weight (I, input_capsule_dim, output_capsule_num * output_capsule_dim); bias, as many as
            an item of the top, unless `bias_term: false`.
    Errors: SpecError for sizes of 0, or if input_capsule_dim does not divide an item.
    Source: CapsuleTransformParameter; capsule_transform_layer.cu of
            chenzhenhua986/CAFFE-CapsNet; Sabour et al. 2017.
    """

    weights_in = "capsule_transform_param"

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        name = "capsule_transform_param"
        honour(spec, name, "bias_term weight_filler bias_filler input_capsule_dim "
               "output_capsule_dim output_capsule_num")
        param = spec.proto.capsule_transform_param
        self.size = param.input_capsule_dim
        number = count_of(spec, x, f"{name}.input_capsule_dim", self.size)
        at_least(spec, f"{name}.output_capsule_dim", (param.output_capsule_dim,), 1)
        at_least(spec, f"{name}.output_capsule_num", (param.output_capsule_num,), 1)
        outputs = param.output_capsule_num * param.output_capsule_dim
        self.add_weights((number, self.size, outputs), (number * outputs,))

    def multiply_adds(self, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        return math.prod(tops[0]) * self.size

    def forward(self, x: Tensor) -> Tensor:
        capsules = x.flatten(1).unflatten(1, (-1, self.size))
        top = torch.einsum("nid,ido->nio", capsules, self.weight)
        return top if self.bias is None else top + self.bias.reshape(self.weight.shape[::2])

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        capsules = graph.reshape(bottoms[0], [0, -1, 1, self.size])
        product = graph.add("MatMul", capsules, graph.floats(self.weight, "weight"))
        top = graph.reshape(product, [0, *self.weight.shape[::2]])
        if self.bias is None:
            return [top]
        bias = graph.floats(self.bias.reshape(self.weight.shape[::2]), "bias")
        return [graph.add("Add", top, bias)]


@layer
class CapsuleRouting(Layer):
    """Learned routing: each capsule is the weighted sum of the predictions for it.

    Bottom: (N, input_capsule_num, output_capsule_num * output_capsule_dim).
    Top:    (N, output_capsule_num, output_capsule_dim).
    Blobs:  weight (output_capsule_num, input_capsule_num).
    Errors: SpecError for sizes of 0, or a bottom of another number of values.
    Source: CapsuleRoutingParameter; capsule_routing_layer.cu of chenzhenhua986/CAFFE-CapsNet, whose
            CPU reads past the end of the weight.
    """

    blobs_learn = (True,)
    weight: Tensor

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        name = "capsule_routing_param"
        honour(spec, name, "weight_filler input_capsule_num output_capsule_dim output_capsule_num")
        param = spec.proto.capsule_routing_param
        self.sizes = (param.input_capsule_num, param.output_capsule_num, param.output_capsule_dim)
        check_sizes(spec, name, "input_capsule_num output_capsule_num output_capsule_dim")
        if math.prod(self.sizes) != math.prod(x[1:]):
            raise spec.error(f"{name}.input_capsule_num", f"is {self.sizes[0]}; with it an item of "
                             f"'{spec.bottoms[0]}' must have {math.prod(self.sizes)} numbers, and "
                             f"has {math.prod(x[1:])}")
        self.add_blob("weight", (self.sizes[1], self.sizes[0]), param.weight_filler)

    def multiply_adds(self, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        return math.prod(tops[0]) * self.sizes[0]

    def forward(self, x: Tensor) -> Tensor:
        return torch.einsum("niod,oi->nod", x.reshape(len(x), *self.sizes), self.weight)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        predictions = graph.reshape(bottoms[0], [0, *self.sizes])
        by_capsule = graph.add("Transpose", predictions, perm=[0, 2, 1, 3])
        weight = graph.floats(self.weight[:, None], "weight")       # (O, 1, I) by (N, O, I, D)
        top = graph.add("MatMul", weight, by_capsule)
        return [graph.reshape(top, [0, *self.sizes[1:]])]


@layer
class CapsuleMask(Layer):
    """The last of class_num capsules, and 0 for the others.

    Bottom: x (N, ...), class_num capsules.
    Top:    as x.
    The original means to keep the longest capsule, but never notes a length, so that the last one
    is always the longest so far.
    Errors: SpecError if class_num does not divide an item.
    Source: CapsuleMaskParameter; capsule_mask_layer.cpp of chenzhenhua986/CAFFE-CapsNet.
    """

    keeps_shape = True

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "capsule_mask_param", "class_num")
        size = count_of(spec, x, "capsule_mask_param.class_num",
                        spec.proto.capsule_mask_param.class_num)
        kept = torch.zeros(math.prod(x[1:]))
        kept[-size:] = 1
        self.register_buffer("kept", kept.reshape(x[1:]), persistent=False)

    kept: Tensor

    def forward(self, x: Tensor) -> Tensor:
        return torch.where(self.kept > 0, x, 0)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        return [graph.add("Mul", bottoms[0], graph.floats(self.kept, "kept"))]


@layer
class CapsuleLen(Layer):
    """Lengths of capsules, as scores of classes.

    Bottom: x (N, ...), num_class capsules; no gradient.
    Top:    (N, num_class): the root of the sum of squares and 1e-7.
    Errors: SpecError if num_class does not divide an item.
    Source: CapsuleLenParameter; capsule_len_layer.cpp of chenzhenhua986/CAFFE-CapsNet, whose GPU
            gives the square.
    """

    no_gradient_bottoms = (0,)

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "capsule_len_param", "num_class")
        self.number = spec.proto.capsule_len_param.num_class
        count_of(spec, x, "capsule_len_param.num_class", self.number)

    def forward(self, x: Tensor) -> Tensor:
        squares = by_item(x.detach(), self.number, -1).square()
        return (squares.sum(2) + TINY).sqrt()

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        capsules = graph.reshape(bottoms[0], [0, self.number, -1])
        squares = graph.reduce("ReduceSumSquare", capsules, [2], False)
        return [graph.add("Sqrt", graph.add("Add", squares, graph.floats(TINY)))]
