"""Cascade R-CNN training, later stages: sample regions, assign targets, mine hard ones."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.errors import DataError
from framework.layers.base import Layer, Shape, layer
from framework.layers.index_check import IndexCheck
from framework.layers.onnx_reasons import CHOOSES_EXAMPLES, COMPARES_WITH_LABELS
from framework.layers.params import plain, times
from framework.layers.rcnn.box_statistics import adjusted, mean_and_deviation
from framework.ops.pixel_boxes import moved, offsets_to, overlap

SMALLEST_BACKUP = 32        # side of the random box that is used where a region is missing
NEAR_TRUTH = 0.975          # regions above this overlap are the ground truth itself


@layer
class ProposalTarget(Layer):
    """Sample foreground and background regions, with labels and box regression targets.

    Bottoms: regions (R, 5, ...): image, x1, y1, x2, y2; ground truth (G, 8, ...): image, x1, y1,
             x2, y2, label, ignored, difficult; rows of image -1 do not count. No gradient.
    Tops:    K regions (K, 5, 1, 1); labels (K, 1, 1, 1); box targets, inside and outside weights
             (K, 8 or 4 cls_num, 1, 1), zero but for the columns of the label (of the class 1
             unless cls_aware); matched boxes (K, 6, 1, 1): label, x1, y1, x2, y2, overlap, zero for
             background; if wanted sample weights (K, 1, 1, 1). At build K is batch_size, or R.
    A region is foreground if it overlaps a box of its image by fg_thr or more (but not if that
    box is ignored), background from bg_thr_lw to below bg_thr_hg. batch_size of them are drawn, at
    most fg_fraction foreground; -1 takes all; too few background ones are filled up, with
    pickup_discard, from the other regions, in their order. The ground truth is among the
    regions with append_gtbox. Without any region one random box of the background is used; with
    boxes of seven columns (MS-CNN's) there are enough of them to make batch_size regions.
    Drawn with torch's generator of the device. Data decide K: torch.compile breaks the graph.
    Errors:  SpecError for shapes and thresholds; DataError if a random box is needed and
             img_width or img_height leave no room for it, and with cls_aware for a label that is
             not below cls_num.
    Source:  zhaoweicai/cascade-rcnn and zhaoweicai/mscnn proposal_target_layer.cpp.
    """

    reads = ("bbox_reg_param",)
    num_bottoms = (2, 2)
    num_tops = (6, 7)
    no_gradient_bottoms = (0, 1)
    no_onnx_form = CHOOSES_EXAMPLES

    def __init__(self, spec: LayerSpec, rois: Shape, truth: Shape):
        super().__init__(spec)
        self.param = param = plain(spec.proto.proposal_target_param)
        if rois[1] != 5 or truth[1] < 7:
            raise spec.error("bottom", f"has the shapes {tuple(rois)} and {tuple(truth)}; they "
                             "must be (R, 5) and (G, 8)")
        if param.fg_thr < param.bg_thr_hg:
            raise spec.error("proposal_target_param.fg_thr", f"is {param.fg_thr:g}; it must be at "
                             f"least bg_thr_hg, {param.bg_thr_hg:g}")
        if param.batch_size != -1 and param.batch_size < 1:
            raise spec.error("proposal_target_param.batch_size", f"is {param.batch_size}; it must "
                             "be at least 1, or -1 for all")
        self.by_class = spec.proto.bbox_reg_param.cls_aware
        self.width = 4 * param.cls_num if self.by_class else 8
        self._fill_up_to = max(param.batch_size, 1) if truth[1] == 7 else 1
        self.mean, self.deviation = mean_and_deviation(spec)
        self.check = IndexCheck(spec, 1, tuple(truth), param.cls_num, unit="row",
                                hint="proposal_target_param.cls_num is too small")

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        num = self.param.batch_size if self.param.batch_size > 0 else max(bottoms[0][0], 1)
        widths = (5, 1, self.width, self.width, self.width, 6, 1)
        return [(num, width, 1, 1) for width in widths[:len(self.spec.tops)]]

    def forward(self, rois: Tensor, truth: Tensor) -> tuple[Tensor, ...]:
        rows = rois.detach().flatten(1)
        boxes = truth.detach().flatten(1)
        boxes = boxes[boxes[:, 0].long() != -1]
        if self.by_class:
            inside = (boxes[:, 5] > -1) & (boxes[:, 5] < self.check.num) | (boxes[:, 6] != 0)
            self.check.require(boxes[:, 5], inside, items=boxes[:, 0])
        if self.param.append_gtbox:
            rows = torch.cat([rows, boxes[:, :5]])
        best, match = _best(rows, boxes)
        chosen, num_objects = self._choose(best, match, boxes)
        missing = max(self._fill_up_to - len(chosen), 0)
        if missing:
            rows = torch.cat([rows, *(self._stand_in(boxes) for _ in range(missing))])
            best, match = _best(rows, boxes)
            last = torch.arange(len(rows) - missing, len(rows), device=rows.device)
            chosen = torch.cat([chosen, last])
        objects = torch.arange(len(chosen), device=rows.device) < num_objects
        rows, best, match = rows[chosen], best[chosen], match[chosen]
        if not len(boxes):
            boxes = boxes.new_zeros(1, boxes.shape[1])
        return self._tops(rows, best, boxes[match], objects)

    def _choose(self, best: Tensor, match: Tensor, boxes: Tensor) -> tuple[Tensor, int]:
        """Indices of the sampled regions, foreground first, and how many are foreground.

        best, match  as `_best` gives them
        """
        param = self.param
        over = best >= param.fg_thr
        ignored = boxes[match, 6] != 0 if len(boxes) else torch.zeros_like(over)
        between = ~over & (best >= param.bg_thr_lw) & (best < param.bg_thr_hg)
        objects = (over & ~ignored).nonzero()[:, 0]
        others = between.nonzero()[:, 0]
        total = len(objects) + len(others)
        most = len(objects)
        if param.batch_size > 0:
            total = param.batch_size
            most = math.floor(times(param.batch_size, param.fg_fraction) + 0.5)
        objects = _sample(objects, most)
        room = total - len(objects)
        if len(others) < room and param.pickup_discard:
            left = (~over & ~between).nonzero()[:room - len(others), 0]
            others = torch.cat([others, left])
        return torch.cat([objects, _sample(others, room)]), len(objects)

    def _stand_in(self, boxes: Tensor) -> Tensor:
        """(1, 5): a random box that overlaps no box by fg_thr."""
        wide, high = (size - SMALLEST_BACKUP for size in
                      (self.param.img_width, self.param.img_height))
        if min(wide, high) <= 0:
            raise DataError(f"layer '{self.spec.name}' (ProposalTarget): no region can be chosen, "
                            "and img_width and img_height leave no room for another box")
        while True:
            draw = torch.rand(5, device=boxes.device, dtype=boxes.dtype)
            item = (draw[:1] * self.param.num_img_per_batch).floor()
            corner = (draw[1:3] * boxes.new_tensor([wide, high])).floor()
            size = boxes.new_tensor([self.param.img_width, self.param.img_height]) - corner
            size = (draw[3:] * size).floor().clamp(min=SMALLEST_BACKUP)
            row = torch.cat([item, corner, corner + size - 1])[None]
            if bool((_best(row, boxes)[0] < self.param.fg_thr).all()):
                return row

    def _tops(self, rows: Tensor, best: Tensor, boxes: Tensor, objects: Tensor
              ) -> tuple[Tensor, ...]:
        labels = torch.where(objects, boxes[:, 5].trunc(), 0)
        offsets = offsets_to(rows[:, 1:], torch.where(objects[:, None], boxes[:, 1:5],
                                                      rows[:, 1:]))
        offsets = (offsets - offsets.new_tensor(self.mean)) / offsets.new_tensor(self.deviation)
        column = (labels if self.by_class else labels.clamp(max=1)).long()
        slot = column[:, None] == torch.arange(self.width // 4, device=rows.device)
        slot = (slot & objects[:, None])[:, :, None]
        targets = torch.where(slot, offsets[:, None], 0).flatten(1)
        good = (best >= self.param.bbox_thr_lw) & (best <= self.param.bbox_thr_hg)
        weights = (slot & good[:, None, None]).expand(-1, -1, 4).flatten(1).to(rows.dtype)
        matched = torch.cat([labels[:, None], boxes[:, 1:5], best[:, None]], 1)
        matched = torch.where(objects[:, None], matched, 0)
        tops = [rows, labels[:, None], targets, weights, weights.clone(), matched]
        if len(self.spec.tops) == 7:
            tops.append(self._sample_weights(objects, best)[:, None])
        return tuple(top[:, :, None, None] for top in tops)

    def _sample_weights(self, objects: Tensor, best: Tensor) -> Tensor:
        """(K,): foreground has fg_fraction of the weight, if there is any, background the rest."""
        each = torch.ones_like(best)
        if self.param.iou_weighted:
            each = torch.where(objects, best, each)
        part = self.param.fg_fraction
        num = len(each)
        sums = [torch.where(mask, each, 0).sum() for mask in (objects, ~objects)]
        scale = torch.where(objects, part * num / sums[0], (1 - part) * num / sums[1])
        return torch.where(sums[0] != 0, each * scale, each)


def _best(rows: Tensor, boxes: Tensor) -> tuple[Tensor, Tensor]:
    """For each region (R, 5) the largest IoU with a box (G, 8) of its image, and its index."""
    if not len(boxes):
        return rows.new_zeros(len(rows)), torch.zeros(len(rows), dtype=torch.long,
                                                      device=rows.device)
    shares = overlap(rows[:, None, 1:], boxes[:, 1:5])
    own = rows[:, None, 0] == boxes[:, 0]
    best, match = torch.where(own, shares, -1).max(1)
    return best.clamp(min=0), match


def _sample(rows: Tensor, most: int) -> Tensor:
    """All rows, or a random sample of `most`."""
    if len(rows) <= most:
        return rows
    return rows[torch.randperm(len(rows), device=rows.device)[:most]]


@layer
class HardMining(Layer):
    """Online hard example mining: select the regions of largest loss of each image.

    Bottoms: losses (R, 1, ...); regions (R, 5, ...): image, x1, y1, x2, y2; and any blobs
             (R, ...). No gradient.
    Tops:    one for each bottom but the first: its rows of the num_roi_per_image regions of
             largest loss of each image and, where images have fewer, of the largest of the rest,
             min(R, num_image * num_roi_per_image) in all, in their old order.
    Errors:  SpecError if the numbers of rows, or of bottoms and tops, differ.
    Source:  zhaoweicai/cascade-rcnn hard_mining_layer.cpp.
    """

    num_bottoms = (2, None)
    num_tops = (1, None)
    no_onnx_form = CHOOSES_EXAMPLES

    def __init__(self, spec: LayerSpec, loss: Shape, rois: Shape, *others: Shape):
        super().__init__(spec)
        if math.prod(loss) != rois[0] or rois[1] != 5 or any(s[0] != rois[0] for s in others):
            raise spec.error("bottom", f"has the shapes {', '.join(map(str, (loss, rois)))}; the "
                             "first must be (R, 1), the second (R, 5), others have as many rows")
        if len(spec.tops) != len(others) + 1:
            raise spec.error("top", f"is given {len(spec.tops)} times; it must be {len(others) + 1}"
                             ", one for each bottom but the first")
        param = spec.proto.hard_mining_param
        self.each = param.num_roi_per_image
        self.images = param.num_image

    def forward(self, loss: Tensor, *bottoms: Tensor) -> tuple[Tensor, ...]:
        loss = loss.detach().flatten()
        image = bottoms[0].detach().flatten(1)[:, 0].long()
        index = torch.arange(len(loss), device=loss.device)
        # equal losses: the later region comes first
        order = len(loss) - 1 - loss.flip(0).argsort(descending=True, stable=True)
        rank = torch.zeros_like(order).scatter(0, order, index)
        ahead = (image[:, None] == image) & (rank[:, None] > rank)
        spare = (ahead.sum(1) >= self.each).long()
        num = min(len(loss), self.images * self.each)
        # the best of each image come first, in order of loss, then the spare ones
        chosen = (spare * len(loss) + rank).argsort()[:num].sort().values
        return tuple(bottom.detach()[chosen] for bottom in bottoms)


@layer
class BboxAccuracy(Layer):
    """Mean IoU of predicted boxes with the objects, and of the regions before them.

    Bottoms: offsets (R, 4 C, ...), of which those of the label count (of the class 1 unless
             cls_aware); regions (R, 5, ...); matched boxes (R, 6, ...): label, x1, y1, x2, y2,
             overlap.
    Tops:    mean overlap of the moved regions with their boxes (1, 1, 1, 1); if wanted that of
             the regions themselves. Only regions with a label and an overlap of at most 0.975
             count; -1 if there is no such region.
    Errors:  SpecError if the numbers of rows differ. No gradient.
    Source:  zhaoweicai/cascade-rcnn bbox_accuracy_layer.cpp.
    """

    reads = ("bbox_reg_param",)
    num_bottoms = (3, 3)
    num_tops = (1, 2)
    no_gradient_bottoms = (0, 1, 2)
    no_onnx_form = COMPARES_WITH_LABELS

    def __init__(self, spec: LayerSpec, offsets: Shape, rois: Shape, matched: Shape):
        super().__init__(spec)
        self.by_class = spec.proto.bbox_reg_param.cls_aware
        if not (offsets[0] == rois[0] == matched[0]) or offsets[1] % 4 \
                or (not self.by_class and offsets[1] != 8):
            raise spec.error("bottom", f"has the shapes {offsets}, {rois} and {matched}; they must "
                             "be (R, 8), or (R, 4 C) with cls_aware, (R, 5) and (R, 6)")
        self.mean, self.deviation = mean_and_deviation(spec)
        self.check = IndexCheck(spec, 2, matched[:1], offsets[1] // 4 if self.by_class else 2,
                                unit="region")

    def forward(self, offsets: Tensor, rois: Tensor, matched: Tensor) -> tuple[Tensor, ...]:
        offsets, rois, truth = (bottom.detach().flatten(1) for bottom in (offsets, rois, matched))
        label = truth[:, 0].trunc()
        column = self.check(label.clamp(min=0) if self.by_class else label.clamp(0, 1))
        own = column[:, None, None].expand(-1, 1, 4)
        moves = offsets.unflatten(1, (-1, 4)).gather(1, own)[:, 0]
        moves = adjusted(moves, self.mean, self.deviation)
        counts = (label > 0) & (truth[:, -1] <= NEAR_TRUTH)
        number = counts.sum()
        tops = []
        for boxes in (moved(rois[:, 1:5], moves), rois[:, 1:5])[:len(self.spec.tops)]:
            total = torch.where(counts, overlap(boxes, truth[:, 1:5]), 0).sum()
            mean = torch.where(number > 0, total / number.clamp(min=1), -1)
            tops.append(mean.reshape(1, 1, 1, 1))
        return tuple(tops)
