"""DetectionOutputExtended: detections with their anchor and cell."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_reasons import UNWRITTEN
from framework.layers.params import honour, plain
from framework.ops.detections import detection_rows
from framework.ops.losses import precise

LOWEST = torch.finfo(torch.float32).min


@layer
class DetectionOutputExtended(Layer):
    """Decode the boxes of one map, apply non-maximum suppression, name each box's anchor and cell.

    Bottoms: loc (N, H, W, A * 4); conf (N, H * W * A * 2), scores of background and object after
             softmax; prior (1, 2, P * 4), P = H * W * A.
    Top:     (1, 1, rows, 10): image, label 1, score, x1, y1, x2, y2 as fractions of the image,
             anchor, column and row of the cell; by image and falling score. Without any box one
             row (image, -1, ...) for each image. No gradient.
    Class 0 is the background, whatever `background_label_id` says.
    Errors:  SpecError for other shapes, num_classes other than 2, or share_location: false.
    Source:  detection_output_extended_layer.cpp of openvinotoolkit/training_toolbox_caffe.
    """

    reads = ("detection_output_param",)
    num_bottoms = (3, 3)
    no_gradient_bottoms = (0, 1, 2)
    needs_float32 = True
    no_onnx_form = UNWRITTEN

    unread = frozenset({"detection_output_param.background_label_id"})

    def __init__(self, spec: LayerSpec, loc: Shape, conf: Shape, prior: Shape):
        super().__init__(spec)
        honour(spec, "detection_output_param", "num_classes share_location background_label_id "
               "nms_param code_type variance_encoded_in_target keep_top_k confidence_threshold")
        param = spec.proto.detection_output_param
        if param.num_classes != 2 or not param.share_location:
            raise spec.error("detection_output_param.num_classes", f"is {param.num_classes}; it "
                             "must be 2, with share_location: true")
        if len(loc) != 4 or loc[3] % 4:
            raise spec.error("bottom", f"'{spec.bottoms[0]}' has the shape {tuple(loc)}; it must "
                             "be (N, H, W, A * 4)")
        priors = math.prod(loc[1:]) // 4
        if math.prod(conf) != loc[0] * priors * 2 or tuple(prior[1:3]) != (2, priors * 4):
            raise spec.error("bottom", f"has the shapes {tuple(loc)}, {tuple(conf)} and "
                             f"{tuple(prior)}; for {priors} priors there must be {priors * 2} "
                             f"scores an item and priors (1, 2, {priors * 4})")
        self.param, self.nms = plain(param), plain(param.nms_param)
        self.least_score = LOWEST
        if param.HasField("confidence_threshold"):
            self.least_score = param.confidence_threshold
        self.class_limit = param.nms_param.top_k if param.nms_param.HasField("top_k") else -1

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        return [(1, 1, 1, 10)]

    def forward(self, loc: Tensor, conf: Tensor, prior: Tensor) -> Tensor:
        num, height, width, codes = loc.shape
        anchors = codes // 4
        loc, conf = precise(loc.detach()), precise(conf.detach())
        priors, variances = prior.detach().to(loc.dtype).reshape(2, -1, 4).unbind(0)
        index = torch.arange(height * width * anchors, device=loc.device)
        cells = torch.stack([index % anchors, index // anchors % width,
                             index // (anchors * width)], 1)
        rows = detection_rows(
            loc.reshape(num, -1, 1, 4), conf.reshape(num, -1, 2), priors, variances, 0,
            self.param.code_type, self.param.variance_encoded_in_target, self.least_score,
            self.nms.nms_threshold, self.nms.eta, self.class_limit, self.param.keep_top_k,
            cells.to(loc.dtype).expand(num, -1, -1), False)
        return rows.view(1, 1, -1, 10)
