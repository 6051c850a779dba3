"""Cascade R-CNN training, first stage: loss and accuracy of the anchors of one map."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.index_check import IndexCheck
from framework.layers.loss.loss_settings import BESIDE_IGNORED, ignore_label
from framework.layers.onnx_reasons import COMPARES_WITH_LABELS
from framework.layers.params import plain
from framework.layers.rcnn.anchor_maps import (
    accuracies,
    anchor_fields,
    box_loss,
    cells_that_count,
    corners_of,
    mean_where,
    offset_limits,
    offset_targets,
    truth_corners,
)
from framework.layers.rcnn.box_statistics import mean_and_deviation
from framework.layers.rcnn.ranked_regions import Regression
from framework.ops.losses import log_loss, precise
from framework.ops.mining import highest, ranking_key
from framework.ops.pixel_boxes import overlap


def _anchors(spec: LayerSpec, param: Any, bottoms: tuple[Shape, ...]  # Any: a message
             ) -> list[tuple[int, int]]:
    """Width and height of each anchor; SpecError if the bottoms do not fit them."""
    anchors = list(zip(param.field_w, param.field_h, strict=False))
    if not anchors or len(param.field_w) != len(param.field_h):
        raise spec.error("field_w", f"is given {len(param.field_w)} times, field_h "
                         f"{len(param.field_h)} times; both must be, equally often")
    channels = [shape[1] for shape in bottoms]
    planes = {(shape[0], *shape[2:]) for shape in bottoms}
    if channels != [param.cls_num, 4, 6] or len(planes) != 1 or bottoms[0][0] % len(anchors):
        found = ", ".join(str(tuple(shape)) for shape in bottoms)
        raise spec.error("bottom", f"has the shapes {found}; they must be (N * {len(anchors)}, C, "
                         f"H, W) with C = {param.cls_num}, 4 and 6")
    return anchors


@layer
class DetectionGroupLoss(Layer):
    """Region proposal loss of one map: classification and box regression of sampled anchors.

    Bottoms: scores (N * A, C, H, W); offsets (N * A, 4, H, W); truth (N * A, 6, H, W): label,
             centre x and y, width and height in pixels, overlap.
    Top:     (1, 1, 1, 2): classification loss + lambda * box loss, of which the gradient is, and
             lambda * box loss for the log.
    In each image the anchors with a label > 0 and as many of label 0 and overlap below
    bg_threshold are kept as batch_size, or bg_multiple and min_num_neg, say: chosen at random, or
    the hardest (bootstrap), or both half (mixture). Each loss is the mean over what is kept; with
    pos_neg_weighted foreground weighs 1 / (1 + bg_multiple). Offsets are cut to field_whr and
    field_xyr if both are given; the cut has the gradient 1. Drawn with torch's generator.
    Errors:  SpecError for shapes and names that are not known.
    Source:  zhaoweicai/cascade-rcnn detection_group_loss_layer.cpp.
    """

    reads = ("loss_param", "bbox_reg_param")
    unread = BESIDE_IGNORED | {"bbox_reg_param.cls_aware"}
    num_bottoms = (3, 3)
    loss = True
    no_gradient_bottoms = (2,)

    def __init__(self, spec: LayerSpec, *bottoms: Shape):
        super().__init__(spec)
        param = spec.proto.detection_group_loss_param
        self.param = plain(param)
        self.anchors = _anchors(spec, param, bottoms)
        for field, allowed in (("neg_mining_type", ("random", "bootstrap", "mixture")),
                               ("neg_ranking_type", ("conf_loss", "conf_prob")),
                               ("bbox_loss_type", ("Smooth_L1", "Euclidean_L2"))):
            if getattr(param, field) not in allowed:
                raise spec.error(f"detection_group_loss_param.{field}", f"is '"
                                 f"{getattr(param, field)}'; it must be {' or '.join(allowed)}")
        if param.batch_size == 0 or param.batch_size < -1:
            raise spec.error("detection_group_loss_param.batch_size", f"is {param.batch_size}; it "
                             "must be at least 1, or -1 for all")
        self.ignored = ignore_label(spec)
        truth = bottoms[2]
        self.check = IndexCheck(spec, 2, (truth[0], *truth[2:]), param.cls_num,
                                hint="detection_group_loss_param.cls_num is too small")
        self.mean, self.deviation = mean_and_deviation(spec)
        self.balance = getattr(param, "lambda")
        has_limits = param.HasField("field_xyr") and param.HasField("field_whr")
        self.limits = None
        if has_limits:
            self.limits = offset_limits(self.mean, self.deviation, param.field_xyr, param.field_whr)

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        return [(1, 1, 1, 2)]

    def forward(self, scores: Tensor, offsets: Tensor, truth: Tensor) -> Tensor:
        scores, offsets = precise(scores), precise(offsets)
        truth = truth.detach().to(scores.dtype)
        label = truth[:, 0].trunc()
        wanted = truth[:, 5]
        asked = label.clamp(max=1) if self.param.objectness else label
        inside = asked < self.param.cls_num
        if self.ignored is not None:
            inside = inside | (asked == self.ignored)
        asked = self.check.require(asked, inside)
        each = log_loss(scores, asked.clamp(0, self.param.cls_num - 1).long(), 1)
        kept = self._keep(label, wanted, each.detach(), scores.detach().softmax(1)[:, 0])
        if self.ignored is not None:
            kept_label = kept & (asked != self.ignored)
            kept_box = kept & (label != 0) & (label != self.ignored)
        else:
            kept_label = kept
            kept_box = kept & (label != 0)
        weighted = torch.where(kept_label, each * self._weights(label, kept), 0)
        classes = weighted.sum() / kept_label.sum().clamp(min=1)
        boxes = self._box_loss(offsets, truth[:, 1:5], kept_box) * self.balance
        return torch.stack([classes + boxes, boxes.detach()]).view(1, 1, 1, 2)

    def _keep(self, label: Tensor, wanted: Tensor, loss: Tensor, background: Tensor) -> Tensor:
        """(N * A, H, W) bool: the anchors of each image that count."""
        shape = label.shape
        num = len(self.anchors)
        label, wanted, loss, background = (
            part.reshape(shape[0] // num, -1) for part in (label, wanted, loss, background))
        objects = label > 0
        others = (label == 0) & (wanted < self.param.bg_threshold)
        num_objects, num_others = self._numbers(objects.sum(1), others.sum(1))
        kept = objects & highest(ranking_key(torch.rand_like(loss), objects), num_objects)
        key = loss if self.param.neg_ranking_type == "conf_loss" else 1 - background
        hard = {"random": torch.zeros_like(num_others), "bootstrap": num_others,
                "mixture": (num_others + 1) // 2}[self.param.neg_mining_type]
        hardest = others & highest(ranking_key(key, others), hard)
        rest = others & ~hardest
        drawn = rest & highest(ranking_key(torch.rand_like(loss), rest), num_others - hard)
        return (kept | hardest | drawn).reshape(shape)

    def _numbers(self, objects: Tensor, others: Tensor) -> tuple[Tensor, Tensor]:
        """(N,) foreground and (N,) background anchors to keep, given how many there are."""
        param = self.param
        if param.batch_size == -1:
            wanted = (objects * param.bg_multiple).clamp(min=param.min_num_neg)
            return objects, torch.minimum(wanted, others)
        most = math.floor(param.batch_size / (1 + param.bg_multiple) + 0.5)
        kept = objects.clamp(max=most)
        return kept, torch.minimum(param.batch_size - kept, others)

    def _weights(self, label: Tensor, kept: Tensor) -> Tensor | float:
        if not self.param.pos_neg_weighted:
            return 1.0
        part = 1 / (1 + self.param.bg_multiple)
        total = kept.sum()
        objects, others = ((kept & side).sum().clamp(min=1) for side in (label > 0, label <= 0))
        return torch.where(label > 0, part * total / objects, (1 - part) * total / others)

    def _box_loss(self, offsets: Tensor, boxes: Tensor, counts: Tensor) -> Tensor:
        fields = anchor_fields(self.anchors, self.param.stride, offsets)
        target = offset_targets(boxes, fields, self.mean, self.deviation)
        return box_loss(offsets, target, counts, self.limits,
                        self.param.bbox_loss_type == "Smooth_L1")


@layer
class DetectionGroupAccuracy(Layer):
    """Accuracy of the anchors of one map, and mean IoU of their boxes.

    Bottoms: as DetectionGroupLoss.
    Tops:    (1, 1, 1, 2): the share of anchors whose largest score is that of their label, of all
             but those of label 0 with an overlap of bg_threshold or more, and of those with a
             label; if wanted (1, 1, 1, 1): the mean overlap of the moved anchors with their
             boxes. -1 where no anchor counts. No gradient.
    Errors:  SpecError for shapes that do not fit.
    Source:  zhaoweicai/cascade-rcnn detection_group_accuracy_layer.cpp.
    """

    reads = ("loss_param", "bbox_reg_param")
    unread = BESIDE_IGNORED | {"bbox_reg_param.cls_aware"}
    num_bottoms = (3, 3)
    num_tops = (1, 2)
    no_gradient_bottoms = (0, 1, 2)
    no_onnx_form = COMPARES_WITH_LABELS

    def __init__(self, spec: LayerSpec, *bottoms: Shape):
        super().__init__(spec)
        param = spec.proto.detection_group_accuracy_param
        self.param = plain(param)
        self.anchors = _anchors(spec, param, bottoms)
        self.ignored = ignore_label(spec)
        self.regression = Regression(*mean_and_deviation(spec), 1 / param.field_xyr,
                                     math.log(param.field_whr))

    def forward(self, scores: Tensor, offsets: Tensor, truth: Tensor) -> tuple[Tensor, ...]:
        label = truth[:, 0].trunc()
        asked = label.clamp(max=1) if self.param.objectness else label
        counts, boxed = cells_that_count(truth, asked, self.param.bg_threshold, self.ignored)
        right = (scores.argmax(1) == asked).to(scores.dtype)
        tops = [accuracies(right, asked, counts)]
        if len(self.spec.tops) == 2:
            first, size = (part.flatten(0, 1) for part in self.regression.decode(
                offsets, self.anchors, self.param.stride))
            shares = overlap(corners_of(first, size, 1), truth_corners(truth, 1))
            tops.append(mean_where(shares, boxed).view(1, 1, 1, 1))
        return tuple(tops)
