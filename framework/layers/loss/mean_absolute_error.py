"""MAE: the mean absolute error of ages, in two readings."""

from __future__ import annotations

import logging
import math

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_reasons import COMPARES_WITH_LABELS
from framework.layers.params import canonical_axis, honour
from framework.ops.by_item import by_item
from framework.ops.losses import precise
from framework.proto import has_field

LOG = logging.getLogger(__name__)
BY_VALUE = "age-distributions"


@layer
class MAE(Layer):
    """Mean absolute error of predicted ages.

    Bottoms: predictions; labels. No gradient goes to either.
    Top:     the error ().
    Predictions of an even number of scores on accuracy_param.axis are ordinal: no and yes for each
    rank, and the prediction is the number of ranks whose yes is larger; labels (N, ...) are whole
    numbers, and those of ignore_label do not count. Otherwise, and always in the dialect
    age-distributions, a prediction is the one number of an item, or the index of its largest, and
    a label likewise; the original ends where one is below 0.
    Errors:  SpecError for labels that are not one for each prediction, for items of
             different number, and for fields that the reading does not have.
    Source:  mae_layer.cpp (ordinal) and MAE_layer.cpp (age-distributions) of projects whose names
             are not known; nets of luoyetx/OrdinalRegression have the first.
    """

    reads = ("mae_param", "accuracy_param")
    dialects = (BY_VALUE,)
    num_bottoms = (2, 2)
    no_gradient_bottoms = (0, 1)
    no_onnx_form = COMPARES_WITH_LABELS

    def __init__(self, spec: LayerSpec, scores: Shape, labels: Shape):
        super().__init__(spec)
        honour(spec, "mae_param", "ignore_label")
        honour(spec, "accuracy_param", "axis")
        param = spec.proto.mae_param
        self.ignored = param.ignore_label if has_field(param, "ignore_label") else None
        self.axis = canonical_axis(spec, "accuracy_param.axis", spec.proto.accuracy_param.axis,
                                   scores)
        others = (*scores[:self.axis], *scores[self.axis + 1:])
        fits = math.prod(others) == math.prod(labels)
        self.is_ordinal = spec.dialect != BY_VALUE and scores[self.axis] % 2 == 0 and fits
        if self.is_ordinal:
            LOG.warning('%s: the scores are read as no and yes of ranks; choose_dialect("%s") '
                        "reads them as a distribution", spec.place(), BY_VALUE)
            return
        if self.ignored is not None or self.axis != 1:
            raise spec.error("mae_param", "is given, and the bottoms are not those of ordinal "
                             "predictions: an even number of scores, and one label for each")
        if scores[:1] != labels[:1] or math.prod(scores[2:]) * math.prod(labels[2:]) != 1:
            raise spec.error("bottom", f"has the shapes {tuple(scores)} and {tuple(labels)}; they "
                             "must be (N, C) and (N,) or (N, L)")

    def forward(self, scores: Tensor, labels: Tensor) -> Tensor:
        scores, labels = precise(scores.detach()), precise(labels.detach())
        if not self.is_ordinal:
            return (_values(scores) - _values(labels)).abs().sum() / len(scores)
        pairs = scores.movedim(self.axis, -1).unflatten(-1, (-1, 2))
        predicted = (pairs[..., 0] < pairs[..., 1]).sum(-1).reshape(-1)
        truth = labels.reshape(-1).trunc()
        counts = torch.ones_like(truth) if self.ignored is None \
            else (truth != self.ignored).to(truth.dtype)
        return ((truth - predicted).abs() * counts).sum() / counts.sum()


def _values(rows: Tensor) -> Tensor:
    """The one number of each item, or the index of its largest, of equal ones the first."""
    rows = by_item(rows, -1)
    if rows.shape[1] == 1:
        return rows[:, 0]
    is_best = rows == rows.max(1, keepdim=True).values
    from_end = torch.arange(rows.shape[1], 0, -1, device=rows.device)
    return (rows.shape[1] - (is_best * from_end).max(1).values).to(rows.dtype)
