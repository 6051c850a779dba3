"""Aligned crop (AutoCrop) and accuracy metrics of segmentation nets."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.coordinates import CoordinateMap, crop_map
from framework.layers.index_check import class_check
from framework.layers.loss.loss_settings import shape_of_labels
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.onnx_reasons import COMPARES_WITH_LABELS
from framework.layers.params import honour
from framework.ops.ranking import largest
from framework.proto import LayerParameter


@layer
class AutoCrop(Layer):
    """Aligned crop: cut bottom 0 to the height and width of bottom 1, at the same image position.

    Bottoms: x (N, C, H, W), and a blob that gives the size (no gradient goes to it).
    Top:     (N, C, h, w). Where it starts follows from the kernels, strides and paddings of the
             layers between the two bottoms (framework/net/crop_alignment.py); the definition is
             read for that before this layer is made, and the offset is in crop_param.offset.
    Errors:  SpecError if the layers between give no whole offset, or the crop goes beyond x.
    Source:  yun-liu/rcf and s9xie/hed auto_crop_layer.cpp; longjon's V1 CROP layer.
    """

    num_bottoms = (2, 2)
    no_gradient_bottoms = (1,)

    @classmethod
    def coordinate_map(cls, proto: LayerParameter) -> CoordinateMap:
        return crop_map(proto.crop_param)

    def __init__(self, spec: LayerSpec, x: Shape, like: Shape):
        super().__init__(spec)
        self.offsets = list(spec.proto.crop_param.offset)
        if len(self.offsets) != 2 or len(x) != 4 or len(like) != 4:
            raise spec.error("bottom", f"has the shapes {tuple(x)} and {tuple(like)}; they must be "
                             "(N, C, H, W), of a net read from a file")
        for axis, offset in zip((2, 3), self.offsets, strict=True):
            if offset + like[axis] > x[axis]:
                raise spec.error("bottom", f"'{spec.bottoms[0]}' has {x[axis]} cells on axis "
                                 f"{axis}; a crop of {like[axis]} from {offset} goes beyond them")

    def forward(self, x: Tensor, like: Tensor) -> Tensor:
        row, column = self.offsets
        return x.narrow(2, row, like.shape[2]).narrow(3, column, like.shape[3])

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        x, like = bottoms[0], graph.shape(bottoms[1])
        for axis, offset in zip((2, 3), self.offsets, strict=True):
            x = graph.cut(x, axis, offset, offset + like[axis])
        return [x]


@layer
class SegAccuracy(Layer):
    """Pixel accuracy, mean recall and mean intersection over union of a segmentation.

    Bottoms: scores (N, C, H, W), labels (N, 1, H, W); no gradient goes to either.
    Top:     (1, 1, 1, 3): the share of right pixels; the mean over classes with labels of their
             share of right pixels; the mean over all classes of intersection over union, 1 for
             a class that is nowhere.
    Labels in `ignore_label` do not count. `reset: false` counts on from forward to forward. Of
    equal scores the later class is the better. `metric` has no effect: all three are given.
    Errors:  SpecError for shapes that do not fit.
    Source:  hszhao/PSPNet and DeepLab seg_accuracy_layer.cpp.
    """

    num_bottoms = (2, 2)
    no_gradient_bottoms = (0, 1)
    counts: Tensor
    no_onnx_form = COMPARES_WITH_LABELS

    @classmethod
    def assumed_bottom(cls, spec: LayerSpec, index: int, bottoms: Sequence[Shape]
                       ) -> Shape | None:
        return shape_of_labels(bottoms[0], 1) if index == 1 and len(bottoms[0]) == 4 else None

    def __init__(self, spec: LayerSpec, scores: Shape, labels: Shape):
        super().__init__(spec)
        honour(spec, "seg_accuracy_param", "ignore_label reset")
        if len(scores) != 4 or math.prod(labels) != scores[0] * scores[2] * scores[3]:
            raise spec.error("bottom", f"has the shapes {tuple(scores)} and {tuple(labels)}; they "
                             "must be (N, C, H, W) and (N, 1, H, W)")
        param = spec.proto.seg_accuracy_param
        self.ignored = list(param.ignore_label)
        self.reset = param.reset
        self.num_classes = scores[1]
        self.check = class_check(spec, labels, scores[1],
                                 ignore_field="seg_accuracy_param.ignore_label")
        self.register_buffer("counts", torch.zeros(scores[1], scores[1], dtype=torch.int64),
                             persistent=False)

    def forward(self, scores: Tensor, labels: Tensor) -> Tensor:
        found = largest(scores, 1, 1)[1].reshape(-1)
        labels = labels.detach()
        counted = torch.ones_like(labels, dtype=torch.bool)
        for label in self.ignored:
            counted = counted & (labels.trunc() != label)
        truth = self.check(labels.where(counted, 0)).reshape(-1)
        counted = counted.reshape(-1)
        pair = (truth * self.num_classes + found).where(counted, 0)
        counts = torch.zeros(self.num_classes ** 2, dtype=torch.int64, device=scores.device)
        counts = counts.index_add(0, pair, counted.long()).view(self.num_classes, -1)
        if not self.reset:
            counts = counts + self.counts.to(counts.device)
            if not scores.is_meta:
                self.counts.copy_(counts)
        return _three_shares(counts).to(scores.dtype).reshape(1, 1, 1, 3)


def _three_shares(counts: Tensor) -> Tensor:
    """Accuracy, mean recall and mean IoU of a confusion matrix counts[truth, found]."""
    counts = counts.double()
    right = counts.diagonal()
    labelled = counts.sum(1)
    found = counts.sum(0)
    accuracy = right.sum() / counts.sum().clamp(min=1)
    present = labelled > 0
    recall = (right / labelled.clamp(min=1)).sum() / present.sum().clamp(min=1)
    union = labelled + found - right
    overlap = torch.where(right == union, 1, right / union.clamp(min=1))
    return torch.stack([accuracy, recall, overlap.mean()])
