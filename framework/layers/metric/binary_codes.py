"""Losses of supervised deep hashing: codes near 0 and 1 or -1 and 1, and half of each."""

from __future__ import annotations

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.params import honour
from framework.ops.losses import precise

MIDDLE = 0.5


class MiddleLoss(Layer):
    """What both losses have in common: a second bottom, and the distance of codes from 0.5."""

    num_bottoms = (2, 2)
    loss = True
    no_gradient_bottoms = (1,)

    def __init__(self, spec: LayerSpec, codes: Shape, other: Shape):
        super().__init__(spec)
        if tuple(codes) != tuple(other):
            raise spec.error("bottom", f"has the shapes {tuple(codes)} and {tuple(other)}; both "
                             "must be the same, as in the original, which reads the first only")

    def half_mean_square(self, codes: Tensor) -> Tensor:
        """Half the mean squared distance of the codes from 0.5."""
        return (precise(codes) - MIDDLE).square().mean() / 2


@layer("K1_EuclideanLoss")
class K1EuclideanLoss(MiddleLoss):
    """Binary-forcing loss of hashing: minus half the mean squared distance from 0.5.

    Bottoms: codes (N, ...) from 0 to 1; a second one of that shape, which is not read.
    Top:     the loss ().
    Errors:  SpecError for shapes that differ.
    Source:  K1_euclidean_loss_layer.cpp of kevinlin311tw/Caffe-DeepBinaryCode; Yang et al. 2018.
    """

    def forward(self, codes: Tensor, other: Tensor) -> Tensor:
        return -self.half_mean_square(codes)


@layer("K2_EuclideanLoss")
class K2EuclideanLoss(MiddleLoss):
    """Balance loss of hashing: half the mean squared distance from 0.5.

    Bottoms: means of codes (N, ...); a second one of that shape, which is not read.
    Top:     the loss ().
    Errors:  SpecError for shapes that differ.
    Source:  K2_euclidean_loss_layer.cpp of kevinlin311tw/Caffe-DeepBinaryCode; Yang et al. 2018.
    """

    def forward(self, codes: Tensor, other: Tensor) -> Tensor:
        return self.half_mean_square(codes)


@layer
class HashingLoss(Layer):
    """Deep supervised hashing loss (DSH): similar codes near, others a margin apart, values near 1.

    Bottoms: codes (N, K); labels (N, ...): two items are similar if their labels are equal, or with
             several numbers each if the inner product of these is above 0.
    Top:     the loss (): over the pairs i < j the sum of d^2 for similar items and of max(0,
             bi_margin - d^2) for others, over N (N - 1); and tradeoff times the sum of ||x| - 1|
             over N. The gradient of the first part is half its derivative, as in the original.
    Errors:  SpecError for labels that do not fit, or fewer than two items.
    Source:  HashingLossParameter; hashing_loss_layer.cpp of liuheng0111/DSH_for_sketches; Liu et
             al. 2016.
    """

    num_bottoms = (2, 2)
    loss = True
    no_gradient_bottoms = (1,)

    def __init__(self, spec: LayerSpec, codes: Shape, labels: Shape):
        super().__init__(spec)
        honour(spec, "hashing_loss_param", "bi_margin tradeoff")
        param = spec.proto.hashing_loss_param
        self.margin, self.tradeoff = param.bi_margin, param.tradeoff
        if labels[0] != codes[0] or codes[0] < 2:
            raise spec.error("bottom", f"has the shapes {tuple(codes)} and {tuple(labels)}; both "
                             "must have as many items, two or more")

    def forward(self, codes: Tensor, labels: Tensor) -> Tensor:
        num = codes.shape[0]
        codes, labels = (precise(x).reshape(num, -1) for x in (codes, labels))
        similar = labels @ labels.mT > 0
        if labels.shape[1] == 1:
            similar = labels.trunc() == labels.trunc().mT
        squares = (codes[:, None] - codes).square().sum(2)
        pairs = torch.where(similar, squares, (self.margin - squares).clamp(min=0)).triu(1).sum()
        half = pairs / 2
        distances = (half + half.detach()) / (num * (num - 1))
        return distances + self.tradeoff * (codes.abs() - 1).abs().sum() / num
