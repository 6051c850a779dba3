"""Softmax and softmax cross-entropy loss."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.index_check import class_check, class_numbers
from framework.layers.loss.loss_settings import (
    check_first_axes,
    check_label_weights,
    check_labels,
    ignore_label,
    normalization,
    shape_of_labels,
)
from framework.layers.number_files import read_numbers
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import canonical_axis, honour, is_set
from framework.ops.losses import log_loss, normalizer, precise, soft_label_loss
from framework.system.wording import shortened

FEW = 8                     # classes; measured: 4 take an eighth of the time, 21 more than before
SOFTNESS = 1e-5             # label_smooth_factor of a fork whose text gives none


@layer
class Softmax(Layer):
    """Softmax: exp(x) over its sum along `axis`.

    Bottoms: x, any shape; if wanted, the number of values that count for each sum, from the first
             on (peteanderson80/caffe).
    Top:     y in the shape of x, 0 for values that do not count, where the original has NaN if
             none counts.
    Errors: SpecError for an axis that is not there, or another number of numbers than of sums.
    Source: SoftmaxParameter in caffe.proto; BVLC softmax_layer.cpp, and that of
            peteanderson80/caffe.
    """

    num_bottoms = (1, 2)
    no_gradient_bottoms = (1,)
    pointwise = True
    keeps_shape = True

    def __init__(self, spec: LayerSpec, x: Shape, *numbers: Shape):
        super().__init__(spec)
        honour(spec, "softmax_param", "axis")
        self.axis = canonical_axis(spec, "softmax_param.axis", spec.proto.softmax_param.axis, x)
        if numbers:
            sums = math.prod(x[:self.axis]) * math.prod(x[self.axis + 1:])
            if math.prod(numbers[0]) != sums:
                raise spec.error("bottom", f"'{spec.bottoms[1]}' has the shape "
                                 f"{tuple(numbers[0])}; it must hold a number for each of the "
                                 f"{sums} sums of '{spec.bottoms[0]}', {tuple(x)}, along axis "
                                 f"{self.axis}")

    def forward(self, x: Tensor, *numbers: Tensor) -> Tensor:
        if numbers:
            return self._first(x, numbers[0].detach())
        few = x.shape[self.axis] <= FEW and 0 < self.axis == x.dim() - 1
        if (few and x.device.type == "cpu" and not torch.is_grad_enabled()
                and not torch.compiler.is_compiling() and not torch.jit.is_tracing()):
            # torch computes along the last axis position by position: slow for few values
            return x.flatten(0, -2).t().contiguous().softmax(0).t().contiguous().view(x.shape)
        return x.softmax(self.axis)

    def _first(self, x: Tensor, numbers: Tensor) -> Tensor:
        """The softmax over as many of the first values of each sum as `numbers` says."""
        index = torch.arange(x.shape[self.axis], device=x.device)
        index = index.reshape(-1, *[1] * (x.dim() - self.axis - 1))
        shape = (*x.shape[:self.axis], 1, *x.shape[self.axis + 1:])
        counts = index < numbers.reshape(shape)
        # of a sum without any value all are kept: of infinities alone it would be NaN
        kept = counts | ~counts.any(self.axis, keepdim=True)
        return x.masked_fill(~kept, -torch.inf).softmax(self.axis).masked_fill(~counts, 0)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        if len(bottoms) > 1:
            raise self.spec.error("bottom", "is given twice; a softmax over the first values of "
                                  "each sum has no ONNX form here")
        return [graph.add("Softmax", bottoms[0], axis=self.axis)]


@layer
class SoftmaxWithLoss(Layer):
    """Softmax cross-entropy: -log softmax at each label, summed, over a normalizer.

    Bottoms: scores, any shape with the classes on `softmax_param.axis`; labels, one for each
             position, cut to integers; if wanted, a weight for each label, which multiplies its
             loss, and which VALID sums in place of counting the label (ShaoqingRen/caffe).
    Tops:    the loss (); if wanted, the probabilities; if wanted, each label's own loss in the
             shape of the labels (taokong/caffe-ron, which leaves the second top blank then). Only
             the first has a gradient. (As in the original, the loss must then have a loss_weight
             in the text for each top.)
    A label's loss is at most 87.3365 (-log FLT_MIN); its gradient, probability - 1, is not cut.
    Normalizer: VALID (default) the labels other than ignore_label, FULL all, BATCH_SIZE the
    product of the axes before the classes, NONE 1, PRE_FIXED pre_fixed_normalizer.
    `class_weighting` with `weight_by_label_freqs` multiplies the loss by its label's weight
    (SegNet's fork). `label_smoothing` e moves the gradient to targets 1 - e for the label and
    e / classes for the others, while the value stays plain (Intel's fork). With
    `softmax_param.label_smooth` (Kevinduan23/caffe) e is label_smooth_factor, and the value too is
    that of these targets; its gradient is probability - target.
    With `softmaxloss_param` (DeepLab's Caffe of 2015) each `ignore_label` counts for nothing, and
    the classes have the weights of the text file `weight_source`, which VALID sums.
    In the dialect "bottom-up-attention" labels (N, K) may be several for each item of scores (N, C)
    if there is an ignore_label: an item's loss is the mean over its labels that count, and VALID
    counts the items that have one.
    Errors:  SpecError if the numbers of labels or of class weights are wrong, or softmaxloss_param
             is beside loss_param or weights.
    Source:  LossParameter in caffe.proto; BVLC softmax_loss_layer.cpp, and that of
             peteanderson80/bottom-up-attention and of TheLegendAli/DeepLab-Context.
    """

    reads = ("loss_param", "softmax_param", "softmaxloss_param")
    dialects = ("bottom-up-attention",)
    fork_fields = frozenset(("softmax_param.label_smooth", "softmax_param.label_smooth_factor"))

    num_bottoms = (2, 3)
    num_tops = (1, 3)
    loss = True
    no_gradient_bottoms = (1, 2)
    refuses_gradient = True

    @classmethod
    def assumed_bottom(cls, spec: LayerSpec, index: int, bottoms: Sequence[Shape]
                       ) -> Shape | None:
        axis = spec.proto.softmax_param.axis
        return shape_of_labels(bottoms[0], axis) if index > 0 and bottoms[0] else None

    def __init__(self, spec: LayerSpec, scores: Shape, labels: Shape, *weights: Shape):
        super().__init__(spec)
        honour(spec, "softmax_param", "axis label_smooth label_smooth_factor")
        param = spec.proto.loss_param
        self.axis = canonical_axis(spec, "softmax_param.axis", spec.proto.softmax_param.axis,
                                   scores)
        self.has_several = bool(spec.dialect) and len(scores) == len(labels) == 2 \
            and labels[0] == scores[0] and labels[1] > 1 and param.HasField("ignore_label") \
            and self.axis == 1 and len(spec.tops) == 1 and not weights
        if not self.has_several:
            check_labels(spec, scores, labels, self.axis)
            check_first_axes(spec, scores, labels)
        check_label_weights(spec, labels, weights)
        self.mode = normalization(spec, also="label_smoothing weight_by_label_freqs "
                                  "class_weighting")
        self.ignored = list(spec.proto.softmaxloss_param.ignore_label)
        self.source = _source_of_weights(spec, bool(weights))
        self.source_weights = [1.0] * scores[self.axis]     # until the file is read
        self.is_read = not self.source
        if os.path.exists(self.source):
            self._read_weights()
        ignored = self.ignored[0] if self.ignored else ignore_label(spec)
        self.check = class_check(spec, labels, scores[self.axis], ignore=ignored,
                                 ignore_field="loss_param.ignore_label")
        self.fixed = param.pre_fixed_normalizer
        self.smoothing = param.label_smoothing
        self.softness = _softness(spec)
        if self.softness > 0 and self.has_several:
            raise spec.error("softmax_param.label_smooth", "has no meaning with several labels")
        self.class_weights: list[float] = []
        if is_set(param, "weight_by_label_freqs") and param.weight_by_label_freqs:
            self.class_weights = list(param.class_weighting)
            if len(self.class_weights) != scores[self.axis]:
                raise spec.error("loss_param.class_weighting", f"is given "
                                 f"{len(self.class_weights)} times; there are "
                                 f"{scores[self.axis]} classes")

    def forward(self, scores: Tensor, labels: Tensor, *weights: Tensor
                ) -> Tensor | tuple[Tensor, ...]:
        scores = precise(scores)
        if self.has_several:
            return self._of_several(scores, labels)
        for label in self.ignored[1:]:
            labels = labels.where(labels.trunc() != label, self.ignored[0])
        numbers, valid = class_numbers(self.check, labels, scores.shape, self.axis)
        each = log_loss(scores, numbers, self.axis)
        if self.smoothing:
            each = self._smoothed(scores, each)
        if self.softness > 0:
            each = soft_label_loss(scores, numbers, self.axis, self.softness)
        if self.class_weights:
            each = each * each.new_tensor(self.class_weights)[numbers]
        if valid is not None:
            each = each.where(valid, 0)
        divisor = normalizer(self.mode, scores, self.axis, valid, self.fixed)
        if self.source:
            if not self.is_read and not scores.is_meta:
                self._read_weights()
            weights = (each.new_tensor(self.source_weights)[numbers],)
        if weights:
            given = precise(weights[0]).detach().reshape(each.shape)
            each = each * given
            if self.mode == "VALID":
                total = (given if valid is None else given.where(valid, 0)).sum()
                divisor = total.where(total != 0, 1)
        loss = each.sum() / divisor
        if len(self.spec.tops) < 2:
            return loss
        tops = loss, scores.detach().softmax(self.axis), each.detach().reshape(labels.shape)
        return tops[:len(self.spec.tops)]

    def _read_weights(self) -> None:
        field = "softmaxloss_param.weight_source"
        try:
            found = read_numbers(self.source, len(self.source_weights), "classes")
        except ValueError as error:
            raise self.spec.error(field, f"is '{shortened(self.source)}', {error}") from None
        if min(found) < 0:
            raise self.spec.error(field, f"has the weight {min(found):g}; weights are 0 or more")
        self.source_weights = found
        self.is_read = True

    def _of_several(self, scores: Tensor, labels: Tensor) -> Tensor:
        """The loss of scores (N, C) for labels (N, K), of which some are ignored."""
        wide = scores[:, :, None].expand(-1, -1, labels.shape[1])
        numbers, valid = class_numbers(self.check, labels, wide.shape, 1)
        assert valid is not None
        each = log_loss(wide, numbers, 1).where(valid, 0).sum(1) / valid.sum(1).clamp(min=1)
        return each.sum() / normalizer(self.mode, scores, 1, valid.any(1), self.fixed)

    def _smoothed(self, scores: Tensor, each: Tensor) -> Tensor:
        """The value of `each` with the gradient towards smoothed targets."""
        share = self.smoothing / scores.shape[self.axis]
        others = -scores.log_softmax(self.axis).sum(self.axis)
        smooth = (1 - self.smoothing - share) * each + share * others
        return smooth + (each - smooth).detach()


def _softness(spec: LayerSpec) -> float:
    """softmax_param.label_smooth_factor where label_smooth is set, else 0."""
    param = spec.proto.softmax_param
    if not param.label_smooth:
        if param.label_smooth_factor:
            raise spec.error("softmax_param.label_smooth_factor", "has a meaning with label_smooth "
                             "only; without, that of another project is not supported here")
        return 0.0
    return param.label_smooth_factor if param.HasField("label_smooth_factor") else SOFTNESS


def _source_of_weights(spec: LayerSpec, has_weights: bool) -> str:
    """The file softmaxloss_param.weight_source, if it is given."""
    source = spec.proto.softmaxloss_param.weight_source
    if is_set(spec.proto, "softmaxloss_param") and is_set(spec.proto, "loss_param"):
        raise spec.error("softmaxloss_param", "is given together with loss_param, of another "
                         "Caffe; give one of the two")
    if source and has_weights:
        raise spec.error("softmaxloss_param.weight_source", "is given together with a bottom of "
                         "weights; give one of the two")
    return source
