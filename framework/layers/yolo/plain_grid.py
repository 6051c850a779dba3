"""YOLO v2's slopes of a map that counts as it is, without sigmoid and softmax."""

from __future__ import annotations

import torch
from torch import Tensor

from framework.layers.yolo.anchor_squares import (
    EARLY_SCALE,
    RegionRule,
    Truth,
    best_overlap,
    boxes_of,
    match_boxes,
    nearest,
    with_anchors,
    write,
)
from framework.layers.yolo.box_slopes import overlap

GOOD = 0.5      # a box that a prediction overlaps by more is found


def plain_squares(raw: Tensor, truth: Truth, rule: RegionRule, *, early: bool | Tensor = False
                  ) -> tuple[Tensor, Tensor]:
    """Slopes, of the map's shape (N, A, S, S, 5 + C), and the loss () of YOLO v2 without sigmoids.

    rule   its anchors are fractions of the image
    early  whether predictions without a box are drawn to the middle of their cell and to their
           anchor, with a scale of 0.01
    A box is x, y in its cell and anchor * exp of w, h. The slopes of a box are the scale times the
    differences of x, y, w and h as fractions of the image, those of w and h times the prediction;
    the scale is coord_scale (2 - x y) of the middle x, y of the box, as the original has it. The
    slope of objectness is noobject_scale p, without a box that the prediction overlaps by more than
    thresh, or object_scale (p - overlap), or (p - 1) without rescore; that of a class class_scale
    times the difference. The loss is, with the means over the boxes, object_scale (1 - mean p) +
    class_scale mean |p of its class - 1| + 1 - mean overlap + 1 - the share of boxes that are
    overlapped by more than half, and noobject_scale times the sum of |p| of all anchors over the
    number of those without a box. Without a box it is the last alone; the original divides by 0.
    Source: yolo_v2_loss_layer.cpp of karta0807913/caffe-yolo-9000.
    """
    sizes = (raw.shape[2], raw.shape[3])
    anchors = raw.new_tensor(rule.anchors)
    boxes = boxes_of(raw[..., :2], raw[..., 2:4], anchors)
    score = raw[..., 4]
    middle = boxes_of(torch.full_like(raw[..., :2], 0.5), torch.zeros_like(raw[..., 2:4]), anchors)
    drawn = EARLY_SCALE * (boxes - middle) * early
    spared = best_overlap(boxes, truth) > rule.thresh
    steps = torch.cat([drawn[..., :2], drawn[..., 2:] * boxes[..., 2:],
                       (rule.noobject_scale * score).where(~spared, 0)[..., None],
                       torch.zeros_like(raw[..., 5:])], -1)

    match = match_boxes(truth, sizes)
    match = with_anchors(match, nearest(anchors, match.box), raw.shape)
    found, own = boxes[match.at], score[match.at]
    share = overlap("IOU", found, match.box).nan_to_num(0)
    scale = rule.coord_scale * (2 - match.box[:, :2].prod(1, keepdim=True))
    change = scale * (found - match.box)
    write(steps, match, slice(0, 4), torch.cat([change[:, :2], change[:, 2:] * found[:, 2:]], 1))
    wanted = share if rule.rescore else torch.ones_like(own)
    write(steps, match, slice(4, 5), (rule.object_scale * (own - wanted))[:, None])
    classes = raw[..., 5:][match.at]
    one = match.label[:, None] == torch.arange(classes.shape[1], device=raw.device)
    wrong = rule.class_scale * (classes - one.to(classes.dtype))
    write(steps, match, slice(5, None), wrong)

    good = (share > GOOD).to(own.dtype)
    of_boxes = rule.object_scale * (1 - own) + 2 - share - good + wrong.where(one, 0).abs().sum(1)
    nothing = rule.noobject_scale * score.abs().sum()
    num = len(own)
    return steps, of_boxes.sum() / max(num, 1) + nothing / max(score.numel() - num, 1)
