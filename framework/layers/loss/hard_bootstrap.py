"""Softmax loss towards the label and the net's own best class: hard bootstrapping."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.index_check import class_check, class_numbers
from framework.layers.loss.loss_settings import (
    check_first_axes,
    check_labels,
    ignore_label,
    normalization,
    shape_of_labels,
)
from framework.layers.params import canonical_axis, honour, within
from framework.ops.losses import log_loss, normalizer, precise


@layer
class SoftmaxWithHardBoostrapLoss(Layer):
    """Hard bootstrapping: beta times the softmax loss of the label, 1 - beta of the best class.

    Bottoms: scores, any shape with the classes on `softmax_param.axis`; labels, one for each
             position.
    Tops:    the loss (); if wanted, the probabilities, without gradient.
    Each loss and the normalizer are those of SoftmaxWithLoss. Of equal scores the first is the
    best; which class that is has no gradient.
    Errors:  SpecError if the number of labels is wrong, and for beta outside of 0 to 1.
    Source:  LossParameter; softmax_hard_boostrap_loss_layer.cu of wanglijun1989/caffe-cvpr17; Reed
             et al. 2015.
    """

    reads = ("loss_param", "softmax_param")
    num_bottoms = (2, 2)
    num_tops = (1, 2)
    loss = True
    no_gradient_bottoms = (1,)
    refuses_gradient = True
    fork_fields = frozenset(["loss_param.beta"])

    @classmethod
    def assumed_bottom(cls, spec: LayerSpec, index: int, bottoms: Sequence[Shape]
                       ) -> Shape | None:
        axis = spec.proto.softmax_param.axis
        return shape_of_labels(bottoms[0], axis) if index == 1 and bottoms[0] else None

    def __init__(self, spec: LayerSpec, scores: Shape, labels: Shape):
        super().__init__(spec)
        honour(spec, "softmax_param", "axis")
        param = spec.proto.loss_param
        self.axis = canonical_axis(spec, "softmax_param.axis", spec.proto.softmax_param.axis,
                                   scores)
        check_labels(spec, scores, labels, self.axis)
        check_first_axes(spec, scores, labels)
        self.mode = normalization(spec, also="beta")
        self.fixed = param.pre_fixed_normalizer
        self.beta = within(spec, "loss_param.beta", [param.beta], 0, 1)[0]
        self.check = class_check(spec, labels, scores[self.axis], ignore=ignore_label(spec),
                                 ignore_field="loss_param.ignore_label")

    def forward(self, scores: Tensor, labels: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        scores = precise(scores)
        numbers, valid = class_numbers(self.check, labels, scores.shape, self.axis)
        best = scores.detach().argmax(self.axis)
        each = self.beta * log_loss(scores, numbers, self.axis) \
            + (1 - self.beta) * log_loss(scores, best, self.axis)
        if valid is not None:
            each = each.where(valid, 0)
        loss = each.sum() / normalizer(self.mode, scores, self.axis, valid, self.fixed)
        if len(self.spec.tops) < 2:
            return loss
        return loss, scores.detach().softmax(self.axis)
