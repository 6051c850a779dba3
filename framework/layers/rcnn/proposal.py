"""Region proposal layer (RPN): decode anchors, non-maximum suppression, top-k."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import honour
from framework.layers.rcnn.regions_onnx import (
    best_onnx,
    flat_onnx,
    grid,
    rows_onnx,
    suppressed_onnx,
)
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


class AnchorBoxes(Layer):
    """What layers of region proposals have in common: the boxes of the anchors, and bottoms."""

    num_bottoms = (3, 3)
    no_gradient_bottoms = (0, 1, 2)
    needs_float32 = True
    anchors: list[list[float]]

    def start(self, anchors: list[list[float]], stride: int, min_size: int, most: int,
              threshold: float) -> None:
        """Set what every such layer has: see Proposal."""
        self.anchors, self.stride, self.min_size = anchors, stride, min_size
        self.most, self.threshold = most, threshold

    def check_bottoms(self, scores: Shape, offsets: Shape, info: Shape) -> None:
        """SpecError for shapes that do not fit the anchors."""
        num = len(self.anchors)
        if scores[1] != 2 * num or offsets[1] != 4 * num or scores[2:] != offsets[2:]:
            raise self.spec.error("bottom", f"has the shapes {tuple(scores)} and {tuple(offsets)};"
                                  f" {num} anchors need (N, {2 * num}, H, W) and (N, {4 * num}, "
                                  "H, W)")
        if info[-1] < 3 and math.prod(info[1:]) < 3:
            raise self.spec.error("bottom", f"'{self.spec.bottoms[2]}' has the shape "
                                  f"{tuple(info)}; it must hold height, width and scale of each "
                                  "image")

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        most = bottoms[0][0] * self.most
        shapes: list[Shape] = [(most, 5), (most,)]
        return shapes[:len(self.spec.tops)]

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

    def example_bottom(self, index: int, shapes: Sequence[Shape]) -> Tensor | None:
        """Images as large as the map, of scale 1."""
        if index != 2:
            return None
        info = torch.ones(shapes[2][0], math.prod(shapes[2][1:]))
        info[:, 0], info[:, 1] = (size * self.stride for size in shapes[0][2:])
        return info.reshape(shapes[2])

    def _boxes_onnx(self, graph: OnnxGraph, offsets: str, info: str, own: int
                    ) -> tuple[str, str]:
        """As `_boxes`; info (1 or N, K), whose number `own` is the scale of the width."""
        rows, columns = graph.shape(offsets)[2:]
        anchors = torch.tensor(self.anchors)
        size = anchors[:, 2:] - anchors[:, :2] + 1
        centre = grid(rows, columns, self.stride)[:, :, None] + anchors[:, :2] + 0.5 * size
        sizes = graph.floats(size.repeat(rows * columns, 1)[None])
        moves = graph.reshape(offsets, [-1, len(anchors), 4, rows, columns])
        moves = graph.add("Transpose", moves, perm=[0, 3, 4, 1, 2])
        moves = graph.reshape(moves, [-1, rows * columns * len(anchors), 4])
        shift = graph.add("Mul", graph.cut(moves, 2, 0, 2), sizes)
        middle = graph.add("Add", graph.floats(centre.reshape(1, -1, 2)), shift)
        growth = graph.add("Exp", graph.cut(moves, 2, 2, 4))
        half = graph.add("Mul", graph.add("Mul", growth, graph.floats(0.5)), sizes)
        one = graph.integers([1])
        order = graph.integers([1, 0])      # width, height
        most = graph.add("Gather", graph.cut(info, 1, 0, 2), order, axis=1)
        most = graph.add("Unsqueeze", graph.add("Sub", most, graph.floats(1.0)), one)
        sides = [graph.add("Min", graph.add("Max", side, graph.floats(0.0)), most) for side in
                 (graph.add("Sub", middle, half), graph.add("Add", middle, half))]
        least = graph.add("Gather", info, graph.integers([own, 2]), axis=1)
        least = graph.add("Mul", least, graph.floats(float(self.min_size)))
        extent = graph.add("Add", graph.add("Sub", sides[1], sides[0]), graph.floats(1.0))
        spare = graph.add("Sub", extent, graph.add("Unsqueeze", least, one))
        small = graph.add("Less", graph.reduce("ReduceMin", spare, [2], False), graph.floats(0.0))
        return graph.add("Concat", *sides, axis=2), small


@layer
class Proposal(AnchorBoxes):
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

    num_tops = (1, 2)

    def __init__(self, spec: LayerSpec, scores: Shape, offsets: Shape, info: Shape):
        super().__init__(spec)
        honour(spec, "proposal_param", "feat_stride base_size min_size ratio scale pre_nms_topn "
               "post_nms_topn nms_thresh")
        param = spec.proto.proposal_param
        self.most_before = param.pre_nms_topn
        for field in ("ratio", "scale"):
            if not getattr(param, field):
                raise spec.error(f"proposal_param.{field}", "is not given")
        anchors = anchor_corners(param.base_size, list(param.ratio), list(param.scale))
        self.start(anchors, param.feat_stride, param.min_size, param.post_nms_topn,
                   param.nms_thresh)
        self.check_bottoms(scores, offsets, info)

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

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        num, shape = len(self.anchors), graph.shape(bottoms[0])
        number = graph.cut(bottoms[0], 1, num, 2 * num)
        number = graph.reshape(graph.add("Transpose", number, perm=[0, 2, 3, 1]), [0, -1])
        info = flat_onnx(graph, bottoms[2])
        own = 3 if math.prod(graph.shape(bottoms[2])[1:]) > 3 else 2
        corners, small = self._boxes_onnx(graph, bottoms[1], info, own)
        number = graph.add("Where", small, graph.floats(0.0), number)
        count = graph.integers([min(self.most_before, num * math.prod(shape[2:]))])
        boxes, best = best_onnx(graph, corners, number, count)
        kept = suppressed_onnx(graph, boxes, best, count, self.threshold, self.most)
        image, box, score = rows_onnx(graph, kept, boxes, best)
        tops = [graph.add("Concat", image, box, axis=1), score]
        return tops[:len(self.spec.tops)]
