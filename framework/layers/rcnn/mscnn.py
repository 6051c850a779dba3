"""MS-CNN training: loss and accuracy of the one anchor of a map."""

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
from framework.ops.boxes import iou
from framework.ops.by_item import by_item
from framework.ops.losses import log_loss, precise
from framework.ops.mining import hardest

LEAST_KEPT = 4          # background cells of an image, for each class but the background
MOST_ROUNDS = 50        # draws for each cell; e^-50 of the cells are then still not drawn


def _check_bottoms(spec: LayerSpec, param: Any, where: str, x: Shape, truth: Shape  # Any: a message
                   ) -> None:
    """SpecError if the fields or bottoms of a layer do not fit each other."""
    if param.coord_num != 4:
        raise spec.error(f"{where}.coord_num", f"is {param.coord_num}; it must be 4")
    if min(param.field_w, param.field_h, param.downsample_rate) < 1:
        raise spec.error(where, "lacks field_w, field_h or downsample_rate; each must be at "
                         "least 1")
    if param.objectness and param.cls_num != 2:
        raise spec.error(f"{where}.cls_num", f"is {param.cls_num}; it must be 2 with objectness")
    if x[1] != param.cls_num + 4 or tuple(truth) != (x[0], 6, *x[2:]):
        raise spec.error("bottom", f"has the shapes {tuple(x)} and {tuple(truth)}; they must be "
                         f"(N, {param.cls_num + 4}, H, W) and (N, 6, H, W)")


@layer
class DetectionLoss(Layer):
    """Region proposal loss of a map with one anchor: classification and box regression.

    Bottoms: x (N, C + 4, H, W): scores of C classes, of which the first is background, and
             offsets; truth (N, 6, H, W): label, centre x and y, width and height in pixels,
             overlap.
    Top:     (1, 1, 1, 2): classification loss + lambda * box loss, of which the gradient is, and
             lambda * box loss for the log.
    All cells with a label count, and of each image some of label 0 and an overlap below
    bg_threshold: those hit by bg_multiple * (cells with a label) draws, at least 4 (C - 1), from
    all cells (random); for each class those of highest score, bg_multiple times as many as have
    its label, at least 4 (bootstrap); half of both (mixture); all for any other word. Each loss is
    the mean over what counts; iou_weighted weighs cells with a label by their overlap, then
    pos_neg_weighted gives them 1 / (1 + bg_multiple) of the whole weight. Offsets are cut to
    field_whr and field_xyr; the cut has the gradient 1. Drawn with torch's generator.
    Errors:  SpecError for fields and shapes that do not fit.
    Source:  zhaoweicai/mscnn detection_loss_layer.cpp; Cai et al. 2016.
    """

    reads = ("loss_param", "bbox_reg_param")
    unread = BESIDE_IGNORED | {"bbox_reg_param.cls_aware"}
    num_bottoms = (2, 2)
    loss = True
    no_gradient_bottoms = (1,)

    def __init__(self, spec: LayerSpec, x: Shape, truth: Shape):
        super().__init__(spec)
        param = spec.proto.detection_loss_param
        _check_bottoms(spec, param, "detection_loss_param", x, truth)
        self.param = plain(param)
        self.ignored = ignore_label(spec)
        self.check = IndexCheck(spec, 1, (truth[0], *truth[2:]), param.cls_num,
                                hint="detection_loss_param.cls_num is too small")
        self.mean, self.deviation = mean_and_deviation(spec)
        self.balance = getattr(param, "lambda")
        self.limits = offset_limits(self.mean, self.deviation, param.field_xyr, param.field_whr)

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        return [(1, 1, 1, 2)]

    def forward(self, x: Tensor, truth: Tensor) -> Tensor:
        param = self.param
        x = precise(x)
        scores, offsets = x[:, :param.cls_num], x[:, param.cls_num:]
        truth = truth.detach().to(x.dtype)
        label = truth[:, 0].trunc()
        asked = label.clamp(max=1) if param.objectness else label
        inside = (asked >= 0) & (asked < param.cls_num)
        if self.ignored is not None:
            inside = inside | (asked == self.ignored)
        asked = self.check.require(asked, inside)
        drawn = self._background(asked, truth[:, 5], scores.detach())
        boxed = label != 0
        counts = boxed | drawn
        each = log_loss(scores, asked.clamp(0, param.cls_num - 1).long(), 1)
        weights = self._weights(boxed, drawn, truth[:, 5])
        if self.ignored is not None:
            counts = counts & (asked != self.ignored)
            boxed = boxed & (label != self.ignored)
        classes = torch.where(counts, each * weights, 0).sum() / counts.sum().clamp(min=1)
        fields = anchor_fields([(param.field_w, param.field_h)], param.downsample_rate, offsets)
        target = offset_targets(truth[:, 1:5], fields, self.mean, self.deviation)
        boxes = self.balance * box_loss(offsets, target, boxed, self.limits, param.bb_smooth)
        return torch.stack([classes + boxes, boxes.detach()]).view(1, 1, 1, 2)

    def _background(self, asked: Tensor, overlap: Tensor, scores: Tensor) -> Tensor:
        """(N, H, W) bool: the background cells that count."""
        multiple = self.param.bg_multiple
        far = by_item((asked == 0) & (overlap < self.param.bg_threshold), -1)
        modes = {"random": (1.0, 0.0), "bootstrap": (0.0, 1.0), "mixture": (0.5, 0.5)}
        if self.param.sample_mode not in modes:
            return far.view_as(asked)
        at_random, hard = modes[self.param.sample_mode]
        asked_of_cells = by_item(asked, -1)
        kept = torch.zeros_like(far)
        if at_random:
            wanted = ((asked_of_cells != 0).sum(1) * multiple * at_random).long()
            kept = self._hit(wanted.clamp(min=LEAST_KEPT * (self.param.cls_num - 1)), far)
        if hard:
            for index in range(1, self.param.cls_num):
                wanted = ((asked_of_cells == index).sum(1) * multiple * hard).long()
                # of equal scores the later cell comes first, as in the original
                key = by_item(scores[:, index], -1).flip(1)
                kept = kept | hardest(key, far.flip(1), wanted.clamp(min=LEAST_KEPT)).flip(1)
        return (far & kept).view_as(asked)

    def _hit(self, number: Tensor, cells: Tensor) -> Tensor:
        """Which cells (N, K) are hit by `number` (N,) draws from all of them, with replacement."""
        rounds = min(self.param.bg_multiple, MOST_ROUNDS)
        most = max(cells.shape[1] * rounds, LEAST_KEPT * (self.param.cls_num - 1))
        draws = torch.randint(cells.shape[1], (len(cells), most), device=cells.device)
        valid = torch.arange(most, device=cells.device) < number[:, None]
        hits = torch.zeros(cells.shape, dtype=torch.int32, device=cells.device)
        return hits.scatter_add_(1, draws, valid.to(hits.dtype)) > 0

    def _weights(self, boxed: Tensor, drawn: Tensor, overlap: Tensor) -> Tensor:
        """(N, H, W): the factor of each cell in the classification loss."""
        each = torch.ones_like(overlap)
        if self.param.iou_weighted:
            each = torch.where(boxed, overlap, each)
        if not self.param.pos_neg_weighted:
            return each
        part = 1 / (1 + self.param.bg_multiple)
        total = boxed.sum() + drawn.sum()
        objects, others = (torch.where(mask, each, 0).sum() for mask in (boxed, drawn))
        apart = torch.where(others != 0, others, 1)
        balanced = each * torch.where(boxed, part * total / objects, (1 - part) * total / apart)
        return torch.where(objects != 0, balanced, each)


@layer
class DetectionAccuracy(Layer):
    """Accuracy of the one anchor of a map, and mean IoU of its boxes.

    Bottoms: as DetectionLoss.
    Tops:    (1, 1, 1, 2): the share of cells whose label is among the top_k highest scores, of all
             but those of label 0 with an overlap of bg_threshold or more, and of those with a
             label; if wanted (1, 1, 1, 1): the mean overlap of the moved anchors with their
             boxes. -1 where no cell counts. No gradient.
    Errors:  SpecError for fields and shapes that do not fit.
    Source:  zhaoweicai/mscnn detection_accuracy_layer.cpp.
    """

    reads = ("loss_param", "bbox_reg_param")
    unread = BESIDE_IGNORED | {"bbox_reg_param.cls_aware"}
    num_bottoms = (2, 2)
    num_tops = (1, 2)
    no_gradient_bottoms = (0, 1)
    no_onnx_form = COMPARES_WITH_LABELS

    def __init__(self, spec: LayerSpec, x: Shape, truth: Shape):
        super().__init__(spec)
        param = spec.proto.detection_accuracy_param
        _check_bottoms(spec, param, "detection_accuracy_param", x, truth)
        if not 1 <= param.top_k <= param.cls_num:
            raise spec.error("detection_accuracy_param.top_k", f"is {param.top_k}; it must be from "
                             f"1 to cls_num, {param.cls_num}")
        self.param = plain(param)
        self.ignored = ignore_label(spec)
        self.regression = Regression(*mean_and_deviation(spec), 1 / param.field_xyr,
                                     math.log(param.field_whr))

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        shapes: list[Shape] = [(1, 1, 1, 2), (1, 1, 1, 1)]
        return shapes[:len(self.spec.tops)]

    def forward(self, x: Tensor, truth: Tensor) -> tuple[Tensor, ...]:
        scores, offsets = x[:, :self.param.cls_num], x[:, self.param.cls_num:]
        label = truth[:, 0].trunc()
        asked = label.clamp(max=1) if self.param.objectness else label
        counts, boxed = cells_that_count(truth, asked, self.param.bg_threshold, self.ignored)
        right = self._is_right(scores, asked).to(scores.dtype)
        tops = [accuracies(right, asked, counts)]
        if len(self.spec.tops) == 2:
            anchor = (self.param.field_w, self.param.field_h)
            first, size = (part.flatten(0, 1) for part in self.regression.decode(
                offsets, [anchor], self.param.downsample_rate))
            shares = iou(corners_of(first, size), truth_corners(truth))
            tops.append(mean_where(shares, boxed).view(1, 1, 1, 1))
        return tuple(tops)

    def _is_right(self, scores: Tensor, asked: Tensor) -> Tensor:
        """(N, H, W) bool: whether fewer than top_k classes come before the label.

        Of equal scores the later class comes first.
        """
        num = self.param.cls_num
        index = asked.nan_to_num(-1).clamp(0, num - 1).long()[:, None]     # NaN is never right
        own = scores.gather(1, index)
        classes = torch.arange(num, device=scores.device)[:, None, None]
        before = (scores > own) | ((scores == own) & (classes > index))
        return (before.sum(1) < self.param.top_k) & (asked >= 0) & (asked < num)
