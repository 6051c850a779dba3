"""Loss functions that several loss layers share: log loss, smooth L1, normalizers."""

from __future__ import annotations

import math
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

LARGEST_LOG_LOSS = 87.33654475055310
"""-log(FLT_MIN): the most that a softmax loss takes for one label."""

SMALLEST_PROBABILITY = 1e-20
"""What the losses on probabilities take for smaller ones (kLOG_THRESHOLD)."""


def precise(x: Tensor) -> Tensor:
    """Cast half precision to float32 and leave the rest: sums over many values need the digits."""
    return x.to(torch.promote_types(x.dtype, torch.float32))


def normalizer(mode: str, x: Tensor, axis: int, valid: Tensor | None, fixed: float = 1.0
               ) -> Tensor | float:
    """The divisor of a summed loss; never less than 1.

    mode   FULL: all labels, VALID: those that count, BATCH_SIZE: product of the axes before
           `axis`, NONE: 1, PRE_FIXED: `fixed`
    valid  which labels count (bool, any shape); None if all do
    Source: get_normalizer in BVLC softmax_loss_layer.cpp; PRE_FIXED of the R-FCN forks.
    """
    if mode == "PRE_FIXED":
        return max(fixed, 1.0)
    if mode == "NONE":
        return 1.0
    outer = math.prod(x.shape[:axis])
    if mode == "BATCH_SIZE":
        return max(outer, 1)
    if mode == "FULL" or valid is None:
        return max(outer * math.prod(x.shape[axis + 1:]), 1)
    return valid.sum().clamp(min=1)


def log_loss(scores: Tensor, labels: Tensor, axis: int) -> Tensor:
    """Cross-entropy: -log softmax(scores)[label] for each label, at most 87.3365 (-log FLT_MIN).

    Where it is cut the gradient is still probability - 1, as in the original, which cuts the
    value and not the gradient.
    """
    loss = -scores.log_softmax(axis).gather(axis, labels.unsqueeze(axis)).squeeze(axis)
    return loss - (loss.detach() - LARGEST_LOG_LOSS).clamp(min=0)


def soft_label_loss(scores: Tensor, labels: Tensor, axis: int, softness: float) -> Tensor:
    """Cross-entropy with targets 1 - softness for each label, softness / classes for the others.

    Each logarithm is cut as in log_loss. The gradient is probability - target, which is not the
    derivative, since the targets' sum is not 1.
    Source: softmax_loss_layer.cpp of Kevinduan23/caffe.
    """
    share = softness / scores.shape[axis]
    targets = torch.full_like(scores, share).scatter(axis, labels.unsqueeze(axis), 1 - softness)
    logs = -scores.detach().log_softmax(axis)
    value = (targets * logs.clamp(max=LARGEST_LOG_LOSS)).sum(axis)
    sloped = scores.logsumexp(axis) - (targets * scores).sum(axis)
    return sloped + (value - sloped).detach()


def softmax_focal_loss(scores: Tensor, labels: Tensor, axis: int, gamma: float, alpha: float
                       ) -> Tensor:
    """Softmax focal loss of each label: -alpha (1 - p)^gamma log p, p its softmax.

    The base is at least 1e-10, so that the gradient is finite where p is 1.
    Source: Lin et al. 2017, eq. 5, over softmax; focal_loss_layer.cpp of jolibrain/caffe.
    """
    each = log_loss(scores, labels, axis)
    return alpha * (-torch.expm1(-each)).clamp(min=1e-10) ** gamma * each


def sigmoid_focal_loss(scores: Tensor, is_one: Tensor, gamma: float, alpha: float | None) -> Tensor:
    """Sigmoid focal loss of each score: -a (1 - q)^gamma log q, q the probability of its target.

    scores  before the sigmoid
    is_one  bool, of the same shape: the targets
    alpha   a of targets 1, and 1 - a of targets 0; None: a is 1
    Source: Lin et al. 2017, eq. 5.
    """
    away = torch.where(is_one, -scores, scores)
    each = away.sigmoid() ** gamma * F.softplus(away)
    if alpha is None:
        return each
    return each * torch.where(is_one, alpha, 1 - alpha).to(each.dtype)


def smooth_l1(difference: Tensor, sigma: float = 1.0) -> Tensor:
    """Smooth L1 loss: 0.5 (sigma d)^2 where |d| < 1 / sigma^2, else |d| - 0.5 / sigma^2.

    Source: Girshick 2015, eq. 3.
    """
    square = sigma * sigma
    size = difference.abs()
    return torch.where(size < 1 / square, 0.5 * square * difference.square(), size - 0.5 / square)


def turning_l1(difference: Tensor, turn_point: float) -> Tensor:
    """Smooth L1 loss of happynear/caffe-windows: 0.5 d^2 where |d| < t, else |d| - t + 0.5 t^2."""
    size = difference.abs()
    return torch.where(size < turn_point, 0.5 * difference.square(),
                       size - turn_point + 0.5 * turn_point**2)


class FloorProbability(torch.autograd.Function):
    """Clamp with a straight-through gradient: max(p, 1e-20), with gradient 1 everywhere.

    So the losses on probabilities have the original's gradient, -1 / max(p, 1e-20), which is not
    0 where the value is cut.
    Source: BVLC multinomial_logistic_loss_layer.cpp, infogain_loss_layer.cpp.
    """

    @staticmethod
    def forward(ctx: Any, probability: Tensor) -> Tensor:  # Any: torch has no type for it
        return probability.clamp(min=SMALLEST_PROBABILITY)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        return gradient


class StraightThrough(torch.autograd.Function):
    """Straight-through gradient: the second tensor, whose gradient the first gets unchanged."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, value: Tensor) -> Tensor:  # Any: torch has no type for it
        return value.clone()

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        return gradient, None


class Distance(torch.autograd.Function):
    """Euclidean norm of rows (N, C), with the gradient x / (norm + 1e-4).

    The original adds 1e-4 against division by zero in its backward only.
    Source: BVLC contrastive_loss_layer.cpp.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:  # Any: torch has no type for it
        length = x.square().sum(1).sqrt()
        ctx.save_for_backward(x, length)
        return length

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        x, length = ctx.saved_tensors
        return x * (gradient / (length + 1e-4))[:, None]


class OwnGradients(torch.autograd.Function):
    """Values beside gradients that do not depend on them: what the originals add whatever the loss.

    num      how many tensors have a gradient
    tensors  these, then the gradient of each, then the values, which are returned as a tuple
    """

    @staticmethod
    def forward(ctx: Any, num: int, *tensors: Tensor) -> tuple[Tensor, ...]:
        # Any: torch has no type for it
        ctx.num_values = len(tensors) - 2 * num
        ctx.save_for_backward(*tensors[num:2 * num])
        return tuple(value.clone() for value in tensors[2 * num:])

    @staticmethod
    def backward(ctx: Any, *above: Tensor) -> tuple[Tensor | None, ...]:
        given = ctx.saved_tensors
        return (None, *given, *[None] * (len(given) + ctx.num_values))


class GivenSlopes(torch.autograd.Function):
    """A value whose gradient is given: losses whose original backward is not their derivative.

    x       any shape, which gets the gradient
    slopes  of the shape of x, or one that broadcasts to it: a factor on the gradient
    value   any shape that the gradient of x can be multiplied by: () as a rule
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, slopes: Tensor, value: Tensor) -> Tensor:  # Any: torch
        ctx.save_for_backward(slopes)
        return value.clone()

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        (slopes,) = ctx.saved_tensors
        return gradient * slopes, None, None
