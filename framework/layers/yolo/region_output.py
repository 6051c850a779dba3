"""YOLO v2 detections, suppressed in the order of the map: RegionDetectionOutput."""

from __future__ import annotations

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.params import honour
from framework.layers.yolo.yolo_output import just_below, map_corners, map_parts
from framework.ops.detections import rows_without_box
from framework.ops.nms import greedy

LEAST_SCORE = 0.01      # of a text that gives none
FIELDS = ("side", "num_box", "coords", "nms_threshold", "biases")


@layer
class RegionDetectionOutput(Layer):
    """YOLO v2 detections of one image: the best class of each anchor, the first of a heap kept.

    Bottom: map (1, num_box * (5 + num_classes), side, side): for each box x, y, w, h, objectness
            and classes, before any activation.
    Top:    (1, 1, rows, 7): 0, label from 0 on, score, x1, y1, x2, y2 as fractions of the image,
            by position in the map and box, where the original has middle and size instead of
            corners; (0, -1, ...) without a box.
    Middles by sigmoid, sizes by exp times `biases` (in cells); the score is sigmoid(objectness)
    times the largest softmax, the first of equal ones. Boxes from `confidence_threshold` on count;
    one that overlaps a kept one before it in this order, whatever their scores and classes, by
    `nms_threshold` or more is left out. No gradient.
    Errors: SpecError without num_classes, for another coords than 4, and for maps or biases that
            do not fit.
    Source: DetectionOutputParameter, detection_output_layer.cpp and bbox_util.hpp of
            Felix-Li-Git/caffe-yolov2, where the type is DetectionOutput.
    """

    reads = ("detection_output_param",)
    fork_fields = frozenset(f"detection_output_param.{name}" for name in FIELDS)
    no_gradient_bottoms = (0,)
    gives_detections = True
    needs_float32 = True
    no_onnx_form = "its suppression in the order of the map is not written"

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        name = "detection_output_param"
        honour(spec, name, "num_classes confidence_threshold " + " ".join(FIELDS))
        param = spec.proto.detection_output_param
        if param.num_classes < 1:
            raise spec.error(f"{name}.num_classes", "is missing; it must be at least 1")
        if param.coords != 4:
            raise spec.error(f"{name}.coords", f"is {param.coords}; it must be 4")
        wanted = (1, param.num_box * (5 + param.num_classes), param.side, param.side)
        if tuple(x) != wanted:
            raise spec.error("bottom", f"has the shape {tuple(x)}; by side, num_box and "
                             f"num_classes it must be {wanted}")
        biases = list(param.biases)
        if len(biases) < 2 * param.num_box:
            raise spec.error(f"{name}.biases", f"has {len(biases)} numbers; it must have a width "
                             f"and a height for each of the {param.num_box} boxes of a cell")
        self.num_box = param.num_box
        self.anchors = [(biases[2 * box] / param.side, biases[2 * box + 1] / param.side)
                        for box in range(param.num_box)]
        least = param.confidence_threshold if param.HasField("confidence_threshold") \
            else LEAST_SCORE
        self.least_score = just_below(least)
        self.threshold = just_below(param.nms_threshold)

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        """One row: the number of rows is not known before a forward."""
        return [(1, 1, 1, 7)]

    def forward(self, x: Tensor) -> Tensor:
        middle, raw, rest = map_parts(x, self.num_box)
        corners = map_corners(middle, raw, self.anchors)
        if x.is_meta:
            return corners.new_empty(1, 1, 1, 7)
        score, label = (rest[..., :1].sigmoid() * rest[..., 1:].softmax(-1)).max(-1)
        kept = greedy(corners, score > self.least_score, self.threshold)[0].nonzero()[:, 0]
        if not len(kept):
            return rows_without_box(corners, 1).view(1, 1, 1, 7)
        numbers = torch.stack([torch.zeros_like(score[0]), label[0].to(score.dtype), score[0]], 1)
        return torch.cat([numbers, corners[0]], 1)[kept].view(1, 1, -1, 7)
