"""Similarities of items and losses of their order, of two public forks."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.loss.loss_settings import check_same_count
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.onnx_reasons import NEEDS_LABELS
from framework.layers.params import honour
from framework.ops.losses import GivenSlopes, precise

MARGINS = frozenset({"triplet_loss_param.sample", "triplet_loss_param.sim_type"})


def _check_pair(spec: LayerSpec, a: Shape, b: Shape) -> None:
    """SpecError unless both have as many items of as many values."""
    if a[:1] != b[:1] or math.prod(a) != math.prod(b):
        raise spec.error("bottom", f"has the shapes {tuple(a)} and {tuple(b)}; they must be of one "
                         "size")


def dot_products(a: Tensor, b: Tensor) -> Tensor:
    """The dot product of each item (N,)."""
    return (precise(a).flatten(1) * precise(b).flatten(1)).sum(1)


def near_squares(a: Tensor, b: Tensor) -> Tensor:
    """Minus half the squared distance of each item (N,)."""
    return -(precise(a).flatten(1) - precise(b).flatten(1)).square().sum(1) / 2


SIMILARITIES = {"DotProductSimilarity": dot_products, "EuclideanSimilarity": near_squares}


class _Similarity(Layer):
    """Two blobs of as many items; the top (N, 1, 1, 1) is that of SIMILARITIES for the type."""

    num_bottoms = (2, 2)

    def __init__(self, spec: LayerSpec, a: Shape, b: Shape):
        super().__init__(spec)
        _check_pair(spec, a, b)
        self.similarity = SIMILARITIES[spec.type]

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        return self.similarity(a, b).reshape(-1, 1, 1, 1).to(a.dtype)


@layer
class DotProductSimilarity(_Similarity):
    """The dot product of the items of two blobs.

    Bottoms: a and b (N, ...). Top: (N, 1, 1, 1).
    Errors:  SpecError for other sizes.
    Source:  dotproduct_similarity_layer.cpp of wanji/caffe-sl.
    """

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        a, b = (graph.reshape(bottom, [0, -1]) for bottom in bottoms)
        total = graph.reduce("ReduceSum", graph.add("Mul", a, b), [1], True)
        return [graph.reshape(total, [0, 1, 1, 1])]


@layer
class EuclideanSimilarity(_Similarity):
    """Minus half the squared distance of the items of two blobs.

    Bottoms: a and b (N, ...). Top: (N, 1, 1, 1).
    Errors:  SpecError for other sizes.
    Source:  euclidean_similarity_layer.cpp of wanji/caffe-sl.
    """

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        a, b = (graph.reshape(bottom, [0, -1]) for bottom in bottoms)
        apart = graph.add("Sub", a, b)
        total = graph.reduce("ReduceSum", graph.add("Mul", apart, apart), [1], True)
        return [graph.reshape(graph.add("Mul", total, graph.floats(-0.5)), [0, 1, 1, 1])]


def _hinge(spec: LayerSpec, like: Tensor, unlike: Tensor) -> Tensor:
    """The mean of max(0, margin - like + unlike), with the original's slopes: 1, not over N; with
    `sample` only where like is already more than unlike."""
    param = spec.proto.triplet_loss_param
    both = torch.stack([like, unlike])
    each = (param.margin - both[0] + both[1]).clamp(min=0).detach()
    counts = each > 0
    if param.sample:
        counts = counts & (both[0] > both[1]).detach()
    slopes = torch.stack([-counts.to(both.dtype), counts.to(both.dtype)])
    top: Tensor = GivenSlopes.apply(both, slopes, each.mean())
    return top


@layer
class PairwiseRankingLoss(Layer):
    """Hinge loss of order: the similarity of like items must be the larger one, by a margin.

    Bottoms: similarities of like and of unlike items, (N, ...) each.
    Top:     the loss (): the mean of max(0, margin - like + unlike). Its gradient is -1 and 1 where
             that is not 0, not over N, as in the original; with `sample` only where like is the
             larger one already. Here it is times the loss_weight too.
    Errors:  SpecError for other sizes.
    Source:  TripletLossParameter; pairwise_ranking_loss_layer.cpp of wanji/caffe-sl.
    """

    reads = ("triplet_loss_param",)
    fork_fields = MARGINS
    num_bottoms = (2, 2)
    loss = True

    def __init__(self, spec: LayerSpec, like: Shape, unlike: Shape):
        super().__init__(spec)
        honour(spec, "triplet_loss_param", "margin sample")
        check_same_count(spec, like, unlike)

    def forward(self, like: Tensor, unlike: Tensor) -> Tensor:
        return _hinge(self.spec, precise(like).flatten(), precise(unlike).flatten())


@layer
class NaiveTripletLoss(Layer):
    """Triplet loss of one blob: queries, then like, then unlike items, by their similarity.

    Bottom: x (3 N, ...). Tops: the loss (), as PairwiseRankingLoss has it of the similarities that
            sim_type names, and the share of triplets in order, which counts 0 in the loss.
    Errors: SpecError for another number of items than thirds, or another sim_type.
    Source: TripletLossParameter; naive_triplet_loss_layer.cpp of wanji/caffe-sl.
    """

    reads = ("triplet_loss_param",)
    fork_fields = MARGINS
    num_tops = (2, 2)
    loss = True

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "triplet_loss_param", "margin sample sim_type")
        kind = spec.proto.triplet_loss_param.sim_type
        if kind not in SIMILARITIES:
            raise spec.error("triplet_loss_param.sim_type", f"is '{kind}'; it must be one of "
                             f"{', '.join(SIMILARITIES)}")
        if x[0] % 3:
            raise spec.error("bottom", f"has {x[0]} items; there must be a multiple of 3")
        self.similarity = SIMILARITIES[kind]

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        query, like, unlike = x.chunk(3)
        near, far = self.similarity(query, like), self.similarity(query, unlike)
        return _hinge(self.spec, near, far), (near > far).to(near.dtype).mean()


@layer
class RankAccuracy(Layer):
    """The share of pairs in order: those whose first number is the larger one.

    Bottoms: similarities of like and of unlike items, (N, ...) each. Top: (). No gradient.
    Errors:  SpecError for other sizes.
    Source:  rank_accuracy_layer.cpp of wanji/caffe-sl.
    """

    num_bottoms = (2, 2)
    no_gradient_bottoms = (0, 1)
    no_onnx_form = "it is a measure of a training"

    def __init__(self, spec: LayerSpec, like: Shape, unlike: Shape):
        super().__init__(spec)
        check_same_count(spec, like, unlike)

    def forward(self, like: Tensor, unlike: Tensor) -> Tensor:
        return (like.detach() > unlike.detach().reshape(like.shape)).to(like.dtype).mean()


@layer
class CosineDis(Layer):
    """The dot products of pairs and of their items with a dictionary, as scores of classes.

    Bottoms: a and b (N, C), each item flattened; a dictionary (D, ...) of rows of C, which gets no
             gradient.
    Tops:    (2 N, D + 1), first of the items of a, then of those of b: the product with the other
             of the pair, and those with the rows of the dictionary; the class of each (2 N,), 0.
    An item has the gradient of its own row of scores; of that of the other of the pair none, as in
    the original.
    Errors:  SpecError for other sizes.
    Source:  cosine_dis_layer.cu of He-Zhenwei/MAF.
    """

    num_bottoms = (3, 3)
    num_tops = (2, 2)
    no_gradient_bottoms = (2,)
    no_onnx_form = NEEDS_LABELS

    @classmethod
    def assumed_bottom(cls, spec: LayerSpec, index: int, bottoms: Sequence[Shape]
                       ) -> Shape | None:
        """The second like the first, and a row of the dictionary like an item."""
        items = bottoms[0]
        return (None, items, (bottoms[2][0], *items[1:]))[index]

    def __init__(self, spec: LayerSpec, a: Shape, b: Shape, dictionary: Shape):
        super().__init__(spec)
        _check_pair(spec, a, b)
        if math.prod(dictionary[1:]) != math.prod(a[1:]):
            raise spec.error("bottom[2]", f"has the shape {tuple(dictionary)}; its rows must be of "
                             f"{math.prod(a[1:])} values, as the items are")

    def forward(self, a: Tensor, b: Tensor, dictionary: Tensor) -> tuple[Tensor, Tensor]:
        a, b = precise(a).flatten(1), precise(b).flatten(1)
        rows = precise(dictionary.detach()).flatten(1)
        scores = [torch.cat([(own * other.detach()).sum(1, keepdim=True), own @ rows.t()], 1)
                  for own, other in ((a, b), (b, a))]
        return torch.cat(scores), a.new_zeros(2 * len(a))
