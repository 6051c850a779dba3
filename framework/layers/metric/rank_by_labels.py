"""Ranking losses of hashing: what shares more labels with a query must be nearer to it."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.params import check_positive, honour
from framework.ops.by_item import by_item
from framework.ops.losses import precise

ONE_NUMBER: Shape = (1, 1, 1, 1)


class RankByLabels(Layer):
    """What both losses have in common."""

    reads = ("contrastive_loss_param",)
    num_tops = (2, 2)
    loss = True

    def _read(self, codes: Shape, others: Shape, labels: Shape) -> None:
        spec = self.spec
        honour(spec, "contrastive_loss_param", "margin")
        self.margin = spec.proto.contrastive_loss_param.margin
        check_positive(spec, "contrastive_loss_param", "margin")
        if math.prod(codes[1:]) != math.prod(others[1:]) or codes[0] % labels[0] \
                or others[0] % labels[0]:
            raise spec.error("bottom", f"has the shapes {tuple(codes)}, {tuple(others)} and "
                             f"{tuple(labels)}; codes must have as many values, and labels be of "
                             "the items, or of a part that is repeated")

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        return [ONE_NUMBER, ONE_NUMBER]

    def _loss(self, queries: Tensor, others: Tensor, labels: Tensor, by_itself: bool
              ) -> tuple[Tensor, Tensor]:
        """The mean over triples, with a gradient over `margin`, and the share of right ones."""
        queries, others, labels = (by_item(precise(x), -1)
                                   for x in (queries, others, labels))
        num = labels.shape[0]
        shared = (labels @ labels.mT).where(
            ~torch.eye(num, dtype=torch.bool, device=labels.device), labels.shape[1])
        shared = shared.repeat(queries.shape[0] // num, others.shape[0] // num)
        squares = (queries[:, None] - others).square().sum(2)
        triples = shared[:, :, None] > shared[:, None]
        if not by_itself:
            own = torch.eye(queries.shape[0], dtype=torch.bool, device=queries.device)
            triples = triples & ~own[:, :, None] & ~own[:, None]
        terms = self.margin + squares[:, :, None] - squares[:, None]
        count = triples.sum().clamp(min=1)
        mean = torch.where(triples, terms.clamp(min=0), 0).sum() / count
        slopes = mean / self.margin
        right = (triples & (terms <= 0)).sum().to(mean.dtype) / count
        loss = slopes + (mean - slopes).detach()
        return loss.reshape(ONE_NUMBER), right.reshape(ONE_NUMBER)


@layer
class TripletRankLossLabel(RankByLabels):
    """Triplet ranking loss within a batch, ordered by how many labels two items share.

    Bottoms: codes (N, ...); labels (M, ...) of 0 and 1, M a divisor of N: item i has those of i
             mod M, and shares all with its own repetition.
    Tops:    (1, 1, 1, 1) each: the mean of max(0, margin + |i - a|^2 - |i - b|^2) over all i, a, b
             of which i shares more with a than with b; the share of those where it is 0. Both are 0
             without any. The gradient is the derivative over `margin`, as in the original.
    Errors:  SpecError for shapes that do not fit, and a margin of 0.
    Source:  ContrastiveLossParameter; triplet_rank_loss_label.cpp of zx12348163/cross_hashing_code.
    """

    num_bottoms = (2, 2)
    no_gradient_bottoms = (1,)

    def __init__(self, spec: LayerSpec, codes: Shape, labels: Shape):
        super().__init__(spec)
        self._read(codes, codes, labels)

    def forward(self, codes: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        return self._loss(codes, codes, labels, by_itself=False)


@layer
class CrossModalLoss(RankByLabels):
    """Triplet ranking loss of codes of one kind against those of another, text and images.

    Bottoms: queries (N, ...); codes (P, ...) of as many values; labels (M, ...) of 0 and 1, M a
             divisor of N and P, as for TripletRankLossLabel.
    Tops:    as there, with i a query, a and b codes; that of an item itself is among them.
    Errors:  SpecError for shapes that do not fit, and a margin of 0.
    Source:  ContrastiveLossParameter; cross_modal_loss_layer.cpp of zx12348163/cross_hashing_code.
    """

    num_bottoms = (3, 3)
    no_gradient_bottoms = (2,)

    def __init__(self, spec: LayerSpec, queries: Shape, codes: Shape, labels: Shape):
        super().__init__(spec)
        self._read(queries, codes, labels)

    def forward(self, queries: Tensor, codes: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        return self._loss(queries, codes, labels, by_itself=True)


@layer
class TripleEuclideanMaxLoss(Layer):
    """Triplet measure: an item must be nearer to its second code than to its third.

    Bottoms: three codes (N, C); none has a gradient: the original gives one only in a phase "thief"
             that no net has.
    Tops:    (1, 1, 1, 1) each: the mean of max(0, margin + |x - y|^2 - |x - z|^2); the share of
             items where it is 0.
    Errors:  SpecError for shapes that differ.
    Source:  ContrastiveLossParameter; triple_euclidean_max_loss_layer.cpp of
             zx12348163/cross_hashing_code.
    """

    reads = ("contrastive_loss_param",)
    num_bottoms = (3, 3)
    num_tops = (2, 2)
    loss = True
    no_gradient_bottoms = (0, 1, 2)

    def __init__(self, spec: LayerSpec, *codes: Shape):
        super().__init__(spec)
        honour(spec, "contrastive_loss_param", "margin")
        self.margin = spec.proto.contrastive_loss_param.margin
        if len({tuple(shape) for shape in codes}) > 1:
            raise spec.error("bottom", f"has the shapes {[tuple(shape) for shape in codes]}; they "
                             "must be the same")

    @torch.no_grad()
    def forward(self, x: Tensor, near: Tensor, far: Tensor) -> tuple[Tensor, Tensor]:
        x, near, far = (precise(codes).flatten(1) for codes in (x, near, far))
        terms = self.margin + (x - near).square().sum(1) - (x - far).square().sum(1)
        right = (terms <= 0).to(terms.dtype).mean()
        return terms.clamp(min=0).mean().reshape(ONE_NUMBER), right.reshape(ONE_NUMBER)
