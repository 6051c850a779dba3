"""Online instance matching: scores of features against those that were seen before."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.loss.loss_settings import check_one_label_an_item
from framework.layers.onnx_reasons import NEEDS_LABELS
from framework.layers.params import honour
from framework.ops.losses import precise


class _Scores(torch.autograd.Function):
    """x (M, K) times the rows of a table, transposed. The table as it was gives the gradient,
    though it changes before the backward; it gets none itself."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, table: Tensor) -> Tensor:  # Any: torch has no type for it
        kept = table.to(x.dtype, copy=True)
        ctx.save_for_backward(kept)
        return x @ kept.t()

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        (kept,) = ctx.saved_tensors
        return gradient @ kept, None


@layer
class LabeledMatching(Layer):
    """Scores of features against the mean feature of each person (online instance matching).

    Bottoms: x (M, ...), K values an item; labels (M,): the person, or another number for a region
             without one.
    Tops:    scores (M, num_classes), x times the table of features; labels, -1 for what is not
             a person.
    Blobs:   features (num_classes, K) and their age (num_classes,), not learned. In TRAIN each
             forward makes all one older, then a person's features momentum times the old plus
             1 - momentum times x, item after item, and its age 0; the scores and the gradient are
             of the features before. The original does this in its backward.
    Errors:  SpecError if num_classes is less than 1, or labels are not M.
    Source:  LabeledMatchingParameter; labeled_matching_layer.cpp of NattachaiWat/caffe, a copy of
             the Caffe of Cysu/person_search; Xiao et al. 2017.
    """

    num_bottoms = (2, 2)
    num_tops = (2, 2)
    no_gradient_bottoms = (1,)
    no_onnx_form = NEEDS_LABELS
    blobs_learn = (False, False)
    features: Tensor
    age: Tensor

    @classmethod
    def assumed_bottom(cls, spec: LayerSpec, index: int, bottoms: Sequence[Shape]
                       ) -> Shape | None:
        return bottoms[0][:1] if index == 1 else None

    def __init__(self, spec: LayerSpec, x: Shape, labels: Shape):
        super().__init__(spec)
        honour(spec, "labeled_matching_param", "num_classes momentum")
        param = spec.proto.labeled_matching_param
        if param.num_classes < 1:
            raise spec.error("labeled_matching_param.num_classes", f"is {param.num_classes}; it "
                             "must be at least 1")
        check_one_label_an_item(spec, x, labels)
        self.num = param.num_classes
        self.momentum = param.momentum
        self.add_blob("features", (self.num, math.prod(x[1:])), learned=False)
        self.add_blob("age", (self.num,), learned=False)
        self.learns = spec.phase == "TRAIN"

    def freeze(self) -> None:
        self.learns = False

    def forward(self, x: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        rows = precise(x).flatten(1)
        scores: Tensor = _Scores.apply(rows, self.features)
        numbers = labels.detach().long()
        known = (numbers >= 0) & (numbers < self.num)
        if self.learns and not self.features.is_meta:
            self._learn(rows.detach(), numbers.flatten(), known.flatten())
        return scores.to(x.dtype), labels.detach().where(known, -1)

    @torch.no_grad()
    def _learn(self, rows: Tensor, numbers: Tensor, known: Tensor) -> None:
        # item i counts (1 - momentum) * momentum ^ (later items of the same person)
        same = (numbers[:, None] == numbers) & known[:, None] & known
        later = same.triu(1).sum(1)
        rows = rows.to(self.features.dtype)
        share = self.momentum ** later.to(rows.dtype) * (1 - self.momentum)
        own = torch.where(known, numbers, 0)
        ones = known.to(rows.dtype)
        count = torch.zeros_like(self.age).index_add(0, own, ones)
        total = torch.zeros_like(self.features).index_add(0, own, rows * (share * ones)[:, None])
        kept = self.features * (self.momentum ** count)[:, None]
        self.features.copy_(kept + total)
        self.age.copy_(torch.where(count > 0, 0, self.age + 1))


@layer
class UnlabeledMatching(Layer):
    """Scores of features against a queue of those of persons without a name.

    Bottoms: x (M, ...), K values an item; labels (M,).
    Top:     scores (M, queue_size), x times the queue.
    Blobs:   queue (queue_size, K), not learned. In TRAIN each forward puts the items whose label is
             -1 in it, one after the other, over the oldest; a run begins with its first row. The
             scores and the gradient are of the queue before. The original does this in its
             backward.
    Errors:  SpecError if queue_size is less than 1, or labels are not M.
    Source:  UnlabeledMatchingParameter; unlabeled_matching_layer.cpp of NattachaiWat/caffe, a copy
             of the Caffe of Cysu/person_search; Xiao et al. 2017.
    """

    num_bottoms = (2, 2)
    no_gradient_bottoms = (1,)
    no_onnx_form = NEEDS_LABELS
    blobs_learn = (False,)
    queue: Tensor
    tail: Tensor

    @classmethod
    def assumed_bottom(cls, spec: LayerSpec, index: int, bottoms: Sequence[Shape]
                       ) -> Shape | None:
        return bottoms[0][:1] if index == 1 else None

    def __init__(self, spec: LayerSpec, x: Shape, labels: Shape):
        super().__init__(spec)
        honour(spec, "unlabeled_matching_param", "queue_size")
        self.num = spec.proto.unlabeled_matching_param.queue_size
        if self.num < 1:
            raise spec.error("unlabeled_matching_param.queue_size", f"is {self.num}; it must be "
                             "at least 1")
        check_one_label_an_item(spec, x, labels)
        self.add_blob("queue", (self.num, math.prod(x[1:])), learned=False)
        self.register_buffer("tail", torch.zeros((), dtype=torch.long), persistent=False)
        self.learns = spec.phase == "TRAIN"

    def freeze(self) -> None:
        self.learns = False

    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        rows = precise(x).flatten(1)
        scores: Tensor = _Scores.apply(rows, self.queue)
        if self.learns and not self.queue.is_meta:
            self._learn(rows.detach(), labels.detach().long().flatten() == -1)
        return scores.to(x.dtype)

    @torch.no_grad()
    def _learn(self, rows: Tensor, goes_in: Tensor) -> None:
        # where each item goes, the last of those that meet; the others to a row that is cut off
        count = goes_in.sum()
        place = goes_in.cumsum(0) - 1
        stays = goes_in & (place >= count - self.num)
        place = torch.where(stays, (self.tail + place) % self.num, self.num)
        longer = torch.cat([self.queue, self.queue[:1]])
        longer = longer.index_copy(0, place, rows.to(longer.dtype))
        self.queue.copy_(longer[:-1])
        self.tail.copy_((self.tail + count) % self.num)
