"""Detections of a two-stage detector (Fast, Faster R-CNN, R-FCN) for a batch of images."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.index_check import IndexCheck
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import honour
from framework.layers.rcnn.box_statistics import mean_and_deviation
from framework.layers.rcnn.class_boxes import ClassBoxes, columns_of, example_regions_of
from framework.layers.rcnn.detections import (
    PAST_END,
    Found,
    detection_rows,
    detection_rows_onnx,
    numbers_onnx,
)
from framework.layers.rcnn.regions_onnx import (
    INT64,
    among_best_onnx,
    best_onnx,
    flat_onnx,
    suppressed_onnx,
)
from framework.layers.ssd.detection_onnx import LOWEST
from framework.ops import nms


@layer
class RegionOutput(Layer):
    """Detections from regions: decode the boxes of each class, suppress, keep the best of an image.

    Bottoms: offsets (R, 4 C), dx dy dw dh of each class, or (R, 8) or (R, 4), of which the last
             four are those of all classes; probabilities (R, C); regions (R, 5): image, x1, y1,
             x2, y2 in pixels; image size (N, 3): height, width, scale. No gradient.
    Tops:    (1, 1, D, 7): image, label, score, x1, y1, x2, y2 in parts of the image, as
             DetectionOutput gives them; by image, label and falling score. Without any detection
             one row (image, -1, ...) for each image. If wanted the boxes as regions (D, 5), in
             pixels: of which a mask head is computed. At build D is 1.
    Offsets are multiplied by bbox_reg_param's bbox_std, and bbox_mean is added. Boxes of a score
    above confidence_threshold, cut to the image, go into the suppression of their class at
    nms_param.nms_threshold; keep_top_k of each image stay.
    Data decide D: torch.compile breaks the graph here.
    Errors:  SpecError without num_classes, or for shapes that do not fit.
    Source:  test.py of rbgirshick/py-faster-rcnn; box_results_with_nms_and_limit of Detectron.
    """

    reads = ("detection_output_param", "bbox_reg_param")
    unread = frozenset(["detection_output_param.save_output_param"])
    num_bottoms = (4, 4)
    num_tops = (1, 2)
    no_gradient_bottoms = (0, 1, 2, 3)
    info_bottom = 3
    gives_detections = True
    needs_float32 = True

    def __init__(self, spec: LayerSpec, offsets: Shape, scores: Shape, rois: Shape, info: Shape):
        super().__init__(spec)
        name = "detection_output_param"
        honour(spec, name, "num_classes background_label_id nms_param keep_top_k "
               "confidence_threshold")
        honour(spec, f"{name}.nms_param", "nms_threshold")
        param = spec.proto.detection_output_param
        num, rows = param.num_classes, scores[0]
        if num < 2:
            raise spec.error(f"{name}.num_classes", f"is {num}; it must be at least 2")
        width = math.prod(offsets[1:])
        if not (rows == offsets[0] == rois[0]) or width not in (4 * num, 8, 4) \
                or math.prod(scores[1:]) != num or math.prod(rois[1:]) != 5 \
                or len(info) < 2 or math.prod(info[1:]) < 3:
            found = ", ".join(str(tuple(shape)) for shape in (offsets, scores, rois, info))
            raise spec.error("bottom", f"has the shapes {found}; they must be (R, {4 * num}) or "
                             f"(R, 8), (R, {num}), (R, 5) and (N, 3)")
        self.check = IndexCheck(spec, 2, rois[:1], what=f"items of '{spec.bottoms[3]}'",
                                unit="region")
        self.labels = [index for index in range(num) if index != param.background_label_id]
        self.boxes = ClassBoxes(columns_of(spec, width, num, self.labels),
                                *mean_and_deviation(spec))
        self.least = param.confidence_threshold if param.HasField("confidence_threshold") \
            else LOWEST
        self.threshold = param.nms_param.nms_threshold
        self.most = param.keep_top_k

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        shapes: list[Shape] = [(1, 1, 1, 7), (1, 5)]
        return shapes[:len(self.spec.tops)]

    def example_bottom(self, index: int, shapes: Sequence[Shape]) -> Tensor | None:
        """Regions of 32 pixels in images of 64; a score for each class."""
        if index == 1:
            return torch.linspace(0.1, 0.9, math.prod(shapes[1])).reshape(shapes[1])
        if index == 2:
            number = torch.arange(shapes[2][0], dtype=torch.float32)
            return example_regions_of(number % shapes[3][0]).reshape(shapes[2])
        if index == 3:
            info = torch.ones(shapes[3])
            info[:, :2] = 64
            return info
        return None

    def forward(self, offsets: Tensor, scores: Tensor, rois: Tensor, info: Tensor
                ) -> tuple[Tensor, ...]:
        offsets, scores, rois = (part.detach().flatten(1) for part in (offsets, scores, rois))
        info = info.detach().flatten(1)
        image = self.check(rois[:, 0], len(info))
        corners = self.boxes.decode(offsets, rois[:, 1:], info[image][:, [1, 0, 1, 0]])
        scores = scores[:, self.labels].t()                             # (labels, R)
        scores, order = scores.sort(dim=1, descending=True, stable=True)
        corners = corners.expand(len(scores), -1, -1).gather(
            1, order[:, :, None].expand(-1, -1, 4))
        owner = image[order]
        past_end = corners.new_tensor(PAST_END)
        kept = nms.greedy(corners + past_end, scores > self.least, self.threshold, group=owner)
        index, rank = kept.nonzero(as_tuple=True)
        found, owner, box = scores[index, rank], owner[index, rank], corners[index, rank]
        rows, regions = detection_rows(Found(owner, index, found, box), self.labels, info,
                                       self.most)
        return (rows, regions)[:len(self.spec.tops)]

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        """As `forward`, with a list of candidates for each image and label."""
        offsets, scores, rois, info = (flat_onnx(graph, name) for name in bottoms)
        item = graph.add("Cast", graph.reshape(graph.cut(rois, 1, 0, 1), [-1]), to=INT64)
        size = graph.add("Gather", info, graph.integers([1, 0, 1, 0]), axis=1)
        corners = self.boxes.decode_onnx(graph, offsets, graph.cut(rois, 1, 1, 5),
                                         graph.add("Gather", size, item, axis=0))
        scores = graph.add("Gather", scores, graph.integers(self.labels), axis=1)
        scores = graph.add("Unsqueeze", graph.add("Transpose", scores, perm=[1, 0]),
                           graph.integers([0]))                         # (1, labels, R)
        images = graph.add("Unsqueeze", numbers_onnx(graph, info), graph.integers([2]))
        counts = graph.add("And", graph.add("Equal", images, item),
                           graph.add("Greater", scores, graph.floats(self.least)))
        scores = graph.add("Where", counts, scores, graph.floats(LOWEST))
        shape = graph.add("Concat", graph.add("Shape", scores), graph.integers([4]), axis=0)
        corners = graph.add("Expand", corners, shape)
        count = graph.cut(shape, 0, 2, 3)
        minus = graph.integers([-1])
        lists = graph.add("Reshape", scores, graph.add("Concat", minus, count, axis=0))
        corners = graph.add("Reshape", corners, graph.add("Concat", minus, count,
                                                          graph.integers([4]), axis=0))
        boxes, best = best_onnx(graph, corners, lists, count)
        kept = suppressed_onnx(graph, boxes, best, count, self.threshold)
        if self.most >= 0:
            kept = among_best_onnx(graph, best, kept, len(self.labels), self.most)
        return detection_rows_onnx(graph, kept, boxes, best, size, self.labels,
                                   len(self.spec.tops))
