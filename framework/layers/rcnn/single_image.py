"""Proposals and detections of BVLC's OpenCL branch: Faster R-CNN on one image."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import honour
from framework.layers.rcnn.proposal import AnchorBoxes, AnchorLevel
from framework.layers.rcnn.regions_onnx import (
    best_onnx,
    flat_onnx,
    moved_onnx,
    or_else_onnx,
    rows_onnx,
)
from framework.layers.ssd.detection_onnx import LOWEST, kept_onnx
from framework.ops import nms
from framework.ops.pixel_boxes import moved

BASE, RATIOS = 16, (0.5, 1.0, 2.0)      # of the anchors, fixed in the original
SMALLEST_SCALE = 1e-5                   # a smaller one counts as 1, there and here


def python_anchors(scales: Sequence[float]) -> list[list[float]]:
    """Anchors x1, y1, x2, y2 of RATIOS (outer) and scales (inner) around the first cell.

    Sides are rounded before they are scaled, as in Python Faster R-CNN's generate_anchors.py.
    """
    centre = 0.5 * (BASE - 1)
    anchors = []
    for ratio in RATIOS:
        width = int(math.sqrt(BASE * BASE / ratio) + 0.5)
        height = int(width * ratio + 0.5)
        for scale in scales:
            half_x, half_y = (0.5 * (side * scale - 1) for side in (width, height))
            anchors.append([centre - half_x, centre - half_y, centre + half_x, centre + half_y])
    return anchors


@layer
class SimplerNMS(AnchorBoxes):
    """Region proposals (RPN) of one image, as Proposal, with anchors of ratios 0.5, 1 and 2.

    Bottoms: scores (1, 2 A, H, W), background then object; offsets (1, 4 A, H, W), dx dy dw dh of
             each anchor; image size (1, 3): height, width, scale. No gradient goes to any.
    Top:     regions (R, 5): 0, x1, y1, x2, y2. At build there are post_nms_topn.
    There are anchors every 16 pixels, 3 for each `scale`. A box that is smaller than min_bbox_size
    * scale, or whose score is not above 0, is dropped; sizes and scale count as whole numbers. Of
    equal scores the later comes first. The pre_nms_topn best go into the suppression, which drops
    a box that overlaps a better one by more than iou_threshold. cls_threshold and
    max_num_proposals have no effect.
    Data decide the number of regions: torch.compile breaks the graph here.
    Errors:  SpecError without scale, for a feat_stride other than 16, for more than one image, or
             for channels that do not fit.
    Source:  SimplerNMSParameter; simpler_nms_layer.cpp of BVLC/caffe's branch opencl; Ren et al.
             2015.
    """

    def __init__(self, spec: LayerSpec, scores: Shape, offsets: Shape, info: Shape):
        super().__init__(spec)
        honour(spec, "simpler_nms_param", "iou_threshold min_bbox_size feat_stride pre_nms_topn "
               "post_nms_topn scale")
        param = spec.proto.simpler_nms_param
        if param.feat_stride != BASE:
            raise spec.error("simpler_nms_param.feat_stride", f"is {param.feat_stride}; it must be "
                             f"{BASE}, as in the original")
        if not param.scale:
            raise spec.error("simpler_nms_param.scale", "is not given")
        if scores[0] != 1:
            raise spec.error("bottom", f"has the shape {tuple(scores)}; the layer takes one image")
        self.most_before = param.pre_nms_topn
        self.start([AnchorLevel(python_anchors(list(param.scale)), param.feat_stride)],
                   param.min_bbox_size, param.post_nms_topn, param.iou_threshold)
        self.check_bottoms(scores, offsets, info)

    def forward(self, scores: Tensor, offsets: Tensor, info: Tensor) -> Tensor:
        corners, small = self._boxes(self.levels[0], offsets, info.reshape(1, -1)[:, :3].trunc())
        number = scores[:, self.num_anchors:].permute(0, 2, 3, 1).flatten(1)
        number = number.masked_fill(small, 0).flip(1)           # of equals, the later first
        order = number.argsort(dim=1, descending=True, stable=True)[:, :self.most_before]
        corners = corners.flip(1).gather(1, order[:, :, None].expand(-1, -1, 4))
        past_end = corners + corners.new_tensor([0, 0, 1, 1])   # pixels are cells: ends belong
        kept = nms.greedy(past_end, number.gather(1, order) > 0, self.threshold, most=self.most)
        boxes = corners[kept]
        return torch.cat([torch.zeros_like(boxes[:, :1]), boxes], 1)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        num, shape = self.num_anchors, graph.shape(bottoms[0])
        number = graph.cut(bottoms[0], 1, num, 2 * num)
        number = graph.reshape(graph.add("Transpose", number, perm=[0, 2, 3, 1]), [0, -1])
        info = graph.cut(graph.reshape(bottoms[2], [1, -1]), 1, 0, 3)
        corners, small = self._boxes_onnx(self.levels[0], graph, bottoms[1],
                                          graph.add("Floor", info), 2)
        number = graph.add("Where", small, graph.floats(0.0), number)
        count = graph.integers([min(self.most_before, num * math.prod(shape[2:]))])
        boxes, best = best_onnx(graph, corners, number, count)
        past_end = graph.add("Add", boxes, graph.floats([0.0, 0.0, 1.0, 1.0]))
        kept = kept_onnx(graph, past_end, best, count, 0.0, self.threshold, self.most)
        image, box, _ = rows_onnx(graph, kept, boxes, best)
        return [graph.add("Concat", image, box, axis=1)]


@layer
class FasterRcnnDetectionOutput(Layer):
    """Faster R-CNN detections of one image: decode the boxes of each class, suppress.

    Bottoms: offsets (R, 4 C), dx dy dw dh of each class; probabilities (R, C); regions (R, 5):
             image, x1, y1, x2, y2; image size (1, 3): height, width, scale. No gradient.
    Top:     (1, 1, D, 7): 0, label, score, x1, y1, x2, y2, divided by scale; by class and falling
             score, without background_label_id. Without a detection, one row of 0 and then -1. At
             build D is 1.
    Boxes of a score above confidence_threshold, cut to the image, go into the suppression of their
    class at nms_param.nms_threshold. Decoding counts pixels as cells, the suppression does not.
    nms_param.top_k and eta have no effect, as in the original.
    Data decide D: torch.compile breaks the graph here.
    Errors:  SpecError without num_classes, or for shapes that do not fit.
    Source:  FasterRcnnDetectionOutputParameter; faster_rcnn_detection_output_layer.cpp of
             BVLC/caffe's branch opencl.
    """

    num_bottoms = (4, 4)
    no_gradient_bottoms = (0, 1, 2, 3)
    info_bottom = 3
    needs_float32 = True

    def __init__(self, spec: LayerSpec, offsets: Shape, scores: Shape, rois: Shape, info: Shape):
        super().__init__(spec)
        name = "faster_rcnn_detection_output_param"
        honour(spec, name, "num_classes background_label_id nms_param confidence_threshold")
        param = spec.proto.faster_rcnn_detection_output_param
        num = param.num_classes
        if not num:
            raise spec.error(f"{name}.num_classes", "is not given, or 0")
        rows = scores[0]
        if math.prod(offsets) != 4 * num * rows or math.prod(scores) != num * rows \
                or math.prod(rois) != 5 * rows or offsets[0] != rows or math.prod(info) < 3:
            found = ", ".join(str(tuple(shape)) for shape in (offsets, scores, rois, info))
            raise spec.error("bottom", f"has the shapes {found}; they must be (R, {4 * num}), (R, "
                             f"{num}), (R, 5) and (1, 3)")
        self.labels = [index for index in range(num) if index != param.background_label_id]
        self.least = param.confidence_threshold if param.HasField("confidence_threshold") \
            else LOWEST
        self.threshold = param.nms_param.nms_threshold

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        return [(1, 1, 1, 7)]

    def forward(self, offsets: Tensor, scores: Tensor, rois: Tensor, info: Tensor) -> Tensor:
        offsets, scores, rois = (part.detach().flatten(1) for part in (offsets, scores, rois))
        high, wide, scale = info.detach().flatten()[:3].unbind()
        moves = offsets.unflatten(1, (-1, 4))[:, self.labels].transpose(0, 1)
        corners = moved(rois[:, 1:], moves) + moves.new_tensor([0, 0, 1, 1])
        edge = torch.stack([wide, high, wide, high]) - 1
        corners = corners.clamp(min=0).minimum(edge.to(corners))
        scores = scores[:, self.labels].t()                         # (classes, R)
        order = scores.argsort(dim=1, descending=True, stable=True)
        scores = scores.gather(1, order)
        corners = corners.gather(1, order[:, :, None].expand(-1, -1, 4))
        kept = nms.greedy(corners, scores > self.least, self.threshold)
        index, rank = kept.nonzero(as_tuple=True)
        label = scores.new_tensor(self.labels)[index][:, None]
        boxes = corners[index, rank] / torch.where(scale.abs() < SMALLEST_SCALE, 1, scale)
        rows = torch.cat([torch.zeros_like(label), label, scores[index, rank][:, None], boxes], 1)
        if not len(rows):
            rows = rows.new_tensor([[0.0, *[-1.0] * 6]])
        return rows[None, None]

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        offsets, scores, rois = (flat_onnx(graph, name) for name in bottoms[:3])
        info = graph.cut(graph.reshape(bottoms[3], [-1]), 0, 0, 3)
        labels = graph.integers(self.labels)
        moves = graph.add("Gather", graph.reshape(offsets, [0, -1, 4]), labels, axis=1)
        moves = graph.add("Transpose", moves, perm=[1, 0, 2])
        first, last = moved_onnx(graph, graph.cut(rois, 1, 1, 5), moves, 2)
        corners = graph.add("Concat", first, graph.add("Add", last, graph.floats(1.0)), axis=2)
        edge = graph.add("Sub", graph.add("Gather", info, graph.integers([1, 0, 1, 0]), axis=0),
                         graph.floats(1.0))
        corners = graph.add("Min", graph.add("Max", corners, graph.floats(0.0)), edge)
        scores = graph.add("Transpose", graph.add("Gather", scores, labels, axis=1), perm=[1, 0])
        count = graph.cut(graph.add("Shape", scores), 0, 1, 2)
        boxes, best = best_onnx(graph, corners, scores, count)
        kept = kept_onnx(graph, boxes, best, count, self.least, self.threshold)
        index, box, score = rows_onnx(graph, kept, boxes, best)
        index = graph.add("Cast", graph.reshape(index, [-1]), to=7)
        label = graph.add("Gather", graph.floats([float(label) for label in self.labels]), index,
                          axis=0)
        label = graph.add("Unsqueeze", label, graph.integers([1]))
        image = graph.add("Mul", label, graph.floats(0.0))
        scale = graph.cut(info, 0, 2, 3)
        tiny = graph.add("Less", graph.add("Abs", scale), graph.floats(SMALLEST_SCALE))
        box = graph.add("Div", box, graph.add("Where", tiny, graph.floats(1.0), scale))
        rows = graph.add("Concat", image, label, graph.add("Unsqueeze", score,
                                                           graph.integers([1])), box, axis=1)
        rows = or_else_onnx(graph, rows, graph.floats(torch.tensor([[0.0, *[-1.0] * 6]])))
        return [graph.reshape(rows, [1, 1, -1, 7])]
