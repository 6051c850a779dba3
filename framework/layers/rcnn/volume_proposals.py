"""Regions in volumes: proposals of anchors, and what trains their classes and offsets."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.index_check import IndexCheck
from framework.layers.onnx_reasons import CHOOSES_EXAMPLES
from framework.layers.params import at_least, check_sizes, honour, within
from framework.layers.rcnn.volume_anchors import (
    BOX,
    NUMBERS,
    anchors_of_map,
    box_sizes,
    mean_and_deviation,
    read_anchors,
    read_strides,
    volume_offsets,
    volume_overlaps,
)
from framework.ops.losses import precise

NORMALIZE = "bbox_normalize bbox_normalize_mean bbox_normalize_std"
MOST = 1 << 12          # boxes that are kept one after the other
NO_ITEM = -1            # of a row without a box


@layer
class Proposal3D(Layer):
    """Region proposals in volumes: the best anchors after suppression; Proposal with `anchor_size`.

    Bottoms: shares (N, 2 A, L, H, W) of background and, from channel A on, object of each anchor;
             their offsets dx dy dz dw dh dl (N, 6 A, L, H, W), times bbox_normalize_std plus
             bbox_normalize_mean with bbox_normalize; sizes of the volumes (N, 19), of which
             length, height and width are read, and the last number, a scale. No gradient.
    Top:     regions (N * proposal_num, 7): item, x1, y1, z1, x2, y2, z2; item -1 and zeros where
             there are fewer, where the original has what was in the memory.
    The anchors are AnchorTarget3D's; those that leave the volume, and boxes with a side below
    rpn_min_size times the scale, do not count. Of the rpn_pre_nms_top_n best each that overlaps a
    kept one by rpn_nms_threshold or more is left out, until there are rpn_post_nms_top_n. In TRAIN
    the rest is drawn of the boxes that were not among the best and have a share below
    bg_score_threshold, or of all if none has; its order is that of the draw.
    Errors:  SpecError for sizes that are missing, bottoms that do not fit, and more kept boxes
             than rows, for which the original writes beyond its memory.
    Source:  ProposalParameter; proposal_layer.cu of superxuang/caffe_3d_faster_rcnn, whose
             forward on a CPU is empty.
    """

    reads = ("proposal_param",)
    fork_fields = frozenset(f"proposal_param.{name}" for name in (
        "anchor_size", "feat_stride_xy", "feat_stride_z", "rpn_min_size", "rpn_pre_nms_top_n",
        "rpn_post_nms_top_n", "rpn_nms_threshold", "proposal_num", "bg_score_threshold",
        *NORMALIZE.split()))
    num_bottoms = (3, 3)
    no_gradient_bottoms = (0, 1, 2)
    needs_float32 = True
    no_onnx_form = "boxes in volumes have no operator of suppression"
    anchors: Tensor

    def __init__(self, spec: LayerSpec, shares: Shape, offsets: Shape, info: Shape):
        super().__init__(spec)
        name = "proposal_param"
        honour(spec, "proposal_param", "anchor_size feat_stride_xy feat_stride_z rpn_min_size "
               "rpn_pre_nms_top_n rpn_post_nms_top_n rpn_nms_threshold proposal_num "
               f"bg_score_threshold {NORMALIZE}")
        param = spec.proto.proposal_param
        self.strides = read_strides(spec, name)
        self.mean, self.deviation = mean_and_deviation(spec, name)
        self.register_buffer("anchors", read_anchors(spec, name), persistent=False)
        check_sizes(spec, name, "rpn_pre_nms_top_n proposal_num")
        within(spec, f"{name}.rpn_post_nms_top_n", (param.rpn_post_nms_top_n,), 1,
               min(MOST, param.proposal_num))
        self.best, self.kept = param.rpn_pre_nms_top_n, param.rpn_post_nms_top_n
        self.rows, self.threshold = param.proposal_num, param.rpn_nms_threshold
        self.least_side, self.least_share = param.rpn_min_size, param.bg_score_threshold
        count = len(self.anchors)
        if len(shares) != 5 or len(offsets) != 5 or tuple(shares[2:]) != tuple(offsets[2:]) \
                or shares[1] != 2 * count or offsets[1] != NUMBERS * count \
                or not shares[0] == offsets[0] == info[0] or math.prod(info[1:]) < 4:
            raise spec.error("bottom", f"has the shapes {tuple(shares)}, {tuple(offsets)} and "
                             f"{tuple(info)}; for {count} anchors they must be (N, {2 * count}, "
                             f"L, H, W), (N, {NUMBERS * count}, L, H, W) and (N, 19)")

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        return [(bottoms[0][0] * self.rows, NUMBERS + 1)]

    def forward(self, shares: Tensor, offsets: Tensor, info: Tensor) -> Tensor:
        size = shares.shape[2:]
        anchors = anchors_of_map(self.anchors, size, self.strides)
        count = len(self.anchors)
        score = shares.detach()[:, count:].permute(0, 2, 3, 4, 1).flatten(1)
        deltas = offsets.detach().unflatten(1, (count, NUMBERS)).permute(0, 3, 4, 5, 1, 2)
        deltas = deltas.flatten(1, 4).double() * anchors.new_tensor(self.deviation) \
            + anchors.new_tensor(self.mean)
        sizes = info.detach().flatten(1).double()
        extent = sizes[:, [2, 1, 0]]
        boxes = moved(anchors, deltas)
        boxes = boxes.clamp(min=0).minimum((extent.trunc() - 1).repeat(1, 2)[:, None])
        counts = (anchors[:, :3] >= 0).all(1) & (anchors[:, 3:] < extent[:, None]).all(2)
        counts = counts & (box_sizes(boxes) >= self.least_side * sizes[:, -1].trunc()[:, None, None]
                           ).all(2)
        regions = [self._rows(box, value, real) for box, value, real
                   in zip(boxes, score, counts, strict=True)]
        item = torch.arange(len(regions), device=shares.device)[:, None]
        rows = torch.stack([box for box, _ in regions]) if regions else boxes[:, :self.rows]
        real = torch.stack([one for _, one in regions]) if regions else counts[:, :self.rows]
        item = torch.where(real, item, NO_ITEM).double()
        top = torch.cat([item[..., None], rows.where(real[..., None], 0)], 2)
        return top.reshape(shares.shape[0] * self.rows, NUMBERS + 1).to(shares.dtype)

    def _rows(self, boxes: Tensor, score: Tensor, counts: Tensor) -> tuple[Tensor, Tensor]:
        """Boxes (proposal_num, 6) of one volume, and which of them are real."""
        order = score.where(counts, -math.inf).argsort(descending=True, stable=True)
        boxes, score, counts = boxes[order], score[order], counts[order]
        best = slice(0, self.best)
        found, real = keep(boxes[best], counts[best], self.threshold, self.kept)
        if self.spec.phase == "TRAIN" and len(boxes) > self.best:
            free = counts[self.best:]
            low = free & (score[self.best:] < self.least_share)
            free = torch.where(low.any(), low, free)
            draw = torch.rand(len(free), device=free.device).where(free, 2).argsort()[:self.rows]
            found = torch.cat([found, boxes[self.best:][draw]])
            real = torch.cat([real, free[draw]])
        blank = self.rows       # rows enough, of which the real ones come first
        found = torch.cat([found, found.new_zeros(blank, NUMBERS)])
        real = torch.cat([real, real.new_zeros(blank)])
        first = real.to(torch.uint8).argsort(descending=True, stable=True)[:self.rows]
        return found[first], real[first]


def moved(boxes: Tensor, offsets: Tensor) -> Tensor:
    """Boxes (..., 6), moved by their offsets in units of their size, and scaled by exp."""
    size = box_sizes(boxes)
    middle = boxes[..., :3] + size / 2 + offsets[..., :3] * size
    half = offsets[..., 3:].exp() * size / 2
    return torch.cat([middle - half, middle + half], -1)


def keep(boxes: Tensor, counts: Tensor, threshold: float, most: int) -> tuple[Tensor, Tensor]:
    """Greedy suppression of boxes (M, 6), the best first: (most, 6), and which of them are real."""
    found, real = [], []
    for _ in range(most):
        index = counts.to(torch.uint8).argmax(0, keepdim=True)
        box = boxes.index_select(0, index)
        found.append(box)
        real.append(counts.any())
        close = volume_overlaps(boxes, box[None])[0, 0] >= threshold
        counts = counts & ~close & (torch.arange(len(boxes), device=boxes.device) != index)
    return torch.cat(found), torch.stack(real)


@layer
class ProposalTarget3D(Layer):
    """Labels and targets of all regions in volumes; ProposalTarget with `class_num`.

    Bottoms: regions (R, 7): item, x1, y1, z1, x2, y2, z2, or item -1 in a row without one; boxes
             (N, G, 8): x1, y1, z1, x2, y2, z2, class, and above 0 if it counts. No gradient.
    Tops:    regions (K, 7), K being the regions and boxes that count; labels (K, 1); targets
             dx dy dz dw dh dl of each class (K, 6 * class_num), less bbox_normalize_mean and over
             bbox_normalize_std with bbox_normalize; their inside and outside weights, 1 for the six
             numbers of an object's class and 0 elsewhere.
    For each item its boxes, then its regions; of these those that overlap a box by fg_threshold or
    more come first, as objects of the class of the box they overlap most (the first of equal ones),
    then the others, as background. Nothing is drawn.
    Errors:  SpecError for shapes that do not fit, a class_num below 2; IndexRangeError for a class
             that is not 0 to class_num - 1.
    Source:  ProposalTargetParameter; proposal_target_layer.cpp of superxuang/caffe_3d_faster_rcnn.
    """

    reads = ("proposal_target_param",)
    fork_fields = frozenset(f"proposal_target_param.{name}" for name in (
        "class_num", "fg_threshold", *NORMALIZE.split()))
    num_bottoms = (2, 2)
    num_tops = (5, 5)
    no_gradient_bottoms = (0, 1)
    needs_float32 = True
    no_onnx_form = CHOOSES_EXAMPLES

    def __init__(self, spec: LayerSpec, regions: Shape, boxes: Shape):
        super().__init__(spec)
        name = "proposal_target_param"
        honour(spec, "proposal_target_param", f"class_num fg_threshold {NORMALIZE}")
        param = spec.proto.proposal_target_param
        at_least(spec, f"{name}.class_num", (param.class_num,), 2)
        self.num_classes, self.least = param.class_num, param.fg_threshold
        self.mean, self.deviation = mean_and_deviation(spec, name)
        if tuple(regions[1:]) != (NUMBERS + 1,) or len(boxes) != 3 or boxes[2] != BOX:
            raise spec.error("bottom", f"has the shapes {tuple(regions)} and {tuple(boxes)}; they "
                             "must be (R, 7) and (N, G, 8)")
        self.check = IndexCheck(spec, 1, (boxes[0], boxes[1]), self.num_classes,
                                hint=f"{name}.class_num is too small")

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        """As if all regions and all boxes counted: how many do is not known before a forward."""
        regions, boxes = bottoms
        rows = regions[0] + boxes[0] * boxes[1]
        width = NUMBERS * self.num_classes
        return [(rows, NUMBERS + 1), (rows, 1), *[(rows, width)] * 3]

    def forward(self, regions: Tensor, boxes: Tensor) -> tuple[Tensor, ...]:
        given = precise(regions.detach())
        truth = precise(boxes.detach())
        classes = self.check(torch.where(truth[..., 7] > 0, truth[..., 6], 0))
        parts = [self._of_item(number, given, truth[number], classes[number])
                 for number in range(boxes.shape[0])]
        tops = [torch.cat(part) for part in zip(*parts, strict=True)]
        rows, label, target = tops
        own = torch.nn.functional.one_hot(label, self.num_classes)[..., None]
        own = (own * (label > 0)[:, None, None]).expand(-1, -1, NUMBERS)
        wide = torch.where(own > 0, target[:, None], 0).flatten(1)
        weight = own.flatten(1).to(wide)
        return tuple(top.to(regions.dtype) for top in (
            rows, label[:, None], wide, weight, weight.clone()))

    def _of_item(self, number: int, regions: Tensor, truth: Tensor, classes: Tensor
                 ) -> tuple[Tensor, Tensor, Tensor]:
        """Regions (K, 7), labels (K,) and targets (K, 6) of one item."""
        counts = truth[:, 7] > 0
        truth, classes = truth[counts][:, :NUMBERS], classes[counts]
        item = truth.new_full((len(truth), 1), number)
        rows = torch.cat([torch.cat([item, truth], 1), regions[regions[:, 0] == number]])
        if not len(truth):
            return rows, rows[:, 0].long() * 0, rows[:, 1:] * 0
        most, best = volume_overlaps(rows[:, 1:].double(), truth[None].double())[0].max(0)
        is_object = most >= self.least
        order = is_object.to(torch.uint8).argsort(descending=True, stable=True)
        target = volume_offsets(rows[:, 1:].double(), truth[best].double())
        target = (target - target.new_tensor(self.mean)) / target.new_tensor(self.deviation)
        label = classes[best].where(is_object, 0)
        return rows[order], label[order], target[order].to(rows)
