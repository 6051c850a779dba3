"""Sigmoid cross-entropy of several labels an item, or of domains, with weights."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.index_check import class_check
from framework.layers.loss.loss_settings import check_same_count, ignore_label, normalization
from framework.layers.params import canonical_axis, honour, is_set
from framework.ops.losses import GivenSlopes, normalizer, precise

PRESENT = 1e-4      # a label above it is there, one below it is not


@layer
class MultilogisticWithLoss(Layer):
    """Sigmoid cross-entropy of several labels an item, 1 or 0, without unknown ones.

    Bottoms: x and labels, any shape with the classes on multilogistic_param's axis, with as many
             values; no gradient goes to the labels.
    Tops:    the loss (): the sum over labels, over how many there are, with `normalize: false` over
             the sizes before the axis; if wanted the sigmoids, as x, without gradient.
    Labels of loss_param's unknow_label add nothing, nor does the class ignore_label.
    Errors:  SpecError if the bottoms differ in items or values; DataError for other labels.
    Source:  MultilogisticParameter; multilogistic_loss_layer.cpp of
             HuifangZJU/road_affordances.
    """

    reads = ("multilogistic_param", "loss_param")
    num_bottoms = (2, 2)
    num_tops = (1, 2)
    loss = True
    no_gradient_bottoms = (1,)
    fork_fields = frozenset({"loss_param.unknow_label"})

    @classmethod
    def assumed_bottom(cls, spec: LayerSpec, index: int, bottoms: Sequence[Shape]
                       ) -> Shape | None:
        """Labels like the scores."""
        return bottoms[0] if index == 1 else None

    def __init__(self, spec: LayerSpec, x: Shape, labels: Shape):
        super().__init__(spec)
        check_same_count(spec, x, labels)
        honour(spec, "multilogistic_param", "axis engine")
        honour(spec, "loss_param", "ignore_label normalize unknow_label")
        param = spec.proto.loss_param
        self.axis = canonical_axis(spec, "multilogistic_param.axis",
                                   spec.proto.multilogistic_param.axis, x)
        self.left_out = ignore_label(spec)
        self.by_labels = param.normalize if is_set(param, "normalize") else True
        self.check = class_check(spec, labels, 2, ignore=(
            param.unknow_label if is_set(param, "unknow_label") else None),
            ignore_field="loss_param.unknow_label")

    def forward(self, x: Tensor, labels: Tensor) -> Tensor | tuple[Tensor, ...]:
        values = precise(x)
        numbers, valid = self.check.counted(labels.reshape(x.shape))
        counts = torch.ones_like(values, dtype=torch.bool) if valid is None else valid
        if self.left_out is not None:
            sizes = [1] * x.dim()
            sizes[self.axis] = x.shape[self.axis]
            classes = torch.arange(x.shape[self.axis], device=x.device).reshape(sizes)
            counts = counts & (classes != self.left_out)
        each = F.binary_cross_entropy_with_logits(values, numbers.to(values.dtype),
                                                  reduction="none")
        outer = max(math.prod(x.shape[:self.axis]), 1)
        divisor = torch.full_like(values.detach().sum(), outer)
        if self.by_labels:
            number = counts.sum().to(values.dtype)
            divisor = torch.where(number > 0, number, divisor)
        loss = each.where(counts, 0).sum() / divisor
        return loss if len(self.spec.tops) == 1 else (loss, values.detach().sigmoid())


@layer
class WeightedSigmoidCrossEntropyLoss(Layer):
    """Sigmoid cross-entropy where labels that are there and that are not weigh the same.

    Bottoms: x and labels (N, ...) with as many values; no gradient goes to the labels.
    Top:     the loss (): (the sum over labels that are there times the share of those that are not,
             and the reverse) over N. A label is there above 0.0001, and not below it.
    The gradient is the original's, which takes the shares from the last item alone.
    Errors:  SpecError if the bottoms differ in items or values.
    Source:  weighted_sigmoid_cross_entropy_loss_layer.cpp of wang821002/Caffe-Multi-Label, which
             does not read the method of its param.
    """

    num_bottoms = (2, 2)
    loss = True
    no_gradient_bottoms = (1,)

    @classmethod
    def assumed_bottom(cls, spec: LayerSpec, index: int, bottoms: Sequence[Shape]
                       ) -> Shape | None:
        """Labels like the scores."""
        return bottoms[0] if index == 1 else None

    def __init__(self, spec: LayerSpec, x: Shape, labels: Shape):
        super().__init__(spec)
        check_same_count(spec, x, labels)

    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        values = precise(x)
        scores = values.detach()
        target = labels.detach().reshape(x.shape).to(values.dtype)
        there, absent = target > PRESENT, target < PRESENT

        def weights(rows: slice) -> Tensor:
            """For each value the share of the labels of the other kind in those rows."""
            ones, zeros = (kind[rows].sum().to(values.dtype) for kind in (there, absent))
            total = (ones + zeros).clamp(min=1)
            return torch.where(there, zeros / total, torch.where(absent, ones / total, 0))

        each = F.binary_cross_entropy_with_logits(scores, target, reduction="none")
        value = (each * weights(slice(None))).sum() / len(x)
        last = torch.where(there | absent, weights(slice(-1, None)), 1)
        loss: Tensor = GivenSlopes.apply(values, (scores.sigmoid() - target) * last / len(x), value)
        return loss


@layer
class WeightedGanLoss(Layer):
    """Sigmoid cross-entropy of domains; source items weigh by how little they seem of the source.

    Bottoms: scores x, labels and weighing scores w, (N, ...) with as many values; no gradient goes
             to the labels and to w.
    Top:     the loss (): the sum over values, where the label is 1 times sigmoid(-w) over its mean
             over these, divided as loss_param.normalization says, by default by N.
    Labels of ignore_label add nothing. Without a label of 1 all weigh 1.
    Errors:  SpecError if the bottoms differ in items or values.
    Source:  weighted_gan_loss_layer.cpp of hellojing89/weightedGANpartialDA; Zhang et al. 2018.
    """

    reads = ("loss_param",)
    num_bottoms = (3, 3)
    loss = True
    no_gradient_bottoms = (1, 2)

    def __init__(self, spec: LayerSpec, x: Shape, labels: Shape, weighing: Shape):
        super().__init__(spec)
        check_same_count(spec, x, labels)
        check_same_count(spec, x, weighing, 2)
        self.mode = normalization(spec, "BATCH_SIZE")
        self.ignored = ignore_label(spec)
        self.fixed = spec.proto.loss_param.pre_fixed_normalizer

    def forward(self, x: Tensor, labels: Tensor, weighing: Tensor) -> Tensor:
        values = precise(x)
        target = labels.detach().reshape(x.shape).to(values.dtype)
        counts = torch.ones_like(target, dtype=torch.bool)
        if self.ignored is not None:
            counts = target.trunc() != self.ignored
        source = (target == 1) & counts
        weights = torch.sigmoid(-weighing.detach().reshape(x.shape).to(values.dtype))
        mean = weights.where(source, 0).sum() / source.sum().clamp(min=1)
        weights = torch.where(source, weights / torch.where(mean > 0, mean, 1), 1)
        each = F.binary_cross_entropy_with_logits(values, target, reduction="none")
        total = (each * weights).where(counts, 0).sum()
        if self.mode == "BATCH_SIZE":
            return total / len(x)
        return total / normalizer(self.mode, x.reshape(-1, 1), 1, counts, self.fixed)
