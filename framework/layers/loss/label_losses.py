"""Hinge loss, multinomial logistic loss and information gain loss on class labels."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.index_check import class_check, class_numbers
from framework.layers.loss.loss_settings import check_labels, ignore_label, normalization
from framework.layers.params import canonical_axis
from framework.ops.losses import FloorProbability, normalizer, precise
from framework.proto import enum_name
from framework.weights.blob import read_blob_file


def _check_one_label_an_item(spec: LayerSpec, x: Shape, labels: Shape) -> None:
    if math.prod(labels) != x[0]:
        raise spec.error("bottom", f"'{spec.bottoms[1]}' has the shape {tuple(labels)}; it must "
                         f"hold one label for each of the {x[0]} items of '{spec.bottoms[0]}'")


@layer
class HingeLoss(Layer):
    """Hinge loss, one against all: max(0, 1 - x) for the label's class, max(0, 1 + x) for others.

    Bottoms: scores (N, ...), labels (N,).
    Top:     the loss (): summed as it is (L1) or squared (L2), over N.
    Errors:  SpecError if the labels are not N.
    Source:  HingeLossParameter in caffe.proto; BVLC hinge_loss_layer.cpp.
    """

    num_bottoms = (2, 2)
    loss = True
    no_gradient_bottoms = (1,)

    def __init__(self, spec: LayerSpec, scores: Shape, labels: Shape):
        super().__init__(spec)
        _check_one_label_an_item(spec, scores, labels)
        self.norm = enum_name(spec.proto.hinge_loss_param, "norm")
        self.check = class_check(spec, labels, math.prod(scores[1:]))

    def forward(self, scores: Tensor, labels: Tensor) -> Tensor:
        rows = precise(scores).reshape(scores.shape[0], -1)
        own = F.one_hot(self.check(labels).reshape(-1), rows.shape[1])
        each = (1 + rows * (1 - 2 * own)).relu()
        return (each if self.norm == "L1" else each.square()).sum() / rows.shape[0]


@layer
class MultinomialLogisticLoss(Layer):
    """Negative log-likelihood of the labels, from probabilities, over the items.

    Bottoms: probabilities (N, ...), labels (N,).
    Top:     the loss (); probabilities below 1e-20 count as that, in the gradient too, which is
             -1 / max(p, 1e-20) / N and not 0 there.
    Errors:  SpecError if the labels are not N.
    Source:  BVLC multinomial_logistic_loss_layer.cpp.
    """

    num_bottoms = (2, 2)
    loss = True
    no_gradient_bottoms = (1,)

    def __init__(self, spec: LayerSpec, probability: Shape, labels: Shape):
        super().__init__(spec)
        _check_one_label_an_item(spec, probability, labels)
        self.check = class_check(spec, labels, math.prod(probability[1:]))

    def forward(self, probability: Tensor, labels: Tensor) -> Tensor:
        rows = precise(probability).reshape(probability.shape[0], -1)
        own = rows.gather(1, self.check(labels).reshape(-1, 1))
        return -FloorProbability.apply(own).log().sum() / rows.shape[0]


@layer
class InfogainLoss(Layer):
    """Information gain loss: -log of all probabilities, weighted by the row H[label] of a matrix.

    Bottoms: x, labels, and perhaps H with classes * classes values, which then is not read
             from the BlobProto file `source`.
    Top:     the loss (); and, in BVLC's form, the probabilities if wanted, without gradient.
    Two layers have this name. That of the SSD branch takes probabilities (N, ...) and divides by
    N. BVLC's of 2017 takes scores with the classes on `axis`, computes the softmax itself and
    reads loss_param; it is the one where `axis`, `loss_param` or a second top is given. In both
    p counts as 1e-20 if smaller, with the gradient that the original has there.
    Errors:  SpecError without a matrix, for one that cannot be read or has another size.
    Source:  InfogainLossParameter in caffe.proto; infogain_loss_layer.cpp of both.
    """

    num_bottoms = (2, 3)
    num_tops = (1, 2)
    loss = True
    no_gradient_bottoms = (1, 2)
    matrix: Tensor

    def __init__(self, spec: LayerSpec, x: Shape, labels: Shape, *matrix: Shape):
        super().__init__(spec)
        param = spec.proto.infogain_loss_param
        self.on_scores = (param.HasField("axis") or spec.proto.HasField("loss_param")
                          or len(spec.tops) == 2)
        if self.on_scores:
            self.axis = canonical_axis(spec, "infogain_loss_param.axis", param.axis, x)
            check_labels(spec, x, labels, self.axis)
            num_classes = x[self.axis]
        else:
            _check_one_label_an_item(spec, x, labels)
            num_classes = math.prod(x[1:])
        self.mode = normalization(spec)
        self.check = class_check(spec, labels, num_classes,
                                 ignore=ignore_label(spec) if self.on_scores else None,
                                 ignore_field="loss_param.ignore_label")
        self.fixed = spec.proto.loss_param.pre_fixed_normalizer
        values = None if matrix else self._read_matrix()
        size = math.prod(matrix[0]) if values is None else values.numel()
        if size != num_classes ** 2:
            raise spec.error("infogain_loss_param.source" if values is not None else "bottom",
                             f"gives a matrix of {size} values; {num_classes} classes need "
                             f"{num_classes ** 2}")
        self.register_buffer("matrix", values, persistent=False)

    def _read_matrix(self) -> Tensor:
        field = "infogain_loss_param.source"
        path = self.spec.proto.infogain_loss_param.source
        if not path:
            raise self.spec.error(field, "is not given, and there is no third bottom; one of them "
                                  "must give the matrix")
        try:
            values = read_blob_file(path).values
        except (OSError, ValueError) as error:
            raise self.spec.error(field, f"'{path}' cannot be read: {error}") from None
        return torch.from_numpy(values.astype(np.float32))

    def forward(self, x: Tensor, labels: Tensor, *matrix: Tensor) -> Tensor | tuple[Tensor, ...]:
        x = precise(x)
        h = (matrix[0].detach() if matrix else self.matrix).to(x)
        if not self.on_scores:
            rows = FloorProbability.apply(x.flatten(1))
            weights = h.reshape(rows.shape[1], -1)[self.check(labels).reshape(-1)]
            return -(weights * rows.log()).sum() / rows.shape[0]
        numbers, valid = class_numbers(self.check, labels, x.shape, self.axis)
        weights = h.reshape(x.shape[self.axis], -1)[numbers].movedim(-1, self.axis)
        each = (weights * self._log_loss(x)).sum(self.axis)
        if valid is not None:
            each = each.where(valid, 0)
        loss = each.sum() / normalizer(self.mode, x, self.axis, valid, self.fixed)
        return loss if len(self.spec.tops) < 2 else (loss, x.detach().softmax(self.axis))

    def _log_loss(self, x: Tensor) -> Tensor:
        """-log softmax(x), at most -log 1e-20; the gradient is not cut."""
        each = -x.log_softmax(self.axis)
        return each - (each.detach() - -math.log(1e-20)).clamp(min=0)
