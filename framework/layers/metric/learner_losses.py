"""Losses of several embeddings of one item (learners): binomial deviance, small joint lengths."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.params import honour
from framework.ops.losses import StraightThrough, precise

ONE_NUMBER: Shape = (1, 1, 1, 1)


def _check_learners(spec: LayerSpec, learners: tuple[Shape, ...]) -> None:
    for index, shape in enumerate(learners):
        if len(shape) < 2 or math.prod(shape[2:]) != 1 or shape[0] != learners[0][0]:
            raise spec.error(f"bottom[{index}]", f"has the shape {tuple(shape)}; it must be "
                             f"({learners[0][0]}, C), or (., C, 1, 1)")


@layer
class BinomialLoss(Layer):
    """Binomial deviance of the cosines of all pairs in a batch, of one embedding or several.

    Bottoms: embeddings (N, C), C of their own; labels (N,).
    Top:     the loss (): over pairs of one class, and over pairs of two, the mean of log(1 + exp(-
             s)), added up. s is 0.5 plus shrinkage * alpha * cost * (cosine - beta), added up over
             the embeddings, with cost_p for one class and -cost_n for two.
    The gradient is another one, as in the original: that of the mean over embeddings of
    log(1 + exp(-alpha * cost * (cosine - beta))).
    Errors:  SpecError for `perturbation`, and bottoms of other shapes.
    Source:  BinomialLossParameter; Binomial_loss_layer.cpp of
             chenbinghui1/Hybrid-Attention-based-Decoupled-Metric-Learning; Chen and Deng 2019.
    """

    num_bottoms = (2, None)
    loss = True

    def __init__(self, spec: LayerSpec, *bottoms: Shape):
        super().__init__(spec)
        honour(spec, "binomial_loss_param", "alpha beta cost_p cost_n shrinkage")
        self.no_gradient_bottoms = (len(bottoms) - 1,)
        *learners, labels = bottoms
        _check_learners(spec, tuple(learners))
        if math.prod(labels) != learners[0][0]:
            raise spec.error(f"bottom[{len(learners)}]", f"has the shape {tuple(labels)}; it must "
                             f"hold {learners[0][0]} labels")
        param = spec.proto.binomial_loss_param
        self.beta, self.shrinkage = param.beta, param.shrinkage
        self.alike, self.unlike = param.alpha * param.cost_p, -param.alpha * param.cost_n

    def forward(self, *bottoms: Tensor) -> Tensor:
        *learners, labels = bottoms
        kinds = labels.detach().reshape(-1)
        pairs = torch.ones(len(kinds), len(kinds), dtype=torch.bool,
                           device=kinds.device).triu(1)
        is_alike = kinds[:, None] == kinds
        kind = precise(learners[0]).dtype
        counts = torch.where(is_alike, (pairs & is_alike).sum(), (pairs & ~is_alike).sum())
        share = pairs.to(kind) / counts.clamp(min=1)
        factor = torch.where(is_alike, self.alike, self.unlike)
        margins = []
        for one in learners:
            rows = F.normalize(precise(one).flatten(1), eps=0)
            margins.append(factor * ((rows[:, None] * rows).sum(2) - self.beta))
        score = 0.5 + self.shrinkage * torch.stack(margins).sum(0)
        value = (share * F.softplus(-score.detach())).sum()
        means = [(share * F.softplus(-margin)).sum() for margin in margins]
        loss: Tensor = StraightThrough.apply(torch.stack(means).mean(), value)
        return loss


@layer
class ActLoss(Layer):
    """Mean over items of the product of the mean squares of its embeddings.

    Bottoms: embeddings (N, C), C of their own.
    Top:     (1, 1, 1, 1).
    Errors:  SpecError for `perturbation`, and bottoms of other shapes.
    Source:  ActLossParameter; act_loss.cpp of
             chenbinghui1/Hybrid-Attention-based-Decoupled-Metric-Learning; Chen and Deng 2019.
    """

    num_bottoms = (1, None)
    loss = True

    def __init__(self, spec: LayerSpec, *learners: Shape):
        super().__init__(spec)
        honour(spec, "act_loss_param", "")
        _check_learners(spec, learners)

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        return [ONE_NUMBER]

    def forward(self, *learners: Tensor) -> Tensor:
        squares = [precise(one).flatten(1).square().mean(1) for one in learners]
        return torch.stack(squares).prod(0).mean().reshape(ONE_NUMBER)
