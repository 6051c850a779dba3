"""YOLO v2's region loss over a map of anchors."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.data.yolo_grids import ROW_NUMBERS
from framework.layers.index_check import IndexCheck
from framework.layers.params import plain
from framework.layers.yolo import mask_yolo
from framework.layers.yolo.anchor_squares import shape_overlap
from framework.ops.boxes import iou
from framework.ops.by_item import by_item
from framework.ops.losses import GivenSlopes, precise


@layer
class RegionLoss(Layer):
    """YOLO v2 region loss: squared errors of boxes, objectness and classes of anchors.

    Bottoms: x (N, num * (5 + num_class), side, side): for each anchor x, y, w, h, objectness and
             classes, before their sigmoid or softmax; and, in eric612's form, labels (N, T * 5):
             class, centre x and y, w, h as fractions of the image, up to the first of w 0; in
             Intel's form (1, 1, G, 8) as from AnnotatedData, whose classes count from 1.
    Top:     the loss (), the sum of squares of the slopes, over N in eric612's form. The gradient
             is the slopes over N, as in the originals.
    A box belongs to the cell of its centre and to the anchor of the nearest shape (with
    bias_match; else to the prediction of the nearest shape); of two for an anchor the later counts.
    Slopes, p the prediction: noobject_scale * p * p(1 - p) for objectness without a box, 0 where
    the prediction overlaps a box by more than thresh; for a box class_scale * (softmax - one hot);
    coord_scale * (p - target), through the sigmoid for x and y; objectness in eric612's form
    object_scale * (p - 1) * p(1 - p), or with rescore (p - overlap) and without it the offsets
    times 2 - w * h; in Intel's offsets cut to 1 and objectness -2 object_scale (1 - p)^3 p(1 - p).
    MaskYolo's form, with anchor_x and anchor_y in place of biases, has labels (N, L) of rows x, y,
    w, h, class up to the first of x 0, with_mask a sixth number and mask_h x mask_w numbers after
    them: cells where these are 255 are not without an object. Its loss is the squared differences,
    scaled, of the boxes over their number + 0.01, and of objectness without one over that of the
    other anchors; its slopes are as above, (p - 1) at objectness and without 2 - w * h.
    Errors:  SpecError for shapes, for biases that are missing, for softmax_tree and class_map.
    Source:  eric612/MobileNet-YOLO, intel/caffe and leon-liangwu/MaskYolo_Caffe
             region_loss_layer.cpp; Redmon, Farhadi 2017.
    """

    num_bottoms = (2, 2)
    loss = True
    no_gradient_bottoms = (1,)
    fork_fields = mask_yolo.REGION_FIELDS

    @classmethod
    def assumed_bottom(cls, spec: LayerSpec, index: int, bottoms: Sequence[Shape]
                       ) -> Shape | None:
        return (bottoms[0][0], ROW_NUMBERS) if index == 1 and bottoms[0] else None

    def __init__(self, spec: LayerSpec, x: Shape, labels: Shape):
        super().__init__(spec)
        param = spec.proto.region_loss_param
        self.param = plain(param)
        self.mask_yolo = None
        if param.anchor_x or param.anchor_y:
            self.mask_yolo = mask_yolo.RegionSquares(spec, x, labels)
            return
        for field in ("softmax_tree", "class_map"):
            if getattr(param, field):
                raise spec.error(f"region_loss_param.{field}", "is not supported: leave it out")
        if len(param.biases) < 2 * param.num:
            raise spec.error("region_loss_param.biases", f"is given {len(param.biases)} times; it "
                             f"must be twice for each of the {param.num} anchors")
        self.biases = [list(param.biases[2 * n:2 * n + 2]) for n in range(param.num)]
        channels = param.num * (5 + param.num_class)
        if len(x) != 4 or x[1] != channels or x[2] != x[3]:
            raise spec.error("bottom", f"has the shape {tuple(x)}; it must be (N, {channels}, S, "
                             "S)")
        self.of_intel = len(labels) == 4 and labels[3] == 8
        if not self.of_intel and (labels[0] != x[0] or math.prod(labels[1:]) % 5):
            raise spec.error("bottom", f"has labels of the shape {tuple(labels)}; they must be "
                             "(N, T * 5) or (1, 1, G, 8)")
        rows = (math.prod(labels) // 8,) if self.of_intel else (x[0], math.prod(labels[1:]) // 5)
        unit = "row" if self.of_intel else "item"
        self.items = IndexCheck(spec, 1, rows, unit=unit, what="items in the batch")
        self.classes = IndexCheck(spec, 1, rows, param.num_class, unit=unit,
                                  first=int(self.of_intel),
                                  hint="region_loss_param.num_class is too small")

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        return [()]

    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        if self.mask_yolo is not None:
            return self.mask_yolo(x, labels)
        slopes = self._slopes(precise(x).detach(), labels.detach())
        value = slopes.square().sum()
        if not self.of_intel:
            value = value / x.shape[0]
        return GivenSlopes.apply(precise(x), slopes / x.shape[0], value)

    def _rows(self, labels: Tensor, num_items: int) -> tuple[Tensor, Tensor, Tensor]:
        """Ground truth: image and class (G,), centre and size (G, 4) of the boxes."""
        if self.of_intel:
            rows = labels.reshape(-1, 8)
            item = rows[:, 0].trunc()
            label = rows[:, 1].trunc()
            valid = item != -1
            inside = (item >= 0) & (item < num_items)
            item = self.items.require(item, ~valid | inside, num_items)
            label = self._inside(label, valid, item)
            rows = rows[valid]
            low, high = rows[:, 3:5], rows[:, 5:7]
            return item[valid].long(), label[valid].long() - 1, torch.cat(
                [(low + high) / 2, high - low], 1)
        rows = by_item(labels, -1, 5)
        valid = (rows[..., 3] == 0).cumsum(1) == 0
        item = torch.arange(len(rows), device=rows.device)[:, None].expand_as(valid)
        label = self._inside(rows[..., 0].trunc(), valid)
        return item[valid], label[valid].long(), rows[valid][:, 1:]

    def _inside(self, label: Tensor, valid: Tensor, item: Tensor | None = None) -> Tensor:
        index = label - self.classes.first
        inside = (index >= 0) & (index < self.param.num_class)
        return self.classes.require(label, ~valid | inside, items=item)

    def _slopes(self, x: Tensor, labels: Tensor) -> Tensor:
        param = self.param
        side = x.shape[3]
        raw = x.unflatten(1, (param.num, -1)).permute(0, 3, 4, 1, 2)       # (N, S, S, A, 5 + C)
        item, label, box = self._rows(labels.to(x.dtype), len(x))
        biases = x.new_tensor(self.biases)
        cells = torch.arange(side, device=x.device, dtype=x.dtype)
        row, column = torch.meshgrid(cells, cells, indexing="ij")
        shift = torch.stack([column, row], -1)[:, :, None]
        centre = (shift + raw[..., :2].sigmoid()) / side
        size = raw[..., 2:4].exp() * biases / side
        object_score = raw[..., 4].sigmoid()
        flat = object_score * (1 - object_score)
        slopes = torch.zeros_like(raw)
        covered = self._covered(torch.cat([centre - size / 2, centre + size / 2], -1), item, box)
        slopes[..., 4] = torch.where(covered, 0, param.noobject_scale * object_score * flat)

        i, j = ((box[:, axis] * side).long().clamp(0, side - 1) for axis in (0, 1))
        shapes = biases.expand(len(box), -1, -1) / side if param.bias_match else size[item, j, i]
        anchor = shape_overlap(shapes, box[:, None, 2:]).argmax(1)
        # of several boxes for one anchor only the last is left, so that the write below has no race
        flat_index = ((item * side + j) * side + i) * param.num + anchor
        order = torch.arange(len(flat_index), device=x.device)
        last = ~((flat_index[:, None] == flat_index) & (order[:, None] < order)).any(1)
        item, label, box, i, j, anchor = (
            part[last] for part in (item, label, box, i, j, anchor))
        at = item, j, i, anchor
        slopes[at] = self._of_boxes(raw[at], torch.stack([i, j], 1), label, box, biases[anchor],
                                    side)
        return slopes.permute(0, 3, 4, 1, 2).reshape(x.shape)

    def _covered(self, corners: Tensor, item: Tensor, box: Tensor) -> Tensor:
        """(N, S, S, A): whether a prediction overlaps a box of its image by more than thresh."""
        real = torch.cat([box[:, :2] - box[:, 2:] / 2, box[:, :2] + box[:, 2:] / 2], 1)
        own = torch.arange(corners.shape[0], device=item.device)[:, None] == item
        share = iou(corners.flatten(1, 3)[:, :, None], real)                # (N, S * S * A, G)
        return ((share > self.param.thresh) & own[:, None]).any(2).view(corners.shape[:-1])

    def _of_boxes(self, raw: Tensor, cell: Tensor, label: Tensor, box: Tensor, bias: Tensor,
                  side: int) -> Tensor:
        """The slopes (G, 5 + C) of the predictions that have a box."""
        param = self.param
        near = raw[:, :2].sigmoid()
        target = torch.cat([box[:, :2] * side - cell, (box[:, 2:] * side / bias).log()], 1)
        change = torch.cat([near, raw[:, 2:4]], 1) - target
        scale = param.coord_scale
        if self.of_intel:
            change = change.clamp(-1, 1)
        elif not param.rescore:
            scale = scale * (2 - box[:, 2:3] * box[:, 3:4])
        through = torch.cat([near * (1 - near), torch.ones_like(near)], 1)
        score = raw[:, 4:5].sigmoid()
        if self.of_intel:
            push = -2 * (1 - score) ** 3
        elif param.rescore:
            middle = (near + cell) / side
            size = raw[:, 2:4].exp() * bias / side
            found = torch.cat([middle - size / 2, middle + size / 2], 1)
            real = torch.cat([box[:, :2] - box[:, 2:] / 2, box[:, :2] + box[:, 2:] / 2], 1)
            push = score - iou(found, real)[:, None]
        else:
            push = score - 1
        classes = raw[:, 5:].softmax(1)
        wanted = torch.arange(param.num_class, device=raw.device) == label[:, None]
        return torch.cat([scale * change * through, param.object_scale * push * score * (1 - score),
                          param.class_scale * (classes - wanted.to(classes.dtype))], 1)
