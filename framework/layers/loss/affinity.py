"""AffinityLoss of gnina: squared differences to binding affinities, one-sided for negative ones."""

from __future__ import annotations

import math
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.loss.loss_settings import check_same_count
from framework.ops.losses import precise

LEAST = 1e-20       # probability of a pair's order


class _Bounded(torch.autograd.Function):
    """x, whose gradient g becomes g * most / (|g| + most)."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, most: float) -> Tensor:   # Any: torch has no type for it
        ctx.most = most
        return x.clone()

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        return gradient * ctx.most / (gradient.abs() + ctx.most), None


@layer
class AffinityLoss(Layer):
    """Half the mean squared difference of predictions to affinities.

    Bottoms: predictions (N, ...); affinities, as many; with `weighted` weights, as many. No
             gradient goes to the last two.
    Top:     the loss (): sum w d^2 / (2 N). d is prediction - affinity, moved by gap / 2 towards 0;
             for a negative affinity -a max(0, prediction - a + penalty - gap / 2) if the prediction
             is above a; for others diff_for_zero. With pseudohuber the terms are
             w delta^2 (sqrt(1 + (d / delta)^2) - 1).
             With ranklossmult is added that weight times the mean of -log sigmoid(+-(p_i - p_j))
             over pairs i < j of positive affinities, + if a_i > a_j, and with ranklossneg over
             items with -a right after an item with a; 0 without a pair.
    The gradient is as in the original scale w d / N, with pseudohuber scale w d / (1 + (w d /
    delta)^2) / N, to which that of the pairs is added; with maxgrad g becomes g maxgrad /
    (|g| + maxgrad).
    Errors:  SpecError for bottoms that differ, more values than items with ranklossmult, and
             fractional_gap, by which each item's gap depends on the items before.
    Source:  AffinityLossParameter; affinity_loss_layer.cpp of gnina/gnina.
    """

    num_bottoms = (2, 3)
    loss = True
    no_gradient_bottoms = (1, 2)

    def __init__(self, spec: LayerSpec, x: Shape, *others: Shape):
        super().__init__(spec)
        self.param = param = spec.proto.affinity_loss_param
        if len(others) != 1 + param.weighted:
            raise spec.error("affinity_loss_param.weighted", f"needs {2 + param.weighted} bottoms; "
                             f"there are {1 + len(others)}")
        for which, other in enumerate(others, 1):
            check_same_count(spec, x, other, which)
        if param.fractional_gap and param.gap > 0:
            raise spec.error("affinity_loss_param.fractional_gap", "is not implemented with a gap: "
                             "an item's gap depends on the items before it")
        if param.ranklossmult > 0 and math.prod(x[1:]) != 1:
            raise spec.error("affinity_loss_param.ranklossmult", "needs one value an item, not "
                             f"the shape {tuple(x)}")
        if param.pseudohuber and param.delta == 0:
            raise spec.error("affinity_loss_param.delta", "is 0; it must not be 0 with "
                             "pseudohuber")

    def _difference(self, x: Tensor, affinity: Tensor) -> Tensor:
        param, gap = self.param, self.param.gap / 2
        near = x - affinity
        near = near.sign() * (near.abs() - gap).clamp(min=0)
        over = (x + affinity + param.penalty - gap).clamp(min=0)
        other = torch.full_like(x, param.diff_for_zero)
        other = torch.where((affinity < 0) & (x > -affinity), over, other)
        return torch.where(affinity > 0, near, other)

    def _pairs(self, x: Tensor, affinity: Tensor) -> Tensor:
        positive = affinity > 0
        pairs = (positive[:, None] & positive).triu(1)
        if self.param.ranklossneg:
            after = torch.zeros_like(positive)
            after[1:] = positive[:-1] & (affinity[:-1] == -affinity[1:])
            pairs = pairs | (torch.diag(after[1:], -1) if len(x) > 1 else pairs)
        away = x[:, None] - x
        terms = F.softplus(torch.where(affinity[:, None] > affinity, -away, away))
        terms = terms + (terms.clamp(max=-math.log(LEAST)) - terms).detach()
        return terms.where(pairs, 0).sum() / pairs.sum().clamp(min=1)

    def forward(self, x: Tensor, affinity: Tensor, *weights: Tensor) -> Tensor:
        param, num = self.param, len(x)
        x = precise(x).flatten()
        if param.maxgrad > 0:
            x = _Bounded.apply(x, param.maxgrad)
        affinity = precise(affinity.detach()).flatten()
        weight = precise(weights[0].detach()).flatten() if weights else torch.ones_like(affinity)
        away = self._difference(x.detach(), affinity)
        slope, terms = weight * away, away.square()
        if param.pseudohuber:
            delta = param.delta
            slope = slope / (1 + (slope / delta).square())
            terms = delta ** 2 * ((1 + (away / delta).square()).sqrt() - 1)
        along = (x * slope).sum() * param.scale
        loss = (weight * terms).sum() / 2 + (along - along.detach())
        loss = loss / num
        if param.ranklossmult > 0:
            loss = loss + param.ranklossmult * self._pairs(x, affinity)
        return loss
