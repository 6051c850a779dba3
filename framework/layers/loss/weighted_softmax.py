"""Weighted softmax cross-entropy: WeightedSoftmaxWithLoss, as several projects mean it."""

from __future__ import annotations

import math
from collections.abc import Sequence

from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.index_check import class_check, class_numbers
from framework.layers.loss.loss_settings import (
    check_labels,
    ignore_label,
    normalization,
    shape_of_labels,
)
from framework.layers.metric.mined_softmax import MinedSoftmax
from framework.layers.params import canonical_axis, honour, is_set
from framework.ops.losses import log_loss, normalizer, precise, softmax_focal_loss
from framework.proto import enum_name

MINED = 7       # bottoms of OIM's form
# Fields with numbers of classes, and with the weights of these.
CLASSES = (("pos_cid", "pos_mult"), ("label_id", "label_scale"))


@layer
class WeightedSoftmaxWithLoss(Layer):
    """Softmax cross-entropy whose terms are weighted, summed, over a normalizer.

    Bottoms: scores, any shape with the classes on `softmax_param.axis`; labels, one for each
             position; in one form weights, one for each label, which get no gradient.
    Tops:    the loss (); if wanted, the probabilities, without gradient.
    What the net shows says which project's weights they are:
    - three bottoms: each label has its own (odegeasslbc, jind11);
    - `softmax_param.pos_cid` and `pos_mult`: those of a class or of several, 1 for the others
      (silver-rush, liaomingg); `label_id` and `label_scale` are the same, but of a class that is
      named twice the first counts (niuchuangnn);
    - `weighted_softmax_param.positions` and `weights`: the same as texts, "0,2" and "3,5"
      (shylee2021);
    - `weighted_softmax_loss_param.method`: ADAPTIVE_WEIGHT, the number of labels of an item that
      count over the number of them with this label; FOCAL_LOSS, alpha (1 - p)^gamma;
      ADAPTIVE_FOCAL_LOSS, the product of ADAPTIVE_WEIGHT's and (1 - p)^gamma, the default
      (superxuang/caffe_3d_faster_rcnn, as on its GPU; on a CPU it does not read the method).
    - seven bottoms (bigvideoresearch/OIM): weights of the regions (N,), how their score compares
      with that of the region they were mined from (N,), alpha (), whether it is foreground (N,),
      beta (). The loss of a label is weight (-log p - alpha log ratio); VALID counts weights above
      1e-12. Its gradient is (probability - one) times weight; times -beta at a ratio of 1 with
      foreground, times 1 + alpha at other ratios above 0.3, as on the original's GPU.
    The normalizer is SoftmaxWithLoss's: it counts labels, not weights, but in the last form.
    Errors:  SpecError for a net that shows none of these or several, and for wrong numbers of
             labels, weights or classes.
    Source:  weighted_softmax_loss_layer.cpp and .cu of those projects.
    """

    reads = ("loss_param", "softmax_param", "weighted_softmax_param", "weighted_softmax_loss_param")
    num_bottoms = (2, 7)
    num_tops = (1, 2)
    loss = True
    no_gradient_bottoms = (1, 2, 3, 4, 5, 6)
    fork_fields = frozenset(f"softmax_param.{name}" for names in CLASSES for name in names)

    @classmethod
    def assumed_bottom(cls, spec: LayerSpec, index: int, bottoms: Sequence[Shape]
                       ) -> Shape | None:
        """Labels, and as many weights; of seven bottoms some are of the items, some are one."""
        if index > 1 and len(bottoms) == MINED:
            return (bottoms[0][0] if bottoms[0] and index not in (4, 6) else 1,)
        axis = spec.proto.softmax_param.axis
        return shape_of_labels(bottoms[0], axis) if index and bottoms[0] else None

    def __init__(self, spec: LayerSpec, scores: Shape, labels: Shape, *weights: Shape):
        super().__init__(spec)
        honour(spec, "softmax_param", "axis pos_cid pos_mult label_id label_scale")
        self.axis = canonical_axis(spec, "softmax_param.axis", spec.proto.softmax_param.axis,
                                   scores)
        self.mined = None
        if len(weights) == MINED - 2 and self.axis == 1:
            self.mined = MinedSoftmax(spec, scores, labels, *weights)
            return
        if len(weights) > 1:
            raise spec.error("bottom", f"is given {2 + len(weights)} times; it must be 2, 3, or "
                             f"with the classes on axis 1 {MINED}")
        check_labels(spec, scores, labels, self.axis)
        for shape in weights:
            if math.prod(shape) != math.prod(labels):
                raise spec.error("bottom", f"'{spec.bottoms[2]}' has the shape {tuple(shape)}; it "
                                 f"must hold a weight for each label, {tuple(labels)}")
        self.mode = normalization(spec)
        self.fixed = spec.proto.loss_param.pre_fixed_normalizer
        self.check = class_check(spec, labels, scores[self.axis], ignore=ignore_label(spec),
                                 ignore_field="loss_param.ignore_label")
        form = _form(spec)
        self.class_weights: list[float] = []
        if form.startswith("softmax_param.") or form == "weighted_softmax_param":
            self.class_weights = _class_weights(spec, form, scores[self.axis])
        param = spec.proto.weighted_softmax_loss_param
        self.method = enum_name(param, "method") if form == "weighted_softmax_loss_param" else ""
        self.gamma = param.gamma if "FOCAL" in self.method else 0.0
        self.alpha = param.alpha if self.method == "FOCAL_LOSS" else 1.0

    def forward(self, scores: Tensor, labels: Tensor, *weights: Tensor
                ) -> Tensor | tuple[Tensor, Tensor]:
        scores = precise(scores)
        if self.mined is not None:
            return self.mined(scores, labels, *weights)
        numbers, valid = class_numbers(self.check, labels, scores.shape, self.axis)
        if self.gamma:
            each = softmax_focal_loss(scores, numbers, self.axis, self.gamma, self.alpha)
        else:
            each = log_loss(scores, numbers, self.axis) * self.alpha
        if weights:
            each = each * weights[0].detach().reshape(each.shape)
        if self.class_weights:
            each = each * each.new_tensor(self.class_weights)[numbers]
        if self.method.startswith("ADAPTIVE"):
            each = each * self._rarity(numbers, valid, scores)
        if valid is not None:
            each = each.where(valid, 0)
        loss = each.sum() / normalizer(self.mode, scores, self.axis, valid, self.fixed)
        if len(self.spec.tops) < 2:
            return loss
        return loss, scores.detach().softmax(self.axis)

    def _rarity(self, numbers: Tensor, valid: Tensor | None, scores: Tensor) -> Tensor:
        """For each label how many of its item count, over how many of those are like it."""
        rows = numbers.reshape(math.prod(numbers.shape[:self.axis]), -1)
        counts = scores.new_ones(rows.shape)
        if valid is not None:
            counts = valid.reshape(rows.shape).to(scores.dtype)
        alike = scores.new_zeros(len(rows), scores.shape[self.axis]).scatter_add(1, rows, counts)
        weights = counts.sum(1, keepdim=True) / alike.gather(1, rows).clamp(min=1)
        return weights.reshape(numbers.shape)


def _form(spec: LayerSpec) -> str:
    """The project's form that the layer's text shows; SpecError unless it is one."""
    proto = spec.proto
    forms = {"a third bottom of weights": len(spec.bottoms) == 3,
             **{f"softmax_param.{names[0]}": any(is_set(proto.softmax_param, name)
                                                 for name in names) for names in CLASSES},
             "weighted_softmax_param": proto.HasField("weighted_softmax_param"),
             "weighted_softmax_loss_param": proto.HasField("weighted_softmax_loss_param")}
    found = [form for form, given in forms.items() if given]
    if len(found) != 1:
        shown = " and ".join(found) or "no weights"
        raise spec.error("type", f"'{spec.type}' means another loss in each project, and the layer "
                         f"has {shown}; it must have one of {', '.join(forms)}")
    return found[0]


def _class_weights(spec: LayerSpec, form: str, num_classes: int) -> list[float]:
    """The weight of each class; SpecError for numbers of classes and weights that do not fit."""
    if form == "weighted_softmax_param":
        param = spec.proto.weighted_softmax_param
        classes = _numbers(spec, f"{form}.positions", param.positions)
        given = _numbers(spec, f"{form}.weights", param.weights)
    elif form == "softmax_param.label_id":
        classes = [float(number) for number in reversed(spec.proto.softmax_param.label_id)]
        given = list(reversed(spec.proto.softmax_param.label_scale))
    else:
        softmax = spec.proto.softmax_param
        classes = list(softmax.pos_cid) or [1.0]
        given = list(softmax.pos_mult) or [1.0]
    if len(classes) != len(given):
        raise spec.error(form, f"names {len(classes)} classes and {len(given)} weights; there must "
                         "be one weight for each class")
    weights = [1.0] * num_classes
    for number, weight in zip(classes, given, strict=True):
        if number != int(number) or not 0 <= number < num_classes:
            raise spec.error(form, f"names the class {number:g}; it must be from 0 to "
                             f"{num_classes - 1}")
        weights[int(number)] = weight
    return weights


def _numbers(spec: LayerSpec, field: str, text: str) -> list[float]:
    try:
        return [float(word) for word in text.split(",")]
    except ValueError:
        raise spec.error(field, f"is '{text}'; it must be numbers with commas between them"
                         ) from None
