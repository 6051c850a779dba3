"""Cascade R-CNN detections: decode the boxes of each class, non-maximum suppression."""

from __future__ import annotations

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_graph import END, Names, OnnxGraph
from framework.layers.rcnn.box_statistics import adjusted, mean_and_deviation
from framework.layers.rcnn.regions_onnx import (
    adjusted_onnx,
    among_best_onnx,
    best_onnx,
    flat_onnx,
    moved_onnx,
    rows_onnx,
    suppressed_onnx,
)
from framework.layers.ssd.detection_onnx import LOWEST
from framework.ops import nms
from framework.ops.pixel_boxes import moved


@layer
class FrcnnOutput(Layer):
    """Faster and Cascade R-CNN detections of one image: per-class non-maximum suppression.

    Bottoms: probabilities (R, C, ...), class 0 is background; offsets (R, 4 C, ...), or (R, 8,
             ...) unless cls_aware, of which the last four count; regions (R, 5 or 6, ...): image
             (0), x1, y1, x2, y2; height and width of the net's input (1, 2, ...). No gradient.
    Top:     (D + 1, 7, 1, 1): image, x1, y1, x2, y2, label, score; the first row is 0 and then -1,
             so that every image has a row; then by class and falling score. At build D is 0.
    Boxes of score conf_thr and more, cut to the input, go into the suppression of their class at
    iou_thr; the max_det_num of the highest scores stay. Data decide D: torch.compile breaks the
    graph here.
    Errors:  SpecError for shapes; for an nms_type other than IOU; for save_output_param with a
             directory: result files are not supported.
    Source:  zhaoweicai/cascade-rcnn frcnn_output_layer.cpp.
    """

    reads = ("bbox_reg_param",)
    num_bottoms = (4, 4)
    no_gradient_bottoms = (0, 1, 2, 3)
    needs_float32 = True

    def __init__(self, spec: LayerSpec, scores: Shape, offsets: Shape, rois: Shape, sizes: Shape):
        super().__init__(spec)
        param = spec.proto.frcnn_output_param
        if param.nms_type != "IOU":
            raise spec.error("frcnn_output_param.nms_type", f"is '{param.nms_type}'; only IOU is "
                             "supported")
        if param.save_output_param.output_directory:
            raise spec.error("frcnn_output_param.save_output_param", "asks for result files, which "
                             "this layer does not write")
        self.by_class = spec.proto.bbox_reg_param.cls_aware
        wanted = 4 * scores[1] if self.by_class else 8
        if not (scores[0] == offsets[0] == rois[0]) or offsets[1] != wanted \
                or rois[1] not in (5, 6) or tuple(sizes[:2]) != (1, 2):
            found = ", ".join(str(tuple(shape)) for shape in (scores, offsets, rois, sizes))
            raise spec.error("bottom", f"has the shapes {found}; they must be (R, C), (R, "
                             f"{wanted}), (R, 5) and (1, 2)")
        self.mean, self.deviation = mean_and_deviation(spec)
        self.least = param.conf_thr
        self.threshold = param.iou_thr
        self.most = param.max_det_num

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        return [(1, 7, 1, 1)]

    def forward(self, scores: Tensor, offsets: Tensor, rois: Tensor, sizes: Tensor) -> Tensor:
        scores, offsets, rois = (part.detach().flatten(1) for part in (scores, offsets, rois))
        corners = self._corners(offsets, rois, sizes.detach().flatten())
        scores = scores[:, 1:].t()                                  # (C - 1, R)
        order = scores.argsort(dim=1, descending=True, stable=True)
        scores = scores.gather(1, order)
        if len(corners) == 1:
            corners = corners.expand(len(scores), -1, -1)
        corners = corners.gather(1, order[:, :, None].expand(-1, -1, 4))
        past_end = corners + corners.new_tensor([0, 0, 1, 1])       # pixels are cells
        kept = nms.greedy(past_end, scores >= self.least, self.threshold)
        if self.most:
            kept &= self._among_best(scores, kept)
        label, rank = kept.nonzero(as_tuple=True)
        rows = torch.cat([torch.zeros_like(corners[label, rank, :1]), corners[label, rank],
                          (label + 1).to(scores.dtype)[:, None], scores[label, rank][:, None]], 1)
        first = rows.new_tensor([[0.0, *[-1.0] * 6]])
        return torch.cat([first, rows])[:, :, None, None]

    def _corners(self, offsets: Tensor, rois: Tensor, size: Tensor) -> Tensor:
        """Decoded boxes (C - 1, R, 4), or (1, R, 4) where all classes have the same."""
        moves = offsets.unflatten(1, (-1, 4))[:, 1:].transpose(0, 1)
        moves = adjusted(moves, self.mean, self.deviation)
        corners = moved(rois[:, 1:5], moves)
        return torch.cat([corners[..., :2].clamp(min=0), corners[..., 2:].minimum(size.flip(0))],
                         -1)

    def _among_best(self, scores: Tensor, kept: Tensor) -> Tensor:
        """Which of the kept boxes are among the `most` of highest score."""
        rank = scores.masked_fill(~kept, -torch.inf).flatten()
        best = rank.argsort(descending=True, stable=True)[:self.most]
        return torch.zeros_like(rank, dtype=torch.bool).scatter(0, best, True).view_as(kept)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        scores, offsets, rois = (flat_onnx(graph, name) for name in bottoms[:3])
        num = graph.shape(bottoms[0])[1]
        scores = graph.add("Transpose", graph.cut(scores, 1, 1, num), perm=[1, 0])
        sizes = graph.reshape(bottoms[3], [-1])
        corners = self._corners_onnx(graph, offsets, graph.cut(rois, 1, 1, 5), sizes)
        shape = graph.add("Shape", scores)
        corners = graph.add("Expand", corners,
                            graph.add("Concat", shape, graph.integers([4]), axis=0))
        counts = graph.add("GreaterOrEqual", scores, graph.floats(self.least))
        scores = graph.add("Where", counts, scores, graph.floats(LOWEST))
        count = graph.cut(shape, 0, 1, 2)
        boxes, best = best_onnx(graph, corners, scores, count)
        kept = suppressed_onnx(graph, boxes, best, count, self.threshold)
        if self.most:
            kept = among_best_onnx(graph, best, kept, None, self.most)
        label, box, score = rows_onnx(graph, kept, boxes, best)
        image = graph.add("Mul", label, graph.floats(0.0))
        label = graph.add("Add", label, graph.floats(1.0))
        score = graph.add("Unsqueeze", score, graph.integers([1]))
        rows = graph.add("Concat", image, box, label, score, axis=1)
        first = graph.floats(torch.tensor([[0.0, *[-1.0] * 6]]))
        return [graph.reshape(graph.add("Concat", first, rows, axis=0), [-1, 7, 1, 1])]

    def _corners_onnx(self, graph: OnnxGraph, offsets: str, regions: str, sizes: str) -> str:
        """As `_corners`; regions (R, 4), sizes (2,)."""
        moves = graph.reshape(offsets, [0, -1, 4])
        moves = graph.add("Transpose", graph.cut(moves, 1, 1, END), perm=[1, 0, 2])
        moves = adjusted_onnx(graph, moves, self.mean, self.deviation)
        first, last = moved_onnx(graph, regions, moves, 2)
        edge = graph.add("Gather", sizes, graph.integers([1, 0]), axis=0)
        return graph.add("Concat", graph.add("Max", first, graph.floats(0.0)),
                         graph.add("Min", last, edge), axis=2)
