"""Binarization of documents: a loss by the weighted F-measure, and precision and recall."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_reasons import COMPARES_WITH_LABELS
from framework.layers.params import honour
from framework.ops.losses import precise


def _check_counts(spec: LayerSpec, bottoms: Sequence[Shape]) -> None:
    if len({math.prod(shape) for shape in bottoms}) > 1 \
            or len({shape[0] for shape in bottoms}) > 1:
        raise spec.error("bottom", f"has the shapes {[tuple(shape) for shape in bottoms]}; they "
                         "must have as many items and values")


@layer
class WeightedFmeasureLoss(Layer):
    """Loss of a binarization: 1 less the F-measure of weighted recall and precision (pseudo F).

    Bottoms: x (N, ...), probabilities of foreground; targets, 0 or 1; weights of recall and of
             precision, as many values each.
    Tops:    the loss (): the mean of 1 - F over the items, or with `avg_fm: false` that of all
             values together; if wanted, with avg_fm, F of each item (N, 1), without a gradient.
    F = 2 R P / (R + P), R the sum of x * target * weight over that of target * weight, P the sum of
    x * target * weight over that of x * weight. Where one of them is 0 the loss is mse_lambda / 2
    times the mean of (x - target)^2, by the weights of precision, 0 where all of these are 0 (the
    original's is NaN). With a `margin` below 0.5 values
    of x that are right by it count as their target. The gradient has twice the slope of R, as in
    the original, which also forgets loss_weight in that part; here it counts.
    Errors:  SpecError for shapes that do not fit, and a second top without avg_fm.
    Source:  WeightedFmeasureLossParameter; weighted_fmeasure_loss_layer.cpp of ctensmeyer/caffe;
             Tensmeyer and Martinez 2017.
    """

    num_bottoms = (4, 4)
    num_tops = (1, 2)
    loss = True
    no_gradient_bottoms = (1, 2, 3)

    def __init__(self, spec: LayerSpec, *bottoms: Shape):
        super().__init__(spec)
        field = "weighted_fmeasure_loss_param"
        honour(spec, field, "margin mse_lambda avg_fm")
        param = spec.proto.weighted_fmeasure_loss_param
        self.margin, self.mse_lambda, self.by_item = param.margin, param.mse_lambda, param.avg_fm
        _check_counts(spec, bottoms)
        if len(spec.tops) > 1 and not self.by_item:
            raise spec.error("top", "is given twice; there is one F-measure with avg_fm: false")

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        shapes: list[Shape] = [(), (bottoms[0][0], 1)]
        return shapes[:len(self.spec.tops)]

    def forward(self, *bottoms: Tensor) -> tuple[Tensor, ...]:
        rows = bottoms[0].shape[0] if self.by_item else 1
        x, target, of_recall, of_precision = (precise(one).reshape(rows, -1) for one in bottoms)
        if 0 < self.margin < 0.5:
            right = torch.where(target > 0.5, x >= 0.5 + self.margin, x <= 0.5 - self.margin)
            x = x + (torch.where(right, target, x) - x).detach()
        recall = _share(x * target, target, of_recall)
        precision = _share(x * target, x, of_precision)
        steep = 2 * recall - recall.detach()
        both = (recall != 0) & (precision != 0)
        measure = 2 * steep * precision / torch.where(both, steep + precision, 1)
        weights = of_precision.abs().sum(1)
        squares = ((target - x).square() * of_precision).sum(1) / weights.where(weights != 0, 1)
        loss = torch.where(both, 1 - measure, self.mse_lambda / 2 * squares).mean()
        found = torch.where(both, measure, 0).detach()[:, None]
        return (loss, found)[:len(self.spec.tops)]


def _share(part: Tensor, whole: Tensor, weights: Tensor) -> Tensor:
    """The weighted sum of each row of a part over that of the whole; 0 where there is none."""
    below = (whole * weights).sum(1)
    return torch.where(below != 0, (part * weights).sum(1) / torch.where(below != 0, below, 1), 0)


@layer
class PR(Layer):
    """Precision, recall, accuracy, true negative rate and F-measure of two classes.

    Bottoms: x (...), foreground from `thresh` on; labels, as many, cut to integers, 0 for the
             background; those that equal `ignore_label` do not count. No gradient to either.
    Tops:    () each. A share of nothing is 0 (the original's accuracy and negative rate are NaN).
    Errors:  SpecError for another number of labels.
    Source:  PRParameter as precision_recall_param; precision_recall_layer.cpp of ctensmeyer/caffe.
    """

    reads = ("precision_recall_param",)
    num_bottoms = (2, 2)
    num_tops = (5, 5)
    no_gradient_bottoms = (0, 1)
    no_onnx_form = COMPARES_WITH_LABELS

    @classmethod
    def assumed_bottom(cls, spec: LayerSpec, index: int, bottoms: Sequence[Shape]
                       ) -> Shape | None:
        return bottoms[1 - index]

    def __init__(self, spec: LayerSpec, x: Shape, labels: Shape):
        super().__init__(spec)
        honour(spec, "precision_recall_param", "thresh ignore_label")
        param = spec.proto.precision_recall_param
        self.thresh = param.thresh
        self.ignore = param.ignore_label if param.HasField("ignore_label") else None
        if math.prod(x) != math.prod(labels):
            raise spec.error("bottom", f"has the shapes {tuple(x)} and {tuple(labels)}; both must "
                             "have as many values")

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        return [()] * 5

    @torch.no_grad()
    def forward(self, x: Tensor, labels: Tensor) -> tuple[Tensor, ...]:
        x, labels = precise(x).flatten(), precise(labels).flatten().trunc()
        counted = torch.ones_like(labels, dtype=torch.bool) if self.ignore is None \
            else labels != self.ignore
        found, real = x >= self.thresh, labels != 0
        hits, false = (found & real & counted).sum(), (found & ~real & counted).sum()
        missed, rest = (~found & real & counted).sum(), (~found & ~real & counted).sum()
        precision, recall = _ratio(hits, hits + false), _ratio(hits, hits + missed)
        shares = (precision, recall, _ratio(hits + rest, counted.sum()),
                  _ratio(rest, false + rest), _ratio(2 * precision * recall, precision + recall))
        return tuple(share.to(x.dtype) for share in shares)


def _ratio(part: Tensor, whole: Tensor) -> Tensor:
    part, whole = part.double(), whole.double()
    return torch.where(whole != 0, part / torch.where(whole != 0, whole, 1), 0)
