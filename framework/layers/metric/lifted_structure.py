"""LiftedStructSimilaritySoftmaxLoss: every positive pair against all negatives of both."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.loss.loss_settings import check_one_label_an_item
from framework.layers.params import honour
from framework.ops.losses import precise


@layer
class LiftedStructSimilaritySoftmaxLoss(Layer):
    """Lifted structured loss: squared hinge of each positive pair against all its negatives.

    Bottoms: features (N, D, 1, 1); labels (N,), which get no gradient.
    Top:     the loss (): over the pairs i < j of one label the mean of max(0, J)^2 / 2, with J =
             d(i, j) + log of the sum of exp(margin - d) over the distances d of i and of j to all
             items of other labels; 0 without such a pair, where the original divides by 0.
    Errors:  SpecError for another number of labels than of items.
    Source:  lifted_struct_similarity_softmax_layer.cpp of rksltnl/Deep-Metric-Learning-CVPR16; Oh
             Song et al. 2016.
    """

    reads = ("lifted_struct_sim_softmax_loss_param",)
    num_bottoms = (2, 2)
    loss = True
    no_gradient_bottoms = (1,)

    def __init__(self, spec: LayerSpec, x: Shape, labels: Shape):
        super().__init__(spec)
        honour(spec, "lifted_struct_sim_softmax_loss_param", "margin")
        check_one_label_an_item(spec, x, labels)
        self.margin = spec.proto.lifted_struct_sim_softmax_loss_param.margin

    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        x = precise(x).flatten(1)
        labels = labels.detach().flatten()
        squares = (x[:, None] - x).square().sum(2)
        apart = squares > 0
        distance = torch.where(apart, torch.where(apart, squares, 1).sqrt(), 0)
        alike = labels[:, None] == labels
        others = (self.margin - distance).masked_fill(alike, -math.inf)
        # of an item without negatives the sum is 0, whose logarithm has no gradient
        known = (~alike).any(1, keepdim=True)
        sums = others.where(known, 0).logsumexp(1).where(known[:, 0], -math.inf)
        both = torch.logaddexp(sums[:, None].where(known, 0), sums.where(known[:, 0], 0))
        hinge = (both + distance).clamp(min=0)
        counts = alike.triu(1)
        valid = counts & known
        return hinge.where(valid, 0).square().sum() / (2 * counts.sum().clamp(min=1))
