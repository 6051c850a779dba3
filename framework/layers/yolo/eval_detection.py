"""EvalDetection: which detections of a YOLO v2 map are right, as Intel's Caffe writes it."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.index_check import IndexCheck
from framework.layers.onnx_reasons import COMPARES_WITH_LABELS
from framework.layers.params import honour
from framework.layers.yolo.yolo_output import just_below, map_corners, map_parts
from framework.ops.boxes import iou
from framework.ops.detections import best_boxes
from framework.ops.losses import precise
from framework.proto import enum_name

LEAST_SCORE = 0.005         # darknet's


@layer
class EvalDetection(Layer):
    """YOLO v2 evaluation: the best class of each anchor, suppressed, against the true boxes.

    Bottoms: x (N, num_object * (5 + num_class), side, side): for each anchor x, y, w, h,
             objectness and classes, before any activation; boxes (1, 1, G, 8) of AnnotatedData:
             item, label from 1 on, instance, x1, y1, x2, y2, difficult; -1 for no box; perhaps
             the images, which Intel's own nets give it and it does not read.
    Top:     (N, num_class + 4 * side * side * num_object): the number of true boxes of each
             class; then four numbers for each detection: class from 0 on, score, 1 if it is
             right, 1 if it is wrong; zeros after the last one. By class, then by falling score.
    Scores are sigmoid(objectness), the largest softmax, or both multiplied (score_type OBJ, PROB,
    MULTIPLY). Boxes that overlap a better one, of any class, by `nms` or more are left out, and
    scores below 0.005. With a negative `nms` there are no detections, as in the original. One is
    right if the true box of its class and image that it overlaps most does so by `threshold` or
    more and is not taken by a better one; then it is wrong. One that overlaps less is neither,
    unless its image has no box of its class: then it is wrong. No gradient.
    Errors:  SpecError for sizes, channels or biases that do not fit; DataError for labels beyond
             num_class.
    Source:  EvalDetectionParameter; eval_detection_layer.cpp of intel/caffe, which has 5 anchors
             whatever num_object says.
    """

    num_bottoms = (2, 3)
    no_gradient_bottoms = (0, 1, 2)
    no_onnx_form = COMPARES_WITH_LABELS
    unread = frozenset(["eval_detection_param.constriant"])

    def __init__(self, spec: LayerSpec, x: Shape, boxes: Shape, *images: Shape):
        super().__init__(spec)
        honour(spec, "eval_detection_param", "side num_class num_object threshold sqrt "
               "score_type nms biases constriant")
        param = spec.proto.eval_detection_param
        self.num_object = param.num_object
        self.num_class = param.num_class
        self.threshold = param.threshold
        self.nms = param.nms
        self.score_type = enum_name(param, "score_type")
        channels = param.num_object * (5 + param.num_class)
        if len(x) != 4 or tuple(x[1:]) != (channels, param.side, param.side):
            raise spec.error("bottom", f"has the shape {tuple(x)}; side: {param.side}, num_object: "
                             f"{param.num_object} and num_class: {param.num_class} need (N, "
                             f"{channels}, {param.side}, {param.side})")
        if math.prod(boxes) % 8:
            raise spec.error("bottom[1]", f"has the shape {tuple(boxes)}; it must be (1, 1, G, 8)")
        if len(param.biases) < 2 * param.num_object:
            raise spec.error("eval_detection_param.biases", f"has {len(param.biases)} numbers; it "
                             f"must have a width and a height for each of {param.num_object} "
                             "anchors")
        rows = (math.prod(boxes) // 8,)
        self.items = IndexCheck(spec, 1, rows, unit="row", what="items in the batch")
        self.classes = IndexCheck(spec, 1, rows, param.num_class, unit="row", first=1,
                                  hint="eval_detection_param.num_class is too small")
        self.biases = [(param.biases[2 * n], param.biases[2 * n + 1])
                       for n in range(param.num_object)]

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        num, _, height, width = bottoms[0]
        return [(num, self.num_class + 4 * height * width * self.num_object)]

    def forward(self, x: Tensor, boxes: Tensor, *images: Tensor) -> Tensor:
        wide = precise(x.detach())
        num, _, height, width = wide.shape
        rows = boxes.detach().reshape(-1, 8).to(wide.dtype)
        valid = rows[:, 0].trunc() != -1
        truth = rows[valid]
        item, label = self._numbers(rows, valid, num)
        counts = wide.new_zeros(num, self.num_class)
        counts.index_put_((item, label), wide.new_ones(()), accumulate=True)
        details = wide.new_zeros(num, height * width * self.num_object, 4)
        if self.nms >= 0:
            found = self._detections(wide)
            found = found[found[:, 1] >= 0]
            self._judge(details, found, item, label, truth[:, 3:7])
        return torch.cat([counts, details.flatten(1)], 1)

    def _numbers(self, rows: Tensor, valid: Tensor, num_items: int) -> tuple[Tensor, Tensor]:
        """Item and class from 0 on of the boxes that are there, checked."""
        item, label = rows[:, 0].trunc(), rows[:, 1].trunc()
        item = self.items.require(item, ~valid | ((item >= 0) & (item < num_items)), num_items)
        inside = (label >= 1) & (label <= self.num_class)
        label = self.classes.require(label, ~valid | inside, items=item)
        return item[valid].long(), label[valid].long() - 1

    def _detections(self, x: Tensor) -> Tensor:
        """Rows image, class, score and corners, by image, then class, then falling score."""
        height, width = x.shape[2:]
        middle, raw, rest = map_parts(x, self.num_object)
        corners = map_corners(middle, raw, [(w / width, h / height) for w, h in self.biases])
        best, label = rest[..., 1:].softmax(-1).max(-1)
        objects = rest[..., 0].sigmoid()
        score = {"OBJ": objects, "PROB": best, "MULTIPLY": objects * best}[self.score_type]
        found = best_boxes(corners, score[..., None], label[..., None], just_below(LEAST_SCORE),
                           just_below(self.nms))
        return found[(found[:, 0] * self.num_class + found[:, 1]).sort(stable=True).indices]

    def _judge(self, details: Tensor, found: Tensor, item: Tensor, label: Tensor, corners: Tensor
               ) -> None:
        """Write class, score, right and wrong of each detection to its image's rows."""
        image, kind = found[:, 0].long(), found[:, 1].long()
        same = (image[:, None] == item) & (kind[:, None] == label)          # (K, G)
        share = torch.where(same, iou(found[:, None, 3:], corners), -1.0)
        share = torch.cat([share, share.new_full((len(share), 1), -1.0)], 1)    # G may be 0
        most, which = share.max(1)
        enough = (most >= self.threshold) & same.any(1)
        order = torch.arange(len(found), device=found.device)
        taken = torch.full((share.shape[1],), len(found), device=found.device)
        taken = taken.scatter_reduce(0, which, order.where(enough, len(found)), "amin")
        right = enough & (taken[which] == order)
        wrong = (enough & ~right) | ~same.any(1)
        rank = order - torch.searchsorted(image.contiguous(), image.contiguous())
        columns = [found[:, 1], found[:, 2], right.to(found.dtype), wrong.to(found.dtype)]
        details[image, rank] = torch.stack(columns, 1)
