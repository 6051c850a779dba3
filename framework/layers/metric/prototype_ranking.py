"""Images and words in one space (DeViSE): a product, similarities, and their ranking."""

from __future__ import annotations

import math
from collections.abc import Sequence

from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.index_check import class_check
from framework.layers.loss.loss_settings import check_one_label_an_item
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import honour
from framework.layers.vision.inner_product import rows_by
from framework.ops.losses import precise


@layer
class LinearTransform(Layer):
    """Fully connected layer without a bias: flatten each item from `axis` on and multiply it.

    Bottom: x (d0, ..., dn). Top: (d0, ..., d[axis-1], num_output), flat(x) @ weight.T.
    Blobs:  weight (num_output, K), K = d[axis] * ... * dn.
    With `backprop: false` no gradient goes to x.
    Errors: SpecError if num_output is 0.
    Source: LinearProductParameter; linear_transform_layer.cpp of Qi-Xian/DeVise. SSAW14's layer of
            this name, a factor and a summand, is another.
    """

    blobs_learn = (True,)
    weight: Tensor

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        name = "linear_transform_param"
        honour(spec, name, "num_output weight_filler axis backprop")
        param = spec.proto.linear_transform_param
        self.axis, shape = rows_by(spec, x, name)
        self.passes_back = param.backprop
        self.add_blob("weight", shape, param.weight_filler)

    def multiply_adds(self, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        return math.prod(tops[0]) * math.prod(bottoms[0][self.axis:])

    def forward(self, x: Tensor) -> Tensor:
        rows = (x if self.passes_back else x.detach()).flatten(self.axis)
        return rows @ self.weight.t()

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        shape = graph.shape(bottoms[0])[:self.axis]
        rows = graph.reshape(bottoms[0], [*([0] * len(shape)), -1])
        return [graph.add("MatMul", rows, graph.floats(self.weight.t(), "weight"))]


@layer
class Similarity(Layer):
    """Products of each item with each of a list of prototypes.

    Bottoms: x (M, C, ...); prototypes (N, C, ...), as many numbers each.
    Top:     (M, N).
    Errors:  SpecError for items of another number of values.
    Source:  similarity_layer.cpp of Qi-Xian/DeVise.
    """

    num_bottoms = (2, 2)

    @classmethod
    def assumed_bottom(cls, spec: LayerSpec, index: int, bottoms: Sequence[Shape]
                       ) -> Shape | None:
        return (bottoms[1][0], math.prod(bottoms[0][1:])) if index else None

    def __init__(self, spec: LayerSpec, x: Shape, prototypes: Shape):
        super().__init__(spec)
        if min(len(x), len(prototypes)) < 2 or math.prod(x[1:]) != math.prod(prototypes[1:]):
            raise spec.error("bottom", f"has the shapes {tuple(x)} and {tuple(prototypes)}; an "
                             "item of both must have as many numbers")

    def forward(self, x: Tensor, prototypes: Tensor) -> Tensor:
        return x.flatten(1) @ prototypes.flatten(1).t()

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        rows = graph.reshape(bottoms[0], [0, -1])
        columns = graph.add("Transpose", graph.reshape(bottoms[1], [0, -1]), perm=[1, 0])
        return [graph.add("MatMul", rows, columns)]


@layer
class RankingLoss(Layer):
    """Hinge rank loss: the score of the label must be above each other one by a margin.

    Bottoms: scores (N, C); labels (N,).
    Top:     the loss (): the sum of max(0, margin - score of the label + score) over the other
             classes, or with `trunc` the first of these that is above 0, over N.
    Errors:  SpecError for labels that do not fit.
    Source:  RankingLossParameter; ranking_loss_layer.cpp of Qi-Xian/DeVise; Frome et al.
             2013, eq. 1.
    """

    num_bottoms = (2, 2)
    loss = True
    no_gradient_bottoms = (1,)

    @classmethod
    def assumed_bottom(cls, spec: LayerSpec, index: int, bottoms: Sequence[Shape]
                       ) -> Shape | None:
        return bottoms[0][:1] if index else None

    def __init__(self, spec: LayerSpec, scores: Shape, labels: Shape):
        super().__init__(spec)
        honour(spec, "ranking_loss_param", "trunc margin")
        param = spec.proto.ranking_loss_param
        self.only_first = param.trunc
        self.margin = param.margin
        check_one_label_an_item(spec, scores, labels)
        self.check = class_check(spec, labels, math.prod(scores[1:]))

    def forward(self, scores: Tensor, labels: Tensor) -> Tensor:
        rows = precise(scores).flatten(1)
        own = self.check(labels).reshape(-1, 1)
        terms = (self.margin - rows.gather(1, own) + rows).clamp(min=0)
        terms = terms.scatter(1, own, 0)
        if self.only_first:
            above = (terms > 0).detach()
            terms = terms * (above & (above.cumsum(1) == 1))
        return terms.sum() / rows.shape[0]
