"""Logistic losses of edges of classes, whose labels are the bits of one number."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.ops.losses import precise

BITS = 32


def _numbers(labels: Tensor) -> Tensor:
    """The 32 bits of each label, which is a float32 whatever it is kept as, as a whole number."""
    return labels.detach().float().contiguous().view(torch.int32).long() & 0xFFFFFFFF


class _EdgeBits(Layer):
    """What both losses have in common: scores (N, C, ...) and labels (N, L, ...)."""

    num_bottoms = (2, 2)
    loss = True
    no_gradient_bottoms = (1,)
    needs_float32 = True

    def check_shapes(self, scores: Shape, labels: Shape, wanted: str, fits: bool) -> None:
        """SpecError if the labels have other items, cells or channels."""
        if len(scores) < 3 or len(labels) < 3 or scores[0] != labels[0] \
                or math.prod(scores[2:]) != math.prod(labels[2:]) or not fits:
            raise self.spec.error("bottom", f"has the shapes {tuple(scores)} and {tuple(labels)}; "
                                  f"they must be (N, C, H, W) and (N, L, H, W), {wanted}")

    def terms(self, scores: Tensor, labels: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """The logistic loss of each score (N, C, P), where its bit is set, which cells count
        (N, 1, P), and the numbers (N, L, P)."""
        scores = precise(scores).flatten(2)
        numbers = _numbers(labels).flatten(2)
        channel = torch.arange(scores.shape[1], device=scores.device)
        is_set = (numbers[:, channel // BITS] >> (channel % BITS)[:, None]) & 1 > 0
        counts = numbers[:, -1:] >> (BITS - 1) == 0
        return F.softplus(torch.where(is_set, -scores, scores)), is_set, counts, numbers


@layer
class MultiChannelSigmoidCrossEntropyLoss(_EdgeBits):
    """Sigmoid cross entropy of up to 31 classes, whose labels are bits of one number.

    Bottoms: scores (N, C, H, W), C up to 31; labels (N, 1, H, W), float32 whose 32 bits are read as
             they are in memory: bit k is class k, and bit 31 (the sign) marks a cell to leave out.
    Top:     the loss (): the sum over classes and cells, over N.
    Errors:  SpecError for other shapes.
    Source:  multichannel_sigmoid_cross_entropy_loss_layer.cpp of Chrisding/seal; CASENet, Yu et al.
             2017.
    """

    def __init__(self, spec: LayerSpec, scores: Shape, labels: Shape):
        super().__init__(spec)
        self.check_shapes(scores, labels, "C up to 31 and L = 1",
                          len(labels) > 1 and labels[1] == 1 and scores[1] < BITS)

    def forward(self, scores: Tensor, labels: Tensor) -> Tensor:
        each, _, counts, _ = self.terms(scores, labels)
        return each.where(counts, 0).sum() / len(scores)


@layer
class MultiChannelReweightedSigmoidCrossEntropyLoss(_EdgeBits):
    """Sigmoid cross entropy of classes of edges, with rare edges weighted (CASENet).

    Bottoms: scores (N, C, H, W); labels (N, L, H, W), C < 32 L: float32 whose 32 bits are read as
             they are in memory, channel l for the classes 32 l and following. Bit 31 of the last
             channel marks a cell to leave out.
    Top:     the loss (): a set bit counts by the share of the item's cells without any edge, one
             that is not set by the share of those with one; the sum over N. A cell has an edge if
             any bit is set in its first C / 32 + 1 channels, in the last one the mark too.
    Errors:  SpecError for other shapes.
    Source:  multichannel_reweighted_sigmoid_cross_entropy_loss_layer.cpp of Chrisding/seal; Yu et
             al. 2017, eq. 1.
    """

    def __init__(self, spec: LayerSpec, scores: Shape, labels: Shape):
        super().__init__(spec)
        self.check_shapes(scores, labels, "C less than 32 L",
                          len(labels) > 1 and scores[1] < BITS * labels[1])
        self.channels = scores[1] // BITS + 1

    def forward(self, scores: Tensor, labels: Tensor) -> Tensor:
        each, is_set, counts, numbers = self.terms(scores, labels)
        has_edge = (numbers[:, :self.channels] != 0).any(1, keepdim=True) & counts
        number = counts.sum(2, keepdim=True).to(each.dtype)
        edges = has_edge.sum(2, keepdim=True).to(each.dtype)
        share = edges / number.clamp(min=1)
        weight = torch.where(is_set, (number - edges) / number.clamp(min=1), share)
        return (each * weight).where(counts, 0).sum() / len(scores)
