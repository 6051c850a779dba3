"""MarginLoss: the loss of capsule networks."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.index_check import class_check
from framework.layers.loss.loss_settings import check_one_label_an_item
from framework.layers.params import at_least, honour
from framework.ops.by_item import by_item
from framework.ops.losses import GivenSlopes, precise

TINY = 1e-7     # what the original adds to squared lengths


@layer
class MarginLoss(Layer):
    """Margin loss of capsules: the label's is to be long, the others short.

    Bottoms: x (N, ...), num_class capsules; labels (N,).
    Top:     the loss (): over N, the sum of max(0, m_upper_bound - length)^2 for the label's
             capsule and lambda * max(0, length - m_lower_bound)^2 for the others.
    The gradient is the original's: not over N. (There it does not look at the loss weight either.)
    Errors:  SpecError if num_class does not divide an item, or for labels that do not fit.
    Source:  MarginParameter; margin_loss_layer.cpp of chenzhenhua986/CAFFE-CapsNet; Sabour et al.
             2017.
    """

    reads = ("margin_param",)
    num_bottoms = (2, 2)
    loss = True
    no_gradient_bottoms = (1,)

    def __init__(self, spec: LayerSpec, x: Shape, labels: Shape):
        super().__init__(spec)
        honour(spec, "margin_param", "num_class m_upper_bound m_lower_bound lambda")
        param = spec.proto.margin_param
        self.upper, self.lower = param.m_upper_bound, param.m_lower_bound
        self.weight = getattr(param, "lambda")      # a word of Python
        self.number = param.num_class
        at_least(spec, "margin_param.num_class", (self.number,), 1)
        if math.prod(x[1:]) % self.number:
            raise spec.error("margin_param.num_class", f"is {self.number}; it must divide the "
                             f"{math.prod(x[1:])} numbers of an item of '{spec.bottoms[0]}'")
        check_one_label_an_item(spec, x, labels)
        self.check = class_check(spec, labels, self.number)

    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        capsules = by_item(precise(x), self.number, -1)
        fixed = capsules.detach()
        own = F.one_hot(self.check(labels).reshape(-1), self.number).bool()
        length = (fixed.square().sum(2) + TINY).sqrt()
        short = (self.upper - length).relu()
        far = (length - self.lower).relu()
        each = torch.where(own, short.square(), self.weight * far.square())
        slopes = torch.where(own, -2 * short, 2 * self.weight * far) / length
        loss: Tensor = GivenSlopes.apply(capsules, slopes[..., None] * fixed, each.sum() / len(x))
        return loss
