"""GridEvalDetection: detections of YOLO's first grid against the boxes of its cells."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.data.yolo_grids import CELL_NUMBERS
from framework.layers.index_check import IndexCheck
from framework.layers.onnx_reasons import COMPARES_WITH_LABELS
from framework.layers.params import check_sizes, honour
from framework.layers.yolo.box_slopes import overlap
from framework.layers.yolo.yolo_output import just_below
from framework.ops.by_item import by_item
from framework.ops.losses import precise
from framework.ops.nms import greedy
from framework.proto import enum_name

FIELD = "eval_detection_param"


@layer
class GridEvalDetection(Layer):
    """YOLO's first evaluation: the boxes of all cells, suppressed, against the true ones.

    It is the EvalDetection whose eval_detection_param has constriant.
    Bottoms: x (N, ...) and labels (N, 7 side side), as of GridDetectionLoss; perhaps the images,
             which it does not read.
    Top:     (N, num_class + 4 * side * side * num_object): the number of true boxes of each class
             that are not difficult; then four numbers for each detection: class, score, 1 if it is
             right, 1 if it is wrong; zeros after the last one. By class, then by falling score.
    A cell's class is the first of the largest. Scores: objectness, the class's, or both multiplied
    (score_type OBJ, PROB, MULTIPLY). Boxes that overlap a better one, of any class, by `nms` or
    more are left out; with a negative `nms` none is. One is right if the true box of its class that
    it overlaps most does so by `threshold` or more and is not taken by a better one, and neither if
    that is difficult; else it is wrong. No gradient.
    Errors:  SpecError for sizes that do not fit; DataError for a class that is not below num_class.
    Source:  EvalDetectionParameter; eval_detection_layer.cpp of hari-sikchi/BoxYolo.
    """

    reads = (FIELD,)
    num_bottoms = (2, 3)
    no_gradient_bottoms = (0, 1, 2)
    no_onnx_form = COMPARES_WITH_LABELS

    def __init__(self, spec: LayerSpec, x: Shape, labels: Shape, *images: Shape):
        super().__init__(spec)
        honour(spec, FIELD, "side num_class num_object threshold sqrt constriant score_type nms")
        check_sizes(spec, FIELD, "side num_class num_object")
        self.param = param = spec.proto.eval_detection_param
        self.cells = param.side ** 2
        self.score_type = enum_name(param, "score_type")
        wanted = self.cells * (param.num_class + 5 * param.num_object)
        for bottom, shape, number in ((0, x, wanted), (1, labels, CELL_NUMBERS * self.cells)):
            if len(shape) < 2 or shape[0] != x[0] or math.prod(shape[1:]) != number:
                raise spec.error(f"bottom[{bottom}]", f"has the shape {tuple(shape)}; side: "
                                 f"{param.side}, num_class: {param.num_class} and num_object: "
                                 f"{param.num_object} need ({x[0]}, {number})")
        self.check = IndexCheck(spec, 1, (x[0], self.cells), param.num_class,
                                hint=f"{FIELD}.num_class is too small")

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        return [(bottoms[0][0], self.param.num_class + 4 * self.cells * self.param.num_object)]

    def forward(self, x: Tensor, labels: Tensor, *images: Tensor) -> Tensor:
        wide = by_item(precise(x.detach()), -1)
        truth = by_item(labels.detach().to(wide.dtype), -1)
        cells, classes = self.cells, self.param.num_class
        there = truth[:, cells:2 * cells] != 0
        label = truth[:, 2 * cells:3 * cells].trunc()
        label = self.check.require(label, ((label >= 0) & (label < classes)) | ~there)
        label = label.where(there, 0).long()
        easy = there & (truth[:, :cells] != 1)
        counts = wide.new_zeros(len(wide), classes).scatter_add(1, label, easy.to(wide.dtype))
        kind, score, boxes = self._detections(wide)
        details = wide.new_zeros(len(wide), cells * self.param.num_object, 4)
        for item in range(len(wide)):
            own = there[item]
            rows = self._judged(kind[item], score[item], boxes[item], label[item, own],
                                truth[item, 3 * cells:].reshape(-1, 4)[own], easy[item, own])
            details[item, :len(rows)] = rows
        return torch.cat([counts, details.flatten(1)], 1)

    def _detections(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Class and score (N, K) and centres with sizes (N, K, 4) of all boxes, cell by cell."""
        param, cells = self.param, self.cells
        sizes = [n * cells for n in (param.num_class, param.num_object, 4 * param.num_object)]
        classes, objects, boxes = (part.reshape(len(x), -1, cells) for part in x.split(sizes, 1))
        best, kind = classes.max(1, keepdim=True)
        best, kind = best.expand_as(objects), kind.expand_as(objects)
        score = {"OBJ": objects, "PROB": best, "MULTIPLY": objects * best}[self.score_type]
        boxes = boxes.reshape(len(x), param.num_object, 4, cells).permute(0, 3, 1, 2)
        middle, size = boxes[..., :2], boxes[..., 2:]
        if param.constriant:
            at = torch.arange(cells, device=x.device)
            corner = torch.stack([at % param.side, at // param.side], 1).to(x.dtype)
            middle = (middle + corner[:, None]) / param.side
        if param.sqrt:
            size = size.square()
        flat = (part.transpose(1, 2).flatten(1) for part in (kind, score))
        return *flat, torch.cat([middle, size], -1).flatten(1, 2)

    def _judged(self, kind: Tensor, score: Tensor, boxes: Tensor, label: Tensor, truth: Tensor,
                easy: Tensor) -> Tensor:
        """Class, score, right and wrong of an image's detections, in the order of the top."""
        order = score.argsort(descending=True, stable=True)
        kind, score, boxes = kind[order], score[order], boxes[order]
        if self.param.nms >= 0:
            kept = greedy(boxes[None], torch.ones_like(kind[None], dtype=torch.bool),
                          just_below(self.param.nms), overlap=_iou)[0]
            kind, score, boxes = kind[kept], score[kept], boxes[kept]
        order = kind.argsort(stable=True)
        kind, score, boxes = kind[order], score[order], boxes[order]
        shares = _iou(boxes[:, None], truth[None]).where(kind[:, None] == label, -1.0)
        shares = torch.cat([shares, shares.new_full((len(kind), 1), -1.0)], 1)  # there may be none
        most, which = shares.max(1)
        enough = most >= max(self.param.threshold, 0)
        counts = enough & torch.cat([easy, easy.new_zeros(1)])[which]
        order = torch.arange(len(kind), device=kind.device)
        first = torch.full((shares.shape[1],), len(kind), device=kind.device)
        first = first.scatter_reduce(0, which, order.where(counts, len(kind)), "amin")
        right = counts & (first[which] == order)
        wrong = ~enough | (counts & ~right)
        return torch.stack([part.to(score.dtype) for part in (kind, score, right, wrong)], 1)


def _iou(first: Tensor, second: Tensor) -> Tensor:
    return overlap("IOU", first, second).nan_to_num(nan=0)
