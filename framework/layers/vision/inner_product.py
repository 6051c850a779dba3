"""Fully connected layer (InnerProduct) and embedding table (Embed)."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.index_check import IndexCheck
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import at_least, canonical_axis, check_sizes, honour
from framework.layers.weighted import Weighted
from framework.ops.losses import OwnGradients
from framework.proto import LayerParameter


def rows_by(spec: LayerSpec, x: Shape, message: str = "inner_product_param"
            ) -> tuple[int, tuple[int, int]]:
    """By a message: the axis from which on x is flattened, and the weight's shape.

    That is (num_output, K), K = x[axis] * ... * x[-1]. SpecError if num_output is 0.
    """
    param = getattr(spec.proto, message)
    axis = canonical_axis(spec, f"{message}.axis", param.axis, x)
    check_sizes(spec, message, "num_output")
    return axis, (param.num_output, math.prod(x[axis:]))


class Product(Weighted):
    """What fully connected layers of other numbers share: their blobs, by inner_product_param."""

    weights_in = "inner_product_param"

    def add_product(self, x: Shape) -> None:
        """Make the blobs: weight (num_output, K), or (K, num_output) if `transpose`, and bias."""
        honour(self.spec, "inner_product_param", "num_output bias_term weight_filler bias_filler "
               "axis transpose")
        self.axis, shape = rows_by(self.spec, x)
        self.transpose = self.spec.proto.inner_product_param.transpose
        self.add_weights(shape[::-1] if self.transpose else shape, shape[:1])

    def multiply_adds(self, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        return math.prod(tops[0]) * math.prod(bottoms[0][self.axis:])

    def product(self, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        """flat(x) @ weight.T + bias, of blobs in these shapes."""
        return F.linear(x.flatten(self.axis), weight.t() if self.transpose else weight, bias)


@layer
@layer("SparseInnerProduct")
class InnerProduct(Layer):
    """Fully connected layer: flatten each item from `axis` on and multiply it by a weight matrix.

    Bottom: x (d0, ..., dn); then, optional, a weight (num_output, ...) with K numbers in each
            row, and a bias with num_output numbers (happynear's fork).
    Top:    y (d0, ..., d[axis-1], num_output), y = flat(x) @ weight.T + bias.
    Blobs:  weight (num_output, K), or (K, num_output) if `transpose`;
            bias (num_output,) unless `bias_term: false`.  K = d[axis] * ... * dn. A blob
            that a bottom gives is left out.
    Intel's `relu` with `negative_slope` is applied to the top. `normalize: true` (happynear's)
    first brings each row of the weight blob to length 1, in the blob itself. SparseInnerProduct is
    the same layer: the rows that SparseData gives are dense here. `act_init: true` adds the
    gradient of lamda / num_output (|w|^2 - 1)^2 for each row w to that of the weight, whatever the
    loss, as a fork's code for GPUs does.
    Errors: SpecError if num_output is 0, or a bottom does not fit.
    Source: InnerProductParameter in caffe.proto; BVLC inner_product_layer.cpp, and that of
            happynear/caffe-windows; sparse_inner_product_layer.cpp of jolibrain/caffe;
            inner_product_layer.cu of chenbinghui1/Hybrid-Attention-based-Decoupled-Metric-Learning.
    """

    reads = ("inner_product_param",)
    fork_fields = frozenset(["inner_product_param.act_init", "inner_product_param.lamda"])
    num_bottoms = (1, 3)
    weight: Tensor
    bias: Tensor | None

    @classmethod
    def learned_blobs(cls, proto: LayerParameter) -> tuple[bool, ...]:
        param, given = proto.inner_product_param, len(proto.bottom) - 1
        return (True,) * (2 - given) if param.bias_term else (True,) * (1 - given)

    def __init__(self, spec: LayerSpec, x: Shape, *others: Shape):
        super().__init__(spec)
        honour(spec, "inner_product_param", "num_output bias_term weight_filler bias_filler axis "
               "transpose relu negative_slope normalize act_init lamda")
        param = spec.proto.inner_product_param
        self.axis = canonical_axis(spec, "inner_product_param.axis", param.axis, x)
        num_output = others[0][0] if others else param.num_output
        self.num_output = num_output
        at_least(spec, "inner_product_param.num_output", [num_output], 1)
        self.transpose = param.transpose
        self.normalize = param.normalize
        self.relu = param.relu
        self.negative_slope = param.negative_slope
        shape = (num_output, math.prod(x[self.axis :]))
        self.num_inputs = shape[1]
        counts = (math.prod(shape), num_output)
        for index, given in enumerate(others, 1):
            count = counts[index - 1]
            if math.prod(given) != count:
                raise spec.error(f"bottom[{index}]", f"has the shape {given}; it must hold "
                                 f"{count} numbers")
        self.pull = 4 * param.lamda / num_output if param.act_init else 0.0
        if others and (self.transpose or self.normalize or self.pull):
            raise spec.error("inner_product_param", "has transpose, normalize or act_init, which "
                             "are for a weight blob; here the weight is a bottom")
        if self.transpose and self.pull:
            raise spec.error("inner_product_param.act_init", "does not go with transpose")
        if not others:
            self.add_blob("weight", shape[::-1] if self.transpose else shape, param.weight_filler)
        if param.bias_term and len(others) < 2:
            self.add_blob("bias", shape[:1], param.bias_filler)
        else:
            self.bias = None

    def multiply_adds(self, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        return math.prod(tops[0]) * math.prod(bottoms[0][self.axis:])

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        num_inputs = math.prod(bottoms[0][self.axis:])
        if num_inputs != self.num_inputs:
            raise self.spec.error("bottom", f"has the shape {bottoms[0]}, with {num_inputs} values "
                                  f"an item; the weights are for {self.num_inputs}")
        return [(*bottoms[0][:self.axis], self.num_output)]

    def forward(self, x: Tensor, weight: Tensor | None = None, bias: Tensor | None = None
                ) -> Tensor:
        if weight is None:
            weight = self.rows()
        y = F.linear(x.flatten(self.axis), weight.flatten(1),
                     self.bias if bias is None else bias.flatten())
        if self.pull:
            excess = self.weight.square().sum(1, keepdim=True) - 1
            nothing, = OwnGradients.apply(1, self.weight, self.pull * excess * self.weight,
                                          y.new_zeros(()))
            y = y + nothing
        if self.relu:
            return F.leaky_relu(y, self.negative_slope) if self.negative_slope else F.relu(y)
        return y

    def rows(self) -> Tensor:
        """The weight blob as (num_output, K)."""
        if self.normalize:
            with torch.no_grad():
                squares = (self.weight * self.weight).sum(0 if self.transpose else 1, keepdim=True)
                self.weight.div_((squares + 1e-6).sqrt())
        return self.weight.t() if self.transpose else self.weight

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        x, shape = bottoms[0], graph.shape(bottoms[0])
        if self.axis == 1:
            flat = x if len(shape) == 2 else graph.add("Flatten", x, axis=1)
        else:
            flat = graph.reshape(x, [0] * self.axis + [math.prod(shape[self.axis:])])
        if len(bottoms) > 1:
            dims = graph.shape(bottoms[1])
            weight = bottoms[1] if len(dims) == 2 else graph.reshape(bottoms[1], [0, -1])
            weight = graph.add("Transpose", weight, perm=[1, 0])
        else:
            weight = graph.floats(self.rows() if self.axis == 1 else self.rows().t(), "weight")
        bias = graph.floats(self.bias, "bias") if self.bias is not None else None
        if len(bottoms) > 2:
            bias = graph.reshape(bottoms[2], [-1])
        if self.axis == 1:
            terms = [flat, weight] if bias is None else [flat, weight, bias]
            y = graph.add("Gemm", *terms, transB=int(len(bottoms) == 1))
        else:
            y = graph.add("MatMul", flat, weight)
            y = y if bias is None else graph.add("Add", y, bias)
        if not self.relu:
            return [y]
        return [graph.add("LeakyRelu", y, alpha=self.negative_slope)]


@layer
class Embed(Weighted):
    """Embedding: look each number of the bottom up in a table.

    Bottom: x (d0, ..., dn), whole numbers 0 ... input_dim - 1 in floats; it gets no gradient.
    Top:    y (d0, ..., dn, num_output), y = weight[x] + bias; in the dialect
            "bottom-up-attention" num_output replaces a last axis of 1.
    Blobs:  weight (input_dim, num_output); bias (num_output,) unless `bias_term: false`.
    Errors: SpecError if num_output or input_dim is 0.
    Source: EmbedParameter in caffe.proto; BVLC embed_layer.cpp, and that of
            peteanderson80/bottom-up-attention.
    """

    dialects = ("bottom-up-attention",)

    appends_axis = True
    no_gradient_bottoms = (0,)
    refuses_gradient = True
    needs_float32 = True
    weights_in = "embed_param"

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "embed_param", "num_output input_dim bias_term weight_filler bias_filler")
        param = spec.proto.embed_param
        check_sizes(spec, "embed_param", "num_output input_dim")
        self.check = IndexCheck(spec, 0, x, param.input_dim, what="rows in the table",
                                hint="embed_param.input_dim is too small")
        self.in_last_axis = bool(spec.dialect) and x[-1:] == (1,)
        self.add_weights((param.input_dim, param.num_output), (param.num_output,))

    def multiply_adds(self, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        return 0            # rows are looked up

    def forward(self, x: Tensor) -> Tensor:
        index = self.check(x)
        y = F.embedding(index.squeeze(-1) if self.in_last_axis else index, self.weight)
        return y if self.bias is None else y + self.bias

    def example_bottom(self, index: int, shapes: Sequence[Shape]) -> Tensor | None:
        return torch.arange(math.prod(shapes[0])).reshape(shapes[0]) % self.weight.shape[0]

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        x = bottoms[0]
        if self.in_last_axis:
            x = graph.reshape(x, [-1, *graph.shape(x)[1:-1]])
        index = graph.add("Cast", x, to=7)
        y = graph.add("Gather", graph.floats(self.weight, "weight"), index, axis=0)
        return [y if self.bias is None else graph.add("Add", y, graph.floats(self.bias, "bias"))]
