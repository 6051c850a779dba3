"""Boxes of faces from maps of centres: CenterGridOutput, CenternetDetectionOutput."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer, uncompiled
from framework.layers.onnx_reasons import UNWRITTEN
from framework.layers.params import honour, is_set
from framework.ops.detections import rows_without_box
from framework.ops.losses import precise
from framework.ops.nms import greedy
from framework.proto import enum_name

FIELD = "detection_output_param"
POINTS = 10         # x and y of five points of a face
STRIDE = 4          # of CenterNet's map


class _FaceBoxes(Layer):
    """What both share: the suppression in each image, and the rows of the top."""

    no_onnx_form = UNWRITTEN
    needs_float32 = True

    def read(self, fields: str) -> None:
        honour(self.spec, FIELD, f"num_classes share_location keep_top_k confidence_threshold "
                                 f"nms_thresh has_lm {fields}")
        param = self.spec.proto.detection_output_param
        if not param.share_location:
            raise self.spec.error(f"{FIELD}.share_location", "is false; it must be true")
        self.most, self.threshold = param.keep_top_k, param.nms_thresh
        self.least_score = -math.inf
        if is_set(param, "confidence_threshold"):
            self.least_score = param.confidence_threshold
        self.has_points = param.has_lm
        self.row = 7 + POINTS * self.has_points

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        return [(1, 1, 1, self.row)]

    def rows(self, images: list[Tensor], areas: list[Tensor], divisors: list[float]) -> Tensor:
        """The top of the candidates of each image.

        images    of each (K, row - 1): class, score, corners and points in pixels
        areas     of the boxes (K,), as their overlaps are measured
        divisors  of all columns but the class and the score
        """
        kept = [self._suppressed(*found) for found in zip(images, areas, strict=True)]
        rows = torch.cat([torch.cat([torch.full_like(boxes[:, :1], number), boxes], 1)
                          for number, boxes in enumerate(kept)])
        if not len(rows):
            return rows_without_box(rows, len(images), self.row)[None, None]
        rows[:, 3:] /= rows.new_tensor(divisors)
        return rows[None, None]

    def _suppressed(self, boxes: Tensor, area: Tensor) -> Tensor:
        """The best of the boxes, best first, none of which overlaps another too much."""
        order = boxes[:, 1].argsort(descending=True, stable=True)
        boxes, area = boxes[order], area[order]
        columns = torch.cat([boxes[:, 2:6], area[:, None]], 1)[None]
        kept = greedy(columns, torch.ones_like(columns[..., 0], dtype=torch.bool), self.threshold,
                      most=self.most if self.most > 0 else None, overlap=_overlap)
        return boxes[kept[0]]


def _overlap(first: Tensor, second: Tensor) -> Tensor:
    """Intersection in whole pixels (+ 1) over union, of boxes x1, y1, x2, y2 and area (..., 5)."""
    size = torch.minimum(first[..., 2:4], second[..., 2:4]) \
        - torch.maximum(first[..., :2], second[..., :2]) + 1
    inner = size.clamp(min=0).prod(-1)
    return inner / (first[..., 4] + second[..., 4] - inner)


@layer
class CenterGridOutput(_FaceBoxes):
    """Boxes of faces from maps of distances to their sides, one anchor a map.

    Bottoms: three or more maps (N, C, H, W), each with an anchor `bias_scale` in pixels. SIGMOID: C
             is 5, four distances and a score; SOFTMAX: 6, four distances and scores of background
             and face, with has_lm 16, ten numbers of five points between both.
    Top:     (1, 1, rows, 7): image, class 1, score, x1, y1, x2, y2 as fractions of the net's input,
             by image and falling score; with has_lm (1, 1, rows, 17), x and y of the points then.
             Without any box one row (image, -1, ...) for each image. No gradient.
    With s = net_width / W a side is (w + 0.5) * s - distance * anchor in x, with h in y, half the
    anchor for SIGMOID; both coordinates of a point are taken from w, as in the original. They end
    at the map's borders. A score must be at least confidence_threshold. Boxes of an image are
    dropped that overlap a better one by more than nms_thresh, the intersection in whole pixels (+
    1) over areas without; keep_top_k are left.
    Errors:  SpecError for other shapes, or another number of anchors than of maps.
    Source:  CenterGridDetectionLayer.cpp and center_bbox_util.cpp of yuqj1991/caffe_train.
    """

    reads = (FIELD,)
    fork_fields = frozenset(f"{FIELD}.{name}" for name in (
        "bias_scale nms_thresh class_type has_lm net_height net_width").split())
    num_bottoms = (3, None)

    def __init__(self, spec: LayerSpec, *maps: Shape):
        super().__init__(spec)
        self.read("bias_scale class_type net_height net_width")
        param = spec.proto.detection_output_param
        self.no_gradient_bottoms = tuple(range(len(maps)))
        self.anchors = list(param.bias_scale)
        self.by_sigmoid = enum_name(param, "class_type") == "SIGMOID"
        self.size = param.net_width, param.net_height
        if len(self.anchors) != len(maps):
            raise spec.error(f"{FIELD}.bias_scale", f"is given {len(self.anchors)} times; there "
                             f"are {len(maps)} maps")
        classes = 1 if self.by_sigmoid else 2
        if param.num_classes != classes or (self.has_points and self.by_sigmoid):
            raise spec.error(f"{FIELD}.num_classes", f"is {param.num_classes}; it must be 1 for "
                             "SIGMOID, which has no points, and 2 for SOFTMAX")
        channels = 4 + POINTS * self.has_points + classes
        for name, shape in zip(spec.bottoms, maps, strict=True):
            if len(shape) != 4 or shape[:2] != (maps[0][0], channels):
                raise spec.error("bottom", f"'{name}' has the shape {tuple(shape)}; it must be "
                                 f"({maps[0][0]}, {channels}, H, W)")

    @uncompiled
    def forward(self, *maps: Tensor) -> Tensor:
        found = [self._candidates(precise(x.detach()), anchor)
                 for x, anchor in zip(maps, self.anchors, strict=True)]
        images = [torch.cat([boxes[image] for boxes in found]) for image in range(len(maps[0]))]
        areas = [(boxes[:, 4:6] - boxes[:, 2:4]).prod(1) for boxes in images]
        return self.rows(images, areas, [float(side) for side in self.size] * ((self.row - 3) // 2))

    def _candidates(self, x: Tensor, anchor: int) -> list[Tensor]:
        """Class, score, corners and points of the boxes of one map, for each image."""
        height, width = x.shape[2:]
        step = self.size[0] / width
        across = ((torch.arange(width, device=x.device) + 0.5) * step).expand(height, width)
        down = ((torch.arange(height, device=x.device) + 0.5) * step)[:, None].expand_as(across)
        reach = anchor / 2 if self.by_sigmoid else anchor
        starts = torch.stack([across, down] * 2 + [across] * (self.row - 7))
        places = starts.to(x.dtype) - x[:, :self.row - 3] * reach
        limits = x.new_tensor([width * step, height * step] * ((self.row - 3) // 2))
        places = places.clamp(min=0).minimum(limits[:, None, None]).flatten(2).transpose(1, 2)
        scores = x[:, self.row - 3:].flatten(2)
        score = scores[:, 0].sigmoid() if self.by_sigmoid else scores.softmax(1)[:, 1]
        valid = (score >= self.least_score) & (places[..., 2:4] > places[..., :2]).all(2)
        rows = torch.cat([torch.ones_like(score)[..., None], score[..., None], places], 2)
        return [one[take] for one, take in zip(rows, valid, strict=True)]


@layer
class CenternetDetectionOutput(_FaceBoxes):
    """Boxes from a map of centres: CenterNet's, with points of faces.

    Bottoms: codes (N, 4, H, W): x and y of the centre from the cell's corner, logarithms of width
             and height, all in cells of 4 pixels; with has_lm (N, 14, H, W), then five points; conf
             (N, num_classes - 1, H, W), after sigmoid.
    Top:     (1, 1, rows, 7): image, class from 1 on, score, x1, y1, x2, y2 as fractions of the map,
             by image and falling score; with has_lm (1, 1, rows, 17), x and y of the points then,
             (centre + number * the box's side) * 4, not as fractions, as in the original. Without
             any box one row (image, -1, ...) for each image. No gradient.
    A score must be above confidence_threshold and below 1. Coordinates end at the map's borders.
    Boxes of an image, of whatever class, are dropped that overlap a better one by more than
    nms_thresh: the intersection in whole pixels (+ 1), areas of the sizes that were predicted.
    Errors:  SpecError for other shapes.
    Source:  detection_centernet_output_layer.cpp and center_bbox_util.cpp of
             yuqj1991/caffe_train.
    """

    reads = (FIELD,)
    fork_fields = frozenset((f"{FIELD}.nms_thresh", f"{FIELD}.has_lm"))
    num_bottoms = (2, 2)
    no_gradient_bottoms = (0, 1)

    def __init__(self, spec: LayerSpec, codes: Shape, conf: Shape):
        super().__init__(spec)
        self.read("")
        classes = spec.proto.detection_output_param.num_classes - 1
        channels = 4 + POINTS * self.has_points
        if len(codes) != 4 or codes[1] != channels:
            raise spec.error("bottom", f"'{spec.bottoms[0]}' has the shape {tuple(codes)}; it "
                             f"must be (N, {channels}, H, W)")
        if tuple(conf) != (codes[0], classes, *codes[2:]):
            raise spec.error("bottom", f"'{spec.bottoms[1]}' has the shape {tuple(conf)}; it must "
                             f"be {(codes[0], classes, *codes[2:])}, num_classes - 1 scores")

    @uncompiled
    def forward(self, codes: Tensor, conf: Tensor) -> Tensor:
        codes, conf = precise(codes.detach()), precise(conf.detach())
        height, width = codes.shape[2:]
        limit = codes.new_tensor([width * STRIDE, height * STRIDE])
        images, areas = [], []
        for numbers, scores in zip(codes, conf, strict=True):
            kind, row, column = ((scores > self.least_score) & (scores < 1)).nonzero().unbind(1)
            own = numbers[:, row, column].t()
            centre = (torch.stack([column, row], 1) + own[:, :2]) * STRIDE
            size = own[:, 2:4].exp() * STRIDE
            first = (centre - size / 2).clamp(min=0).minimum(limit)
            last = (centre + size / 2).clamp(min=0).minimum(limit)
            columns = [(kind + 1)[:, None].to(own.dtype), scores[kind, row, column][:, None],
                       first, last]
            if self.has_points:
                points = own[:, 4:].unflatten(1, (5, 2)) * (last - first)[:, None]
                points = ((centre[:, None] + points) * STRIDE).clamp(min=0).minimum(limit)
                columns.append(points.flatten(1))
            images.append(torch.cat(columns, 1))
            areas.append(size.prod(1))
        divisors = [float(side) for side in limit] * 2 + [1.0] * (self.row - 7)
        return self.rows(images, areas, divisors)
