"""The boxes of each class by score: what learned duplicate removal compares (RankedBoxes)."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.index_check import IndexCheck
from framework.layers.onnx_graph import END, Names, OnnxGraph
from framework.layers.params import honour
from framework.layers.rcnn.box_statistics import mean_and_deviation
from framework.layers.rcnn.class_boxes import ClassBoxes, columns_of, example_regions_of
from framework.layers.rcnn.detections import numbers_onnx
from framework.layers.rcnn.duplicate_lists import FIELD, NO_BOX, list_shape
from framework.layers.rcnn.regions_onnx import FLOAT, INT64, flat_onnx
from framework.layers.ssd.detection_onnx import LOWEST


@layer
class RankedBoxes(Layer):
    """Sort the boxes of each class by score and keep the best: what duplicate removal compares.

    Bottoms: features (R, F); offsets (R, 4 C), dx dy dw dh of each class, or (R, 8) or (R, 4), of
             which the last four are those of all; probabilities (R, C); regions (R, 5): image,
             x1, y1, x2, y2 in pixels; image size (N, 3): height, width, scale.
    Tops:    for each image, class but the background (class 0) and rank, K = N * (C - 1) *
             first_n rows: features (K, F); boxes as regions (K, 5) in pixels, cut to the image,
             whose item counts images and classes, so that a RelationModule compares boxes of one
             class only; scores (K,); ranks (K, rank_dim): sines, then cosines of the rank over
             wave_length^(2 i / rank_dim).
    Offsets are multiplied by bbox_reg_param's bbox_std, and bbox_mean is added. Lists of too few
    boxes are filled up with rows of item -1, of features, corners and scores 0. Only features and
    scores take gradients.
    Errors:  SpecError for bottoms that do not fit, num_classes below 2, first_n 0, rank_dim odd.
    Source:  Hu et al. 2018, 4.3; relation_rcnn/symbols of
             msracver/Relation-Networks-for-Object-Detection.
    """

    reads = ("bbox_reg_param", "duplicate_removal_param")
    num_bottoms = (5, 5)
    num_tops = (4, 4)
    no_gradient_bottoms = (1, 3, 4)
    info_bottom = 4
    needs_float32 = True

    def __init__(self, spec: LayerSpec, x: Shape, offsets: Shape, scores: Shape, rois: Shape,
                 info: Shape):
        super().__init__(spec)
        honour(spec, FIELD, "num_classes first_n rank_dim wave_length")
        param = spec.proto.duplicate_removal_param
        self.num_labels, self.length = list_shape(spec)
        num, width = self.num_labels + 1, math.prod(offsets[1:])
        if len({len_of[0] for len_of in (x, offsets, scores, rois)}) > 1 or len(x) != 2 \
                or width not in (4 * num, 8, 4) or math.prod(scores[1:]) != num \
                or math.prod(rois[1:]) != 5 or len(info) < 2 or math.prod(info[1:]) < 3:
            found = ", ".join(str(tuple(shape)) for shape in (x, offsets, scores, rois, info))
            raise spec.error("bottom", f"has the shapes {found}; they must be (R, F), (R, "
                             f"{4 * num}) or (R, 8), (R, {num}), (R, 5) and (N, 3)")
        if param.rank_dim < 2 or param.rank_dim % 2:
            raise spec.error(f"{FIELD}.rank_dim", f"is {param.rank_dim}; it must be even and at "
                             "least 2")
        if not param.wave_length > 0:
            raise spec.error(f"{FIELD}.wave_length", f"is {param.wave_length:g}; it must be "
                             "above 0")
        self.boxes = ClassBoxes(columns_of(spec, width, num, range(1, num)),
                                *mean_and_deviation(spec))
        self.check = IndexCheck(spec, 3, rois[:1], what=f"items of '{spec.bottoms[4]}'",
                                unit="region")
        power = torch.arange(param.rank_dim // 2, dtype=torch.float64) * (2 / param.rank_dim)
        angle = torch.arange(self.length)[:, None] / param.wave_length ** power
        self.ranks = torch.cat([angle.sin(), angle.cos()], 1)

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        rows = bottoms[4][0] * self.num_labels * self.length
        return [(rows, bottoms[0][1]), (rows, 5), (rows,), (rows, self.ranks.shape[1])]

    def example_bottom(self, index: int, shapes: Sequence[Shape]) -> Tensor | None:
        """Regions of 32 pixels in images of 64; a score for each class."""
        if index == 2:
            return torch.linspace(0.1, 0.9, math.prod(shapes[2])).reshape(shapes[2])
        if index == 3:
            number = torch.arange(shapes[3][0], dtype=torch.float32)
            return example_regions_of(number % shapes[4][0]).reshape(shapes[3])
        if index == 4:
            return torch.tensor([64.0, 64.0, 1.0]).expand(shapes[4][0], 3)
        return None

    def forward(self, x: Tensor, offsets: Tensor, scores: Tensor, rois: Tensor, info: Tensor
                ) -> tuple[Tensor, ...]:
        offsets, rois, info = (part.detach().flatten(1) for part in (offsets, rois, info))
        image = self.check(rois[:, 0], len(info))
        corners = self.boxes.decode(offsets, rois[:, 1:], info[image][:, [1, 0, 1, 0]])
        numbers = torch.arange(len(info), device=image.device)[:, None, None]
        own = scores.flatten(1)[:, 1:].t().where(numbers == image, -math.inf)   # (N, labels, R)
        own = F.pad(own, (0, self.length), value=-math.inf)
        best, order = own.sort(dim=2, descending=True, stable=True)
        best, order = best[:, :, :self.length], order[:, :, :self.length]
        there = best > -math.inf
        order = order.clamp(max=max(len(x) - 1, 0))
        label = torch.arange(self.num_labels, device=image.device)[:, None]
        item = torch.where(there, numbers * self.num_labels + label, NO_BOX)
        box = corners.expand(self.num_labels, -1, -1)[label, order].where(there[..., None], 0)
        regions = torch.cat([item.to(box)[..., None], box], 3).reshape(-1, 5)
        features = x[order].where(there[..., None], 0).reshape(-1, x.shape[1])
        ranks = self.ranks.to(x).repeat(len(info) * self.num_labels, 1)
        return features, regions, best.where(there, 0).reshape(-1), ranks

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        x, single, several = bottoms[0], graph.integers([2]), graph.integers([3])
        offsets, scores, rois, info = (flat_onnx(graph, name) for name in bottoms[1:])
        item = graph.add("Cast", graph.reshape(graph.cut(rois, 1, 0, 1), [-1]), to=INT64)
        numbers = graph.add("Unsqueeze", numbers_onnx(graph, info), single)
        own = graph.add("Transpose", graph.cut(scores, 1, 1, END), perm=[1, 0])
        own = graph.add("Where", graph.add("Equal", numbers, item), own, graph.floats(LOWEST))
        own = graph.add("Pad", own, graph.integers([0] * 5 + [self.length]), graph.floats(LOWEST))
        best, order = graph.add_several("TopK", 2, own, graph.integers([self.length]), axis=2)
        there = graph.add("Greater", best, graph.floats(LOWEST))
        last = graph.add("Sub", graph.cut(graph.add("Shape", x), 0, 0, 1), graph.integers([1]))
        order = graph.add("Min", order, last)                           # (N, labels, length)
        labels = graph.integers([[[label] for label in range(self.num_labels)]])
        lists = graph.add("Add", graph.add("Mul", numbers, graph.integers(self.num_labels)), labels)
        lists = graph.add("Where", there, graph.add("Cast", lists, to=FLOAT), graph.floats(NO_BOX))
        index = order
        if len(self.boxes.columns) > 1:
            index = graph.add("Add", graph.add("Mul", order, graph.integers(self.num_labels)),
                              labels)
        sizes = graph.add("Gather", graph.add("Gather", info, graph.integers([1, 0, 1, 0]), axis=1),
                          item, axis=0)
        boxes = self.boxes.decode_onnx(graph, offsets, graph.cut(rois, 1, 1, 5), sizes)
        boxes = graph.reshape(graph.add("Transpose", boxes, perm=[1, 0, 2]), [-1, 4])
        box = graph.add("Gather", boxes, index, axis=0)
        zero, seen = graph.floats(0.0), graph.add("Unsqueeze", there, several)
        regions = graph.add("Concat", graph.add("Unsqueeze", lists, several),
                            graph.add("Where", seen, box, zero), axis=3)
        features = graph.add("Where", seen, graph.add("Gather", x, order, axis=0), zero)
        images = graph.cut(graph.add("Shape", info), 0, 0, 1)
        times = graph.add("Concat", graph.add("Mul", images, graph.integers([self.num_labels])),
                          graph.integers([1]), axis=0)
        return [graph.reshape(features, [-1, graph.shape(x)[1]]), graph.reshape(regions, [-1, 5]),
                graph.reshape(graph.add("Where", there, best, zero), [-1]),
                graph.add("Tile", graph.floats(self.ranks.float()), times)]
