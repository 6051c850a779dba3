"""Region proposal layer (RPN): decode anchors, non-maximum suppression, top-k."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.params import honour
from framework.ops import nms


def anchor_corners(base_size: int, ratios: list[float], scales: list[float]) -> list[list[float]]:
    """Anchor boxes x1, y1, x2, y2 (ratio outer, scale inner) around the first cell, in pixels.

    ratio is height over width; sides are rounded to whole pixels, both ends included.
    Source: generate_anchors in proposal_layer.cpp (Python Faster R-CNN's generate_anchors.py
    rounds a little differently).
    """
    centre = 0.5 * (base_size - 1)
    anchors = []
    for ratio in ratios:
        width = math.sqrt(base_size * base_size / ratio)
        for scale in scales:
            half_x, half_y = (0.5 * int(side * scale - 1 + 0.5)
                              for side in (width, width * ratio))
            anchors.append([centre - half_x, centre - half_y, centre + half_x, centre + half_y])
    return anchors


@layer
class Proposal(Layer):
    """Region proposals (RPN): the best regions of each image after non-maximum suppression.

    Bottoms: scores (N, 2 A, H, W), background then object; offsets (N, 4 A, H, W), dx dy dw dh
             of each anchor; image size (1 or N, 3 or more): height, width, scale, and perhaps a
             scale of its own for the width. No gradient goes to any.
    Tops:    regions (R, 5): image, x1, y1, x2, y2, at most post_nms_topn an image; if wanted,
             their scores (R,). At build there are N * post_nms_topn.
    There are anchors every feat_stride pixels, `ratio` times `scale` of them; boxes are cut to the
    image; one smaller than min_size * scale has score 0. The pre_nms_topn best go into the
    suppression, which drops a box that overlaps a better one by more than nms_thresh.
    Data decide the number of regions: torch.compile breaks the graph here.
    Errors:  SpecError without ratio or scale, or for channels that do not fit.
    Source:  happynear/caffe-windows and sanghoon/caffe-fast-rcnn proposal_layer.cpp; Ren et al.
             2015.
    """

    num_bottoms = (3, 3)
    num_tops = (1, 2)
    no_gradient_bottoms = (0, 1, 2)

    def __init__(self, spec: LayerSpec, scores: Shape, offsets: Shape, info: Shape):
        super().__init__(spec)
        honour(spec, "proposal_param", "feat_stride base_size min_size ratio scale pre_nms_topn "
               "post_nms_topn nms_thresh")
        param = spec.proto.proposal_param
        self.stride = param.feat_stride
        self.min_size = param.min_size
        self.most_before = param.pre_nms_topn
        self.most = param.post_nms_topn
        self.threshold = param.nms_thresh
        for field in ("ratio", "scale"):
            if not getattr(param, field):
                raise spec.error(f"proposal_param.{field}", "is not given")
        self.anchors = anchor_corners(param.base_size, list(param.ratio), list(param.scale))
        num = len(self.anchors)
        if scores[1] != 2 * num or offsets[1] != 4 * num or scores[2:] != offsets[2:]:
            raise spec.error("bottom", f"has the shapes {tuple(scores)} and {tuple(offsets)}; "
                             f"{num} anchors need (N, {2 * num}, H, W) and (N, {4 * num}, H, W)")
        if info[-1] < 3 and math.prod(info[1:]) < 3:
            raise spec.error("bottom", f"'{spec.bottoms[2]}' has the shape {tuple(info)}; it must "
                             "hold height, width and scale of each image")

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        most = bottoms[0][0] * self.most
        shapes: list[Shape] = [(most, 5), (most,)]
        return shapes[:len(self.spec.tops)]

    def forward(self, scores: Tensor, offsets: Tensor, info: Tensor) -> tuple[Tensor, ...]:
        num_images = scores.shape[0]
        info = info.reshape(-1, info.numel() // max(info.shape[0], 1)).expand(num_images, -1)
        corners, small = self._boxes(offsets, info)
        number = scores[:, len(self.anchors):].permute(0, 2, 3, 1).flatten(1)
        number = number.masked_fill(small, 0)
        order = number.argsort(dim=1, descending=True, stable=True)[:, :self.most_before]
        corners = corners.gather(1, order[:, :, None].expand(-1, -1, 4))
        past_end = corners + corners.new_tensor([0, 0, 1, 1])   # pixels are cells: ends belong
        kept = nms.greedy(past_end, torch.ones_like(order, dtype=torch.bool),
                          self.threshold, most=self.most)
        image, rank = kept.nonzero(as_tuple=True)
        regions = torch.cat([image.to(corners.dtype)[:, None], corners[image, rank]], 1)
        return (regions, number.gather(1, order)[image, rank])[:len(self.spec.tops)]

    def _boxes(self, offsets: Tensor, info: Tensor) -> tuple[Tensor, Tensor]:
        """Corners (N, H * W * A, 4) cut to the image, and which are too small (N, H * W * A)."""
        rows, columns = offsets.shape[2:]
        anchors = offsets.new_tensor(self.anchors)
        y = torch.arange(rows, device=offsets.device, dtype=offsets.dtype) * self.stride
        x = torch.arange(columns, device=offsets.device, dtype=offsets.dtype)
        x = x * self.stride
        shift_y, shift_x = torch.meshgrid(y, x, indexing="ij")
        shift = torch.stack([shift_x, shift_y, shift_x, shift_y], -1)[:, :, None]
        size = anchors[:, 2:] - anchors[:, :2] + 1
        centre = (anchors + shift)[..., :2] + 0.5 * size
        moves = offsets.unflatten(1, (-1, 4)).permute(0, 3, 4, 1, 2)
        centre = centre + moves[..., :2] * size
        half = 0.5 * moves[..., 2:].exp() * size
        high, wide = (info[:, index, None, None, None] - 1 for index in (0, 1))
        most = torch.stack([wide, high], -1)
        corners = torch.cat([side.clamp(min=0).minimum(most)
                             for side in (centre - half, centre + half)], -1)
        # a fourth number, if there is one, is the scale of the width
        scale = info[:, [3 if info.shape[1] > 3 else 2, 2]] * self.min_size
        small = (corners[..., 2:] - corners[..., :2] + 1) < scale[:, None, None, None]
        return corners.flatten(1, 3), small.any(-1).flatten(1)
