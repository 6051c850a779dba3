"""Focal loss and L1 loss of community projects."""

from __future__ import annotations

import math

from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.index_check import class_check, class_numbers
from framework.layers.loss.loss_settings import (
    check_labels,
    check_same_count,
    ignore_label,
    normalization,
)
from framework.layers.params import canonical_axis, honour, is_set, plain
from framework.ops.losses import (
    log_loss,
    normalizer,
    precise,
    sigmoid_focal_loss,
    softmax_focal_loss,
)
from framework.proto import enum_name


@layer
class FocalLoss(Layer):
    """Focal loss: cross-entropy with less weight on well-classified labels, -(1 - p)^gamma log p.

    Bottoms: scores, with the classes on `axis`; and labels, one for each position, or, for the
             sigmoid form, as many targets 0 or 1 as there are scores.
    Tops:    the loss (); if wanted the probabilities, without gradient.
    Softmax form: alpha (1 - p)^gamma (-log p) of each label's p, over a normalizer as in
    SoftmaxWithLoss. `axis` is focal_loss_param's, else softmax_param's. With `type` (happynear)
    alpha is in the base of the power: ORIGIN (alpha - p)^gamma, ONEADDP (alpha + p)^gamma.
    Sigmoid form: p is sigmoid(x) for target 1, 1 - sigmoid(x) for 0; alpha, if given, weighs the
    ones and 1 - alpha the zeros; the normalizer is BATCH_SIZE by default.
    Errors:  SpecError for a wrong number of labels, type LINEAR, gamma below 0.
    Source:  jolibrain/caffe, zimenglan-sysu-512/Focal-Loss and happynear/caffe-windows
             focal_loss_layer.cpp; the sigmoid form is the paper's, Lin et al. 2017.
    """

    reads = ("loss_param", "softmax_param")
    unread = frozenset(["softmax_param.normalize_type"])
    num_bottoms = (2, 2)
    num_tops = (1, 2)
    loss = True
    no_gradient_bottoms = (1,)

    def __init__(self, spec: LayerSpec, scores: Shape, labels: Shape):
        super().__init__(spec)
        honour(spec, "focal_loss_param", "type gamma alpha axis")
        param = spec.proto.focal_loss_param
        self.gamma = param.gamma
        self.alpha = param.alpha
        self.sign = 0
        if is_set(param, "type"):
            if enum_name(param, "type") == "LINEAR":
                raise spec.error("focal_loss_param.type", "is LINEAR, which the original does not "
                                 "compute either; it must be ORIGIN or ONEADDP")
            self.sign = 1 if enum_name(param, "type") == "ONEADDP" else -1
        if self.gamma < 0:
            raise spec.error("focal_loss_param.gamma", f"is {self.gamma}; it must be at least 0")
        self.balanced = is_set(param, "alpha")
        self.on_targets = math.prod(labels) == math.prod(scores)
        owner = "focal_loss_param" if is_set(param, "axis") else "softmax_param"
        self.axis = canonical_axis(spec, f"{owner}.axis", getattr(spec.proto, owner).axis, scores)
        if not self.on_targets:
            check_labels(spec, scores, labels, self.axis)
        self.mode = normalization(spec, "BATCH_SIZE" if self.on_targets else "VALID")
        self.ignore = ignore_label(spec)
        self.fixed = spec.proto.loss_param.pre_fixed_normalizer
        self.check = class_check(spec, labels, scores[self.axis], ignore=self.ignore,
                                 ignore_field="loss_param.ignore_label")

    def forward(self, scores: Tensor, labels: Tensor) -> tuple[Tensor, ...]:
        scores = precise(scores)
        if self.on_targets:
            numbers = labels.detach().reshape(scores.shape).long()
            valid = None if self.ignore is None else numbers != self.ignore
            alpha = self.alpha if self.balanced else None
            each = sigmoid_focal_loss(scores, numbers > 0, self.gamma, alpha)
        else:
            numbers, valid = class_numbers(self.check, labels, scores.shape, self.axis)
            each = self._on_labels(scores, numbers)
        if valid is not None:
            each = each.where(valid, 0)
        if self.on_targets and self.mode == "BATCH_SIZE":
            loss = each.sum() / max(scores.shape[0], 1)
        else:
            rows = scores.reshape(-1, 1) if self.on_targets else scores
            axis = 1 if self.on_targets else self.axis
            loss = each.sum() / normalizer(self.mode, rows, axis, valid, self.fixed)
        if len(self.spec.tops) == 1:
            return (loss,)
        scores = scores.detach()
        return loss, scores.sigmoid() if self.on_targets else scores.softmax(self.axis)

    def _on_labels(self, scores: Tensor, numbers: Tensor) -> Tensor:
        if not self.sign:
            return softmax_focal_loss(scores, numbers, self.axis, self.gamma, self.alpha)
        each = log_loss(scores, numbers, self.axis)
        base = self.alpha + self.sign * (-each).exp()
        return base.clamp(min=1e-10) ** self.gamma * each


@layer
class L1Loss(Layer):
    """L1 loss: the absolute difference, summed, over the number of items.

    Bottoms: two blobs (N, ...) with as many values, or one, their difference; all get a gradient,
             0 where they are equal (FlowNet2's own is that of a difference below 0 there).
    Top:     the loss ().
    With l1_loss_param (FlowNet2) differences that are not a number count as nothing, and so do
    those below `plateau`; `normalize_by_num_entries` divides by the known differences of a channel
    instead. `l2_per_location` takes the length over the channels at each location, the root of the
    sum of squares (their mean with `l2_prescale_by_channels`) and `epsilon`, for the differences;
    one below plateau has the root of epsilon, and no gradient.
    Errors:  SpecError if the bottoms differ in size, and for l2_per_location without (N, C, H, W).
    Source:  NVIDIA/caffe l1_loss_layer.cpp (DetectNet); l1loss_layer.cu of lmb-freiburg/flownet2.
    """

    num_bottoms = (1, 2)
    loss = True

    def __init__(self, spec: LayerSpec, x: Shape, *target: Shape):
        super().__init__(spec)
        honour(spec, "l1_loss_param", "l2_per_location l2_prescale_by_channels "
               "normalize_by_num_entries epsilon plateau")
        self.masks = spec.proto.HasField("l1_loss_param")
        self.param = plain(spec.proto.l1_loss_param)
        if target:
            check_same_count(spec, x, target[0])
        if self.param.l2_per_location and len(x) != 4:
            raise spec.error("l1_loss_param.l2_per_location", "is for (N, C, H, W); the bottom has "
                             f"the shape {tuple(x)}")

    def forward(self, x: Tensor, *target: Tensor) -> Tensor:
        difference = precise(x)
        if target:
            difference = difference - precise(target[0]).reshape(x.shape)
        if not self.masks:
            return difference.abs().sum() / x.shape[0]
        known = ~difference.isnan()
        difference = difference.where(known, 0)
        items = difference.new_tensor(x.shape[0])
        if self.param.normalize_by_num_entries:
            num_channels = x.shape[1] if x.dim() > 1 else 1
            items = known.sum().clamp(min=1).to(items) / num_channels
        return self._lengths(difference).sum() / items

    def _lengths(self, difference: Tensor) -> Tensor:
        param = self.param
        if not param.l2_per_location:
            return difference.abs().where(difference.abs() >= param.plateau, 0)
        squares = difference.square()
        squares = squares.mean(1) if param.l2_prescale_by_channels else squares.sum(1)
        return (squares.where(squares >= param.plateau ** 2, 0) + param.epsilon).sqrt()
