"""Jensen-Shannon divergence of (cumulative) distributions of scores, plain and by reliability."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.loss.loss_settings import check_same_count
from framework.ops.losses import GivenSlopes, precise

NOTHING = 1e-5      # a share that is not above it counts as 0
LOG_2 = math.log(2)
NUM_SCORES = 10     # of the AVA data set, 1 to 10, which the original's loop is written for


def _divergences(x: Tensor, target: Tensor) -> Tensor:
    """x log 2x + t log 2t - (x + t) log(x + t); of a share that is nothing, the other's log 2."""
    plain = torch.xlogy(x, 2 * x) + torch.xlogy(target, 2 * target) - torch.xlogy(
        x + target, x + target)
    alone = torch.where(x <= NOTHING, target, x) * LOG_2
    return torch.where((x <= NOTHING) | (target <= NOTHING), alone, plain)


def _slopes(x: Tensor, target: Tensor) -> Tensor:
    """log(2x / (x + t)) / 2, or log 2 / 2 where the target is nothing.

    A share of 0 has the slope of the smallest normal float, where the original's is infinite.
    """
    share = x.clamp(min=torch.finfo(torch.float32).tiny)
    return torch.where(target <= NOTHING, LOG_2, torch.log(2 * share / (share + target))) / 2


@layer
class JSDLoss(Layer):
    """Jensen-Shannon divergence of predicted shares from target shares, over the items.

    Bottoms: shares x (N, ...), 0 or more, as after a Sigmoid; targets t (N, ...), without gradient.
    Top:     the loss (): sum(x log 2x + t log 2t - (x + t) log(x + t)) / (2 N); where x is at most
             1e-5, t log 2 is summed instead, and else where t is, x log 2.
    The gradient is the original's: log(2x / (x + t)) / (2 N), also where x is nothing, and
    log 2 / (2 N) where t is. The bottoms are cumulative distributions in the original's paper.
    Errors:  SpecError if the bottoms differ in items or values.
    Source:  jsd_loss_layer.cpp of BestiVictory/CJS-CNN; Jin et al. 2018.
    """

    num_bottoms = (2, 2)
    loss = True
    no_gradient_bottoms = (1,)

    def __init__(self, spec: LayerSpec, x: Shape, target: Shape):
        super().__init__(spec)
        check_same_count(spec, x, target)

    def forward(self, x: Tensor, target: Tensor) -> Tensor:
        values = precise(x)
        shares = values.detach()
        wanted = target.detach().to(values.dtype).reshape(x.shape)
        value = _divergences(shares, wanted).sum() / (2 * len(x))
        loss: Tensor = GivenSlopes.apply(values, _slopes(shares, wanted) / len(x), value)
        return loss


@layer
class RSJSDLoss(Layer):
    """Jensen-Shannon divergence of cumulative distributions, weighted by each item's reliability.

    Bottoms: shares x (N, 10), 0 or more; targets (N, 10), without gradient: cumulative shares, and
             instead of the last, which is 1, the item's weight w.
    Top:     the loss (): sum of w times the sum of JSDLoss's terms of the item, over 2 N.
    The gradient is the original's: JSDLoss's of each share, times w over the sum of the weights
    instead of 1 / N; 0 if that sum is 0, where the original divides by it.
    Errors:  SpecError if the bottoms differ in items or values, or have not 10 an item.
    Source:  rsjsd_loss_layer.cpp of BestiVictory/CJS-CNN; Jin et al. 2018.
    """

    num_bottoms = (2, 2)
    loss = True
    no_gradient_bottoms = (1,)

    def __init__(self, spec: LayerSpec, x: Shape, target: Shape):
        super().__init__(spec)
        check_same_count(spec, x, target)
        if math.prod(x[1:]) != NUM_SCORES:
            raise spec.error("bottom[0]", f"has the shape {tuple(x)}; each item must have "
                             f"{NUM_SCORES} shares, one for each score")

    def forward(self, x: Tensor, target: Tensor) -> Tensor:
        values = precise(x).flatten(1)
        shares = values.detach()
        given = target.detach().to(values.dtype).reshape(shares.shape)
        weights = given[:, -1:]
        wanted = torch.cat([given[:, :-1], torch.ones_like(weights)], 1)
        value = (weights * _divergences(shares, wanted)).sum() / (2 * len(x))
        total = weights.sum()
        parts = torch.where(total == 0, 0, weights / torch.where(total == 0, 1, total))
        loss: Tensor = GivenSlopes.apply(values, _slopes(shares, wanted) * parts, value)
        return loss
