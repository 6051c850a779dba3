"""Weakly supervised detection: scores summed over regions, cross-entropies of probabilities."""

from __future__ import annotations

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.loss.loss_settings import check_same_count
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import honour, is_set
from framework.ops.losses import GivenSlopes, precise

SMALLEST = 1e-10        # what a probability, and one less it, is at least
FLOOR = 1e-5            # the same, in CrossEntropyLoss


@layer
class GlobalSumPooling(Layer):
    """Sum over the regions of an image: over all items, or over channels for each item.

    Bottom: scores (R, ...), or with global_sum_pooling_param (N, num_proposal, num_classes, ...).
    Top:    (1, ...), or (N, num_classes, 1, 1), without class 0 with include_background.
    Errors: SpecError for fewer than 2 axes, and sizes other than those in the param.
    Source: global_sum_pooling_layer.cpp of ppengtang's caffe for OICR (Tang et al. 2017), and of
            another project, with GlobalSumPoolingParameter.
    """

    def __init__(self, spec: LayerSpec, scores: Shape):
        super().__init__(spec)
        field = "global_sum_pooling_param"
        honour(spec, field, "num_classes num_proposal include_background")
        if len(scores) < 2:
            raise spec.error("bottom", f"has the shape {tuple(scores)}; it must have at least 2 "
                             "axes")
        param = spec.proto.global_sum_pooling_param
        self.by_item = is_set(spec.proto, field)
        self.first = 1 if param.include_background else 0
        wanted = param.num_proposal, param.num_classes
        if self.by_item and (tuple(scores[1:3]) != wanted or any(size > 1 for size in scores[3:])):
            raise spec.error("bottom", f"has the shape {tuple(scores)}; by {field} it must be "
                             f"(N, {wanted[0]}, {wanted[1]})")

    def forward(self, scores: Tensor) -> Tensor:
        if not self.by_item:
            return scores.sum(0, keepdim=True)
        sums = scores.reshape(*scores.shape[:3]).sum(1)
        return sums[:, self.first:, None, None]

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        if not self.by_item:
            return [graph.reduce("ReduceSum", bottoms[0], [0], True)]
        shape = graph.shape(bottoms[0])
        sums = graph.reduce("ReduceSum", graph.reshape(bottoms[0], list(shape[:3])), [1], False)
        kept = graph.cut(sums, 1, self.first, shape[2])
        return [graph.add("Unsqueeze", kept, graph.integers([2, 3]))]


@layer
class MulticlassCrossEntropyLoss(Layer):
    """Cross-entropy of the probability of each class with labels of several classes (OICR).

    Bottoms: probabilities (N, C, ...); labels (N, C, ...), which get no gradient.
    Top:     the loss (): the sum of -label log p - (1 - label) log(1 - p), p cut to 1e-10 to 1 -
             1e-10, over N. The gradient is the original's, (p - label) / (C p (1 - p)) over N,
             which is divided by C once more.
    With multiclass_cross_entropy_loss_param the loss is over N * C, labels count as 1 if they are
    not 0, the gradient is the derivative, and with include_background the first of C + 1
    probabilities does not count.
    Errors:  SpecError for shapes that do not fit.
    Source:  multi_class_cross_entropy_loss_layer.cpp of ppengtang's caffe for OICR, and
             multiclass_cross_entropy_loss_layer.cpp of another project, with
             MulticlassCrossEntropyLossParameter.
    """

    num_bottoms = (2, 2)
    loss = True
    no_gradient_bottoms = (1,)

    def __init__(self, spec: LayerSpec, p: Shape, labels: Shape):
        super().__init__(spec)
        field = "multiclass_cross_entropy_loss_param"
        honour(spec, field, "include_background")
        self.averages = is_set(spec.proto, field)
        self.first = int(spec.proto.multiclass_cross_entropy_loss_param.include_background)
        if self.first and (len(p) < 2 or p[1] < 2):
            raise spec.error("bottom", f"has the shape {tuple(p)}; include_background takes at "
                             "least 2 classes")
        check_same_count(spec, (p[0], p[1] - self.first, *p[2:]) if self.first else p, labels)

    def forward(self, p: Tensor, labels: Tensor) -> Tensor:
        p = precise(p)[:, self.first:] if self.first else precise(p)
        labels = precise(labels.detach()).reshape(p.shape)
        kept = p.clamp(SMALLEST, 1 - SMALLEST)
        if self.averages:
            chosen = torch.where(labels.trunc() == 0, 1 - kept, kept)
            loss = -chosen.detach().log().sum() / p.numel()
            slopes = torch.where(labels.trunc() == 0, 1, -1) / chosen.detach() / p.numel()
        else:
            loss = -(labels * kept.log() + (1 - labels) * (1 - kept).log()).sum().detach() / len(p)
            fixed = kept.detach()
            slopes = (fixed - labels) / (fixed * (1 - fixed)) / (p[0].numel() * len(p))
        value: Tensor = GivenSlopes.apply(p, slopes, loss)
        return value


@layer
class CrossEntropyLoss(Layer):
    """Cross-entropy of probabilities with labels of several classes, as words of a caption.

    Bottoms: probabilities p and labels t, as many values; labels get no gradient.
    Top:     the loss (): the mean of -t log p - (1 - t) log(1 - p), where p and 1 - p count as 1e-5
             if smaller. The gradient is the original's, -t / p + (1 - t) / (1 - p) over the number
             of values with the same floor, which does not end below it.
    Errors:  SpecError for shapes that do not fit.
    Source:  cross_entropy_loss_layer.cpp of s-gupta/caffe, branch mil; Fang et al. 2015.
    """

    num_bottoms = (2, 2)
    loss = True
    no_gradient_bottoms = (1,)

    def __init__(self, spec: LayerSpec, p: Shape, labels: Shape):
        super().__init__(spec)
        check_same_count(spec, p, labels)

    def forward(self, p: Tensor, labels: Tensor) -> Tensor:
        p = precise(p)
        labels = precise(labels.detach()).reshape(p.shape)
        there = p.detach().clamp(min=FLOOR)
        absent = (1 - p.detach()).clamp(min=FLOOR)
        loss = -(labels * there.log() + (1 - labels) * absent.log()).mean()
        slopes = ((1 - labels) / absent - labels / there) / p.numel()
        value: Tensor = GivenSlopes.apply(p, slopes, loss)
        return value
