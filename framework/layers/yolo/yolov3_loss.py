"""Yolov3: the loss of YOLO v3 on one of its maps, as MobileNet-YOLO has it."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.index_check import IndexCheck
from framework.layers.params import honour, plain
from framework.layers.yolo.box_slopes import overlap, slopes
from framework.ops.by_item import by_item
from framework.ops.losses import GivenSlopes, precise
from framework.proto import enum_name

FIELDS = ("num_class num object_scale class_scale coord_scale thresh "
          "anchors_scale biases mask use_logic_gradient use_focal_loss iou_loss iou_normalizer "
          "iou_thresh max_delta accumulate label_smooth_eps scale_x_y")
FLOAT_MAX = 3.4e38      # a max_delta from here on is none


class _Truth(NamedTuple):
    """The boxes of a batch: class (N, T), centre and size (N, T, 4), which are there (N, T)."""

    label: Tensor
    box: Tensor
    covers: Tensor      # those that hide the absence of an object
    teaches: Tensor     # those that an anchor is taught


class Matches(NamedTuple):
    """Pairs of a box and an anchor, in the original's order: all of shape (K,)."""

    item: Tensor
    box: Tensor
    anchor: Tensor      # among those of this map
    row: Tensor
    column: Tensor


@layer
class Yolov3(Layer):
    """YOLO v3 loss on one map: squared errors of boxes, objectness and classes, after sigmoids.

    Bottoms: x (N, num * (5 + num_class), h, w): for each anchor x, y, w, h, objectness and
             classes, before any activation; labels (N, 1, T, 5) or any shape with 5 T numbers for
             each item: class from 0 on, x, y, w, h of a box's centre and size as fractions of the
             image, and zeros after the last one. AnnotatedData with `yolo_data_type: 1` gives
             300 of them.
    Top:     the loss (): the squared slopes, summed, over N. With another iou_loss than MSE the
             slopes of x, y, w and h are left out and iou_normalizer * mean(1 - IoU) is added.
    A box belongs to the cell of its centre, and there to the anchor whose shape overlaps it most,
    if `mask` has it for this map, and to all whose overlap is above iou_thresh. Slopes:
    sigmoid - target for x, y, objectness and classes, difference of logarithms for w and h, the
    four times coord_scale * (2 - w * h). Predictions without a box have objectness 0 as their
    target, unless they overlap one by more than thresh. Targets of classes are 1 and 0, moved by
    label_smooth_eps towards one half. iou_loss GIOU, DIOU or CIOU measures overlap so, and takes
    its slopes for the boxes, times iou_normalizer, at most max_delta. With `scale_x_y` s x and y
    are s * sigmoid - (s - 1) / 2.
    The gradient is the slopes over N, times the sigmoid's slope with `use_logic_gradient`.
    Errors:  SpecError for channels, biases or masks that do not fit; DataError for a class that
             is not below num_class.
    Source:  Yolov3Parameter; yolov3_layer.cpp of eric612/MobileNet-YOLO (master); yolo_layer.c of
             AlexeyAB/darknet for scale_x_y; Redmon and Farhadi 2018.
    """

    num_bottoms = (2, 2)
    fork_fields = frozenset({"yolov3_param.scale_x_y"})
    loss = True
    no_gradient_bottoms = (1,)

    def __init__(self, spec: LayerSpec, x: Shape, labels: Shape):
        super().__init__(spec)
        honour(spec, "yolov3_param", FIELDS)
        param = spec.proto.yolov3_param
        self.param = plain(param)
        self.kind = enum_name(param, "iou_loss")
        self.mask = list(param.mask)
        if param.scale_x_y != 1 and param.use_logic_gradient:
            raise spec.error("yolov3_param.scale_x_y", f"is {param.scale_x_y:g}; with "
                             "use_logic_gradient it must be 1")
        self._check_anchors(x)
        self.biases = [list(param.biases[index:index + 2])
                       for index in range(0, len(param.biases), 2)]
        if labels[0] != x[0] or math.prod(labels[1:]) % 5:
            raise spec.error("bottom[1]", f"has the shape {tuple(labels)}; it must hold 5 numbers "
                             f"for each box of each of {x[0]} items: AnnotatedData gives them "
                             "with yolo_data_type: 1")
        rows = (x[0], math.prod(labels[1:]) // 5)
        self.classes = IndexCheck(spec, 1, rows, param.num_class, what="classes",
                                  hint="yolov3_param.num_class is too small")

    def _check_anchors(self, x: Shape) -> None:
        spec, param = self.spec, self.spec.proto.yolov3_param
        channels = param.num * (5 + param.num_class)
        if len(x) != 4 or x[1] != channels:
            raise spec.error("bottom", f"has the shape {tuple(x)}; num: {param.num} and num_class: "
                             f"{param.num_class} need {channels} channels")
        if len(param.biases) % 2 or not param.biases:
            raise spec.error("yolov3_param.biases", f"has {len(param.biases)} numbers; it must "
                             "have a width and a height for each anchor")
        if len(param.mask) != param.num or max(param.mask) >= len(param.biases) // 2:
            raise spec.error("yolov3_param.mask", f"is {list(param.mask)}; it must be {param.num} "
                             f"numbers from 0 to {len(param.biases) // 2 - 1}")

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        return [()]

    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        wide = precise(x)
        raw = wide.detach().unflatten(1, (self.param.num, -1)).permute(0, 1, 3, 4, 2)
        zoom = self.param.scale_x_y
        middle = raw[..., :2].sigmoid() * zoom - (zoom - 1) / 2
        found = torch.cat([middle, raw[..., 2:4], raw[..., 4:].sigmoid()], -1)
        truth = self._truth(labels.detach().to(wide.dtype))
        steps, distance = self._steps(found, truth)
        value = steps.square().sum() if self.kind == "MSE" \
            else steps[..., 4:].square().sum() + distance
        if self.param.use_logic_gradient:
            # where boxes are taught by their overlap, the original has the raw x and y here
            near = found[..., :2] if self.kind == "MSE" else raw[..., :2]
            through = torch.cat([near, found[..., 4:]], -1)
            through = through * (1 - through)
            ones = torch.ones_like(raw[..., 2:4])
            steps = steps * torch.cat([through[..., :2], ones, through[..., 2:]], -1)
        steps = steps.permute(0, 1, 4, 2, 3).reshape(x.shape)
        return GivenSlopes.apply(wide, steps / len(x), value / len(x))

    def _truth(self, labels: Tensor) -> _Truth:
        rows = by_item(labels, -1, 5)
        covers = (rows[..., 1] == 0).cumsum(1) == 0
        teaches = (rows[..., 3] == 0).cumsum(1) == 0
        label = rows[..., 0].trunc()
        inside = (label >= 0) & (label < self.param.num_class)
        label = self.classes.require(label, inside | ~teaches)
        # all lists are as long as the longest that has boxes: of 300 rows most are empty
        length = max(int((covers | teaches).sum(1).amax()), 1)
        return _Truth(label[:, :length].long(), rows[:, :length, 1:], covers[:, :length],
                      teaches[:, :length])

    def _anchors(self, found: Tensor, sizes: torch.Size) -> Tensor:
        """Width and height (A, 2) of all anchors as fractions of the image."""
        height, width = sizes
        size = found.new_tensor([width, height]) * self.param.anchors_scale
        return found.new_tensor(self.biases) / size

    def _boxes(self, found: Tensor) -> Tensor:
        """The predicted boxes (N, A, h, w, 4)."""
        height, width = found.shape[2:4]
        y, x = torch.meshgrid(torch.arange(height, device=found.device),
                              torch.arange(width, device=found.device), indexing="ij")
        cell = torch.stack([x, y], -1).to(found.dtype)
        middle = (found[..., :2] + cell) / found.new_tensor([width, height])
        own = self._anchors(found, found.shape[2:4])[self.mask][:, None, None]
        return torch.cat([middle, found[..., 2:4].exp() * own], -1)

    def _steps(self, found: Tensor, truth: _Truth) -> tuple[Tensor, Tensor]:
        """The slopes (N, A, h, w, 5 + C), and the boxes' part of the loss by overlap."""
        boxes = self._boxes(found)
        shares = overlap(self.kind, boxes.flatten(1, 3)[:, :, None], truth.box[:, None])
        covered = ((shares > self.param.thresh) & truth.covers[:, None]).any(2)
        score = found[..., 4]
        steps = torch.zeros_like(found)
        steps[..., 4] = torch.where(covered.view(score.shape), 0, score)
        match = self._matches(found, truth)
        at = (match.item, match.anchor, match.row, match.column)
        scale = self.param.object_scale if self.param.use_logic_gradient else 1.0
        steps[..., 4] = steps[..., 4].index_put(at, (score[at] - 1) * scale)
        steps[..., 5:] = self._class_steps(found[..., 5:], truth, match)
        box = truth.box[match.item, match.box]
        if self.kind == "MSE":
            last = last_pairs(match, score)
            chosen = tuple(part[last] for part in at)
            steps[..., :4] = steps[..., :4].index_put(
                chosen, self._differences(found[chosen], match, box, last, score.shape[2:]))
            return steps, steps.new_zeros(())
        own = boxes[at]
        pull = self._pull(own, box, found[at])
        if not self.param.accumulate:
            pull = pull * last_pairs(match, score)[:, None]
        steps[..., :4] = steps[..., :4].index_put(at, -pull, accumulate=True)
        kind = self.kind if self.kind in ("GIOU", "CIOU") else "DIOU"
        far = 1 - overlap(kind, own, box)
        return steps, self.param.iou_normalizer * far.sum() / max(len(far), 1)

    def _matches(self, found: Tensor, truth: _Truth) -> Matches:
        height, width = found.shape[2:4]
        item, number = truth.teaches.nonzero(as_tuple=True)
        box = truth.box[item, number]
        anchors = self._anchors(found, found.shape[2:4])
        shapes = F.pad(anchors, (2, 0))
        share = overlap(self.kind, shapes, F.pad(box[:, 2:], (2, 0))[:, None])       # (G, A)
        best = torch.where(share.amax(1) > 0, share.argmax(1), -1)
        column = torch.arange(len(anchors), device=box.device)
        own = torch.tensor([self.mask.index(n) if n in self.mask else -1
                            for n in range(len(anchors))], device=box.device)
        first = (column == best[:, None]) & (own >= 0)
        # the original compares anchors with the best one's number among those of this map
        spared = torch.where(first.any(1), own[best], best)
        others = (own >= 0) & (column != spared[:, None]) & (share > self.param.iou_thresh)
        others = others & (self.param.iou_thresh < 1)
        which, pair = torch.cat([first, others], 1).nonzero(as_tuple=True)
        cell = (box[which, :2] * box.new_tensor([width, height])).long()
        return Matches(item[which], number[which], own[pair % len(anchors)],
                        cell[:, 1].clamp(0, height - 1), cell[:, 0].clamp(0, width - 1))

    def _differences(self, found: Tensor, match: Matches, box: Tensor, last: Tensor,
                     sizes: torch.Size) -> Tensor:
        """Slopes (K, 4) of the squared errors of boxes."""
        height, width = sizes
        box = box[last]
        size = box.new_tensor([width, height])
        cell = torch.stack([match.column, match.row], 1)[last]
        anchor = self._anchors(found, sizes)[self.mask]
        target = torch.cat([box[:, :2] * size - cell,
                            (box[:, 2:] / anchor[match.anchor[last]]).log()], 1)
        scale = self.param.coord_scale * (2 - box[:, 2:].prod(1, keepdim=True))
        return scale * (found[:, :4] - target)

    def _pull(self, own: Tensor, box: Tensor, found: Tensor) -> Tensor:
        """Slopes (K, 4) of the overlap, as the original limits them."""
        size = torch.where(own[:, 2:] == 0, 1, own[:, 2:])
        pull = slopes(self.kind, torch.cat([own[:, :2], size], 1), box)
        pull = torch.cat([pull[:, :2], pull[:, 2:] * found[:, 2:4].exp()], 1)
        pull = (pull * self.param.iou_normalizer).nan_to_num(0, 0, 0)
        limit = self.param.max_delta
        return pull if limit >= FLOAT_MAX else pull.clamp(-limit, limit)

    def _class_steps(self, score: Tensor, truth: _Truth, match: Matches) -> Tensor:
        """Slopes (N, A, h, w, C) of anchors with a box: the classes of all their boxes are 1."""
        at = (match.item, match.anchor, match.row, match.column)
        label = truth.label[match.item, match.box]
        has = torch.zeros_like(score[..., 0], dtype=torch.bool).index_put(
            at, torch.ones_like(label, dtype=torch.bool))
        is_one = torch.zeros_like(score).index_put((*at, label), score.new_ones(()))
        smooth = self.param.label_smooth_eps
        target = is_one * (1 - smooth) + 0.5 * smooth
        steps = (score - target) * self.param.class_scale
        if self.param.use_focal_loss:
            steps = self._focal(steps, score, at, label, match)
        return steps.where(has[..., None], 0)

    def _focal(self, steps: Tensor, score: Tensor, at: tuple[Tensor, ...], label: Tensor,
               match: Matches) -> Tensor:
        """The slopes by the first box of an anchor, weighted; those of later ones' classes stay."""
        first = last_pairs(match, score[..., 0], reverse=True)
        chosen = tuple(part[first] for part in at)
        own = label[first]
        rows = score[chosen]
        certain = rows.gather(1, own[:, None]) + 1e-15
        weight = -0.5 * (1 - certain) * (2 * certain * certain.log() + certain - 1)
        one = F.one_hot(own, score.shape[-1]).to(score.dtype)
        weighted = steps.index_put(chosen, (rows - one) * self.param.class_scale * weight)
        later = torch.zeros_like(score, dtype=torch.bool).index_put(
            (*(part[~first] for part in at), label[~first]), torch.ones_like(label[~first]).bool())
        return torch.where(later, steps, weighted)


def last_pairs(match: Matches, score: Tensor, reverse: bool = False) -> Tensor:
    """Which pairs (K,) are the last, or first, of those with the same anchor and cell."""
    num_anchors, height, width = score.shape[1:]
    flat = ((match.item * num_anchors + match.anchor) * height + match.row) * width + match.column
    order = torch.arange(len(flat), device=flat.device)
    empty = torch.full((score.numel(),), len(flat) if reverse else -1, device=flat.device)
    chosen = empty.scatter_reduce(0, flat, order, "amin" if reverse else "amax")
    return chosen[flat] == order
