"""Accuracy of several labels an item: five measures, their counts, or exact matches."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.index_check import class_check
from framework.layers.loss.loss_settings import check_same_count
from framework.layers.onnx_reasons import COMPARES_WITH_LABELS
from framework.layers.params import canonical_axis, honour, is_set
from framework.ops.losses import precise

PRESENT = 1e-4      # a label above it is there, one below it is not


def _share(part: Tensor, total: Tensor) -> Tensor:
    return torch.where(total > 0, part / total.clamp(min=1), 0)


@layer
class MultiLabelAccuracy(Layer):
    """Recall, specificity, their harmonic mean, precision and F1 of labels; or exact matches.

    Bottoms: scores and labels (N, ...) with as many values; no gradient goes to either.
    Top:     the five numbers (1, 5, 1, 1): a score of 0 or more says that the label is there, which
             is so where it is above 0, and not where it is below; labels of 0 do not count. The
             harmonic mean is 2 / (P / TP + N / TN), the others are 0 for 0 / 0.
    With with_counts, which a net gets whose scores are of a Sigmoid: nine numbers (9,), the five
    and true positives, false negatives, true negatives, false positives; scores are against 0.5,
    labels against 0.0001.
    With prob_threshold: the share of items whose scores are all on the right side of it, of labels
    1 and 0, (); if wanted the share of its labels of 1 that each class on `axis` has (classes,), 0
    without such. Labels of ignore_label do not count.
    Errors:  SpecError if the bottoms differ in items or values, and for a second top without
             prob_threshold.
    Source:  multi_label_accuracy_layer.cpp of kevinlin311tw/caffe-multilabel; with counts
             mutli_label_accuracy_layer.cpp of wang821002/Caffe-Multi-Label; with prob_threshold
             MultiLabelAccuracyParameter of HuifangZJU/road_affordances.
    """

    num_bottoms = (2, 2)
    num_tops = (1, 2)
    no_gradient_bottoms = (0, 1)
    no_onnx_form = COMPARES_WITH_LABELS
    fork_fields = frozenset({"multi_label_accuracy_param.with_counts"})

    @classmethod
    def assumed_bottom(cls, spec: LayerSpec, index: int, bottoms: Sequence[Shape]
                       ) -> Shape | None:
        """Labels like the scores."""
        return bottoms[0] if index == 1 else None

    def __init__(self, spec: LayerSpec, scores: Shape, labels: Shape):
        super().__init__(spec)
        check_same_count(spec, scores, labels)
        honour(spec, "multi_label_accuracy_param", "prob_threshold axis ignore_label with_counts")
        param = spec.proto.multi_label_accuracy_param
        self.with_counts = param.with_counts
        self.exact = is_set(param, "prob_threshold")
        if not self.exact:
            if len(spec.tops) > 1:
                raise spec.error("top", "is given twice; a second needs prob_threshold")
            return
        self.threshold = param.prob_threshold
        self.axis = canonical_axis(spec, "multi_label_accuracy_param.axis", param.axis, scores)
        ignored = param.ignore_label if is_set(param, "ignore_label") else None
        self.check = class_check(spec, labels, 2, ignore=ignored,
                                 ignore_field="multi_label_accuracy_param.ignore_label")

    def forward(self, scores: Tensor, labels: Tensor) -> Tensor | tuple[Tensor, ...]:
        if self.exact:
            return self._exact_matches(precise(scores.detach()), labels)
        values = precise(scores.detach())
        truth = labels.detach().reshape(values.shape).to(values.dtype)
        limit = 0.0
        if self.with_counts:
            limit, truth = 0.5, truth - PRESENT
        else:
            truth = truth.trunc()
        says = values >= limit
        outcomes = (says & (truth > 0), ~says & (truth > 0), ~says & (truth < 0),
                    says & (truth < 0))
        tp, fn, tn, fp = (part.sum().to(values.dtype) for part in outcomes)
        positive, negative = tp + fn, tn + fp
        inverse = torch.where(positive > 0, positive / tp, 0) \
            + torch.where(negative > 0, negative / tn, 0)
        harmonic = torch.where(positive + negative > 0, 2 / inverse, 0)
        five = (_share(tp, positive), _share(tn, negative), harmonic, _share(tp, tp + fp),
                _share(2 * tp, 2 * tp + fp + fn))
        if self.with_counts:
            return torch.stack([*five, tp, fn, tn, fp])
        return torch.stack(five).reshape(1, 5, 1, 1)

    def _exact_matches(self, scores: Tensor, labels: Tensor) -> Tensor | tuple[Tensor, ...]:
        numbers, valid = self.check.counted(labels.reshape(scores.shape))
        counts = torch.ones_like(scores, dtype=torch.bool) if valid is None else valid
        found = (scores > self.threshold) & (numbers == 1)
        right = found | ((scores < self.threshold) & (numbers == 0)) | ~counts
        axis = self.axis
        items = right.reshape(math.prod(right.shape[:axis]), -1).all(1)
        share = items.to(scores.dtype).mean()
        if len(self.spec.tops) == 1:
            return share
        others = [index for index in range(scores.dim()) if index != axis]
        own = ((numbers == 1) & counts).sum(others).to(scores.dtype)
        return share, _share((found & counts).sum(others).to(scores.dtype), own)
