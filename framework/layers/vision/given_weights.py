"""Fully connected layers with a second top: their weights, or what a penalty of them costs."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_reasons import UNWRITTEN
from framework.layers.params import honour
from framework.layers.vision.inner_product import Product
from framework.ops.losses import GivenSlopes, precise
from framework.proto import LayerParameter

FIELD = "regularize_param"


@layer
class InnerProductCLS(Product):
    """Fully connected layer whose weight matrix is a second top.

    Bottom: x (d0, ..., dn).
    Tops:   y as InnerProduct's; the weight blob, whose gradient is added to the layer's own.
    Blobs:  as InnerProduct's.
    Errors: SpecError if num_output is 0.
    Source: inner_product_cls_layer.cpp of He-Zhenwei/MAF.
    """

    num_tops = (2, 2)
    reads = ("inner_product_param",)
    no_onnx_form = UNWRITTEN

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        self.add_product(x)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return self.product(x, self.weight, self.bias), self.weight.clone()


@layer
class InnerProductWithRegularize(Product):
    """Fully connected layer with a penalty of its weights: L1, or a lasso of groups in a tree.

    Bottom: x (d0, ..., dn).
    Tops:   y as InnerProduct's; the penalty: without regularize_param (1,), the sum of |weight|
            over the blob's rows; with its tree (1, 1, 1, 1), the sum over inputs and nodes of f
            times the Euclidean norm of the weights from the input to the outputs below the node.
    Blobs:  weight and bias as InnerProduct's; with a tree its factors (nodes, 1, 1, 1), g[n - 1]
            that of node_num n, of which those of leaves have no effect.
    The f of a node is its g, of a leaf 1, times 1 - g of each node above it; of two nodes with one
    number the text's first counts, and both are among those above. A norm of 0 gives no gradient,
    where the original divides by it.
    Errors: SpecError if num_output is 0, or for a tree whose leaves or numbers do not fit.
    Source: inner_product_with_regularize_layer.cpp, l1_regularize_layer.cpp and, of the nets with a
            tree, which the last commit refuses for their third `param`, regularize_layer.cpp of
            hiwonjoon/caffe; Kim and Xing 2010.
    """

    num_tops = (2, 2)
    reads = ("inner_product_param", FIELD)
    no_onnx_form = UNWRITTEN
    factors: Tensor

    @classmethod
    def learned_blobs(cls, proto: LayerParameter) -> tuple[bool, ...]:
        return super().learned_blobs(proto) + (True,) * proto.HasField("regularize_param")

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        self.add_product(x)
        self.has_tree = spec.proto.HasField("regularize_param")
        if self.has_tree:
            self._read_tree()

    def _read_tree(self) -> None:
        """Make the blob of the factors, and the tables of the nodes' leaves and ancestors."""
        spec = self.spec
        honour(spec, FIELD, "root weight_filler engine")
        if self.transpose:
            raise spec.error("inner_product_param.transpose", "does not go with regularize_param")
        num_output = self.weight.shape[0]
        nodes: list[_Node] = []
        _collect(spec.proto.regularize_param.root, (), nodes)
        for node in nodes:
            if not 1 <= node.number <= len(nodes):
                raise spec.error(f"{FIELD}.root", f"has the node_num {node.number}; there are "
                                 f"{len(nodes)} nodes")
        outputs = sorted(leaf for node in nodes for leaf in node.own_leaf)
        if outputs != list(range(1, num_output + 1)):
            raise spec.error(f"{FIELD}.root", f"has leaves of the outputs {outputs}; they must be "
                             f"1 to {num_output}, each once")
        members = torch.zeros(len(nodes), num_output)
        above = torch.zeros(len(nodes), len(nodes))
        inner = torch.zeros(len(nodes), dtype=torch.bool)
        known = torch.zeros(len(nodes), dtype=torch.bool)
        for node in nodes:
            row = node.number - 1
            members[row, [leaf - 1 for leaf in node.leaves]] = 1
            if not known[row]:
                known[row] = True
                inner[row] = not node.own_leaf
                for number in node.above:
                    above[row, number - 1] += 1
        self.register_buffer("members", members, persistent=False)
        self.register_buffer("above", above, persistent=False)
        self.register_buffer("inner", inner, persistent=False)
        self.add_blob("factors", (len(nodes), 1, 1, 1), spec.proto.regularize_param.weight_filler)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        y = self.product(x, self.weight, self.bias)
        weight = precise(self.weight)
        if not self.has_tree:
            return y, (weight.abs().sum() / weight.shape[0])[None]
        squares = (self.get_buffer("members").to(weight)[:, :, None] * weight.square()).sum(1)
        norms = squares.where(squares > 0, 1).sqrt().where(squares > 0, 0).sum(1)
        own = precise(self.factors).flatten()
        shares = ((1 - own) ** self.get_buffer("above")).prod(1)
        shares = shares * own.where(self.get_buffer("inner"), 1)
        return y, (shares * norms).sum().reshape(1, 1, 1, 1)

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        penalty: Shape = (1, 1, 1, 1) if self.has_tree else (1,)
        num_output = self.spec.proto.inner_product_param.num_output
        return [(*bottoms[0][:self.axis], num_output), penalty]


class _Node:
    """A node of the tree: its number, those above it, and the outputs below it, from 1 on."""

    def __init__(self, number: int, above: tuple[int, ...], output: int | None):
        self.number, self.above = number, above
        self.own_leaf = [] if output is None else [output]
        self.leaves = list(self.own_leaf)


def _collect(scheme: Any, above: tuple[int, ...], nodes: list[_Node]  # Any: a TreeScheme
             ) -> list[int]:
    """Add a scheme's nodes in the order of the text. Returns the outputs below it."""
    node = _Node(scheme.node_num, above, None if scheme.children else scheme.output_index)
    nodes.append(node)
    for child in scheme.children:
        node.leaves += _collect(child, (*above, node.number), nodes)
    return node.leaves


@layer
class RegularizeResult(Layer):
    """A penalty as a loss: the bottom's first value, and lambda times it as its gradient.

    Bottom: the penalty, of any shape.
    Top:    (1, 1, 1, 1), its first value. The gradient of that value is the top's times lambda
            times the value, as that of lambda / 2 * value^2; the others get none.
    Source: regularize_result_layer.cpp of hiwonjoon/caffe.
    """

    reads = ("regularize_2_param",)
    loss = True

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "regularize_2_param", "lambda")
        # the field has the name of a keyword
        self.factor = getattr(spec.proto.regularize_2_param, "lambda")

    def forward(self, x: Tensor) -> Tensor:
        flat = x.flatten()
        first = flat[:1]
        value = GivenSlopes.apply(first, first.detach() * self.factor, first.detach())
        return value.reshape(1, 1, 1, 1)
