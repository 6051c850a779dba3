"""F1 score of the classes that are not the background: Recall."""

from __future__ import annotations

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.accuracy.accuracy import RankedLabels
from framework.layers.base import Shape, layer
from framework.layers.index_check import class_numbers
from framework.layers.params import honour
from framework.ops.ranking import largest, rank_of


@layer
class Recall(RankedLabels):
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
    num_tops = (1, 2)

    def __init__(self, spec: LayerSpec, scores: Shape, labels: Shape):
        super().__init__(spec)
        honour(spec, "accuracy_param", "top_k axis ignore_label")
        self.read_labels(scores, labels)

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
