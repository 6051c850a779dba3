"""Losses of supervised deep hashing (SSDH): codes near 0 and 1, and half of each."""

from __future__ import annotations

from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
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
