"""Measures of each class from scores and labels: area under the curve, precision and recall."""

from __future__ import annotations

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.loss.loss_settings import check_labels
from framework.layers.onnx_reasons import COMPARES_WITH_LABELS
from framework.layers.params import canonical_axis, honour
from framework.ops.losses import precise


class _Measures(Layer):
    """Scores with classes on an axis, and a label for each position; no gradient goes to either."""

    num_bottoms = (2, 2)
    no_gradient_bottoms = (0, 1)
    no_onnx_form = COMPARES_WITH_LABELS

    def set_up(self, name: str, scores: Shape, labels: Shape) -> None:
        honour(self.spec, name, "axis")
        axis = getattr(self.spec.proto, name).axis
        self.axis = canonical_axis(self.spec, f"{name}.axis", axis, scores)
        check_labels(self.spec, scores, labels, self.axis)

    def rows(self, scores: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """The scores (N, classes, positions), and whether each is of the label's class."""
        values = precise(scores.detach())
        num = values.shape[:self.axis].numel()
        values = values.reshape(num, values.shape[self.axis], -1)
        wanted = labels.detach().trunc().reshape(num, 1, -1)
        classes = torch.arange(values.shape[1], device=values.device)[None, :, None]
        return values, wanted == classes


@layer
class AUC(_Measures):
    """Area under the ROC curve of each class, over the items.

    Bottoms: scores, with the classes on `axis`; labels, one for each position.
    Top:     the areas, the shape of the scores from the axis on: the share of pairs of an item of
             the class and another in which the first has the higher score, equal ones half. NaN
             for a class that no item or every item has.
    Errors:  SpecError for a wrong number of labels.
    Source:  AUCParameter; auc_layer.cpp of JiahaoLi-gdut/CAFFE-DACH.
    """

    def __init__(self, spec: LayerSpec, scores: Shape, labels: Shape):
        super().__init__(spec)
        self.set_up("auc_param", scores, labels)

    def forward(self, scores: Tensor, labels: Tensor) -> Tensor:
        values, own = self.rows(scores, labels)
        ordered = values.movedim(0, -1).contiguous()
        by_score = ordered.sort(-1).values
        below = torch.searchsorted(by_score, ordered)
        up_to = torch.searchsorted(by_score, ordered, right=True)
        ranks = (below + up_to + 1).to(values.dtype) / 2
        own = own.movedim(0, -1)
        positive = own.sum(-1).to(values.dtype)
        negative = own.shape[-1] - positive
        least = positive * (positive + 1) / 2
        area = (ranks.where(own, 0).sum(-1) - least) / (positive * negative)
        return area.reshape(scores.shape[self.axis:])


@layer
class PrecisionRecall(_Measures):
    """Precision and recall of each class, over the items.

    Bottoms: scores, with the classes on `axis`; labels, one for each position.
    Tops:    precision and recall, the shape of the scores from the axis on, 1 for 0 / 0; of equal
             scores the first class is the answer.
    Errors:  SpecError for a wrong number of labels.
    Source:  precision_recall_param; precision_recall_layer.cpp of JiahaoLi-gdut/CAFFE-DACH.
    """

    reads = ("precision_recall_param",)
    num_tops = (2, 2)

    def __init__(self, spec: LayerSpec, scores: Shape, labels: Shape):
        super().__init__(spec)
        self.set_up("precision_recall_param", scores, labels)

    def forward(self, scores: Tensor, labels: Tensor) -> tuple[Tensor, ...]:
        values, own = self.rows(scores, labels)
        is_best = values == values.max(1, keepdim=True).values
        answer = is_best & (is_best.cumsum(1) == 1)     # the first of equal ones
        right = (answer & own).sum(0).to(values.dtype)
        return tuple(torch.where(total > 0, right / total.clamp(min=1), 1).to(values.dtype)
                     .reshape(scores.shape[self.axis:]) for total in (answer.sum(0), own.sum(0)))
