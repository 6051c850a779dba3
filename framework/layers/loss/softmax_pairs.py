"""Softmax over pairs of neighbouring scores, one pair for each class: present or absent."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.index_check import class_check
from framework.layers.loss.loss_settings import check_one_label_an_item
from framework.layers.onnx_reasons import UNWRITTEN
from framework.layers.params import honour
from framework.ops.losses import precise

SMALLEST = 1.17549435e-38       # a probability below it counts as this, FLT_MIN


def _check_pairs(spec: LayerSpec, scores: Shape) -> None:
    honour(spec, "softmax_pair_param", "axis engine")
    if math.prod(scores[1:]) % 2:
        raise spec.error("bottom", f"has the shape {tuple(scores)}; each item must have an even "
                         "number of scores, two for each class")


def _pairs(scores: Tensor) -> Tensor:
    return precise(scores).flatten(1).unflatten(1, (-1, 2))


@layer
class SoftmaxPair(Layer):
    """Softmax of each pair of neighbouring scores of an item.

    Bottom: scores (N, ...), an even number in each item; `axis` has no effect.
    Top:    as the bottom: values 2 i and 2 i + 1 of an item add up to 1.
    Errors: SpecError for an odd number of scores.
    Source: SoftmaxParameter as softmax_pair_param; softmax_pair_layer.cpp of jbhuang0604/WSL; Li
            et al. 2016.
    """

    keeps_shape = True
    no_onnx_form = UNWRITTEN

    def __init__(self, spec: LayerSpec, scores: Shape):
        super().__init__(spec)
        _check_pairs(spec, scores)

    def forward(self, scores: Tensor) -> Tensor:
        return torch.softmax(_pairs(scores), 2).reshape(scores.shape)


@layer
class SoftmaxPairWithLoss(Layer):
    """Cross-entropy of the pair of scores that an item's label is in.

    Bottoms: scores (N, ...), an even number in each item; labels (N,): 2 c if class c is there, or
             2 c + 1 if not (or the other way round), of one class for each item.
    Tops:    the loss (): the mean of -log softmax of the label's pair at the label, at most
             87.3365; if wanted, the softmax of all pairs, without a gradient.
    The gradient is of the label's pair alone. (The original forgets loss_weight in it; here it
    counts.)
    Errors:  SpecError for an odd number of scores, and labels that do not fit.
    Source:  softmax_pair_loss_layer.cpp of jbhuang0604/WSL; Li et al. 2016.
    """

    reads = ("softmax_pair_param",)
    num_bottoms = (2, 2)
    num_tops = (1, 2)
    loss = True
    no_gradient_bottoms = (1,)

    def __init__(self, spec: LayerSpec, scores: Shape, labels: Shape):
        super().__init__(spec)
        _check_pairs(spec, scores)
        check_one_label_an_item(spec, scores, labels)
        self.check = class_check(spec, labels, math.prod(scores[1:]))

    def forward(self, scores: Tensor, labels: Tensor) -> tuple[Tensor, ...]:
        logs = torch.log_softmax(_pairs(scores), 2)
        at_label = logs.flatten(1).gather(1, self.check(labels).reshape(-1, 1))
        loss = (-at_label).clamp(max=-math.log(SMALLEST)).mean()
        return (loss, logs.detach().exp().reshape(scores.shape))[:len(self.spec.tops)]
