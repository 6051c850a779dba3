"""Capsules by dynamic routing (Cap), by convolution (Tensor), and without the longest ones."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.capsules.capsule_windows import SIZES, check_count, read_windows
from framework.layers.capsules.capsules import TINY, count_of
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import at_least, honour
from framework.layers.weighted import Weighted
from framework.ops.losses import StraightThrough

ROUNDS = 3
AXES = 3            # of a capsule of Tensor


@layer
class Cap(Weighted):
    """Dynamic routing of capsules: sums of predictions, those that agree with it counting more.

    Bottom: x (N, ...), I capsules of input_capsule_dim numbers.
    Top:    (N, output_capsule_num, output_capsule_dim): the sums of the third round, before their
            squashing, plus the bias.
    Blobs:  weight (I, input_capsule_dim, output_capsule_num * output_capsule_dim); bias
            (output_capsule_num * output_capsule_dim,) unless `bias_term: false`.
    In each round the predictions x_i @ weight_i for a capsule count by a softmax over the capsules
    to come of their logits, and the product of a prediction and the squashed sum is added to its
    logit. Logits begin with 0 in each forward; the original keeps them from the forward before.
    The gradient is the original's: that of the sums in which each prediction counts 1.
    Errors: SpecError for sizes of 0, or if input_capsule_dim does not divide an item.
    Source: CapParameter, whose routing_num is not read; cap_layer.cu of
            chenzhenhua986/CAFFE-CapsNet; Sabour et al. 2017, procedure 1.
    """

    weights_in = "cap_param"
    no_onnx_form = "no form of its rounds is written"

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        name = self.weights_in
        honour(spec, name, "bias_term weight_filler bias_filler input_capsule_dim "
               "output_capsule_dim output_capsule_num")
        param = spec.proto.cap_param
        self.size = param.input_capsule_dim
        number = count_of(spec, x, f"{name}.input_capsule_dim", self.size)
        at_least(spec, f"{name}.output_capsule_dim", (param.output_capsule_dim,), 1)
        at_least(spec, f"{name}.output_capsule_num", (param.output_capsule_num,), 1)
        self.capsules = (param.output_capsule_num, param.output_capsule_dim)
        outputs = math.prod(self.capsules)
        self.add_weights((number, self.size, outputs), (outputs,))

    def multiply_adds(self, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        predictions = math.prod(tops[0]) * self.weight.shape[0]
        return predictions * (self.size + 2 * ROUNDS - 1)

    def forward(self, x: Tensor) -> Tensor:
        capsules = x.flatten(1).unflatten(1, (-1, self.size))
        found = torch.einsum("nid,ido->nio", capsules, self.weight)
        found = found.reshape(*found.shape[:2], *self.capsules)
        top: Tensor = StraightThrough.apply(found.sum(1), self._routed(found.detach()))
        return top if self.bias is None else top + self.bias.reshape(self.capsules)

    def _routed(self, found: Tensor) -> Tensor:
        """The sums (N, O, E) of the last round, of the predictions (N, I, O, E)."""
        logits = found.new_zeros(found.shape[:3])
        for number in range(ROUNDS):
            sums = torch.einsum("nioe,nio->noe", found, logits.softmax(2))
            if number < ROUNDS - 1:
                square = sums.square().sum(2, keepdim=True)
                squashed = sums * (square / (1 + square) / (square + TINY).sqrt())
                logits = logits + torch.einsum("nioe,noe->nio", found, squashed)
        return sums


@layer
class CapsuleRelu(Layer):
    """Capsules above a length become 0.

    Bottom: x (N, ...), whose items are capsules of `dim` numbers.
    Top:    as x: 0 for capsules longer than `thre`, the root of the sum of squares and 1e-7.
    In place all of the gradient passes, as in the original, which looks at what it has written;
    else that of the capsules that stay. (There the original does not write those at all.)
    Errors: SpecError if `dim` does not divide an item.
    Source: CapsuleReluParameter; capsule_relu_layer.cpp of chenzhenhua986/CAFFE-CapsNet.
    """

    keeps_shape = True

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "capsule_relu_param", "dim thre")
        param = spec.proto.capsule_relu_param
        self.size = param.dim
        self.longest = param.thre
        self.passes_all = spec.bottoms[0] == spec.tops[0]
        count_of(spec, x, "capsule_relu_param.dim", self.size)

    def forward(self, x: Tensor) -> Tensor:
        capsules = x.flatten(1).unflatten(1, (-1, self.size))
        lengths = (capsules.detach().square().sum(2, keepdim=True) + TINY).sqrt()
        top = torch.where(lengths > self.longest, 0, capsules)
        if self.passes_all:
            top = StraightThrough.apply(capsules, top.detach())
        return top.reshape(x.shape)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        shape = graph.shape(bottoms[0])
        capsules = graph.reshape(bottoms[0], [0, -1, self.size])
        squares = graph.reduce("ReduceSumSquare", capsules, [2], True)
        lengths = graph.add("Sqrt", graph.add("Add", squares, graph.floats(TINY)))
        long = graph.add("Greater", lengths, graph.floats(self.longest))
        top = graph.add("Where", long, graph.floats(0.0), capsules)
        return [graph.reshape(top, [0, *shape[1:]])]


@layer("Tensor")
class TensorConvolution(Weighted):
    """Convolution of maps of capsules, which are stacks of matrices: each times a weight's matrix.

    Bottom: x (N, ...), input_capsule_num maps of input_h x input_w capsules, each (C, A, B) as
            input_capsule_shape says.
    Top:    (N, output_capsule_num, positions down, positions across, C, A, E): over the window and
            the maps the sum of the products (A, B) by (B, E), for each of the C matrices;
            output_capsule_shape is (C, A, E).
    Blobs:  weight (input_capsule_num, output_capsule_num, kh, kw, C, B * E), read with the first
            two axes the other way; bias, as many as an item of the top, unless `bias_term: false`.
    Errors: SpecError for sizes that do not fit, and `group`.
    Source: CapsuleConvParameter; tensor_layer.cpp of chenzhenhua986/CAFFE-CapsNet.
    """

    reads = ("capsule_conv_param",)
    weights_in = "capsule_conv_param"

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        name = self.weights_in
        honour(spec, name, "bias_term weight_filler bias_filler input_capsule_shape "
               f"output_capsule_shape {SIZES}")
        param = spec.proto.capsule_conv_param
        self.at = at = read_windows(spec, name)
        self.before = _stack(spec, f"{name}.input_capsule_shape", param.input_capsule_shape.dim)
        self.after = _stack(spec, f"{name}.output_capsule_shape", param.output_capsule_shape.dim)
        if self.before[:2] != self.after[:2]:
            raise spec.error(f"{name}.output_capsule_shape", f"begins with {self.after[:2]}; it "
                             f"must begin with {self.before[:2]} as input_capsule_shape")
        check_count(spec, x, at.inputs * math.prod(at.area) * math.prod(self.before))
        self.add_weights((at.inputs, at.outputs, *at.kernel, self.before[0],
                          self.before[2] * self.after[2]),
                         (at.outputs * at.num_positions * math.prod(self.after),))

    def multiply_adds(self, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        return math.prod(tops[0]) * self.at.cells * self.before[2]

    def _weight(self) -> Tensor:
        """As a convolution of C groups: (C * outputs * E, inputs * B, kh, kw)."""
        at, depth = self.at, self.before[0]
        blocks = self.weight.reshape(at.outputs, at.inputs, *at.kernel, depth, self.before[2],
                                     self.after[2])
        return blocks.permute(4, 0, 6, 1, 5, 2, 3).reshape(
            depth * at.outputs * self.after[2], at.inputs * self.before[2], *at.kernel)

    def forward(self, x: Tensor) -> Tensor:
        at, (depth, rows, columns) = self.at, self.before
        maps = x.reshape(len(x), at.inputs, *at.area, depth, rows, columns)
        planes = maps.permute(0, 5, 4, 1, 6, 2, 3).reshape(
            len(x) * rows, depth * at.inputs * columns, *at.area)
        found = F.conv2d(planes, self._weight().to(planes.dtype), None, at.stride, groups=depth)
        top = found.reshape(len(x), rows, depth, at.outputs, self.after[2], *at.positions)
        top = top.permute(0, 3, 5, 6, 2, 1, 4)
        return top if self.bias is None else top + self.bias.reshape(top.shape[1:])

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        at, (depth, rows, columns) = self.at, self.before
        maps = graph.reshape(bottoms[0], [-1, at.inputs, *at.area, depth, rows, columns])
        planes = graph.add("Transpose", maps, perm=[0, 5, 4, 1, 6, 2, 3])
        planes = graph.reshape(planes, [-1, depth * at.inputs * columns, *at.area])
        found = graph.add("Conv", planes, graph.floats(self._weight().detach(), "weight"),
                          strides=[at.stride] * 2, group=depth)
        found = graph.reshape(found, [-1, rows, depth, at.outputs, self.after[2], *at.positions])
        top = graph.add("Transpose", found, perm=[0, 3, 5, 6, 2, 1, 4])
        if self.bias is None:
            return [top]
        shape = (at.outputs, *at.positions, depth, rows, self.after[2])
        return [graph.add("Add", top, graph.floats(self.bias.detach().reshape(shape), "bias"))]


def _stack(spec: LayerSpec, field: str, dims: Sequence[int]) -> tuple[int, int, int]:
    """The three sizes of a capsule. SpecError unless there are three, above 0."""
    if len(dims) != AXES or min(dims) < 1:
        raise spec.error(f"{field}.dim", f"is {list(dims)}; it must be three sizes above 0")
    return dims[0], dims[1], dims[2]
