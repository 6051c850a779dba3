"""Sigmoid cross-entropy of items whose classes are a list, and how far labels are met."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.index_check import IndexCheck
from framework.layers.loss.loss_settings import check_first_axes, check_same_count
from framework.layers.onnx_reasons import COMPARES_WITH_LABELS
from framework.layers.params import check_channels, honour
from framework.ops.by_item import by_item
from framework.ops.losses import precise

MOST = 46.0517      # -log 1e-20, where the original cuts


@layer
class SigmoidMultiLabelLoss(Layer):
    """Sigmoid cross-entropy of items with several classes, each item's classes being a list.

    Bottoms: scores (N, C), before the sigmoid; labels (N, ...): the numbers of the item's classes,
             from 1 on, up to the first 0.
    Tops:    the loss (): the mean over N C of -log p for the classes of the list and of
             -negative_scale log(1 - p) for the others; if wanted, the probabilities and the list
             as 0 and 1 (N, C, 1, 1), without gradient.
    A logarithm is at most 46.05 (-log 1e-20); its gradient is not cut, as in the original.
    Errors:  SpecError for scores of another number of axes than 2 but for axes of 1.
    Source:  LossParameter; sigmoid_multi_label_loss_layer.cpp of wanglijun1989/caffe-cvpr17.
    """

    reads = ("loss_param",)
    num_bottoms = (2, 2)
    num_tops = (1, 3)
    loss = True
    no_gradient_bottoms = (1,)
    refuses_gradient = True
    fork_fields = frozenset(["loss_param.negative_scale"])

    def __init__(self, spec: LayerSpec, scores: Shape, labels: Shape):
        super().__init__(spec)
        honour(spec, "loss_param", "negative_scale")
        check_channels(spec, scores)
        check_first_axes(spec, scores, labels)
        if any(size != 1 for size in scores[2:]):
            raise spec.error("bottom", f"has the shape {tuple(scores)}; the scores must be (N, C)")
        self.negative_scale = spec.proto.loss_param.negative_scale
        self.check = IndexCheck(spec, 1, labels, scores[1] + 1, what="classes, and 0")

    def forward(self, scores: Tensor, labels: Tensor) -> Tensor | tuple[Tensor, ...]:
        rows = precise(scores).flatten(1)
        numbers = by_item(self.check(labels), -1)
        numbers = numbers * (numbers != 0).cumprod(1)
        blank = rows.new_zeros(len(rows), rows.shape[1] + 1)
        listed = blank.scatter(1, numbers, 1)[:, 1:]
        cost = listed * F.softplus(-rows) + self.negative_scale * (1 - listed) * F.softplus(rows)
        most = MOST * (listed + self.negative_scale * (1 - listed))
        value = torch.minimum(cost.detach(), most)
        loss = (cost + (value - cost.detach())).mean()
        tops = (loss, scores.detach().sigmoid(), listed[:, :, None, None])
        return tops[:len(self.spec.tops)] if len(self.spec.tops) > 1 else loss


@layer
class OverlapAccuracy(Layer):
    """Precision and recall of maps against 0.5, the means over the items.

    Bottoms: scores and labels (N, ...) with as many values; no gradient goes to either.
    Tops:    the mean over N of the share of an item's scores from 0.5 on whose label is above 0.5,
             0 without such scores, (); if wanted, that of its labels above 0.5 whose score is from
             0.5 on, 0 without such labels, ().
    The original reads labels of the first item for those that an item's scores miss.
    Errors:  SpecError if the bottoms differ in items or values.
    Source:  overlap_accuracy_layer.cu of wanglijun1989/caffe-cvpr17.
    """

    num_bottoms = (2, 2)
    num_tops = (1, 2)
    no_gradient_bottoms = (0, 1)
    no_onnx_form = COMPARES_WITH_LABELS

    def __init__(self, spec: LayerSpec, scores: Shape, labels: Shape):
        super().__init__(spec)
        check_same_count(spec, scores, labels)

    def forward(self, scores: Tensor, labels: Tensor) -> Tensor | tuple[Tensor, ...]:
        found = precise(scores.detach()).flatten(1) >= 0.5
        wanted = by_item(precise(labels.detach()), -1) > 0.5
        both = (found & wanted).sum(1)
        tops = tuple((both / of.sum(1).clamp(min=1)).mean() for of in (found, wanted))
        return tops if len(self.spec.tops) > 1 else tops[0]
