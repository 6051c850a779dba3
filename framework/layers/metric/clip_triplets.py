"""Triplet losses of items by their classes, within a batch and between its two halves."""

from __future__ import annotations

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.loss.loss_settings import check_one_label_an_item
from framework.layers.params import check_positive, honour
from framework.ops.losses import StraightThrough, precise

ONE_NUMBER: Shape = (1, 1, 1, 1)


class TripletsOfClasses(Layer):
    """What both losses have in common: the mean over triples (i, j, k), i and j of one class.

    The gradient is the derivative over `margin`, as in the original; 0 without any triple.
    """

    num_bottoms = (2, 2)
    loss = True
    no_gradient_bottoms = (1,)

    def _read(self, field: str, codes: Shape, labels: Shape) -> None:
        spec = self.spec
        honour(spec, field, "margin")
        check_positive(spec, field, "margin")
        self.margin = getattr(spec.proto, field).margin
        check_one_label_an_item(spec, codes, labels)

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        return [ONE_NUMBER]

    def _mean(self, codes: Tensor, labels: Tensor, wanted: Tensor) -> Tensor:
        """Of the triples (N, N, N) that are `wanted`, and whose classes fit."""
        rows, kinds = precise(codes).flatten(1), labels.detach().reshape(-1).trunc()
        alike = kinds[:, None] == kinds
        triples = wanted & alike[:, :, None] & ~alike[:, None]
        squares = (rows[:, None] - rows).square().sum(2)
        costs = (self.margin + squares[:, :, None] - squares[:, None]).relu().where(triples, 0)
        mean = costs.sum() / triples.sum().clamp(min=1)
        loss: Tensor = StraightThrough.apply(mean / self.margin, mean.detach())
        return loss.reshape(ONE_NUMBER)


@layer
class TripletRankLoss(TripletsOfClasses):
    """Triplet loss within a batch, each of whose triples keeps the order of the batch.

    Bottoms: codes (N, C); labels (N,), cut to whole numbers.
    Top:     (1, 1, 1, 1): the mean of max(0, margin + |i - j|^2 - |i - k|^2) over all i < j < k
             where j has the class of i and k another. The gradient is the derivative over `margin`.
    Errors:  SpecError for a margin that is not above 0, and labels that are not N.
    Source:  TripletRankLossParameter; triplet_rank_loss.cpp of ssqiao/DHH.
    """

    def __init__(self, spec: LayerSpec, codes: Shape, labels: Shape):
        super().__init__(spec)
        self._read("triplet_rank_loss_param", codes, labels)

    def forward(self, codes: Tensor, labels: Tensor) -> Tensor:
        index = torch.arange(codes.shape[0], device=codes.device)
        later = index[:, None] < index
        return self._mean(codes, labels, later[:, :, None] & later)


@layer
class CrossTripletLoss(TripletsOfClasses):
    """Triplet loss of videos against still images: the two halves of a batch.

    Bottoms: codes (N, C), first the videos, then the still images; labels (N,), cut to whole
             numbers.
    Top:     (1, 1, 1, 1): the mean of max(0, margin + |i - j|^2 - |i - k|^2) over all triples where
             j has the class of i and k another, and k is of the other half than i; j comes after
             i in i's half, or before k in k's. The gradient is the derivative over `margin`.
    Errors:  SpecError for a margin that is not above 0, and labels that are not N.
    Source:  CrossTripletLossParameter; cross_triplet_loss.cpp of ssqiao/DHH.
    """

    def __init__(self, spec: LayerSpec, codes: Shape, labels: Shape):
        super().__init__(spec)
        self._read("cross_triplet_loss_param", codes, labels)

    def forward(self, codes: Tensor, labels: Tensor) -> Tensor:
        index = torch.arange(codes.shape[0], device=codes.device)
        first = index < codes.shape[0] // 2
        beside, later = first[:, None] == first, index[:, None] < index
        far = ~beside[:, None]                          # k is of the other half
        near = (beside & later)[:, :, None] & far
        return self._mean(codes, labels, near | (~beside[:, :, None] & far & later))
