"""ClassificationStats: accuracy and average precision of each class."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.index_check import class_check
from framework.layers.loss.loss_settings import check_one_label_an_item
from framework.layers.onnx_reasons import COMPARES_WITH_LABELS
from framework.layers.params import at_least, honour
from framework.ops.by_item import by_item
from framework.ops.losses import precise


@layer
class ClassificationStats(Layer):
    """Accuracy and average precision of each class, and the accuracy of all.

    Bottoms: scores (N, ...) of num_classes classes; labels (N,). No gradient goes to either.
    Tops:    the share of its items that each class has right, (1, num_classes, 1, 1), and its
             average precision, in that shape, both 0 for a class without items; the share of all
             items (1, 1, 1, 1). Of equal scores the first class is the answer.
    The average precision is the original's, which puts N scores of 0 of no class among those of
    the items and looks at the N best: with scores below 0 it is too low. Of equal scores the
    class's own come first.
    Errors:  SpecError for another number of classes or labels.
    Source:  ClassificationStatsParameter; classification_stats_layer.cpp of
             eevignesh/vigneshcaffe, a V1 type.
    """

    num_bottoms = (2, 2)
    num_tops = (3, 3)
    no_gradient_bottoms = (0, 1)
    no_onnx_form = COMPARES_WITH_LABELS

    def __init__(self, spec: LayerSpec, scores: Shape, labels: Shape):
        super().__init__(spec)
        honour(spec, "classification_stats_param", "num_classes")
        self.num_classes = spec.proto.classification_stats_param.num_classes
        at_least(spec, "classification_stats_param.num_classes", (self.num_classes,), 1)
        count = torch.Size(scores[1:]).numel()
        if count != self.num_classes:
            raise spec.error("classification_stats_param.num_classes", f"is {self.num_classes}; "
                             f"'{spec.bottoms[0]}' has {count} scores an item")
        check_one_label_an_item(spec, scores, labels)
        self.check = class_check(spec, labels, self.num_classes)

    def forward(self, scores: Tensor, labels: Tensor) -> tuple[Tensor, ...]:
        rows = by_item(precise(scores.detach()), -1)
        own = F.one_hot(self.check(labels).reshape(-1), self.num_classes).bool()
        # the first of equal ones: argmax may give another
        is_best = rows == rows.max(1, keepdim=True).values
        best = is_best & (is_best.cumsum(1) == 1)
        counts = own.sum(0)
        right = (best & own).sum(0)
        share = right / counts.clamp(min=1)
        precision = self._precisions(rows, own) / counts.clamp(min=1)
        per_class = (1, self.num_classes, 1, 1)
        total = right.sum() / len(rows)
        return (share.to(rows.dtype).reshape(per_class), precision.reshape(per_class),
                total.to(rows.dtype).reshape(1, 1, 1, 1))

    def _precisions(self, rows: Tensor, own: Tensor) -> Tensor:
        """For each class the sum of the precisions at its items, among the N best scores."""
        values = torch.cat([rows, torch.zeros_like(rows)])
        truth = torch.cat([own, torch.zeros_like(own)]).to(rows.dtype)
        # by score; of equal ones the true first: a stable sort after one by truth
        by_truth = truth.sort(dim=0, descending=True, stable=True).indices
        values, truth = values.gather(0, by_truth), truth.gather(0, by_truth)
        order = values.sort(dim=0, descending=True, stable=True).indices[:len(rows)]
        hits = truth.gather(0, order)
        ranks = torch.arange(1, len(rows) + 1, device=rows.device, dtype=rows.dtype)[:, None]
        return (hits * hits.cumsum(0) / ranks).sum(0)
