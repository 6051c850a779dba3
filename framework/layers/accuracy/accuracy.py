"""Top-k accuracy of classification, for items and for pixels."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.index_check import IndexCheck, class_check, class_numbers
from framework.layers.loss.loss_settings import check_labels, shape_of_labels
from framework.layers.onnx_reasons import COMPARES_WITH_LABELS
from framework.layers.params import canonical_axis, honour, is_set
from framework.ops.ranking import largest, rank_of


def read_top_k(spec: LayerSpec, field: str, labels: Shape, classes: int
               ) -> tuple[int, IndexCheck]:
    """`top_k` of the message `field`, and the check of labels by its `ignore_label`.

    Raises SpecError for a top_k that is 0 or above the classes.
    """
    param = getattr(spec.proto, field)
    if not 1 <= param.top_k <= classes:
        raise spec.error(f"{field}.top_k", f"is {param.top_k}; it must be from 1 to the number of "
                         f"classes, {classes}")
    ignore = param.ignore_label if param.HasField("ignore_label") else None
    check = class_check(spec, labels, classes, ignore=ignore, ignore_field=f"{field}.ignore_label")
    return param.top_k, check


class RankedLabels(Layer):
    """Scores, and a label for each position: what layers of accuracy_param share."""

    num_bottoms = (2, 2)
    no_gradient_bottoms = (0, 1)
    no_onnx_form = COMPARES_WITH_LABELS

    @classmethod
    def assumed_bottom(cls, spec: LayerSpec, index: int, bottoms: Sequence[Shape]
                       ) -> Shape | None:
        axis = spec.proto.accuracy_param.axis
        return shape_of_labels(bottoms[0], axis) if index == 1 and bottoms[0] else None

    def read_labels(self, scores: Shape, labels: Shape) -> None:
        """Read axis, top_k and ignore_label. SpecError as the layers say."""
        self.axis = canonical_axis(self.spec, "accuracy_param.axis",
                                   self.spec.proto.accuracy_param.axis, scores)
        check_labels(self.spec, scores, labels, self.axis)
        self.top_k, self.check = read_top_k(self.spec, "accuracy_param", labels,
                                            scores[self.axis])


@layer
class Accuracy(RankedLabels):
    """Top-k accuracy: the share of labels whose score is among the `top_k` best of its position.

    Bottoms: scores, any shape with the classes on `axis`; labels, one for each position,
             cut to integers. No gradient goes to either.
    Tops:    the share (), NaN if no label counts; if wanted, the share of each class (classes,),
             its recall, 0 for a class without labels; and its precision (classes,), the share of
             the positions given to it that are its own, 0 for a class given none.
    Labels equal to ignore_label do not count. Of equal scores the later class is the better one.
    `min_is_better` (happynear/caffe-windows) takes the lowest scores for the best.
    Errors:  SpecError for a wrong number of labels, or a top_k that is 0 or above the classes, or
             above 1 with a third top.
    Source:  AccuracyParameter in caffe.proto; accuracy_layer.cpp of the SSD branch. The third top
             is in nets of knub/sentence-boundary-detection-nn; the shares, recalls and precisions
             that its experiments.csv lists agree with the definitions.
    """

    num_tops = (1, 3)

    def __init__(self, spec: LayerSpec, scores: Shape, labels: Shape):
        super().__init__(spec)
        honour(spec, "accuracy_param", "top_k axis ignore_label min_is_better")
        param = spec.proto.accuracy_param
        self.read_labels(scores, labels)
        if param.top_k > 1 and len(spec.tops) > 2:
            raise spec.error("accuracy_param.top_k", f"is {param.top_k}; it must be 1 with a third "
                             "top, the precision of each class")
        self.min_is_better = is_set(param, "min_is_better") and param.min_is_better

    def forward(self, scores: Tensor, labels: Tensor) -> Tensor | tuple[Tensor, ...]:
        number_type = torch.float32 if scores.dtype.itemsize < 4 else scores.dtype
        numbers, valid = class_numbers(self.check, labels, scores.shape, self.axis)
        counts = torch.ones_like(numbers, dtype=torch.bool) if valid is None else valid
        scores = -scores if self.min_is_better else scores
        rank = rank_of(scores, numbers, self.axis)
        hits = ((rank < self.top_k) & counts).to(number_type)
        counted = counts.to(number_type)
        share = hits.sum() / counted.sum()
        if len(self.spec.tops) == 1:
            return share
        blank = hits.new_zeros(scores.shape[self.axis])
        total = blank.index_add(0, numbers.flatten(), counted.flatten())
        right = blank.index_add(0, numbers.flatten(), hits.flatten())
        recall = right / total.clamp(min=1)
        if len(self.spec.tops) == 2:
            return share, recall
        best = largest(scores, 1, self.axis)[1].flatten()
        given = blank.index_add(0, best, counted.flatten())
        return share, recall, right / given.clamp(min=1)


@layer
class EltwiseAccuracy(Layer):
    """Top-k pixel accuracy: the share of pixels whose label is among the `top_k` best scores.

    Bottoms: scores (N, C, H, W); labels (N, 1, H, W), cut to integers. No gradient.
    Top:     the share (1, 1, 1, 1), NaN if no label counts. Labels equal to ignore_label do not
             count. Of equal scores the later class is the better one.
    Errors:  SpecError for other shapes, or a top_k that is 0 or above the classes.
    Source:  eltwise_accuracy_layer.cpp of HyeonwooNoh/caffe (DeconvNet).
    """

    num_bottoms = (2, 2)
    no_gradient_bottoms = (0, 1)
    no_onnx_form = COMPARES_WITH_LABELS

    def __init__(self, spec: LayerSpec, scores: Shape, labels: Shape):
        super().__init__(spec)
        check_labels(spec, scores, labels, 1)
        self.top_k, self.check = read_top_k(spec, "eltwise_accuracy_param", labels, scores[1])

    def forward(self, scores: Tensor, labels: Tensor) -> Tensor:
        numbers, valid = class_numbers(self.check, labels, scores.shape, 1)
        counts = torch.ones_like(numbers, dtype=torch.bool) if valid is None else valid
        hits = (rank_of(scores, numbers, 1) < self.top_k) & counts
        return (hits.sum() / counts.sum()).to(scores.dtype).reshape(1, 1, 1, 1)
