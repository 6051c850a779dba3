"""Weighted softmax cross-entropy of mined object instances: WeightedSoftmaxWithLoss of OIM."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from framework.definition.spec import LayerSpec
from framework.layers.base import Shape
from framework.layers.index_check import class_check, class_numbers
from framework.layers.loss.loss_settings import check_labels, ignore_label, normalization
from framework.ops.losses import GivenSlopes, log_loss, normalizer

SMALLEST = 1.1754943508222875e-38       # FLT_MIN: ratios are at least that
LEAST_WEIGHT = 1e-12                    # from here on a region counts for VALID
NEAR = 1e-3                             # what is left of 1, or above 0, is this much at least
LARGE_RATIO = 0.3                       # from here on a region is taught 1 + alpha times as much


class MinedSoftmax(nn.Module):
    """The form of seven bottoms; see WeightedSoftmaxWithLoss."""

    def __init__(self, spec: LayerSpec, scores: Shape, labels: Shape, *others: Shape):
        super().__init__()
        check_labels(spec, scores, labels, 1)
        if len(scores) < 2 or len(spec.tops) != 1:
            raise spec.error("top", f"has {len(spec.tops)} names; with seven bottoms there is the "
                             "loss alone")
        for index, shape in enumerate(others, 2):
            wanted = 1 if index in (4, 6) else scores[0]
            if math.prod(shape) != wanted:
                raise spec.error("bottom", f"'{spec.bottoms[index]}' has the shape {tuple(shape)}; "
                                 f"it must hold {wanted} numbers")
        self.mode = normalization(spec)
        self.check = class_check(spec, labels, scores[1], ignore=ignore_label(spec),
                                 ignore_field="loss_param.ignore_label")

    def forward(self, scores: Tensor, labels: Tensor, *others: Tensor) -> Tensor:
        """The loss () of scores (N, C, ...), labels (N, ...), and weights, ratio, alpha, foreground
        and beta."""
        numbers, valid = class_numbers(self.check, labels, scores.shape, 1)
        items = (-1, *(1,) * (numbers.dim() - 1))
        weight, ratio, alpha, found, beta = (
            other.detach().to(scores.dtype).reshape(items) for other in others)
        each = weight * (log_loss(scores.detach(), numbers, 1)
                         - alpha * ratio.clamp(min=SMALLEST).log())
        first = torch.where(found > NEAR, -beta, 1)
        later = torch.where(ratio > LARGE_RATIO - NEAR, 1 + alpha, 1)
        factor = weight * torch.where(1 - ratio < NEAR, first, later)
        counts = (weight > LEAST_WEIGHT).expand(numbers.shape)
        if valid is not None:
            each, factor, counts = each * valid, factor * valid, counts & valid
        divisor = normalizer(self.mode, scores, 1, counts)
        shares = scores.detach().softmax(1)
        one = torch.zeros_like(shares).scatter(1, numbers.unsqueeze(1), 1)
        slopes = (shares - one) * factor.expand(numbers.shape).unsqueeze(1)
        return GivenSlopes.apply(scores, slopes / divisor, each.sum() / divisor)
