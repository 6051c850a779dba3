"""Region proposal layer (RPN): decode anchors, non-maximum suppression, top-k."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import at_least, honour, message_at
from framework.layers.rcnn.regions_onnx import (
    best_onnx,
    flat_onnx,
    grid,
    rows_onnx,
    suppressed_onnx,
)
from framework.layers.ssd.detection_onnx import LOWEST
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


def rounded_anchors(base_size: int) -> list[list[float]]:
    """As anchor_corners, for ratios of 0.5, 1, 2 and scales of 8, 16, 32: the sides of each ratio
    are rounded before they are scaled.

    Source: generate_anchors.py of rbgirshick/py-faster-rcnn, and Generate_anchors in
    proposal_layer.cpp of foss-for-synopsys-dwc-arc-processors/synopsys-caffe.
    """
    centre = 0.5 * (base_size - 1)
    anchors = []
    for ratio in (0.5, 1, 2):
        width = int(math.sqrt(base_size * base_size / ratio) + 0.5)
        height = int(width * ratio + 0.5)
        for scale in (8, 16, 32):
            half_x, half_y = (0.5 * (side * scale - 1) for side in (width, height))
            anchors.append([centre - half_x, centre - half_y, centre + half_x, centre + half_y])
    return anchors


def shifted_anchors(anchors: Tensor, stride: int, cells: tuple[int, int]) -> Tensor:
    """The anchors (H, W, A, 4) of all cells of a map, in pixels, from those of the first (A, 4)."""
    y, x = (torch.arange(number, device=anchors.device, dtype=anchors.dtype) * stride
            for number in cells)
    shift_y, shift_x = torch.meshgrid(y, x, indexing="ij")
    return anchors + torch.stack([shift_x, shift_y, shift_x, shift_y], -1)[:, :, None]


@dataclass(frozen=True)
class AnchorLevel:
    """The anchors of one map: their corners around its first cell, and pixels between cells."""

    anchors: list[list[float]]
    stride: int


def anchor_levels(spec: LayerSpec, name: str) -> list[AnchorLevel]:
    """The anchors of each map, by a message with the anchor fields of ProposalParameter.

    name  of the message
    SpecError without ratio or scale, or for a stride of 0.
    """
    param = message_at(spec, name)
    for field in ("ratio", "scale"):
        if not getattr(param, field):
            raise spec.error(f"{name}.{field}", "is not given")
        if min(getattr(param, field)) <= 0:
            raise spec.error(f"{name}.{field}", f"is {min(getattr(param, field)):g}; it must be "
                             "above 0")
    bases = [(stride, stride) for stride in param.level_stride] \
        or [(param.base_size, param.feat_stride)]
    if not min(min(pair) for pair in bases):
        raise spec.error(f"{name}.level_stride" if param.level_stride else f"{name}.feat_stride",
                         "is 0; it must be at least 1")
    return [AnchorLevel(anchor_corners(base, list(param.ratio), list(param.scale)), stride)
            for base, stride in bases]


class AnchorBoxes(Layer):
    """What layers of region proposals have in common: the boxes of the anchors, and bottoms."""

    num_bottoms: ClassVar[tuple[int, int | None]] = (3, 3)
    no_gradient_bottoms = (0, 1, 2)
    info_bottom = 2
    needs_float32 = True
    levels: list[AnchorLevel]

    def start(self, levels: list[AnchorLevel], min_size: int, most: int, threshold: float) -> None:
        """Set what every such layer has: see Proposal."""
        self.levels, self.min_size = levels, min_size
        self.most, self.threshold = most, threshold

    @property
    def num_anchors(self) -> int:
        """Anchors of a cell, of which all maps have as many."""
        return len(self.levels[0].anchors)

    def check_bottoms(self, scores: Shape, offsets: Shape, info: Shape) -> None:
        """SpecError for shapes that do not fit the anchors."""
        num = self.num_anchors
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

    def _decoded(self, level: AnchorLevel, offsets: Tensor) -> tuple[Tensor, Tensor]:
        """x and y of the centre, and half the width and height, (N, H, W, A, 2) of each box."""
        rows, columns = offsets.shape[2:]
        anchors = offsets.new_tensor(level.anchors)
        size = anchors[:, 2:] - anchors[:, :2] + 1
        shifted = shifted_anchors(anchors, level.stride, (rows, columns))
        centre = shifted[..., :2] + 0.5 * size
        moves = offsets.unflatten(1, (-1, 4)).permute(0, 3, 4, 1, 2)
        return centre + moves[..., :2] * size, 0.5 * moves[..., 2:].exp() * size

    def _boxes(self, level: AnchorLevel, offsets: Tensor, info: Tensor) -> tuple[Tensor, Tensor]:
        """Corners (N, H * W * A, 4) cut to the image, and which are too small (N, H * W * A)."""
        centre, half = self._decoded(level, offsets)
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
        info[:, 0], info[:, 1] = (size * self.levels[0].stride for size in shapes[0][2:])
        return info.reshape(shapes[2])

    def _boxes_onnx(self, level: AnchorLevel, graph: OnnxGraph, offsets: str, info: str, own: int
                    ) -> tuple[str, str]:
        """As `_boxes`; info (1 or N, K), whose number `own` is the scale of the width."""
        rows, columns = graph.shape(offsets)[2:]
        anchors = torch.tensor(level.anchors)
        size = anchors[:, 2:] - anchors[:, :2] + 1
        centre = grid(rows, columns, level.stride)[:, :, None] + anchors[:, :2] + 0.5 * size
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

    Bottoms: scores (N, 2 A, H, W), background then object, or (N, A, H, W), object alone; offsets
             (N, 4 A, H, W), dx dy dw dh of each anchor; then, with several `level_stride`, scores
             and offsets of the next map; image size (1 or N, 3 or more): height, width, scale, and
             perhaps a scale of its own for the width. No gradient goes to any.
    Tops:    regions (R, 5): image, x1, y1, x2, y2, at most post_nms_topn an image; if wanted,
             their scores (R,). At build there are N * post_nms_topn.
    There are anchors every feat_stride pixels, `ratio` times `scale` of them; boxes are cut to the
    image; one smaller than min_size * scale has score 0. The pre_nms_topn best go into the
    suppression, which drops a box that overlaps a better one by more than nms_thresh.
    Without ratio and scale (Synopsys) the anchors are py-faster-rcnn's nine, and boxes that are too
    small are left out.
    With level_stride (FPN) the maps have these strides, anchors of the base size of their stride,
    and pre_nms_topn and the suppression are of each map; post_nms_topn of all together.
    Data decide the number of regions: torch.compile breaks the graph here.
    Errors:  SpecError with one of ratio and scale alone, or for channels that do not fit.
    Source:  proposal_layer.cpp of happynear/caffe-windows, sanghoon/caffe-fast-rcnn and
             foss-for-synopsys-dwc-arc-processors/synopsys-caffe, which looks at boxes after the
             pre_nms_topn best too if those leave fewer than it wants; Ren et al. 2015. For several
             maps, Lin et al. 2017 (FPN), generate_proposals.py and
             collect_and_distribute_fpn_rpn_proposals.py of Detectron.
    """

    num_bottoms = (3, None)
    num_tops = (1, 2)
    fork_fields = frozenset(["proposal_param.level_stride"])

    def __init__(self, spec: LayerSpec, *bottoms: Shape):
        super().__init__(spec)
        honour(spec, "proposal_param", "feat_stride base_size min_size ratio scale pre_nms_topn "
               "post_nms_topn nms_thresh level_stride")
        param = spec.proto.proposal_param
        self.most_before = param.pre_nms_topn
        self.by_default = not (param.ratio or param.scale or param.level_stride)
        if self.by_default:
            at_least(spec, "proposal_param.feat_stride", (param.feat_stride,), 1)
            levels = [AnchorLevel(rounded_anchors(param.base_size), param.feat_stride)]
        else:
            levels = anchor_levels(spec, "proposal_param")
        self.start(levels, param.min_size, param.post_nms_topn, param.nms_thresh)
        self.too_small = LOWEST if self.by_default else 0.0     # the score of such boxes
        if len(bottoms) != 2 * len(self.levels) + 1:
            raise spec.error("bottom", f"is given {len(bottoms)} times; {len(self.levels)} "
                             f"maps need {2 * len(self.levels) + 1}: scores and offsets of each, "
                             "then the image size")
        self.info_bottom = len(bottoms) - 1
        self.map_shapes = bottoms[:-1:2]
        for scores, offsets in zip(bottoms[:-1:2], bottoms[1::2], strict=True):
            self.check_bottoms(scores, offsets, bottoms[-1])

    def check_bottoms(self, scores: Shape, offsets: Shape, info: Shape) -> None:
        num = self.num_anchors
        doubled = (scores[0], 2 * num, *scores[2:]) if scores[1] == num else scores
        super().check_bottoms(doubled, offsets, info)
        num_images = self.map_shapes[0][0]
        if not num_images == scores[0] == offsets[0] or len(info) < 2 \
                or info[0] not in (1, num_images):
            raise self.spec.error("bottom", f"has scores {tuple(scores)}, offsets {tuple(offsets)} "
                                  f"and image sizes {tuple(info)}; there must be {num_images} "
                                  f"images in each, and 1 or {num_images} sizes")

    def forward(self, *bottoms: Tensor) -> tuple[Tensor, ...]:
        bottoms = tuple(bottom.detach() for bottom in bottoms)
        info = bottoms[-1]
        num_images = bottoms[0].shape[0]
        info = info.reshape(-1, info.numel() // max(info.shape[0], 1)).expand(num_images, -1)
        corners, scores, group = [], [], []
        for index, level in enumerate(self.levels):
            boxes, number = self._best(level, bottoms[2 * index], bottoms[2 * index + 1], info)
            corners.append(boxes)
            scores.append(number)
            group.append(torch.full_like(number, index, dtype=torch.long))
        box, score = torch.cat(corners, 1), torch.cat(scores, 1)
        kinds = None
        if len(self.levels) > 1:
            score, order = score.sort(dim=1, descending=True, stable=True)
            box = box.gather(1, order[:, :, None].expand(-1, -1, 4))
            kinds = torch.cat(group, 1).gather(1, order)
        past_end = box + box.new_tensor([0, 0, 1, 1])       # pixels are cells: ends belong
        valid = score > LOWEST if self.by_default else torch.ones_like(score, dtype=torch.bool)
        kept = nms.greedy(past_end, valid, self.threshold, group=kinds, most=self.most)
        image, rank = kept.nonzero(as_tuple=True)
        regions = torch.cat([image.to(box.dtype)[:, None], box[image, rank]], 1)
        return (regions, score[image, rank])[:len(self.spec.tops)]

    def _best(self, level: AnchorLevel, scores: Tensor, offsets: Tensor, info: Tensor
              ) -> tuple[Tensor, Tensor]:
        """The pre_nms_topn best boxes (N, K, 4) of a map, and their scores (N, K), best first."""
        corners, small = self._boxes(level, offsets, info)
        number = scores[:, -len(level.anchors):].permute(0, 2, 3, 1).flatten(1)
        number = number.masked_fill(small, self.too_small)
        order = number.argsort(dim=1, descending=True, stable=True)[:, :self.most_before]
        return corners.gather(1, order[:, :, None].expand(-1, -1, 4)), number.gather(1, order)

    def example_bottom(self, index: int, shapes: Sequence[Shape]) -> Tensor | None:
        if index != len(shapes) - 1:
            return None
        return super().example_bottom(2, [shapes[0], shapes[1], shapes[-1]])

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        info = flat_onnx(graph, bottoms[-1])
        own = 3 if math.prod(graph.shape(bottoms[-1])[1:]) > 3 else 2
        parts = [self._kept_onnx(level, graph, bottoms[2 * index:2 * index + 2], info, own)
                 for index, level in enumerate(self.levels)]
        boxes, best, kept = parts[0]
        if len(parts) > 1:
            boxes, best, kept = (graph.add("Concat", *names, axis=1)
                                 for names in zip(*parts, strict=True))
            boxes, best, kept = self._most_onnx(graph, boxes, best, kept)
        image, box, score = rows_onnx(graph, kept, boxes, best)
        tops = [graph.add("Concat", image, box, axis=1), score]
        return tops[:len(self.spec.tops)]

    def _kept_onnx(self, level: AnchorLevel, graph: OnnxGraph, pair: Names, info: str, own: int
                   ) -> tuple[str, str, str]:
        """Boxes (N, K, 4) and scores (N, K) of a map, best first, and which of them are kept."""
        num, shape = len(level.anchors), graph.shape(pair[0])
        number = graph.cut(pair[0], 1, shape[1] - num, shape[1])
        number = graph.reshape(graph.add("Transpose", number, perm=[0, 2, 3, 1]), [0, -1])
        corners, small = self._boxes_onnx(level, graph, pair[1], info, own)
        number = graph.add("Where", small, graph.floats(self.too_small), number)
        count = graph.integers([min(self.most_before, num * math.prod(shape[2:]))])
        boxes, best = best_onnx(graph, corners, number, count)
        return boxes, best, suppressed_onnx(graph, boxes, best, count, self.threshold, self.most)

    def _most_onnx(self, graph: OnnxGraph, boxes: str, best: str, kept: str
                   ) -> tuple[str, str, str]:
        """The `most` best of all maps, best first; what was dropped is last, and not kept."""
        ranked = graph.add("Where", kept, best, graph.floats(LOWEST))
        total = sum(min(self.most_before, len(level.anchors) * math.prod(shape[2:]))
                    for level, shape in zip(self.levels, self.map_shapes, strict=True))
        count = graph.integers([min(self.most, total)])
        boxes, ranked = best_onnx(graph, boxes, ranked, count)
        return boxes, ranked, graph.add("Greater", ranked, graph.floats(LOWEST))
