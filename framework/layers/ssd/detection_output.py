"""SSD and RefineDet detections: decode boxes, non-maximum suppression, result files."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_graph import END, Names, OnnxGraph
from framework.layers.params import plain
from framework.layers.ssd.detection_maps import read_maps
from framework.layers.ssd.detection_onnx import Detections, decode_onnx, rows_onnx
from framework.layers.ssd.multibox_settings import check_predictions
from framework.layers.ssd.result_settings import read_resizing, read_result_files
from framework.ops.boxes import decode, decode_polygons
from framework.ops.detections import detection_rows
from framework.ops.image_boxes import in_image
from framework.ops.losses import precise
from framework.proto import PriorBoxParameter

LOWEST = torch.finfo(torch.float32).min


@layer
class DetectionOutput(Layer):
    """Decode boxes, apply non-maximum suppression to each class, keep the best.

    Bottoms: loc (N, P * 4), or (N, P * num_classes * 4) if `share_location: false`;
             conf (N, P * num_classes) scores, after softmax; prior (1, 2, P * 4);
             the image blob, which nothing is read from, or, with `objectness_score` or five
             bottoms (RefineDet), the first stage's conf (N, P * 2) after softmax, by which priors
             below `objectness_score` are background, and its loc (N, P * 4), which moves priors.
    Top:     (1, 1, rows, 7): image, label, score, x1, y1, x2, y2 as fractions of the image, which
             end at 0 and 1 only with `clip` (OpenCV), and then before the suppression; by image,
             label, falling score. One row (image, -1, ...) for each image if
             the whole batch has no box. No gradient.
    A score must be above `confidence_threshold`; NaN is not. Boxes with a NaN overlap nothing.
    With `use_polygon` (TextBoxes++) loc has 12 numbers a prior, the last 8 of which move its
    corners to a polygon's points, and rows have these 8 numbers more; suppression is by boxes, and
    nothing is saved. With `do_state_prediction` (tl_ssd) the fourth bottom is (N, P * num_states),
    and a row has its states after its score.
    With `no_permute` (Synopsys) the bottoms are `nbottom` maps of scores (N, num_classes, A,
    H * W), as many of boxes (N, A * 4, H, W), and the priors of all maps: see detection_maps.
    With `share_location` and no background, where the original aborts, all classes are objects.
    With `save_output_param` the boxes of each `num_test_image` images are written to result
    files, in pixels; images come in the order of the size file.
    The number of rows depends on the values: the layer compiles as one opaque step.
    `visualize` draws nothing here; tools/detect does.
    Errors: SpecError for missing or impossible fields.
    Source: DetectionOutputParameter; detection_output_layer.cpp of weiliu89/caffe branch ssd;
            sfzhang15/RefineDet for the first stage's bottoms; the same layers of
            MhLiao/TextBoxes_plusplus and julimueller/tl_ssd; that of
            foss-for-synopsys-dwc-arc-processors/synopsys-caffe; `clip` of
            modules/dnn/src/layers/detection_output_layer.cpp of opencv/opencv.
    """

    fork_fields = frozenset(f"detection_output_param.{name}" for name in (
        "use_polygon", "do_state_prediction", "num_states", "no_permute", "nbottom"))

    num_bottoms = (3, None)
    no_gradient_bottoms = (0, 1, 2, 3, 4)
    drawing = ("transform_param",)
    gives_detections = True
    needs_float32 = True

    def __init__(self, spec: LayerSpec, *bottoms: Shape):
        super().__init__(spec)
        param = spec.proto.detection_output_param
        _check_fields(spec)
        self.maps = read_maps(spec, bottoms)
        loc, conf, prior, *others = bottoms if self.maps is None else self.maps.shapes(bottoms)
        self.param = plain(param)
        self.nms = plain(param.nms_param)
        self.least_score = LOWEST
        if param.HasField("confidence_threshold"):
            self.least_score = param.confidence_threshold
        self.class_limit = param.nms_param.top_k if param.nms_param.HasField("top_k") else -1
        self.loc_classes = 1 if param.share_location else param.num_classes
        self.numbers = 12 if param.use_polygon else 4
        self.num_states = param.num_states if param.do_state_prediction else 0
        check_predictions(spec, loc, conf, prior, self.loc_classes, param.num_classes, self.numbers)
        _check_attached(spec, loc, prior, others)
        self.two_stages = len(others) == 2 or (len(others) == 1 and not self.num_states
                                               and param.HasField("objectness_score"))
        save = param.save_output_param
        field = "detection_output_param.save_output_param"
        self.resizing = None
        if save.HasField("resize_param"):
            self.resizing = read_resizing(spec, f"{field}.resize_param", save.resize_param)
        self.results = None if param.use_polygon else read_result_files(spec)
        self.row = 7 + self.numbers - 4 + self.num_states

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        """One row, as in the original: the number of rows is not known before a forward."""
        return [(1, 1, 1, self.row)]

    def forward(self, *bottoms: Tensor) -> Tensor:
        loc, conf, prior, *others = bottoms if self.maps is None else self.maps.join(bottoms)
        param = self.param
        nms = self.nms
        loc, conf = precise(loc.detach()), precise(conf.detach())
        priors, variances = prior.detach().to(loc.dtype).reshape(2, -1, 4).unbind(0)
        num_images = loc.shape[0]      # len() would make it a constant of an exported program
        num_priors = priors.shape[0]
        loc = loc.reshape(num_images, num_priors, self.loc_classes, self.numbers)
        conf = conf.reshape(num_images, num_priors, param.num_classes)
        attached = None
        if self.num_states:
            attached = others[0].detach().reshape(num_images, num_priors, self.num_states)
        elif param.use_polygon:
            attached = decode_polygons(loc[:, :, 0, 4:], priors, variances)
        if self.two_stages:
            object_score = others[0].detach().reshape(num_images, num_priors, 2)[:, :, 1:]
            nothing = conf.new_zeros(param.num_classes)
            nothing[0] = 1
            conf = torch.where(object_score < param.objectness_score, nothing, conf)
        if len(others) == 2:
            moves = others[1].detach().to(loc.dtype).reshape(num_images, num_priors, 4)
            priors = decode(moves, priors, variances, param.code_type,
                            param.variance_encoded_in_target)
        rows = detection_rows(
            loc[..., :4], conf, priors, variances, param.background_label_id, param.code_type,
            param.variance_encoded_in_target,
            self.least_score, nms.nms_threshold, nms.eta, self.class_limit, param.keep_top_k,
            attached, param.clip)
        if self.results is not None and not torch.compiler.is_compiling():
            self._save(rows[:, :7].cpu().float(), num_images)
        if self.num_states:
            rows = torch.cat([rows[:, :3], rows[:, 7:], rows[:, 3:7]], 1)
        return rows.view(1, 1, -1, self.row)

    def _save(self, rows: Tensor, num_images: int) -> None:
        assert self.results is not None
        files, sizes = self.results
        if files.seen == 0:
            files.begin()
        for image in range(num_images):
            own = rows[(rows[:, 0] == image) & (rows[:, 1] >= 0)]
            size = torch.tensor([sizes[files.seen]]).expand(len(own), 2)
            corners, _ = in_image(own[:, 3:], size, self.resizing)
            files.add(own[:, 1].numpy(), own[:, 2].numpy(), corners.numpy())

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        if self.row > 7:
            raise self.spec.error("detection_output_param", "has use_polygon or "
                                  "do_state_prediction, which the export does not write")
        if self.maps is not None:
            bottoms = self.maps.join_onnx(graph, bottoms)
        if graph.detection_op:
            return [graph.add("DetectionOutput", *bottoms[:3], **self._operator_attributes())]
        if self.nms.eta < 1:
            raise self.spec.error("detection_output_param.nms_param.eta", f"is {self.nms.eta:g}; "
                                  "ONNX's NonMaxSuppression has no adaptive threshold")
        loc, conf, prior = bottoms[:3]
        param, num_priors = self.param, graph.shape(prior)[2] // 4
        background = param.background_label_id
        rule = Detections(
            [index for index in range(param.num_classes) if index != background],
            param.num_classes, self.loc_classes, num_priors, param.code_type,
            param.variance_encoded_in_target, self.least_score, self.nms.nms_threshold,
            self.class_limit, param.keep_top_k, param.clip)
        loc = graph.reshape(loc, [-1, num_priors, self.loc_classes, 4])
        conf = graph.reshape(conf, [-1, num_priors, param.num_classes])
        pair = graph.reshape(prior, [2, num_priors, 1, 4])
        priors, variances = graph.cut(pair, 0, 0, 1), graph.cut(pair, 0, 1, 2)
        if self.two_stages:
            object_score = graph.cut(graph.reshape(bottoms[3], [-1, num_priors, 2]), 2, 1, END)
            nothing = graph.floats([1.0] + [0.0] * (param.num_classes - 1))
            low = graph.add("Less", object_score, graph.floats(param.objectness_score))
            conf = graph.add("Where", low, nothing, conf)
        if len(bottoms) == 5:
            moves = graph.reshape(bottoms[4], [-1, num_priors, 1, 4])
            priors = decode_onnx(graph, moves, priors, variances, rule)
        corners = decode_onnx(graph, loc, priors, variances, rule)
        if rule.clip:
            corners = graph.add("Clip", corners, graph.floats(0.0), graph.floats(1.0))
        return [rows_onnx(graph, corners, conf, rule)]

    def _operator_attributes(self) -> dict[str, Any]:   # Any: numbers and strings
        """The fields as OpenCV and OpenVINO read them. Without them they have Caffe's defaults."""
        param, nms = self.param, self.nms
        codes = {1: "CORNER", 2: "CENTER_SIZE", 3: "CORNER_SIZE"}
        return {
            "num_classes": param.num_classes, "share_location": int(param.share_location),
            "background_label_id": param.background_label_id,
            "code_type": f"caffe.PriorBoxParameter.{codes[param.code_type]}",
            "variance_encoded_in_target": int(param.variance_encoded_in_target),
            "keep_top_k": param.keep_top_k, "top_k": self.class_limit,
            "nms_threshold": nms.nms_threshold, "confidence_threshold": self.least_score,
            "normalized": 1, **({"eta": nms.eta} if nms.eta < 1 else {}),
            **({"clip": 1} if param.clip else {}),
        }


def _check_attached(spec: LayerSpec, loc: Shape, prior: Shape, others: Sequence[Shape]) -> None:
    """SpecError for polygons and states that do not fit the rest."""
    param = spec.proto.detection_output_param
    if param.use_polygon and (not param.share_location or param.variance_encoded_in_target
                              or param.code_type != PriorBoxParameter.CENTER_SIZE or others):
        raise spec.error("detection_output_param.use_polygon", "is true, which needs "
                         "share_location: true, code_type: CENTER_SIZE, no "
                         "variance_encoded_in_target, and three bottoms")
    if not param.do_state_prediction:
        return
    wanted = prior[2] // 4 * param.num_states
    if param.use_polygon or len(others) != 1 or others[0][0] != loc[0] \
            or math.prod(others[0][1:]) != wanted or not wanted:
        raise spec.error("detection_output_param.do_state_prediction", "is true, which needs a "
                         f"fourth bottom ({loc[0]}, {wanted}), {param.num_states} states for each "
                         "prior, and no use_polygon")


def _check_fields(spec: LayerSpec) -> None:
    param = spec.proto.detection_output_param
    if param.num_classes < 1:
        raise spec.error("detection_output_param.num_classes", f"is {param.num_classes}; it must "
                         "be given, and at least 1")
    nms = param.nms_param
    if nms.soft_nms:
        raise spec.error("detection_output_param.nms_param.soft_nms", "is true; only false is "
                         "supported")
    if nms.nms_threshold < 0:
        raise spec.error("detection_output_param.nms_param.nms_threshold",
                         f"is {nms.nms_threshold:g}; it must be at least 0")
    if not 0 < nms.eta <= 1:
        raise spec.error("detection_output_param.nms_param.eta",
                         f"is {nms.eta:g}; it must be above 0 and at most 1")
