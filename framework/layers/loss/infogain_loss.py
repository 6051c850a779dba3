"""Information gain loss (InfogainLoss) of the SSD branch and of BVLC."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.errors import reason_of
from framework.layers.base import Layer, Shape, layer
from framework.layers.index_check import IndexCheck, class_check, class_numbers
from framework.layers.loss.loss_settings import (
    check_first_axes,
    check_labels,
    check_one_label_an_item,
    ignore_label,
    normalization,
    shape_of_labels,
)
from framework.layers.params import canonical_axis
from framework.ops.losses import SMALLEST_PROBABILITY, FloorProbability, normalizer, precise
from framework.weights.blob import read_blob_file


def _takes_scores(spec: LayerSpec) -> bool:
    """Whether it is BVLC's layer of scores, not that of probabilities of the SSD branch."""
    return (spec.proto.infogain_loss_param.HasField("axis") or spec.proto.HasField("loss_param")
            or len(spec.tops) == 2)


def _num_classes(spec: LayerSpec, x: Shape) -> int:
    """What `x` has a probability or a score for; 0 if there is no such axis."""
    axis = spec.proto.infogain_loss_param.axis
    if not _takes_scores(spec):
        return math.prod(x[1:])
    return x[axis] if -len(x) <= axis < len(x) else 0


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
    A net that is built without its data takes a `source` that is not there for a matrix of 0.
    Errors:  SpecError without a matrix, for one that cannot be read or has another size.
    Source:  InfogainLossParameter in caffe.proto; infogain_loss_layer.cpp of both.
    """

    reads = ("loss_param",)
    num_bottoms = (2, 3)
    num_tops = (1, 2)
    loss = True
    no_gradient_bottoms = (1, 2)
    refuses_gradient = True
    matrix: Tensor

    @classmethod
    def assumed_bottom(cls, spec: LayerSpec, index: int, bottoms: Sequence[Shape]
                       ) -> Shape | None:
        if index == 0 or not bottoms[0]:
            return None
        if index == 2:
            num_classes = _num_classes(spec, bottoms[0])
            return (1, 1, num_classes, num_classes) if num_classes else None
        if not _takes_scores(spec):
            return bottoms[0][:1]
        return shape_of_labels(bottoms[0], spec.proto.infogain_loss_param.axis)

    def __init__(self, spec: LayerSpec, x: Shape, labels: Shape, *matrix: Shape):
        super().__init__(spec)
        self.form: ProbabilityForm | ScoreForm
        if _takes_scores(spec):
            self.form = read_scores(spec, x, labels)
            ignore = ignore_label(spec)
        else:
            check_one_label_an_item(spec, x, labels)
            self.form = ProbabilityForm()
            ignore = None
        num_classes = _num_classes(spec, x)
        self.check = class_check(spec, labels, num_classes, ignore=ignore,
                                 ignore_field="loss_param.ignore_label")
        values = None if matrix else self._read_matrix(num_classes)
        size = math.prod(matrix[0]) if values is None else values.numel()
        if size != num_classes ** 2:
            raise spec.error("infogain_loss_param.source" if values is not None else "bottom",
                             f"gives a matrix of {size} values; {num_classes} classes need "
                             f"{num_classes ** 2}")
        self.register_buffer("matrix", values, persistent=False)

    def _read_matrix(self, num_classes: int) -> Tensor:
        """The matrix; a net that is built without its files has 1 on the diagonal, else 0."""
        field = "infogain_loss_param.source"
        path = self.spec.proto.infogain_loss_param.source
        if not path:
            raise self.spec.error(field, "is not given, and there is no third bottom; one of them "
                                  "must give the matrix")
        if self.spec.without_files and not os.path.isfile(path):
            return torch.eye(num_classes)
        try:
            values = read_blob_file(path).values
        except (OSError, ValueError) as error:
            raise self.spec.error(field,
                                  f"'{path}' cannot be read: {reason_of(error)}") from None
        return torch.from_numpy(values.astype(np.float32))

    def forward(self, x: Tensor, labels: Tensor, *matrix: Tensor) -> Tensor | tuple[Tensor, ...]:
        x = precise(x)
        gains = (matrix[0].detach() if matrix else self.matrix).to(x)
        return self.form.tops(x, labels, gains, self.check)


@dataclass(frozen=True)
class ProbabilityForm:
    """The SSD branch's form: probabilities, and the items as the divisor."""

    def tops(self, x: Tensor, labels: Tensor, gains: Tensor, check: IndexCheck) -> Tensor:
        """The loss () of probabilities (N, ...); `gains` is the matrix H in any shape."""
        rows = FloorProbability.apply(x.flatten(1))
        weights = gains.reshape(rows.shape[1], -1)[check(labels).reshape(-1)]
        return -(weights * rows.log()).sum() / rows.shape[0]


@dataclass(frozen=True)
class ScoreForm:
    """BVLC's form: scores with the classes on `axis`, and loss_param's divisor.

    mode, fixed  loss_param's normalization and pre_fixed_normalizer
    """

    axis: int
    mode: str
    fixed: float
    with_probabilities: bool

    def tops(self, x: Tensor, labels: Tensor, gains: Tensor, check: IndexCheck
             ) -> Tensor | tuple[Tensor, ...]:
        """The loss (), and the probabilities if they are wanted."""
        numbers, valid = class_numbers(check, labels, x.shape, self.axis)
        weights = gains.reshape(x.shape[self.axis], -1)[numbers].movedim(-1, self.axis)
        each = (weights * self._log_loss(x)).sum(self.axis)
        if valid is not None:
            each = each.where(valid, 0)
        loss = each.sum() / normalizer(self.mode, x, self.axis, valid, self.fixed)
        return (loss, x.detach().softmax(self.axis)) if self.with_probabilities else loss

    def _log_loss(self, x: Tensor) -> Tensor:
        """-log softmax(x), at most -log of the smallest probability; the gradient is not cut."""
        each = -x.log_softmax(self.axis)
        return each - (each.detach() - -math.log(SMALLEST_PROBABILITY)).clamp(min=0)


def read_scores(spec: LayerSpec, x: Shape, labels: Shape) -> ScoreForm:
    """BVLC's form, by infogain_loss_param and loss_param."""
    axis = canonical_axis(spec, "infogain_loss_param.axis", spec.proto.infogain_loss_param.axis, x)
    check_labels(spec, x, labels, axis)
    check_first_axes(spec, x, labels)
    fixed = spec.proto.loss_param.pre_fixed_normalizer
    return ScoreForm(axis, normalization(spec), fixed, len(spec.tops) == 2)
