"""Learned duplicate removal in place of non-maximum suppression: its loss and its result."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import honour
from framework.layers.rcnn.class_boxes import example_regions_of
from framework.layers.rcnn.detections import Found, detection_rows, detection_rows_onnx
from framework.layers.rcnn.duplicate_lists import FIELD, check_lists
from framework.layers.rcnn.regions_onnx import among_best_onnx, best_onnx, flat_onnx
from framework.layers.ssd.detection_onnx import LOWEST
from framework.ops.losses import precise
from framework.ops.pixel_boxes import overlap

DEFAULT_OVERLAP = 0.5
TINY = 1e-8         # added to what logarithms are taken of


@layer
class DuplicateRemovalLoss(Layer):
    """Cross-entropy of learned duplicate removal: one box of a class is the one of each object.

    Bottoms: scores (K, T), the class's score times the learned one, for each overlap_threshold;
             regions (K, 5) of RankedBoxes, whose rows they are; boxes (G, 8) of GroundTruthBoxes.
    Top:     () - sum of positive_weight * t * log(s + 1e-8) + (1 - t) * log(1 - s + 1e-8), over
             images * first_n * T.
    Each box belongs to the object of its class that it overlaps most. Of those that overlap it by
    more than the threshold (IoU) the first, which has the highest score of the class, has the
    target t = 1; all others have 0. Objects that are ignored do not count, nor do rows of item -1.
    Errors:  SpecError for bottoms that do not fit, and thresholds of another number than T or
             outside of 0 to 1.
    Source:  Hu et al. 2018, 4.3; nms_multi_target.py and the losses nms_pos_loss and nms_neg_loss
             of msracver/Relation-Networks-for-Object-Detection.
    """

    reads = ("duplicate_removal_param",)
    num_bottoms = (3, 3)
    loss = True
    no_gradient_bottoms = (1, 2)

    def __init__(self, spec: LayerSpec, scores: Shape, regions: Shape, boxes: Shape):
        super().__init__(spec)
        honour(spec, FIELD, "num_classes first_n overlap_threshold positive_weight")
        param = spec.proto.duplicate_removal_param
        self.num_labels, self.length = check_lists(spec, scores, regions)
        if len(boxes) != 2 or boxes[1] != 8:
            raise spec.error("bottom[2]", f"has the shape {tuple(boxes)}; it must be (G, 8), the "
                             "boxes of GroundTruthBoxes")
        self.thresholds = list(param.overlap_threshold) or [DEFAULT_OVERLAP]
        if len(self.thresholds) != scores[1]:
            raise spec.error(f"{FIELD}.overlap_threshold", f"is given {len(self.thresholds)} "
                             f"times; '{spec.bottoms[0]}' has {scores[1]} scores of each box")
        if not all(0 <= one < 1 for one in self.thresholds):
            raise spec.error(f"{FIELD}.overlap_threshold", f"is {self.thresholds}; it must be at "
                             "least 0 and below 1")
        self.weight = param.positive_weight

    def forward(self, scores: Tensor, regions: Tensor, boxes: Tensor) -> Tensor:
        scores = precise(scores)
        wanted = self.targets(precise(regions.detach()), precise(boxes.detach())).to(scores)
        each = self.weight * wanted * (scores + TINY).log() \
            + (1 - wanted) * (1 - scores + TINY).log()
        there = regions.reshape(-1, 5)[:, :1] >= 0
        return -each.where(there, 0).sum() / (scores.numel() / self.num_labels)

    def targets(self, regions: Tensor, boxes: Tensor) -> Tensor:
        """bool (K, T): which boxes are to be kept, for each threshold."""
        lists = regions.reshape(-1, self.length, 5)                     # (images * labels, length)
        owner = boxes[:, 0] * self.num_labels + boxes[:, 5] - 1
        owner = owner.where((boxes[:, 0] >= 0) & (boxes[:, 6] == 0), -2)
        same = lists[:, :, :1] == owner                                 # (lists, length, G)
        iou = overlap(lists[:, :, None, 1:], boxes[:, 1:5]).where(same, -1)
        nearest = iou == iou.amax(2, keepdim=True)
        nearest = nearest & (nearest.cumsum(2) == 1)
        limits = iou.new_tensor(self.thresholds)
        mine = nearest[..., None] & (iou[..., None] > limits)           # (lists, length, G, T)
        return (mine & (mine.cumsum(1) == 1)).any(2).flatten(0, 1)


@layer
class DuplicateRemovalOutput(Layer):
    """Detections by learned duplicate removal, without non-maximum suppression.

    Bottoms: scores (K, T), the class's score times the learned one; regions (K, 5) of RankedBoxes,
             whose rows they are; image size (N, 3): height, width, scale. No gradient.
    Tops:    (1, 1, D, 7): image, label, score, x1, y1, x2, y2 in parts of the image, as
             DetectionOutput gives them; by image, label and falling score, which is the mean of
             the T. Without any detection one row (image, -1, ...) for each image. If wanted the
             boxes as regions (D, 5), in pixels. At build D is 1.
    Boxes of a score above confidence_threshold are given; keep_top_k of each image stay.
    Data decide D: torch.compile breaks the graph here.
    Errors:  SpecError for bottoms that do not fit.
    Source:  Hu et al. 2018, 4.3; nms_final_score of
             msracver/Relation-Networks-for-Object-Detection.
    """

    reads = ("detection_output_param", "duplicate_removal_param")
    num_bottoms = (3, 3)
    num_tops = (1, 2)
    no_gradient_bottoms = (0, 1, 2)
    info_bottom = 2
    gives_detections = True
    needs_float32 = True

    def __init__(self, spec: LayerSpec, scores: Shape, regions: Shape, info: Shape):
        super().__init__(spec)
        honour(spec, FIELD, "num_classes first_n")
        honour(spec, "detection_output_param", "keep_top_k confidence_threshold")
        self.num_labels, self.length = check_lists(spec, scores, regions)
        if len(info) != 2 or info[1] < 3 or scores[0] != info[0] * self.num_labels * self.length:
            raise spec.error("bottom[2]", f"has the shape {tuple(info)}; it must be (N, 3), N the "
                             f"images of {scores[0]} rows, which are {self.num_labels} classes x "
                             f"{self.length} boxes each")
        param = spec.proto.detection_output_param
        self.least = param.confidence_threshold if param.HasField("confidence_threshold") \
            else LOWEST
        self.most = param.keep_top_k

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        shapes: list[Shape] = [(1, 1, 1, 7), (1, 5)]
        return shapes[:len(self.spec.tops)]

    def example_bottom(self, index: int, shapes: Sequence[Shape]) -> Tensor | None:
        """Boxes of 32 pixels, in their lists, in images of 64."""
        if index == 0:
            return torch.linspace(0.1, 0.9, shapes[0][0])[:, None].expand(shapes[0])
        if index == 1:
            number = torch.arange(shapes[1][0], dtype=torch.float32)
            return example_regions_of(number // self.length)
        return torch.tensor([64.0, 64.0, 1.0]).expand(shapes[2][0], 3)

    def forward(self, scores: Tensor, regions: Tensor, info: Tensor) -> tuple[Tensor, ...]:
        lists = regions.detach().reshape(-1, self.length, 5)
        score = scores.detach().mean(1).reshape(-1, self.length)
        score = score.where(lists[:, :, 0] >= 0, LOWEST)
        score, order = score.sort(dim=1, descending=True, stable=True)
        corners = lists[:, :, 1:].gather(1, order[:, :, None].expand(-1, -1, 4))
        number, rank = ((score > self.least) & (score > LOWEST)).nonzero(as_tuple=True)
        found = Found(number // self.num_labels, number % self.num_labels, score[number, rank],
                      corners[number, rank])
        labels = range(1, self.num_labels + 1)
        return detection_rows(found, labels, info.detach(), self.most)[:len(self.spec.tops)]

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        scores, regions, info = bottoms
        lists = graph.reshape(flat_onnx(graph, regions), [-1, self.length, 5])
        score = graph.reduce("ReduceMean", scores, [1], keepdims=False)
        score = graph.reshape(score, [-1, self.length])
        item = graph.reshape(graph.cut(lists, 2, 0, 1), [-1, self.length])
        score = graph.add("Where", graph.add("Less", item, graph.floats(0.0)),
                          graph.floats(LOWEST), score)
        boxes, best = best_onnx(graph, graph.cut(lists, 2, 1, 5), score,
                                graph.integers([self.length]))
        kept = graph.add("Greater", best, graph.floats(max(self.least, LOWEST)))
        if self.most >= 0:
            kept = among_best_onnx(graph, best, kept, self.num_labels, self.most)
        size = graph.add("Gather", info, graph.integers([1, 0, 1, 0]), axis=1)
        return detection_rows_onnx(graph, kept, boxes, best, size,
                                   range(1, self.num_labels + 1), len(self.spec.tops))
