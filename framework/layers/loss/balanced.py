"""Losses that give the positive and the negative targets of an image the same weight."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.loss.loss_settings import check_same_count
from framework.layers.params import honour
from framework.ops.by_item import by_item
from framework.ops.losses import GivenSlopes, precise


@layer
class SigmoidCrossEntropyBalanceLoss(Layer):
    """Class-balanced sigmoid cross-entropy: each item's positives weigh as its negatives.

    Bottoms: x and target (N, ...) with as many values; no gradient goes to the target.
    Top:     the loss (): the cross-entropy of targets 1, times the share of the item's targets
             that are 0, and that of targets 0, times the share that are 1, summed, over N. Other
             targets add nothing to it.
    The gradient is the original's: at other targets sigmoid(x) - target, over N, without a weight.
    An item that has neither 0 nor 1 counts as nothing, where the original divides by 0.
    Errors:  SpecError if the bottoms differ in items or values.
    Source:  sigmoid_cross_entropy_balance_loss_layer.cpp of kmaninis/OSVOS-caffe; Xie and Tu 2015
             (HED), whose balance is over the batch.
    """

    reads = ("loss_param",)
    num_bottoms = (2, 2)
    loss = True
    no_gradient_bottoms = (1,)

    def __init__(self, spec: LayerSpec, x: Shape, target: Shape):
        super().__init__(spec)
        honour(spec, "loss_param", "")
        check_same_count(spec, x, target)

    def forward(self, x: Tensor, target: Tensor) -> Tensor:
        x = by_item(precise(x), -1)
        target = target.detach().reshape(x.shape).to(x.dtype)
        positive = (target == 1).to(x.dtype)
        negative = (target == 0).to(x.dtype)
        positives = positive.sum(1, keepdim=True)
        negatives = negative.sum(1, keepdim=True)
        known = (positives + negatives).clamp(min=1)
        weight = (positive * negatives + negative * positives) / known
        each = F.binary_cross_entropy_with_logits(x, target, reduction="none")
        slopes = (weight + 1 - positive - negative) * (x.sigmoid() - target) / len(x)
        return GivenSlopes.apply(x, slopes.detach(), (weight * each).sum().detach() / len(x))
