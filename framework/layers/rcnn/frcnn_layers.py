"""Faster R-CNN in C++ of one fork, whose settings are a file: its proposals, targets and data."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.data.assumed_shapes import ASSUMED_SIZES, Size
from framework.layers.data.known_by_shape import KnownByShape
from framework.layers.index_check import IndexCheck
from framework.layers.onnx_reasons import CHOOSES_EXAMPLES, UNWRITTEN
from framework.layers.params import at_least, honour
from framework.layers.rcnn.anchor_target import by_channel
from framework.layers.rcnn.proposal import AnchorBoxes, AnchorLevel, shifted_anchors
from framework.layers.ssd.detection_onnx import LOWEST
from framework.ops import nms
from framework.ops.anchor_targets import BACKGROUND, OBJECT, AnchorRule, draw_anchors, label_anchors
from framework.ops.pixel_boxes import offsets_to, overlap

# Of voc_config.json, which the project's nets name; 100 in the third is its own.
ANCHORS: list[list[float]] = [
    [-84, -40, 99, 55], [-176, -88, 191, 103], [-360, -184, 375, 100], [-56, -56, 71, 71],
    [-120, -120, 135, 135], [-248, -248, 263, 263], [-36, -80, 51, 95], [-80, -168, 95, 183],
    [-168, -344, 183, 359]]
ROW = 5         # numbers of a ground truth: x1, y1, x2, y2, label


def _anchors(spec: LayerSpec) -> list[list[float]]:
    """The anchors around the first cell. SpecError for a number that is not divided by 4."""
    given = list(spec.proto.frcnn_param.anchors)
    if len(given) % 4:
        raise spec.error("frcnn_param.anchors", f"has {len(given)} numbers; it must have four for "
                         "each anchor")
    at_least(spec, "frcnn_param.feat_stride", [spec.proto.frcnn_param.feat_stride], 1)
    return [given[index:index + 4] for index in range(0, len(given), 4)] or ANCHORS


def _four(spec: LayerSpec, name: str, usual: Sequence[float]) -> list[float]:
    """Four numbers of a field, or the usual ones. SpecError for another number of them."""
    given = list(getattr(spec.proto.frcnn_param, name))
    if len(given) not in (0, 4):
        raise spec.error(f"frcnn_param.{name}", f"has {len(given)} numbers; it must have 4")
    return given or list(usual)


def _check_truth(spec: LayerSpec, index: int, truth: Shape) -> None:
    if math.prod(truth[1:]) != ROW:
        raise spec.error("bottom", f"'{spec.bottoms[index]}' has the shape {tuple(truth)}; it must "
                         "be (G, 5, 1, 1): x1, y1, x2, y2 and label")


@layer
class FrcnnRoiData(KnownByShape):
    """An image with its boxes, for Faster R-CNN: known by shape only.

    Tops:   image (1, 3, H, W), by default 600 x 1000, frcnn_param's `scales` and `max_size`; its
            height, width and scale (1, 3, 1, 1); boxes (G, 5, 1, 1): x1, y1, x2, y2, label from 1.
    The settings that the project reads from the file `config` are frcnn_param here; its defaults
    are those of voc_config.json, which its nets name.
    Errors: SpecError whenever data are requested.
    Meaning: frcnn_roi_data_layer.cpp of rickyHong/caffe-rcnn-action-recognition.
    """

    reads = ("window_data_param", "frcnn_param")
    num_tops = (3, 3)
    fork_fields = frozenset(["window_data_param.config"])

    @classmethod
    def assumed_shapes(cls, spec: LayerSpec, size: Size = ASSUMED_SIZES[0]) -> list[Shape]:
        param = spec.proto.frcnn_param
        return [(1, 3, int(param.scales), int(param.max_size)), (1, 3, 1, 1), (1, ROW, 1, 1)]


@layer
class FrcnnProposal(AnchorBoxes):
    """Region proposals (RPN) of one image: the best regions after non-maximum suppression.

    Bottoms: scores (1, 2 A, H, W), background then object; offsets (1, 4 A, H, W); height, width
             and scale of the image (1, 3, ...). No gradient goes to any.
    Tops:    regions (R, 5, 1, 1): 0, x1, y1, x2, y2; if wanted their scores (R, 1, 1, 1). At build
             there are rpn_post_nms_top_n.
    Boxes are cut to the image; those of sides below rpn_min_size * scale are left out; the
    rpn_pre_nms_top_n best go into the suppression, which drops one that overlaps a better one by
    more than rpn_nms_thresh. In TEST the fields of frcnn_param that begin with test_rpn_ hold.
    Data decide the number of regions: torch.compile breaks the graph here.
    Errors:  SpecError for channels that do not fit, and settings of other layers.
    Source:  FrcnnParameter; frcnn_proposal_layer.cpp of rickyHong/caffe-rcnn-action-recognition,
             whose form for a GPU measures sides without their last pixel, and after the best are
             taken.
    """

    reads = ("frcnn_param",)
    num_tops = (1, 2)
    no_onnx_form = UNWRITTEN

    def __init__(self, spec: LayerSpec, scores: Shape, offsets: Shape, info: Shape):
        super().__init__(spec)
        honour(spec, "frcnn_param", "anchors feat_stride rpn_pre_nms_top_n rpn_post_nms_top_n "
               "rpn_min_size rpn_nms_thresh test_rpn_pre_nms_top_n test_rpn_post_nms_top_n "
               "test_rpn_min_size test_rpn_nms_thresh")
        param = spec.proto.frcnn_param
        prefix, before, after, least, threshold = (
            "rpn_", param.rpn_pre_nms_top_n, param.rpn_post_nms_top_n, param.rpn_min_size,
            param.rpn_nms_thresh)
        if spec.phase != "TRAIN":
            prefix, before, after, least, threshold = (
                "test_rpn_", param.test_rpn_pre_nms_top_n, param.test_rpn_post_nms_top_n,
                param.test_rpn_min_size, param.test_rpn_nms_thresh)
        at_least(spec, f"frcnn_param.{prefix}pre_nms_top_n", [before], 1)
        at_least(spec, f"frcnn_param.{prefix}post_nms_top_n", [after], 1)
        self.most_before = before
        self.start([AnchorLevel(_anchors(spec), param.feat_stride)], int(least), after, threshold)
        self.check_bottoms(scores, offsets, info)
        if scores[0] != 1:
            raise spec.error("bottom", f"has {scores[0]} images; it must have 1")

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        shapes: list[Shape] = [(self.most, 5, 1, 1), (self.most, 1, 1, 1)]
        return shapes[:len(self.spec.tops)]

    @torch.no_grad()
    def forward(self, scores: Tensor, offsets: Tensor, info: Tensor) -> tuple[Tensor, ...]:
        corners, small = self._boxes(self.levels[0], offsets, info.reshape(1, -1))
        number = scores[:, self.num_anchors:].permute(0, 2, 3, 1).flatten(1)
        number = number.masked_fill(small, LOWEST)
        order = number.argsort(dim=1, descending=True, stable=True)[:, :self.most_before]
        number = number.gather(1, order)
        corners = corners.gather(1, order[..., None].expand(-1, -1, 4))
        past_end = corners + corners.new_tensor([0, 0, 1, 1])   # pixels are cells: ends belong
        kept = nms.greedy(past_end, number > LOWEST, self.threshold, most=self.most)[0]
        regions = torch.nn.functional.pad(corners[0][kept], (1, 0))
        tops = [regions[..., None, None], number[0][kept].reshape(-1, 1, 1, 1)]
        return tuple(tops[:len(self.spec.tops)])


@layer
class FrcnnAnchorTarget(Layer):
    """Labels and box regression targets of a random sample of one image's anchors, for an RPN.

    Bottoms: a map (1, C, H, W) that gives the size; boxes (G, 5, 1, 1): x1, y1, x2, y2, label;
             height, width and scale of the image (1, 3, ...). No gradient.
    Tops:    labels (1, 1, A H, W): 1 object, 0 background, -1 does not count; offsets to the box
             that overlaps most (1, 4 A, H, W), of all anchors inside the image; inside weights, of
             objects rpn_bbox_inside_weights; outside weights 1 over the number of anchors drawn, or
             rpn_positive_weight over that of objects and the rest over that of background.
    An anchor counts inside of the image and rpn_allowed_border. It is an object if it overlaps a
    box most, or by rpn_positive_overlap, background below rpn_negative_overlap, which comes last
    with rpn_clobber_positives. At most rpn_batchsize are drawn, rpn_fg_fraction of them objects,
    with torch's generator of the device. A box that no anchor overlaps has none; in the original
    all are its objects.
    Errors:  SpecError for shapes, and an rpn_positive_weight of 0, or of 1 and more.
    Source:  FrcnnParameter; frcnn_anchor_target_layer.cpp of
             rickyHong/caffe-rcnn-action-recognition.
    """

    reads = ("frcnn_param",)
    num_bottoms = (3, 3)
    num_tops = (4, 4)
    no_gradient_bottoms = (0, 1, 2)
    needs_float32 = True
    no_onnx_form = CHOOSES_EXAMPLES

    def __init__(self, spec: LayerSpec, scores: Shape, truth: Shape, info: Shape):
        super().__init__(spec)
        honour(spec, "frcnn_param", "anchors feat_stride rpn_bbox_inside_weights "
               "rpn_positive_weight rpn_batchsize rpn_fg_fraction rpn_positive_overlap "
               "rpn_negative_overlap rpn_allowed_border rpn_clobber_positives")
        param = spec.proto.frcnn_param
        self.anchors, self.stride = _anchors(spec), param.feat_stride
        self.inside = _four(spec, "rpn_bbox_inside_weights", (1, 1, 1, 1))
        self.weight = param.rpn_positive_weight
        if self.weight == 0 or self.weight >= 1:
            raise spec.error("frcnn_param.rpn_positive_weight", f"is {self.weight:g}; it must be "
                             "between 0 and 1, or negative for the same weight of all")
        if len(scores) != 4 or scores[0] != 1 or math.prod(info[1:]) < 3:
            raise spec.error("bottom", f"has the shapes {tuple(scores)} and {tuple(info)}; they "
                             "must be (1, C, H, W) and (1, 3, 1, 1): one image")
        _check_truth(spec, 1, truth)
        number = int(param.rpn_batchsize)
        at_least(spec, "frcnn_param.rpn_batchsize", [number], 1)
        self.rule = AnchorRule(param.rpn_positive_overlap, param.rpn_negative_overlap,
                               param.rpn_allowed_border, param.rpn_clobber_positives, number,
                               int(param.rpn_fg_fraction * number))

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        num, (high, wide) = len(self.anchors), bottoms[0][2:]
        return [(1, 1, num * high, wide), *[(1, 4 * num, high, wide)] * 3]

    @torch.no_grad()
    def forward(self, scores: Tensor, truth: Tensor, info: Tensor) -> tuple[Tensor, ...]:
        cells = (scores.shape[2], scores.shape[3])
        grid = shifted_anchors(truth.new_tensor(self.anchors), self.stride, cells)
        anchors, boxes = grid.reshape(-1, 4), truth.flatten(1)[:, :4]
        image = torch.zeros(len(boxes), dtype=torch.long, device=boxes.device)
        labels, match = label_anchors(anchors, boxes, image, info.reshape(1, -1), self.rule)
        labels = draw_anchors(labels, self.rule, torch.rand(labels.shape, device=labels.device))
        has_box = (match < len(boxes))[..., None]
        padded = torch.cat([boxes, boxes.new_tensor([[0, 0, 1, 1]])])
        offsets = offsets_to(anchors, torch.where(has_box, padded[match], anchors))
        offsets = torch.where(has_box, offsets, 0)
        objects, others = ((labels == kind).to(boxes.dtype) for kind in (OBJECT, BACKGROUND))
        inside = objects[..., None] * boxes.new_tensor(self.inside)
        outside = self._outside(objects, others)[..., None].expand_as(offsets)
        shapes = [tuple(grid.shape[:3])]
        return tuple(by_channel(top.to(boxes.dtype), shapes)
                     for top in (labels[..., None], offsets, inside, outside))

    def _outside(self, objects: Tensor, others: Tensor) -> Tensor:
        num_objects, num_others = (which.sum().clamp(min=1) for which in (objects, others))
        if self.weight < 0:
            return (objects + others) / (objects + others).sum().clamp(min=1)
        return objects * (self.weight / num_objects) + others * ((1 - self.weight) / num_others)


@layer
class FrcnnProposalTarget(Layer):
    """Sample foreground and background regions of one image, with labels and box targets.

    Bottoms: regions (R, 5, ...): 0, x1, y1, x2, y2; boxes (G, 5, ...): x1, y1, x2, y2, label from
             1. No gradient.
    Tops:    K regions (K, 5, 1, 1), the boxes among them; labels (K, 1, 1, 1), 0 of background;
             box targets and inside weights (K, 4 n_classes, 1, 1), bbox_inside_weights in the
             columns of a foreground's class, else 0; outside weights, 1 where those are above 0. At
             build K is batch_size.
    A region is foreground if it overlaps a box by fg_thresh or more, background from bg_thresh_lo
    to below bg_thresh_hi. At most batch_size are drawn, fg_fraction of them foreground, with
    torch's generator of the device. Of boxes that overlap a region alike the last counts. Targets
    are taken less bbox_normalize_means over bbox_normalize_stds, with bbox_normalize_targets.
    Data decide K: torch.compile breaks the graph.
    Errors:  SpecError for shapes; DataError for a label that is not from 1 to n_classes - 1.
    Source:  FrcnnParameter; frcnn_proposal_target_layer.cpp of
             rickyHong/caffe-rcnn-action-recognition.
    """

    reads = ("frcnn_param",)
    num_bottoms = (2, 2)
    num_tops = (5, 5)
    no_gradient_bottoms = (0, 1)
    needs_float32 = True
    no_onnx_form = CHOOSES_EXAMPLES

    def __init__(self, spec: LayerSpec, rois: Shape, truth: Shape):
        super().__init__(spec)
        honour(spec, "frcnn_param", "batch_size n_classes fg_fraction fg_thresh bg_thresh_hi "
               "bg_thresh_lo bbox_inside_weights bbox_normalize_targets bbox_normalize_means "
               "bbox_normalize_stds")
        self.param = param = spec.proto.frcnn_param
        at_least(spec, "frcnn_param.batch_size", [int(param.batch_size)], 1)
        at_least(spec, "frcnn_param.n_classes", [param.n_classes], 2)
        if math.prod(rois[1:]) != 5:
            raise spec.error("bottom", f"has the shape {tuple(rois)}; it must be (R, 5, 1, 1)")
        _check_truth(spec, 1, truth)
        self.weights = _four(spec, "bbox_inside_weights", (1, 1, 1, 1))
        self.mean, self.deviation = [0.0] * 4, [1.0] * 4
        if param.bbox_normalize_targets:
            self.mean = _four(spec, "bbox_normalize_means", (0, 0, 0, 0))
            self.deviation = _four(spec, "bbox_normalize_stds", (0.1, 0.1, 0.2, 0.2))
        self.check = IndexCheck(spec, 1, (truth[0],), param.n_classes - 1, first=1, unit="row",
                                what="classes but the background",
                                hint="frcnn_param.n_classes is too small")

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        num, width = int(self.param.batch_size), 4 * self.param.n_classes
        return [(num, columns, 1, 1) for columns in (5, 1, width, width, width)]

    @torch.no_grad()
    def forward(self, rois: Tensor, truth: Tensor) -> tuple[Tensor, ...]:
        boxes = truth.flatten(1)
        label = boxes[:, 4].trunc()
        label = self.check.require(label, (label >= 1) & (label < self.param.n_classes))
        rows = torch.cat([rois.flatten(1), torch.nn.functional.pad(boxes[:, :4], (1, 0))])
        if not len(boxes):      # all is background
            boxes, label = boxes.new_tensor([[0, 0, -1, -1, 0]]), label.new_zeros(1)
        shares = overlap(rows[:, None, 1:], boxes[:, :4])
        best, match = shares.flip(1).max(1)
        match = len(boxes) - 1 - match
        param = self.param
        number = int(param.batch_size)
        objects = _sample((best >= param.fg_thresh).nonzero()[:, 0],
                          int(number * param.fg_fraction))
        others = _sample(((best >= param.bg_thresh_lo) & (best < param.bg_thresh_hi)
                          ).nonzero()[:, 0], number - len(objects))
        chosen = torch.cat([objects, others])
        is_object = torch.arange(len(chosen), device=rows.device) < len(objects)
        rows, match = rows[chosen], match[chosen]
        labels = torch.where(is_object, label[match], 0)
        targets = torch.where(is_object[:, None], boxes[match, :4], rows[:, 1:])
        offsets = offsets_to(rows[:, 1:], targets)
        offsets = (offsets - offsets.new_tensor(self.mean)) / offsets.new_tensor(self.deviation)
        columns = torch.arange(param.n_classes, device=rows.device)
        slot = ((labels[:, None] == columns) & is_object[:, None])[..., None]
        inside = (slot * offsets.new_tensor(self.weights)).flatten(1)
        tops = [rows, labels[:, None], torch.where(slot, offsets[:, None], 0).flatten(1), inside,
                (inside > 0).to(rows.dtype)]
        return tuple(top[..., None, None] for top in tops)


def _sample(rows: Tensor, most: int) -> Tensor:
    """A random sample of `most` rows, or all of them; in a random order."""
    return rows[torch.randperm(len(rows), device=rows.device)[:most]]
