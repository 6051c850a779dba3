"""Scores of a segmentation over all images of a test: intersection over union, boundary F."""

from __future__ import annotations

import math
from abc import abstractmethod
from typing import ClassVar

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.index_check import class_check
from framework.layers.onnx_reasons import COMPARES_WITH_LABELS
from framework.layers.params import honour
from framework.ops.ranking import largest
from framework.system.arrays import Array

FIELD = "segmentation_score_param"


class PixelScore(Layer):
    """Abstract: numbers of a batch of scores and label maps, whose sum over a test is a score.

    Labels in `ignore_label` do not count. Of equal scores the later class is the better, as in
    Accuracy. `label_map`: a file with the names of the classes, or "".
    """

    num_bottoms = (2, 2)
    no_gradient_bottoms = (0, 1)
    no_onnx_form = COMPARES_WITH_LABELS
    measure: ClassVar[str]      # what the log calls the score of a class

    def __init__(self, spec: LayerSpec, scores: Shape, labels: Shape, more_fields: str = ""):
        super().__init__(spec)
        honour(spec, FIELD, f"ignore_label label_map_file {more_fields}")
        if len(scores) != 4 or math.prod(labels) != scores[0] * scores[2] * scores[3]:
            raise spec.error("bottom", f"has the shapes {tuple(scores)} and {tuple(labels)}; they "
                             "must be (N, C, H, W) and (N, 1, H, W)")
        param = spec.proto.segmentation_score_param
        self.ignored = list(param.ignore_label)
        self.label_map = param.label_map_file
        self.check = class_check(spec, labels, scores[1], ignore_field=f"{FIELD}.ignore_label")

    @staticmethod
    @abstractmethod
    def by_class(total: Array) -> dict[int, float]:
        """The score of each class that occurs, from the sum of the tops of all batches."""

    def found_and_true(self, scores: Tensor, labels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Classes found, true classes, 0 where ignored, and which count: (N, H, W) each."""
        found = largest(scores.detach(), 1, 1)[1][:, 0]
        labels = labels.detach()
        counted = torch.ones_like(labels, dtype=torch.bool)
        for label in self.ignored:
            counted = counted & (labels.trunc() != label)
        truth = self.check(labels.where(counted, 0))
        return found, truth.reshape(found.shape), counted.reshape(found.shape)


@layer
class MeanIoU(PixelScore):
    """Mean intersection over union of a segmentation, over all images of a test.

    Bottoms: scores (N, C, H, W), labels (N, 1, H, W); no gradient goes to either.
    Top:     (C, C) counts of pixels, a row for each true class, a column for each found one. Tests
             sum them, and report the mean over the classes that occur, among the labels or the
             classes found, of their intersection over union.
    Labels in `ignore_label` do not count. Of equal scores the later class is the better. With
    `show_per_class_result` of the solver each class is logged, by its name in label_map_file.
    Errors:  SpecError for shapes that do not fit; DataError for a label that is not a class.
    Source:  Everingham et al. 2015, PASCAL VOC, section 4.3, whose matrix is of all images too.
    """

    reads = ("segmentation_score_param",)
    measure = "intersection over union"

    def __init__(self, spec: LayerSpec, scores: Shape, labels: Shape):
        super().__init__(spec, scores, labels)
        self.num_classes = scores[1]

    def forward(self, scores: Tensor, labels: Tensor) -> Tensor:
        found, truth, counted = self.found_and_true(scores, labels)
        pairs = (truth * self.num_classes + found).where(counted, 0).flatten()
        counts = torch.zeros(self.num_classes ** 2, dtype=torch.int64, device=scores.device)
        counts = counts.index_add(0, pairs, counted.flatten().long())
        return counts.view(self.num_classes, -1).to(torch.float32)

    @staticmethod
    def by_class(total: Array) -> dict[int, float]:
        right = np.diagonal(total)
        union = total.sum(0) + total.sum(1) - right
        return {int(label): float(right[label] / union[label]) for label in union.nonzero()[0]}


@layer
class BoundaryF(PixelScore):
    """Boundary F measure of a segmentation: how many pixels of outlines are near the true ones.

    Bottoms: scores (N, C, H, W), labels (N, 1, H, W); no gradient goes to either.
    Top:     (C, 2): for each class the sum of its F measures over the images that have it, among
             the labels or the classes found, and the number of these images. Tests sum both, and
             report the mean over the classes of their means.
    The outline of a class is its pixels with a neighbour to the left, right, above or below of
    another class. Precision is the share of the found outline that is within boundary_tolerance
    image diagonals of the true one, recall the share of the true one that is so near the found
    one, F their harmonic mean; 0 if only one of them has the class, 1 if it fills the image in
    both. Labels in `ignore_label` belong to no class, neither among the labels nor found.
    Errors:  SpecError for shapes that do not fit or a tolerance below 0; DataError for a label
             that is not a class.
    Source:  Csurka et al. 2013, What is a good evaluation measure for semantic segmentation.
    """

    reads = ("segmentation_score_param",)
    measure = "boundary F measure"

    def __init__(self, spec: LayerSpec, scores: Shape, labels: Shape):
        super().__init__(spec, scores, labels, "boundary_tolerance")
        tolerance = spec.proto.segmentation_score_param.boundary_tolerance
        if not 0 <= tolerance <= 1:
            raise spec.error(f"{FIELD}.boundary_tolerance", f"is {tolerance:g}; it must be between "
                             "0 and 1, parts of the image's diagonal")
        self.reach = tolerance * math.hypot(*scores[2:])

    def forward(self, scores: Tensor, labels: Tensor) -> Tensor:
        found, truth, counted = self.found_and_true(scores, labels)
        classes = torch.arange(scores.shape[1], device=scores.device)[None, :, None, None]
        masks = [(pixels[:, None] == classes) & counted[:, None] for pixels in (found, truth)]
        outlines = [_outline(mask) for mask in masks]
        near = [_dilated(outline, self.reach) for outline in outlines]
        precision = _share(outlines[0], near[1])
        recall = _share(outlines[1], near[0])
        is_found, is_true = (mask.flatten(2).any(2) for mask in masks)
        sizes = [outline.flatten(2).any(2) for outline in outlines]
        measure = 2 * precision * recall / (precision + recall).clamp(min=1e-12)
        fills = is_found & is_true & ~sizes[0] & ~sizes[1]
        measure = torch.where(fills, 1.0, measure)
        return torch.stack([measure.sum(0), (is_found | is_true).float().sum(0)], 1)

    @staticmethod
    def by_class(total: Array) -> dict[int, float]:
        return {int(label): float(total[label, 0] / total[label, 1])
                for label in total[:, 1].nonzero()[0]}


def _outline(mask: Tensor) -> Tensor:
    """Pixels of masks (N, C, H, W) with a neighbour that is not in theirs; borders are none."""
    padded = F.pad(mask.float(), (1, 1, 1, 1), value=1.0) > 0.5
    inner = padded[:, :, :-2, 1:-1] & padded[:, :, 2:, 1:-1] & padded[:, :, 1:-1, :-2] \
        & padded[:, :, 1:-1, 2:]
    return mask & ~inner


def _dilated(mask: Tensor, reach: float) -> Tensor:
    """Pixels within a distance of those in masks (N, C, H, W)."""
    radius = int(reach)
    steps = torch.arange(-radius, radius + 1, device=mask.device)
    disk = (steps[:, None] ** 2 + steps ** 2 <= reach ** 2).float()
    planes = mask.flatten(0, 1)[:, None].float()
    return (F.conv2d(planes, disk[None, None], padding=radius) > 0.5).view(mask.shape)


def _share(part: Tensor, whole: Tensor) -> Tensor:
    """The share of each mask (N, C) that is in another one; 0 of an empty one."""
    return (part & whole).flatten(2).sum(2) / part.flatten(2).sum(2).clamp(min=1)
