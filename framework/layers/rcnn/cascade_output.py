"""Cascade R-CNN detections: decode the boxes of each class, non-maximum suppression."""

from __future__ import annotations

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.rcnn.box_statistics import mean_and_deviation
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

    num_bottoms = (4, 4)
    no_gradient_bottoms = (0, 1, 2, 3)

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
        moves = moves * moves.new_tensor(self.deviation) + moves.new_tensor(self.mean)
        corners = moved(rois[:, 1:5], moves)
        return torch.cat([corners[..., :2].clamp(min=0), corners[..., 2:].minimum(size.flip(0))],
                         -1)

    def _among_best(self, scores: Tensor, kept: Tensor) -> Tensor:
        """Which of the kept boxes are among the `most` of highest score."""
        rank = scores.masked_fill(~kept, -torch.inf).flatten()
        best = rank.argsort(descending=True, stable=True)[:self.most]
        return torch.zeros_like(rank, dtype=torch.bool).scatter(0, best, True).view_as(kept)
