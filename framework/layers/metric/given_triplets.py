"""Triplet losses of codes of hashing whose three bottoms are the triplets."""

from __future__ import annotations

from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.params import check_channels, check_positive, check_same_shape, honour
from framework.ops.losses import StraightThrough, precise


class GivenTriplets(Layer):
    """What both losses have in common: the mean of max(0, margin + |a - p|^2 - |a - n|^2)."""

    num_bottoms = (3, 3)
    loss = True
    factor: float       # of the gradient
    margin: float

    def _mean(self, *bottoms: Tensor) -> Tensor:
        anchor, alike, other = (precise(one).flatten(1) for one in bottoms)
        near, far = ((anchor - one).square().sum(1) for one in (alike, other))
        mean = (self.margin + near - far).relu().mean()
        loss: Tensor = StraightThrough.apply(mean * self.factor, mean.detach())
        return loss


@layer
class TripletRankingHingeLoss(GivenTriplets):
    """Triplet loss: the mean of max(0, margin + |a - p|^2 - |a - n|^2).

    Bottoms: codes a, of like items p and of others n, (N, dim) or (N, dim, 1, 1) each.
    Top:     the loss (). Its gradient is twice the derivative, as in the original.
    Errors:  SpecError for bottoms of other shapes.
    Source:  TripletRankingHingeLossParameter; triplet_ranking_hinge_loss_layer.cpp of
             FuchenUSTC/caffe-hash and HYPJUDY/caffe-dnnh; Lai et al. 2015.
    """

    factor = 2.0

    def __init__(self, spec: LayerSpec, *codes: Shape):
        super().__init__(spec)
        honour(spec, "triplet_ranking_hinge_loss_param", "dim margin")
        param = spec.proto.triplet_ranking_hinge_loss_param
        self.margin = param.margin
        check_same_shape(spec, codes)
        check_channels(spec, codes[0])
        if codes[0][1] != param.dim or any(size != 1 for size in codes[0][2:]):
            raise spec.error("triplet_ranking_hinge_loss_param.dim", f"is {param.dim}; the codes "
                             f"have the shape {tuple(codes[0])}, and must be (N, {param.dim})")

    def forward(self, *codes: Tensor) -> Tensor:
        return self._mean(*codes)


@layer
class TripletsRankLoss(GivenTriplets):
    """Triplet loss: the mean of max(0, margin + |a - p|^2 - |a - n|^2), (1, 1, 1, 1).

    Bottoms: codes a, of like items p and of others n, (N, ...) each.
    The gradient is the derivative over `margin`, as in the original.
    A TripletRankLoss of three bottoms is this one.
    Errors:  SpecError for bottoms of different shapes, and unless the margin is above 0.
    Source:  TripletRankLossParameter; triplet_rank_loss.cpp of fqzhu001/caffe-pdh-reid-2016, where
             the type is TripletRankLoss.
    """

    reads = ("triplet_rank_loss_param",)

    def __init__(self, spec: LayerSpec, *codes: Shape):
        super().__init__(spec)
        honour(spec, "triplet_rank_loss_param", "margin")
        check_positive(spec, "triplet_rank_loss_param", "margin")
        self.margin = spec.proto.triplet_rank_loss_param.margin
        self.factor = 1 / self.margin
        check_same_shape(spec, codes)

    def forward(self, *codes: Tensor) -> Tensor:
        return self._mean(*codes).reshape(1, 1, 1, 1)
