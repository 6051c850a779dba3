"""Softmax loss with weights of classes by how often they are, and a term of the entropy."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.index_check import class_check, class_numbers
from framework.layers.loss.loss_settings import (
    check_label_weights,
    check_labels,
    ignore_label,
    normalization,
)
from framework.layers.params import canonical_axis, check_positive, honour
from framework.ops.losses import LARGEST_LOG_LOSS, log_loss, normalizer, precise


@layer
class AdaptiveSoftmaxWithLoss(Layer):
    """Softmax cross-entropy with weights of classes that follow their frequencies.

    It is the SoftmaxWithLoss whose loss_param has adaptive_weighting or a max_entropy_weight.
    Bottoms: scores, with the classes on softmax_param.axis; labels, one for each position; if
             wanted, a weight for each label.
    Tops:    the loss (); if wanted, the probabilities, or instead with adaptive_weighting for each
             of C classes its smoothed frequency and its weight, 2 C more tops ().
    A label's loss is -log p + max_entropy_weight * sum of p log p if that weight is above 0; labels
    whose loss is not above 0 count as ignored. With adaptive_weighting the frequency of a class,
    among the labels that count, is smoothed over batches: f = gamma * f + (1 - gamma) * batch's,
    from the first batch that has it; its weight is scale * (mean of all f) / f, 0 without any,
    within min_weight and max_weight. The frequencies are not in snapshots, and TEST moves its own.
    VALID divides by the labels that count, or by the whole part of the sum of their weights.
    Errors:  SpecError for wrong numbers of labels or tops, gamma not in 0 ... 1, scale not above 0.
    Source:  softmax_loss_layer.cpp of openvinotoolkit/training_toolbox_caffe.
    """

    reads = ("loss_param", "softmax_param")
    fork_fields = frozenset(f"loss_param.{name}" for name in (
        "adaptive_weighting", "gamma", "scale", "min_weight", "max_weight", "max_entropy_weight"))
    num_bottoms = (2, 3)
    num_tops = (1, None)
    loss = True
    no_gradient_bottoms = (1, 2)
    frequencies: Tensor

    def __init__(self, spec: LayerSpec, scores: Shape, labels: Shape, *weights: Shape):
        super().__init__(spec)
        honour(spec, "softmax_param", "axis")
        param = spec.proto.loss_param
        self.axis = canonical_axis(spec, "softmax_param.axis", spec.proto.softmax_param.axis,
                                   scores)
        check_labels(spec, scores, labels, self.axis)
        check_label_weights(spec, labels, weights)
        self.mode = normalization(spec, also="adaptive_weighting gamma scale min_weight "
                                             "max_weight max_entropy_weight")
        classes = scores[self.axis]
        self.check = class_check(spec, labels, classes, ignore=ignore_label(spec),
                                 ignore_field="loss_param.ignore_label")
        self.adaptive, self.entropy = param.adaptive_weighting, max(param.max_entropy_weight, 0.0)
        self.gamma, self.scale = param.gamma, param.scale
        if not 0 < self.gamma <= 1:
            raise spec.error("loss_param.gamma", f"is {self.gamma:g}; it must be above 0 and at "
                             "most 1")
        check_positive(spec, "loss_param", "scale")
        self.least = param.min_weight if param.HasField("min_weight") else -math.inf
        self.most = param.max_weight if param.HasField("max_weight") else math.inf
        if len(spec.tops) not in (1, 2) and not (self.adaptive
                                                 and len(spec.tops) == 2 * classes + 1):
            raise spec.error("top", f"is given {len(spec.tops)} times; there must be 1, 2, or with "
                             f"adaptive_weighting {2 * classes + 1}")
        self.register_buffer("frequencies", torch.full((classes,), -1.0), persistent=False)

    def forward(self, scores: Tensor, labels: Tensor, *weights: Tensor
                ) -> Tensor | tuple[Tensor, ...]:
        scores = precise(scores)
        numbers, valid = class_numbers(self.check, labels, scores.shape, self.axis)
        each = log_loss(scores, numbers, self.axis)
        if self.entropy:
            logs = scores.log_softmax(self.axis)
            cut = logs.clamp(min=-LARGEST_LOG_LOSS)
            each = each + self.entropy * (logs.exp() * cut).sum(self.axis)
        counts = each.detach() > 0
        if valid is not None:
            counts = counts & valid
        each = each.where(counts, 0)
        divisor = normalizer(self.mode, scores, self.axis, counts)
        if weights:
            given = precise(weights[0]).detach().reshape(each.shape)
            each = each * given
            if self.mode == "VALID":
                divisor = given.where(counts, 0).sum().trunc().clamp(min=1)
        of_classes = scores.new_ones(scores.shape[self.axis])
        frequencies = of_classes
        if self.adaptive:
            frequencies, of_classes = self._class_weights(numbers, counts, scores)
            each = each * of_classes[numbers]
        loss = each.sum() / divisor
        if len(self.spec.tops) == 1:
            return loss
        if len(self.spec.tops) == 2:
            return loss, scores.detach().softmax(self.axis)
        pairs = torch.stack([frequencies, of_classes], 1).flatten()
        return loss, *pairs.unbind(0)

    @torch.no_grad()
    def _class_weights(self, numbers: Tensor, counts: Tensor, scores: Tensor
                       ) -> tuple[Tensor, Tensor]:
        """The smoothed frequency and the weight of each class (C,), after this batch."""
        share = counts.to(scores.dtype) / counts.sum().clamp(min=1)
        batch = scores.new_zeros(scores.shape[self.axis])
        batch = batch.scatter_add(0, numbers.flatten(), share.flatten())
        before = self.frequencies.to(batch.dtype)
        smoothed = torch.where(before > 0, self.gamma * before + (1 - self.gamma) * batch, batch)
        if not self.frequencies.is_meta:
            self.frequencies.copy_(smoothed)
        mean = smoothed.clamp(min=0).sum() / len(smoothed)
        weight = torch.where(smoothed > 0, mean / smoothed.where(smoothed > 0, 1), 0)
        return smoothed, self.scale * weight.clamp(self.least, self.most)
