"""Squared errors of the anchors of a grid: what several YOLO v2 and v3 losses are made of.

A map is (N, A, H, W, 5 + C): for each of A anchors x, y, w, h, objectness and classes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.index_check import IndexCheck
from framework.layers.yolo.box_slopes import overlap
from framework.ops.losses import GivenSlopes

EARLY_SCALE = 0.01      # of the boxes without an object, while a training begins


class Truth(NamedTuple):
    """Boxes of a batch: class (N, T), centre and size (N, T, 4), whether they are there (N, T)."""

    label: Tensor
    box: Tensor
    valid: Tensor


class Matches(NamedTuple):
    """Pairs of a box and an anchor of the map, by image and order of the boxes: all are (K,).

    `first` and `last` tell those before and after which no other box takes the same anchor of the
    same cell.
    """

    item: Tensor
    anchor: Tensor
    row: Tensor
    column: Tensor
    label: Tensor
    box: Tensor         # (K, 4)
    first: Tensor
    last: Tensor

    @property
    def at(self) -> tuple[Tensor, ...]:
        """The index of their predictions in a map."""
        return self.item, self.anchor, self.row, self.column


def map_of(x: Tensor, num: int) -> Tensor:
    """The map (N, num, H, W, 5 + C) of a bottom (N, num * (5 + C), H, W); without a gradient."""
    return x.detach().unflatten(1, (num, -1)).permute(0, 1, 3, 4, 2)


def with_slopes(x: Tensor, steps: Tensor, value: Tensor) -> Tensor:
    """The loss `value` of a bottom x, whose gradient are the steps of its map, over N."""
    loss: Tensor = GivenSlopes.apply(
        x, steps.permute(0, 1, 4, 2, 3).reshape(x.shape) / len(x), value)
    return loss


def own_anchors(mask: list[int], num: int, device: torch.device) -> Tensor:
    """For each of `num` anchors of all maps, which of `mask`, those of this map, it is; or -1."""
    return torch.tensor([mask.index(n) if n in mask else -1 for n in range(num)], device=device)


def check_truth_thresh(spec: LayerSpec, field: str) -> None:
    """SpecError for a truth_thresh below 1, from which on the originals have other code."""
    thresh = getattr(spec.proto, field).truth_thresh
    if thresh < 1:
        raise spec.error(f"{field}.truth_thresh", f"is {thresh:g}; it must be 1")


def truth_of(label: Tensor, box: Tensor, valid: Tensor, check: IndexCheck | None) -> Truth:
    """The boxes (N, T) as Truth, those that are there first, and no longer than it must be.

    check  of the classes; None if no class is looked at
    """
    label = label.trunc()
    if check is not None:
        inside = (label >= 0) & (label < check.num)
        label = check.require(label, inside | ~valid)
    order = (~valid).to(torch.uint8).argsort(dim=1, stable=True)
    longest = int(valid.sum(1).amax()) if len(valid) else 0
    order = order[:, :max(longest, 1)]
    box = box.gather(1, order[..., None].expand(-1, -1, 4))
    valid = valid.gather(1, order)
    return Truth(label.gather(1, order).where(valid, 0).long(),
                 box.where(valid[..., None], 0), valid)


def boxes_of(middle: Tensor, size: Tensor, anchors: Tensor) -> Tensor:
    """The predicted boxes (N, A, H, W, 4), centre and size as fractions of the image.

    middle   (N, A, H, W, 2) x and y in the cell, from 0 to 1
    size     (N, A, H, W, 2) logarithms
    anchors  (A, 2) width and height as fractions
    """
    height, width = middle.shape[2:4]
    y, x = torch.meshgrid(torch.arange(height, device=middle.device),
                          torch.arange(width, device=middle.device), indexing="ij")
    cell = torch.stack([x, y], -1).to(middle.dtype)
    return torch.cat([(middle + cell) / middle.new_tensor([width, height]),
                      size.exp() * anchors[:, None, None]], -1)


def best_overlap(boxes: Tensor, truth: Truth) -> Tensor:
    """(N, A, H, W): the largest IoU of a prediction with a box of its image; 0 without one."""
    share = overlap("IOU", boxes.flatten(1, 3)[:, :, None], truth.box[:, None])
    share = share.where(truth.valid[:, None], 0).nan_to_num(0)
    return share.amax(2).view(boxes.shape[:-1])


def shape_overlap(first: Tensor, second: Tensor) -> Tensor:
    """Overlap of boxes (..., 2) of these sizes around one centre."""
    common = torch.minimum(first, second).prod(-1)
    return common / (first.prod(-1) + second.prod(-1) - common)


def nearest(sizes: Tensor, box: Tensor) -> Tensor:
    """Which of the sizes (K, A, 2) or (A, 2) overlaps each box (K, 4) most, around one centre."""
    share = shape_overlap(sizes, box[:, None, 2:])
    return share.nan_to_num(0).argmax(1)


def match_boxes(truth: Truth, sizes: tuple[int, int]) -> Matches:
    """A pair for each box that is there, of anchor 0 as yet, in the cell (H, W) of its centre."""
    height, width = sizes
    item, number = truth.valid.nonzero(as_tuple=True)
    box = truth.box[item, number]
    column, row = (box[:, :2] * box.new_tensor([width, height])).long().unbind(1)
    single = torch.ones_like(item, dtype=torch.bool)
    return Matches(item, torch.zeros_like(item), row.clamp(0, height - 1),
                   column.clamp(0, width - 1), truth.label[item, number], box, single, single)


def with_anchors(match: Matches, anchor: Tensor, shape: Sequence[int]) -> Matches:
    """The pairs with these anchors (K,) of a map of `shape` (N, A, H, W), without those of -1."""
    keep = anchor >= 0
    match = Matches(*(part[keep] for part in match))
    match = match._replace(anchor=anchor[keep])
    _, num, height, width = shape[:4]
    flat = ((match.item * num + match.anchor) * height + match.row) * width + match.column
    order = torch.arange(len(flat), device=flat.device)
    empty = order.new_zeros(shape[0] * num * height * width)
    first, last = (empty.scatter_reduce(0, flat, order, way, include_self=False)[flat] == order
                   for way in ("amin", "amax"))
    return match._replace(first=first, last=last)


def box_targets(match: Matches, anchors: Tensor, sizes: tuple[int, int]) -> Tensor:
    """x, y in the cell and logarithms of w, h (K, 4) that the boxes ask for.

    anchors  (K, 2) width and height as fractions, of each pair
    """
    height, width = sizes
    place = match.box[:, :2] * match.box.new_tensor([width, height])
    place = place - torch.stack([match.column, match.row], 1)
    return torch.cat([place, (match.box[:, 2:] / anchors).log()], 1)


def write(steps: Tensor, match: Matches, part: slice, values: Tensor) -> None:
    """Put values (K, ...) of the last pair of each anchor at `part` of the last axis, in place."""
    steps[..., part] = steps[..., part].index_put(
        tuple(index[match.last] for index in match.at), values[match.last])


@dataclass(frozen=True)
class RegionRule:
    """How YOLO v2's loss weighs its parts.

    anchors     width and height in cells
    by_shape    a box belongs to the anchor of the nearest shape; else to the nearest prediction
    by_size     the errors of boxes count 2 - w * h times
    rescore     objectness is to be the overlap; else 1
    softmax     of the classes; else they are taken as they are
    surplus     added to the number of boxes by which the loss is divided
    """

    anchors: list[list[float]]
    object_scale: float
    noobject_scale: float
    class_scale: float
    coord_scale: float
    thresh: float
    by_shape: bool = True
    by_size: bool = False
    rescore: bool = False
    softmax: bool = True
    surplus: float = 0.0


def region_squares(raw: Tensor, truth: Truth, rule: RegionRule, *, early: bool | Tensor = False,
                   hidden: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """YOLO v2's slopes, of the map's shape, and the loss ().

    raw     the map before sigmoid and softmax
    early   whether predictions without a box are drawn to the shapes of their anchors
    hidden  (N, 1, H, W) cells that do not count as without an object
    The loss of the boxes, objects and classes is divided by the number of boxes, at least 1, that
    of objectness without an object by the number of the other anchors.
    """
    sizes = (raw.shape[2], raw.shape[3])
    anchors = raw.new_tensor(rule.anchors) / raw.new_tensor([sizes[1], sizes[0]])
    near, score = raw[..., :2].sigmoid(), raw[..., 4].sigmoid()
    boxes = boxes_of(near, raw[..., 2:4], anchors)
    spared = best_overlap(boxes, truth) > rule.thresh
    if hidden is not None:
        spared = spared | hidden
    found = torch.cat([near, raw[..., 2:4]], -1)
    through = torch.cat([near * (1 - near), torch.ones_like(near)], -1)
    drawn = EARLY_SCALE * (found - found.new_tensor([0.5, 0.5, 0, 0])) * early
    nothing = (rule.noobject_scale * score.square()).where(~spared, 0)
    steps = torch.cat([drawn * through, (nothing * (1 - score))[..., None],
                       torch.zeros_like(raw[..., 5:])], -1)

    match = match_boxes(truth, sizes)
    shapes = anchors
    if not rule.by_shape:
        shapes = boxes[match.item, :, match.row, match.column, 2:]
    match = with_anchors(match, nearest(shapes, match.box), raw.shape)
    change = found[match.at] - box_targets(match, anchors[match.anchor], sizes)
    scale = rule.coord_scale * change.new_ones(len(change), 1)
    if rule.by_size:
        scale = scale * (2 - match.box[:, 2:].prod(1, keepdim=True))
    write(steps, match, slice(0, 4), scale * change * through[match.at])
    own = score[match.at]
    wanted = overlap("IOU", boxes[match.at], match.box) if rule.rescore else torch.ones_like(own)
    away = own - wanted
    write(steps, match, slice(4, 5), (rule.object_scale * away * own * (1 - own))[:, None])
    classes = raw[..., 5:][match.at]
    classes = classes.softmax(1) if rule.softmax and classes.shape[1] else classes
    one = match.label[:, None] == torch.arange(classes.shape[1], device=raw.device)
    wrong = classes - one.to(classes.dtype)
    write(steps, match, slice(5, None), rule.class_scale * wrong)

    total = drawn.square().sum() / EARLY_SCALE + (scale * change.square()).sum() \
        + rule.object_scale * away.square().sum() + rule.class_scale * wrong.square().sum()
    num = len(change) + rule.surplus
    return steps, total / max(num, 1) + nothing.sum() / max(score.numel() - num, 1)
