"""YOLO v2 and v3 detections: decode maps of anchors, non-maximum suppression."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_graph import END, Names, OnnxGraph
from framework.layers.yolo.yolo_onnx import (
    best_boxes_onnx,
    boxes_by_class_onnx,
    cells_onnx,
    joined_onnx,
)
from framework.ops.by_item import by_item
from framework.ops.detections import best_boxes, best_boxes_by_class
from framework.ops.losses import precise

NO_GRADIENT = tuple(range(16))


def map_parts(maps: Tensor, num_boxes: int, zoom: float = 1.0) -> tuple[Tensor, Tensor, Tensor]:
    """Split maps (N, boxes * (4 + rest), h, w) into middles, raw sizes and the rest.

    zoom  factor on the offset of a middle in its cell, about the cell's middle
    Returns (N, h * w * boxes, 2) middles as fractions of the image, (..., 2) and (..., rest).
    """
    num, _, height, width = maps.shape
    cells = by_item(precise(maps.detach()), num_boxes, -1, height, width)
    cells = cells.permute(0, 3, 4, 1, 2)            # N, h, w, boxes, numbers
    y = torch.arange(height, device=maps.device)[:, None, None]
    x = torch.arange(width, device=maps.device)[:, None]
    inner = cells[..., :2].sigmoid()
    if zoom != 1:
        inner = inner * zoom - (zoom - 1) / 2
    middle = torch.stack([(inner[..., 0] + x) / width, (inner[..., 1] + y) / height], -1)
    return middle.flatten(1, 3), cells[..., 2:4].flatten(1, 3), cells[..., 4:].flatten(1, 3)


def map_corners(middle: Tensor, raw: Tensor, anchors: list[tuple[float, float]]) -> Tensor:
    """Corners (N, M, 4) as fractions of the image; exp(raw) multiplies the anchors' sizes."""
    units = torch.tensor(anchors, dtype=raw.dtype, device=raw.device)
    half = raw.exp() * units.repeat(raw.shape[1] // len(units), 1) / 2
    return torch.cat([middle - half, middle + half], -1)


def _pairs(spec: LayerSpec, field: str, biases: Any, least: int) -> list[tuple[float, float]]:
    """The anchors of a repeated field: width, height, width, height. Any: protobuf's list."""
    if len(biases) % 2 or len(biases) < 2 * least:
        raise spec.error(f"{field}.biases", f"has {len(biases)} numbers; it must have a width and "
                         f"a height for each of at least {least} anchors")
    return list(zip(biases[::2], biases[1::2], strict=True))


def _check_channels(spec: LayerSpec, shape: Shape, num_boxes: int, num_classes: int) -> None:
    if len(shape) != 4 or shape[1] != num_boxes * (5 + num_classes):
        raise spec.error("bottom", f"has the shape {shape}; {num_boxes} boxes of 5 numbers and "
                         f"{num_classes} classes need {num_boxes * (5 + num_classes)} channels")


@layer
class YoloDetectionOutput(Layer):
    """YOLO v2 detections: the best class of each anchor, after class-agnostic suppression.

    Bottoms: one or two maps (N, num_box * (5 + num_classes), h, w): for each box x, y, w, h,
             objectness and classes, before any activation.
    Top:     (1, 1, rows, 7): image, label from 1 on, score, x1, y1, x2, y2 as fractions of the
             image; by image and falling score; (image, -1, ...) for each if no image has a box.
    Middles by sigmoid, sizes by exp times `biases` (in cells); the score is sigmoid(objectness)
    times the largest softmax. Boxes from `confidence_threshold` on count; one that overlaps a
    kept one, of any class, by `nms_threshold` or more is left out. The original suppresses over
    all images of a batch together and calls them image 0; here each is separate. `class_agnostic:
    false` is Darknet's: every class of a box by itself, suppressed by boxes of its own class that
    overlap it by more, and scores must be above the threshold. `side`, `coords`
    and `label_map_file` do not change the result there and here. No gradient.
    Errors: SpecError for channels or biases that do not fit.
    Source: YoloDetectionOutputParameter; yolo_detection_output_layer.cpp of eric612/MobileNet-YOLO.
    """

    num_bottoms = (1, 2)
    no_gradient_bottoms = NO_GRADIENT
    gives_detections = True
    needs_float32 = True
    fork_fields = frozenset(["yolo_detection_output_param.class_agnostic"])

    def __init__(self, spec: LayerSpec, *maps: Shape):
        super().__init__(spec)
        param = spec.proto.yolo_detection_output_param
        self.num_box = param.num_box
        self.by_class = not param.class_agnostic
        self.least_score, self.threshold = param.confidence_threshold, param.nms_threshold
        if param.class_agnostic:
            self.least_score = just_below(self.least_score)
            self.threshold = just_below(self.threshold)
        for shape in maps:
            _check_channels(spec, shape, param.num_box, param.num_classes)
        anchors = _pairs(spec, "yolo_detection_output_param", param.biases, param.num_box)
        self.anchors = anchors[:param.num_box]

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        """One row: the number of rows is not known before a forward."""
        return [(1, 1, 1, 7)]

    def forward(self, *maps: Tensor) -> Tensor:
        corners = []
        scores = []
        for one in maps:
            height, width = one.shape[2:]
            middle, raw, rest = map_parts(one, self.num_box)
            corners.append(map_corners(middle, raw, [(w / width, h / height)
                                                  for w, h in self.anchors]))
            scores.append(rest[..., :1].sigmoid() * rest[..., 1:].softmax(-1))
        score = torch.cat(scores, 1)
        if self.by_class:
            rows = best_boxes_by_class(torch.cat(corners, 1), score, self.least_score,
                                       self.threshold)
        else:
            best, label = score.max(-1, keepdim=True)
            rows = best_boxes(torch.cat(corners, 1), best, label + 1, self.least_score,
                              self.threshold)
        return rows.view(1, 1, -1, 7)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        parts = []
        for name in bottoms:
            height, width = graph.shape(name)[2:]
            anchors = [(w / width, h / height) for w, h in self.anchors]
            corners, rest = cells_onnx(graph, name, self.num_box, anchors)
            classes = graph.add("Softmax", graph.cut(rest, 2, 1, END), axis=2)
            parts.append((corners, graph.add("Sigmoid", graph.cut(rest, 2, 0, 1)), classes))
        corners, objects, classes = joined_onnx(graph, parts)
        return [_rows_onnx(self, graph, bottoms, (corners, objects, classes))]


@layer
class Yolov3DetectionOutput(Layer):
    """YOLO v3 detections: every class of each anchor, after class-agnostic suppression.

    Bottoms: `mask_group_num` maps (N, num_box * (5 + num_classes), h, w): for each box x, y, w, h,
             objectness and classes, before any activation.
    Top:     (1, 1, rows, 7), as YoloDetectionOutput.
    Middles by sigmoid, sizes by exp times the anchors (`biases`, pixels of an input of
    `anchors_scale` times the map); the score of a class is sigmoid(class) times
    sigmoid(objectness), and must be above `confidence_threshold`. A box that overlaps a kept one,
    of any class, by `nms_threshold` or more is left out. The original takes every map for square
    and shifts the boxes of others; here they stay in their cells. Each image of a batch has its
    own suppression. `class_agnostic: false` is Darknet's: boxes of one class alone suppress each
    other, by an overlap of more than the threshold. `scale_x_y`, once for each bottom, is Darknet's
    factor on sigmoid(x) - 0.5. No gradient. `num_boxes` and `masks` are other names of num_box and
    mask, beside which mask_group_num may be left out.
    Errors: SpecError for `gaussian_box`, and for fields and channels that do not fit.
    Source: Yolov3DetectionOutputParameter; yolov3_detection_output_layer.cpp and yolov3_layer.cpp
            of eric612/MobileNet-YOLO; Redmon and Farhadi 2018. The other names: w3sip/mo_problem.
    """

    num_bottoms = (1, None)
    no_gradient_bottoms = NO_GRADIENT
    gives_detections = True
    needs_float32 = True
    fork_fields = frozenset(f"yolov3_detection_output_param.{name}" for name in (
        "class_agnostic", "scale_x_y", "num_boxes", "masks"))

    def __init__(self, spec: LayerSpec, *maps: Shape):
        super().__init__(spec)
        field = "yolov3_detection_output_param"
        param = spec.proto.yolov3_detection_output_param
        self.num_box = param.num_boxes if param.HasField("num_boxes") else param.num_box
        mask = list(param.mask) or list(param.masks)
        groups = len(maps) if param.masks and not param.HasField("mask_group_num") \
            else param.mask_group_num
        if param.mask and param.masks or \
                param.HasField("num_box") and param.HasField("num_boxes"):
            raise spec.error(f"{field}.masks", "and num_boxes are other names of mask and num_box; "
                             "both are given")
        self.least_score = param.confidence_threshold
        self.by_class = not param.class_agnostic
        self.threshold = param.nms_threshold if self.by_class else just_below(param.nms_threshold)
        self.zooms = list(param.scale_x_y) or [1.0] * len(maps)
        self.scales = list(param.anchors_scale)
        if param.gaussian_box:
            raise spec.error(f"{field}.gaussian_box", "is true; it is not supported")
        for name, found, wanted in (("mask_group_num", groups, len(maps)),
                                    ("anchors_scale", len(param.anchors_scale), len(maps)),
                                    ("scale_x_y", len(self.zooms), len(maps)),
                                    ("mask", len(mask), len(maps) * self.num_box)):
            if found != wanted:
                raise spec.error(f"{field}.{name}", f"gives {found}; {len(maps)} bottoms of "
                                 f"{self.num_box} boxes need {wanted}")
        for shape in maps:
            _check_channels(spec, shape, self.num_box, param.num_classes)
        anchors = _pairs(spec, field, param.biases, max(mask, default=0) + 1)
        self.anchors = [anchors[number] for number in mask]

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        """One row: the number of rows is not known before a forward."""
        return [(1, 1, 1, 7)]

    def forward(self, *maps: Tensor) -> Tensor:
        corners = []
        scores = []
        for index, one in enumerate(maps):
            num_box = self.num_box
            scale = self.scales[index]
            height, width = one.shape[2:]
            middle, raw, rest = map_parts(one, num_box, self.zooms[index])
            own = self.anchors[index * num_box:(index + 1) * num_box]
            corners.append(map_corners(middle, raw, [(w / (width * scale), h / (height * scale))
                                                  for w, h in own]))
            scores.append(rest[..., 1:].sigmoid() * rest[..., :1].sigmoid())
        score = torch.cat(scores, 1)
        corner = torch.cat(corners, 1)
        if self.by_class:
            rows = best_boxes_by_class(corner, score, self.least_score, self.threshold)
        else:
            labels = torch.arange(1, score.shape[2] + 1, device=score.device).expand_as(score)
            rows = best_boxes(corner, score, labels, self.least_score, self.threshold)
        return rows.view(1, 1, -1, 7)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        """By class, or with the best class of each box alone: the others' boxes are the same, and
        left out."""
        if self.threshold >= 1 and not self.by_class:
            field = "yolov3_detection_output_param.nms_threshold"
            raise self.spec.error(field, "is above 1: then a "
                                  "box of several classes stays, which has no ONNX form")
        parts = []
        for index, name in enumerate(bottoms):
            height, width = graph.shape(name)[2:]
            own = self.anchors[index * self.num_box:(index + 1) * self.num_box]
            anchors = [(w / (width * self.scales[index]), h / (height * self.scales[index]))
                       for w, h in own]
            corners, rest = cells_onnx(graph, name, self.num_box, anchors, self.zooms[index])
            rest = graph.add("Sigmoid", rest)
            parts.append((corners, graph.cut(rest, 2, 0, 1), graph.cut(rest, 2, 1, END)))
        corners, objects, classes = joined_onnx(graph, parts)
        return [_rows_onnx(self, graph, bottoms, (corners, objects, classes))]


def just_below(number: float) -> float:
    """The next float32 below: `at least number` is `above` that."""
    below = torch.nextafter(torch.tensor(number, dtype=torch.float32), torch.tensor(-math.inf))
    return below.item()


def _rows_onnx(layer: YoloDetectionOutput | Yolov3DetectionOutput, graph: OnnxGraph, maps: Names,
               parts: tuple[str, ...]) -> str:
    """The rows of corners, objectness and class scores of all maps."""
    corners, objects, classes = parts
    rule = layer.least_score, layer.threshold
    if not layer.by_class:
        return best_boxes_onnx(graph, corners, objects, classes, *rule)
    shapes = [graph.shape(name) for name in maps]
    num_boxes = sum(layer.num_box * height * width for _, _, height, width in shapes)
    num_classes = shapes[0][1] // layer.num_box - 5
    return boxes_by_class_onnx(graph, corners, objects, classes, *rule, (num_boxes, num_classes))
