"""RPN: region proposals of one image, with anchors of whole numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Shape, layer
from framework.layers.onnx_reasons import UNWRITTEN
from framework.layers.params import check_sizes, honour
from framework.layers.rcnn.proposal import AnchorBoxes, AnchorLevel
from framework.ops import nms


def whole_anchors(base: int, ratios: Sequence[float], scales: Sequence[int]) -> list[list[float]]:
    """Anchors x1, y1, x2, y2 (ratio outer, scale inner) around the first cell.

    Sides of a ratio are rounded before they are scaled, and corners are cut to whole numbers.
    """
    centre = 0.5 * (base - 1)
    anchors = []
    for ratio in ratios:
        width = int(math.sqrt(base * base / ratio) + 0.5)
        height = int(width * ratio + 0.5)
        for scale in scales:
            half_x, half_y = (0.5 * (side * scale - 1) for side in (width, height))
            anchors.append([float(int(corner)) for corner in (
                centre - half_x, centre - half_y, centre + half_x, centre + half_y)])
    return anchors


@layer
class RPN(AnchorBoxes):
    """Region proposals (RPN) of one image: the best regions after non-maximum suppression.

    Bottoms: scores (1, 2 A, H, W), background then object; offsets (1, 4 A, H, W), dx dy dw dh of
             each anchor; image size (1, 3): height, width, scale. No gradient goes to any.
    Tops:    regions (R, 5): 0, x1, y1, x2, y2; if wanted, their scores (R,). At build there are
             post_nms_topn, or 1 if that is 0.
    There are anchors every feat_stride pixels, `ratio` times `scale` of them around a cell of
    basesize, in whole numbers. A box of which a side is shorter than boxminsize * scale is left
    out; the others are cut to the image, 0 to width and 0 to height. The per_nms_topn best go into
    the suppression, which drops a box whose overlap with a better one is nms_thresh or more; the
    post_nms_topn best of the rest are the tops. 0 of either is all of them. Of equal scores the
    first comes first, where the original has no order.
    Data decide the number of regions: torch.compile breaks the graph here.
    Errors:  SpecError without ratio or scale, for a feat_stride or basesize of 0, for more than one
             image, or for channels that do not fit.
    Source:  rpn_layer.cpp and the message in README.md of zhanglaplace/faster-rcnn-cplusplus2; Ren
             et al. 2015.
    """

    reads = ("rpn_param",)
    num_tops = (1, 2)
    no_onnx_form = UNWRITTEN

    def __init__(self, spec: LayerSpec, scores: Shape, offsets: Shape, info: Shape):
        super().__init__(spec)
        honour(spec, "rpn_param", "feat_stride basesize scale ratio boxminsize per_nms_topn "
               "post_nms_topn nms_thresh")
        param = spec.proto.rpn_param
        check_sizes(spec, "rpn_param", "feat_stride basesize")
        for name in ("ratio", "scale"):
            if not getattr(param, name) or min(getattr(param, name)) <= 0:
                raise spec.error(f"rpn_param.{name}", "must be given, and above 0")
        if scores[0] != 1:
            raise spec.error("bottom", f"has the shape {tuple(scores)}; the layer takes one image")
        self.most_before = param.per_nms_topn or None
        self.most_after = param.post_nms_topn or None
        least = np.nextafter(np.float32(param.nms_thresh), np.float32(-1))   # or more, not above
        anchors = whole_anchors(param.basesize, list(param.ratio), list(param.scale))
        self.start([AnchorLevel(anchors, param.feat_stride)], param.boxminsize,
                   param.post_nms_topn or 1, float(least))
        self.check_bottoms(scores, offsets, info)

    def forward(self, scores: Tensor, offsets: Tensor, info: Tensor) -> tuple[Tensor, ...]:
        corners, fits = self._cut(offsets.detach(), info.detach().flatten())
        number = scores.detach()[0, self.num_anchors:].permute(1, 2, 0).flatten()
        order = number.masked_fill(~fits, -torch.inf).argsort(descending=True, stable=True)
        order = order[:self.most_before]
        corners, fits, number = corners[order], fits[order], number[order]
        past_end = corners + corners.new_tensor([0, 0, 1, 1])   # pixels are cells: ends belong
        kept = nms.greedy(past_end[None], fits[None], self.threshold, most=self.most_after)[0]
        boxes = corners[kept]
        regions = torch.cat([torch.zeros_like(boxes[:, :1]), boxes], 1)
        return (regions, number[kept])[:len(self.spec.tops)]

    def _cut(self, offsets: Tensor, info: Tensor) -> tuple[Tensor, Tensor]:
        """Corners (H * W * A, 4) cut to the image, and which boxes are large enough."""
        centre, half = (one[0] for one in self._decoded(self.levels[0], offsets))
        fits = (2 * half >= info[2] * self.min_size).all(-1)
        most = info[[1, 0]].trunc()
        corners = torch.cat([corner.clamp(min=0).minimum(most)
                             for corner in (centre - half, centre + half)], -1)
        return corners.flatten(0, 2), fits.flatten()
