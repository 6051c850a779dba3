"""F1 score of the classes that are not the background: Recall."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.accuracy.accuracy import read_top_k
from framework.layers.base import Layer, Shape, layer
from framework.layers.index_check import class_numbers
from framework.layers.loss.loss_settings import check_labels, shape_of_labels
from framework.layers.onnx_reasons import COMPARES_WITH_LABELS
from framework.layers.params import canonical_axis, honour
from framework.ops.ranking import largest, rank_of


@layer
class Recall(Layer):
    """F1 score of all classes but the first, the harmonic mean of their precision and recall.

    Bottoms: scores, any shape with the classes on `axis`; labels, one for each position, cut to
             integers. No gradient goes to either.
    Tops:    the score (): precision is the share of the positions whose best class is not 0 where
             it is the label, recall the number of these over that of labels above 0; 0 without
             any, where the original has NaN if both are 0; if wanted, of each class (classes,) the
             share of its labels whose score is among the `top_k` best, 0 without labels.
    Labels equal to ignore_label do not count. Of equal scores the later class is the better one.
    Errors:  SpecError for a wrong number of labels, or a top_k that is 0 or above the classes.
    Source:  AccuracyParameter; recall_layer.cpp of Xilinx's Caffe (Vitis AI).
    """

    reads = ("accuracy_param",)
    num_bottoms = (2, 2)
    num_tops = (1, 2)
    no_gradient_bottoms = (0, 1)
    no_onnx_form = COMPARES_WITH_LABELS

    @classmethod
    def assumed_bottom(cls, spec: LayerSpec, index: int, bottoms: Sequence[Shape]
                       ) -> Shape | None:
        axis = spec.proto.accuracy_param.axis
        return shape_of_labels(bottoms[0], axis) if index == 1 and bottoms[0] else None

    def __init__(self, spec: LayerSpec, scores: Shape, labels: Shape):
        super().__init__(spec)
        honour(spec, "accuracy_param", "top_k axis ignore_label")
        self.axis = canonical_axis(spec, "accuracy_param.axis", spec.proto.accuracy_param.axis,
                                   scores)
        check_labels(spec, scores, labels, self.axis)
        self.top_k, self.check = read_top_k(spec, "accuracy_param", labels, scores[self.axis])

    def forward(self, scores: Tensor, labels: Tensor) -> Tensor | tuple[Tensor, ...]:
        number_type = torch.float32 if scores.dtype.itemsize < 4 else scores.dtype
        numbers, valid = class_numbers(self.check, labels, scores.shape, self.axis)
        counts = torch.ones_like(numbers, dtype=torch.bool) if valid is None else valid
        best = largest(scores, 1, self.axis)[1].squeeze(self.axis)
        named = ((best > 0) & counts).sum().to(number_type)
        present = ((numbers > 0) & counts).sum().to(number_type)
        right = ((best > 0) & (best == numbers) & counts).sum().to(number_type)
        score = 2 * right / (named + present).clamp(min=1)
        if len(self.spec.tops) == 1:
            return score
        hits = ((rank_of(scores, numbers, self.axis) < self.top_k) & counts).to(number_type)
        blank = hits.new_zeros(scores.shape[self.axis])
        total = blank.index_add(0, numbers.flatten(), counts.to(number_type).flatten())
        found = blank.index_add(0, numbers.flatten(), hits.flatten())
        return score, found / total.clamp(min=1)
