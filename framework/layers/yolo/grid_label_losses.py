"""YOLO v2 and v3 losses by a grid of labels (Synopsys)."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.data.yolo_grids import CELL_NUMBERS
from framework.layers.index_check import IndexCheck
from framework.layers.params import at_least, honour, plain
from framework.layers.yolo.anchor_squares import (
    RegionRule,
    Truth,
    best_overlap,
    box_targets,
    boxes_of,
    check_truth_thresh,
    map_of,
    match_boxes,
    nearest,
    own_anchors,
    region_squares,
    truth_of,
    with_anchors,
    with_slopes,
    write,
)
from framework.layers.yolo.plain_grid import plain_squares
from framework.ops.losses import precise

EARLY_IMAGES = 12800        # of a training in which v2's boxes are drawn to their anchors
STRIDES = {6: 32, 3: 16, 0: 8}      # of v3's maps, by the first number of their mask


def _check(spec: LayerSpec, field: str, x: Shape, labels: Shape) -> IndexCheck:
    """SpecError for shapes that do not fit the message; the check of the classes."""
    param = getattr(spec.proto, field)
    at_least(spec, f"{field}.num_object", [param.num_object], 1)
    at_least(spec, f"{field}.num_classes", [param.num_classes], 1)
    channels = param.num_object * (5 + param.num_classes)
    if len(x) != 4 or x[1] != channels or x[2] != x[3]:
        raise spec.error("bottom", f"has the shape {tuple(x)}; num_object: {param.num_object} and "
                         f"num_classes: {param.num_classes} need (N, {channels}, S, S)")
    if param.HasField("side") and param.side != x[2]:
        raise spec.error(f"{field}.side", f"is {param.side}; the map '{spec.bottoms[0]}' has "
                         f"{x[2]} x {x[3]} cells")
    if labels[0] != x[0] or math.prod(labels[1:]) != CELL_NUMBERS * x[2] * x[3]:
        raise spec.error("bottom", f"'{spec.bottoms[1]}' has the shape {tuple(labels)}; it must "
                         f"hold {CELL_NUMBERS} numbers for each of {x[2]} x {x[3]} cells")
    return IndexCheck(spec, 1, (x[0], x[2] * x[3]), param.num_classes,
                      hint=f"{field}.num_classes is too small")


def _truth(labels: Tensor, side: int, check: IndexCheck) -> Truth:
    """The boxes of labels (N, 7 side side): a box's class is that of the cell of its centre."""
    cells = side * side
    flat = labels.flatten(1)
    box = flat[:, 3 * cells:].unflatten(1, (cells, 4))
    column, row = (box[..., :2] * side).long().clamp(0, side - 1).unbind(2)
    label = flat[:, 2 * cells:3 * cells].gather(1, row * side + column)
    return truth_of(label, box, flat[:, cells:2 * cells] != 0, check)


@layer
class YoloV2Loss(Layer):
    """YOLO v2 loss by a grid of labels: squared errors of boxes, objectness and classes.

    Bottoms: x (N, num_object * (5 + num_classes), S, S): for each anchor x, y, w, h, objectness
             and classes, before sigmoid and softmax; labels (N, 7 S S): for each cell whether its
             box is difficult, whether there is one, its class from 0, then x, y of the centre, w, h
             of each as fractions of the image. AnnotatedData with `caffe_yolo: true` and BoxData
             have these.
    Top:     the loss (): box_scale (2 - w h) times the squared differences of x, y (after the
             sigmoid) and of the logarithms of w, h; object_scale (p - overlap)^2, or (p - 1)^2
             without rescore; class_scale (softmax - one hot)^2; these over the number of boxes;
             noobject_scale p^2 over that of the other anchors, of those that overlap no box by more
             than thresh. In the first 12,800 images of a training all other boxes are drawn to
             their anchor's with a scale of 0.01.
    The gradient is half of the summands' over N, not over the number of boxes, and that of softmax
    is left out, as in the original. Without a box the loss is that of objectness; the original
    divides by 0 there.
    With `biaes` in place of anchors the map, which may be flat, counts as it is: see plain_squares.
    Errors:  SpecError for channels, labels and anchors that do not fit; DataError for a class that
             is not below num_classes.
    Source:  YoloV2LossParameter; yolo_v2_loss_layer.cpp of
             foss-for-synopsys-dwc-arc-processors/synopsys-caffe, and that of
             karta0807913/caffe-yolo-9000 with biaes.
    """

    num_bottoms = (2, 2)
    loss = True
    no_gradient_bottoms = (1,)
    fork_fields = frozenset(["yolo_v2_loss_param.biaes"])
    seen: Tensor

    def __init__(self, spec: LayerSpec, x: Shape, labels: Shape):
        super().__init__(spec)
        field = "yolo_v2_loss_param"
        honour(spec, field, "anchors side num_classes num_object box_scale class_scale "
               "noobject_scale object_scale rescore thresh biaes")
        param = spec.proto.yolo_v2_loss_param
        self.is_plain = len(param.biaes) > 0
        side = math.isqrt(math.prod(labels[1:]) // CELL_NUMBERS)
        if self.is_plain and len(x) == 2:
            x = (x[0], x[1] // max(side * side, 1), side, side)
        self.check = _check(spec, field, x, labels)
        self.map_shape = tuple(x[1:])
        name, anchors = ("biaes", param.biaes) if self.is_plain else ("anchors", param.anchors)
        if len(anchors) != 2 * param.num_object:
            raise spec.error(f"{field}.{name}", f"is given {len(anchors)} times; it must be "
                             f"twice for each of {param.num_object} anchors")
        pairs = zip(anchors[::2], anchors[1::2], strict=True)
        self.rule = RegionRule(
            [list(pair) for pair in pairs], param.object_scale, param.noobject_scale,
            param.class_scale, param.box_scale, param.thresh, by_size=True, rescore=param.rescore)
        self.register_buffer("seen", torch.tensor(0.0), persistent=False)

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        return [()]

    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        wide = precise(x)
        shaped = wide if wide.dim() == 4 else wide.reshape(len(x), *self.map_shape)
        raw = map_of(shaped, len(self.rule.anchors))
        truth = _truth(labels.detach().to(wide.dtype), raw.shape[2], self.check)
        squares = plain_squares if self.is_plain else region_squares
        steps, value = squares(raw, truth, self.rule, early=self.seen < EARLY_IMAGES)
        if torch.is_grad_enabled() and self.spec.phase == "TRAIN":
            with torch.no_grad():
                self.seen.add_(len(x))
        return with_slopes(wide, steps, value)


@layer
class YoloV3Loss(Layer):
    """YOLO v3 loss of one map by a grid of labels: squared errors after sigmoids.

    Bottoms: x (N, num_object * (5 + num_classes), S, S) and labels (N, 7 S S), as of YoloV2Loss.
    Top:     the loss (): 2 - w h times the squared differences of x, y and of the logarithms of w,
             h; (p - 1)^2 of objects; squared differences of the classes; over the number of boxes
             that belong to this map; and p^2 of all anchors over the number of the others.
    A box belongs to the anchor of all `anchors` (pixels of 32, 16 or 8 times S where the mask
    begins with 6, 3 or 0; else of net_w and net_h) whose shape is nearest, if `mask` has it. The
    gradient is half of the summands' over N, without the sigmoid's slope at classes; predictions
    that overlap a box by more than ignore_thresh have none at objectness. The classes of all boxes
    of an anchor are 1; their part of the loss is the first box's. Without a box the loss is that of
    objectness; the original divides by 0 there.
    Errors:  SpecError for channels, labels, anchors and masks that do not fit, and truth_thresh
             below 1; DataError for a class that is not below num_classes.
    Source:  YoloV3LossParameter; yolo_v3_loss_layer.cpp of
             foss-for-synopsys-dwc-arc-processors/synopsys-caffe.
    """

    num_bottoms = (2, 2)
    loss = True
    no_gradient_bottoms = (1,)

    def __init__(self, spec: LayerSpec, x: Shape, labels: Shape):
        super().__init__(spec)
        field = "yolo_v3_loss_param"
        honour(spec, field, "anchors mask side num_classes num_object total_object ignore_thresh "
               "truth_thresh net_w net_h")
        param = spec.proto.yolo_v3_loss_param
        self.param = plain(param)
        self.check = _check(spec, field, x, labels)
        num = len(param.anchors) // 2
        if not num or len(param.anchors) % 2 or param.total_object not in (0, num):
            raise spec.error(f"{field}.anchors", f"has {len(param.anchors)} numbers; it must have "
                             f"two for each of total_object, {param.total_object}, anchors")
        self.mask = list(param.mask)
        if len(self.mask) != param.num_object or not all(0 <= n < num for n in self.mask):
            raise spec.error(f"{field}.mask", f"is {self.mask}; it must be {param.num_object} "
                             f"numbers from 0 to {num - 1}")
        check_truth_thresh(spec, field)
        if self.mask[0] not in STRIDES:
            at_least(spec, f"{field}.net_w", [param.net_w, param.net_h], 1)
        self.anchors = [list(param.anchors[2 * n:2 * n + 2]) for n in range(num)]

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        return [()]

    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        wide = precise(x)
        raw = map_of(wide, len(self.mask))
        truth = _truth(labels.detach().to(wide.dtype), x.shape[2], self.check)
        steps, value = self._squares(raw, truth)
        return with_slopes(wide, steps, value)

    def _squares(self, raw: Tensor, truth: Truth) -> tuple[Tensor, Tensor]:
        """The slopes, of the map's shape (N, A, S, S, 5 + C), and the loss."""
        side = raw.shape[2]
        stride = STRIDES.get(self.mask[0])
        pixels = [self.param.net_w, self.param.net_h] if stride is None else [side * stride] * 2
        anchors = raw.new_tensor(self.anchors) / raw.new_tensor(pixels)
        near, rest = raw[..., :2].sigmoid(), raw[..., 4:].sigmoid()
        score = rest[..., 0]
        boxes = boxes_of(near, raw[..., 2:4], anchors[self.mask])
        spared = best_overlap(boxes, truth) > self.param.ignore_thresh
        steps = torch.zeros_like(raw)
        steps[..., 4] = (score.square() * (1 - score)).where(~spared, 0)

        match = match_boxes(truth, (side, side))
        chosen = nearest(anchors, match.box)
        number = own_anchors(self.mask, len(anchors), raw.device)
        match = with_anchors(match, number[chosen], raw.shape)
        own_anchor = anchors[self.mask][match.anchor]
        found = torch.cat([near, raw[..., 2:4]], -1)[match.at]
        change = found - box_targets(match, own_anchor, (side, side))
        scale = 2 - match.box[:, 2:].prod(1, keepdim=True)
        inner = found[:, :2] * (1 - found[:, :2])
        through = torch.cat([inner, torch.ones_like(inner)], 1)
        write(steps, match, slice(0, 4), scale * change * through)
        own = score[match.at]
        write(steps, match, slice(4, 5), ((own - 1) * own * (1 - own))[:, None])
        classes = rest[..., 1:]
        is_one = torch.zeros_like(classes).index_put((*match.at, match.label),
                                                     classes.new_ones(()))
        write(steps, match, slice(5, None), (classes - is_one)[match.at])
        first = torch.arange(classes.shape[-1], device=raw.device) == match.label[:, None]
        wrong = (classes[match.at] - first.to(classes.dtype)) * match.first[:, None]
        total = (scale * change.square()).sum() + (1 - own).square().sum() + wrong.square().sum()
        num = len(own)
        return steps, total / max(num, 1) + score.square().sum() / max(score.numel() - num, 1)
