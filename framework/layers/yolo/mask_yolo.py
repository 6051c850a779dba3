"""MaskYolo's losses: YOLO v2's with masks, and YOLO v3's of one map."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
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
from framework.ops.losses import precise
from framework.proto import has_field

REGION_FIELDS = frozenset("region_loss_param." + name for name in (
    "num_object", "num_coord", "anchor_x", "anchor_y", "with_mask", "with_kps", "mask_w", "mask_h"))
ROW, MASK_ROW, JOINTS = 5, 6, 35    # numbers of a box, of one with masks, and of a box's joints
HIDDEN = 255                        # the number of pixels of the mask that do not count
USUAL_THRESH = 0.6
SURPLUS = 0.01                      # added to the numbers of boxes
LEAST_SCORE = 0.01                  # below it an anchor without an object has no slope


def _check(spec: LayerSpec, field: str, x: Shape, num: int) -> None:
    """SpecError for anchors and channels that do not fit; `num` anchors are this map's."""
    param = getattr(spec.proto, field)
    if not len(param.anchor_x) == len(param.anchor_y) == param.num_object or not num:
        raise spec.error(f"{field}.anchor_x", f"is given {len(param.anchor_x)} times, anchor_y "
                         f"{len(param.anchor_y)} times; num_object is {param.num_object}")
    if param.num_coord != 4:
        raise spec.error(f"{field}.num_coord", f"is {param.num_coord}; it must be 4")
    channels = num * (5 + param.num_class)
    if len(x) != 4 or x[1] != channels:
        raise spec.error("bottom", f"has the shape {tuple(x)}; {num} anchors and num_class: "
                         f"{param.num_class} need (N, {channels}, H, W)")


def _rows(labels: Tensor, check: IndexCheck | None) -> Truth:
    """The boxes of rows (N, T, 5 or more): x, y, w, h, class, up to the first of x 0."""
    valid = (labels[..., 0] == 0).cumsum(1) == 0
    return truth_of(labels[..., 4], labels[..., :4], valid, check)


def _class_check(spec: LayerSpec, field: str, labels: Shape, num_rows: int) -> IndexCheck | None:
    num = getattr(spec.proto, field).num_class
    return IndexCheck(spec, 1, (labels[0], num_rows), num,
                      hint=f"{field}.num_class is too small") if num else None


class RegionSquares(nn.Module):
    """RegionLoss in MaskYolo's form; see there."""

    def __init__(self, spec: LayerSpec, x: Shape, labels: Shape):
        super().__init__()
        field = "region_loss_param"
        honour(spec, field, "num_class num_object num_coord object_scale noobject_scale "
               "class_scale coord_scale softmax rescore anchor_x anchor_y thresh bias_match "
               "with_mask with_kps mask_w mask_h")
        param = spec.proto.region_loss_param
        _check(spec, field, x, param.num_object)
        self.mask = (param.mask_h, param.mask_w) if param.with_mask else None
        size = MASK_ROW if param.with_mask else ROW
        numbers = math.prod(labels[1:]) - (math.prod(self.mask) if self.mask else 0)
        whole = size + JOINTS if param.with_mask and param.with_kps else size
        if labels[0] != x[0] or numbers <= 0 or numbers % whole:
            raise spec.error("bottom", f"'{spec.bottoms[1]}' has the shape {tuple(labels)}; it "
                             f"must hold rows of {whole} numbers for each item"
                             f"{', and a mask of mask_h x mask_w' if self.mask else ''}")
        self.num_rows, self.size = numbers // whole, size
        self.check = _class_check(spec, field, labels, self.num_rows)
        pairs = zip(param.anchor_x, param.anchor_y, strict=True)
        self.rule = RegionRule(
            [list(pair) for pair in pairs], param.object_scale, param.noobject_scale,
            param.class_scale, param.coord_scale,
            param.thresh if has_field(param, "thresh") else USUAL_THRESH,
            by_shape=has_field(param, "bias_match") and bool(param.bias_match),
            softmax=bool(param.softmax), surplus=SURPLUS)

    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        """The loss () of a map and labels."""
        wide = precise(x)
        raw = map_of(wide, len(self.rule.anchors))
        flat = labels.detach().to(wide.dtype).flatten(1)
        end = self.num_rows * self.size
        truth = _rows(flat[:, :end].unflatten(1, (-1, self.size)), self.check)
        steps, value = region_squares(raw, truth, self.rule, hidden=self._hidden(flat[:, end:], x))
        return with_slopes(wide, steps, value)

    def _hidden(self, rest: Tensor, x: Tensor) -> Tensor | None:
        """(N, 1, H, W): the cells whose middle the mask hides."""
        if self.mask is None:
            return None
        mask = rest[:, :math.prod(self.mask)].unflatten(1, self.mask)
        row, column = (((torch.arange(cells, device=x.device) + 0.5) * pixels / cells).long()
                       for cells, pixels in zip(x.shape[2:], self.mask, strict=True))
        return (mask[:, row][:, :, column] == HIDDEN)[:, None]


@layer
class YoloLoss(Layer):
    """YOLO v3 loss of one map (MaskYolo): squared errors of boxes, objectness and classes.

    Bottoms: x (N, A * (5 + num_class), H, W), A the numbers of `mask`: for each anchor x, y, w, h,
             objectness and classes, before sigmoids; labels (N, 5 T) of rows x, y, w, h (centre and
             size as fractions of the image) and class from 0, up to the first of x 0.
    Top:     the loss (): squared differences of x, y, of the logarithms of w, h, (p - 1)^2 and
             those of the classes, over the number of boxes that belong to this map + 0.01; and p^2
             over the number + 0.01 of the anchors that it is of: those from 0.01 on that overlap no
             box by more than ignore_thresh.
    A box belongs to the anchor whose shape (anchor_x and anchor_y over net_w and net_h) is nearest,
    if it is in `mask`. The gradient is p - target over N, without any sigmoid's slope: of boxes
    times coord_scale + 2 (1 - w h), of objects object_scale, of classes class_scale, without an
    object noobject_scale. A box whose centre is left of ignore_w and above ignore_h has none at
    objectness, and is not in the number.
    Errors:  SpecError for channels, labels, anchors and masks that do not fit, and truth_thresh
             below 1; DataError for a class that is not below num_class.
    Source:  YoloLossParameter; yolo_loss_layer.cpp and box.hpp of leon-liangwu/MaskYolo_Caffe.
    """

    num_bottoms = (2, 2)
    loss = True
    no_gradient_bottoms = (1,)

    def __init__(self, spec: LayerSpec, x: Shape, labels: Shape):
        super().__init__(spec)
        field = "yolo_loss_param"
        honour(spec, field, "num_class num_object num_coord object_scale noobject_scale "
               "class_scale coord_scale anchor_x anchor_y mask ignore_thresh truth_thresh net_w "
               "net_h ignore_w ignore_h")
        param = spec.proto.yolo_loss_param
        self.param, self.mask = plain(param), list(param.mask)
        if not self.mask or max(self.mask) >= param.num_object:
            raise spec.error(f"{field}.mask", f"is {self.mask}; it must be numbers from 0 to "
                             f"{param.num_object - 1}")
        _check(spec, field, x, len(self.mask))
        at_least(spec, f"{field}.net_w", [param.net_w, param.net_h], 1)
        check_truth_thresh(spec, field)
        if labels[0] != x[0] or math.prod(labels[1:]) % ROW:
            raise spec.error("bottom", f"'{spec.bottoms[1]}' has the shape {tuple(labels)}; it "
                             f"must hold rows of {ROW} numbers for each item")
        self.check = _class_check(spec, field, labels, math.prod(labels[1:]) // ROW)
        self.anchors = [[x / param.net_w, y / param.net_h]
                        for x, y in zip(param.anchor_x, param.anchor_y, strict=True)]

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        return [()]

    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        wide = precise(x)
        raw = map_of(wide, len(self.mask))
        found = torch.cat([raw[..., :2].sigmoid(), raw[..., 2:4], raw[..., 4:].sigmoid()], -1)
        rows = labels.detach().to(wide.dtype).flatten(1).unflatten(1, (-1, ROW))
        steps, value = self._squares(found, _rows(rows, self.check))
        return with_slopes(wide, steps, value)

    def _squares(self, found: Tensor, truth: Truth) -> tuple[Tensor, Tensor]:
        """The slopes, of the map's shape (N, A, H, W, 5 + C), and the loss."""
        param, sizes = self.param, (found.shape[2], found.shape[3])
        anchors = found.new_tensor(self.anchors)
        chosen = anchors[self.mask]
        score = found[..., 4]
        boxes = boxes_of(found[..., :2], found[..., 2:4], chosen)
        free = (best_overlap(boxes, truth) <= param.ignore_thresh) & (score >= LEAST_SCORE)
        steps = torch.zeros_like(found)
        steps[..., 4] = (param.noobject_scale * score).where(free, 0)
        without = score.square().where(free, 0).sum() / _counted(free, score)

        match = match_boxes(truth, sizes)
        number = own_anchors(self.mask, len(anchors), found.device)
        match = with_anchors(match, number[nearest(anchors, match.box)], found.shape)
        own = found[match.at]
        change = own[:, :4] - box_targets(match, chosen[match.anchor], sizes)
        scale = param.coord_scale + 2 * (1 - match.box[:, 2:].prod(1, keepdim=True))
        write(steps, match, slice(0, 4), scale * change)
        ignored = (match.box[:, 0] < param.ignore_w) & (match.box[:, 1] < param.ignore_h)
        pull = (param.object_scale * (own[:, 4] - 1)).where(~ignored, 0)
        write(steps, match, slice(4, 5), pull[:, None])
        one = torch.arange(own.shape[1] - 5, device=own.device) == match.label[:, None]
        wrong = own[:, 5:] - one.to(own.dtype)
        write(steps, match, slice(5, None), param.class_scale * wrong)
        total = change.square().sum() + (1 - own[:, 4]).square().sum() + wrong.square().sum()
        return steps, total / _counted(~ignored, score) + without


def _counted(which: Tensor, like: Tensor) -> Tensor:
    return which.sum().to(like.dtype) + SURPLUS
