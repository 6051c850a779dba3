"""Cascade R-CNN inference: region proposals, box decoding between stages, routing by scale."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.rcnn.box_statistics import adjusted, mean_and_deviation
from framework.layers.rcnn.ranked_regions import Anchors, Ranking, Regression
from framework.layers.rcnn.regions_onnx import (
    adjusted_onnx,
    flat_onnx,
    moved_onnx,
    or_else_onnx,
    product,
)
from framework.ops.pixel_boxes import moved
from framework.proto import has_field


@layer
class BoxGroupOutput(Layer):
    """Region proposals over all anchors of all maps, after non-maximum suppression.

    Bottoms: for each map probabilities (N * A, C, H, W), of which the first is background, and
             offsets (N * A, 4, H, W): x y w h of each of its A anchors. No gradient.
    Tops:    regions (R, 5, 1, 1): image, x1, y1, x2, y2, or the one (0, 1, 1, 10, 10) if there is
             no region; if wanted (R, 6, 1, 1), with their scores last, zeros if there is no
             region. At build there is one.
    A box: offsets * bbox_std + bbox_mean, cut to 1 / field_xyr and log field_whr, on an anchor
    field_w * field_h around the cell's centre; then cut to the map's size in pixels. Those of
    score 1 - background of at least fg_thr and of sides from min_size on are ranked; the
    max_nms_num best go into the suppression at iou_thr; max_post_nms_num stay.
    Data decide the number of regions: torch.compile breaks the graph here.
    Errors:  SpecError for fields or bottoms that do not fit, or nms_type other than IOU.
    Source:  zhaoweicai/cascade-rcnn box_group_output_layer.cpp; Cai and Vasconcelos 2018.
    """

    reads = ("bbox_reg_param",)
    unread = frozenset(["bbox_reg_param.cls_aware"])
    num_bottoms = (2, None)
    num_tops = (1, 2)
    needs_float32 = True

    def __init__(self, spec: LayerSpec, *bottoms: Shape):
        super().__init__(spec)
        param = spec.proto.box_group_output_param
        if param.nms_type != "IOU":
            raise spec.error("box_group_output_param.nms_type", f"is '{param.nms_type}'; only IOU "
                             "is supported")
        groups = param.box_group_param
        if len(bottoms) != 2 * len(groups):
            raise spec.error("bottom", f"is given {len(bottoms)} times; {len(groups)} "
                             f"box_group_param need {2 * len(groups)}")
        self.groups = [(list(zip(group.field_w, group.field_h, strict=False)), group.stride)
                       for group in groups]
        self._check_shapes(bottoms)
        self.regression = Regression(*mean_and_deviation(spec), 1 / param.field_xyr,
                                     math.log(param.field_whr))
        # pixels are cells: ends belong
        self.ranking = Ranking(param.iou_thr, param.max_nms_num, param.max_post_nms_num, 1)
        self.least_score = param.fg_thr
        self.least_size = param.min_size

    def _check_shapes(self, bottoms: tuple[Shape, ...]) -> None:
        images = {shape[0] / max(len(anchors), 1) for (anchors, _), shape
                  in zip(self.groups, bottoms[::2], strict=True)}
        fits = len(images) == 1 and images.pop().is_integer() and all(
            offsets[1] == 4 and scores[0] == offsets[0] and scores[2:] == offsets[2:]
            for scores, offsets in zip(bottoms[::2], bottoms[1::2], strict=True))
        if not fits:
            found = ", ".join(str(tuple(shape)) for shape in bottoms)
            raise self.spec.error("bottom", f"has the shapes {found}; they must be (N * A, C, H, "
                                  "W) and (N * A, 4, H, W), A the anchors of a box_group_param")

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        shapes: list[Shape] = [(1, 5, 1, 1), (1, 6, 1, 1)]
        return shapes[:len(self.spec.tops)]

    def forward(self, *bottoms: Tensor) -> tuple[Tensor, ...]:
        bottoms = tuple(bottom.detach() for bottom in bottoms)
        decoded = [self._decode(offsets, *group) for offsets, group
                   in zip(bottoms[1::2], self.groups, strict=True)]
        corners = torch.cat(decoded, 1)
        scores = torch.cat([1 - part[:, 0].reshape(boxes.shape[:2]) for part, boxes
                            in zip(bottoms[::2], decoded, strict=True)], 1)
        wide = (corners[..., 2:] - corners[..., :2] + 1 >= self.least_size).all(-1)
        valid = wide & (scores >= self.least_score)
        return self.ranking.tops(corners, scores, valid)[:len(self.spec.tops)]

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        corners, scores = [], []
        total = 0
        zipped = zip(bottoms[::2], bottoms[1::2], self.groups, strict=True)
        for part, offsets, (anchors, stride) in zipped:
            number = len(anchors) * math.prod(graph.shape(offsets)[2:])
            total += number
            corners.append(self._decode_onnx(graph, offsets, anchors, stride))
            scores.append(graph.reshape(graph.cut(part, 1, 0, 1), [-1, number]))
        boxes = graph.add("Concat", *corners, axis=1)
        score = graph.add("Sub", graph.floats(1.0), graph.add("Concat", *scores, axis=1))
        sides = graph.add("Sub", graph.cut(boxes, 2, 2, 4), graph.cut(boxes, 2, 0, 2))
        least = graph.reduce("ReduceMin", graph.add("Add", sides, graph.floats(1.0)), [2], False)
        valid = graph.add("And",
                          graph.add("GreaterOrEqual", least, graph.floats(float(self.least_size))),
                          graph.add("GreaterOrEqual", score, graph.floats(self.least_score)))
        return self.ranking.tops_onnx(graph, boxes, score, valid, total)[:len(self.spec.tops)]

    def _decode(self, offsets: Tensor, anchors: Anchors, stride: int) -> Tensor:
        """Corners (N, A * H * W, 4) in pixels, cut to the map."""
        first, size = self.regression.decode(offsets, anchors, stride)
        edge = size.new_tensor([offsets.shape[3] * stride, offsets.shape[2] * stride])
        return torch.cat([first.clamp(min=0), (first + size - 1).minimum(edge)], -1).flatten(1, 3)

    def _decode_onnx(self, graph: OnnxGraph, offsets: str, anchors: Anchors, stride: int) -> str:
        """As `_decode`."""
        height, width = graph.shape(offsets)[2:]
        first, size = self.regression.decode_onnx(graph, offsets, (height, width), anchors,
                                                  stride)
        last = graph.add("Sub", graph.add("Add", first, size), graph.floats(1.0))
        edge = graph.floats([float(width * stride), float(height * stride)])
        return graph.add("Concat", graph.add("Max", first, graph.floats(0.0)),
                         graph.add("Min", last, edge), axis=2)


@layer
class DecodeBBox(Layer):
    """Box decoding: move and scale regions by the offsets predicted for them.

    Bottoms: offsets (R, 8, ...), of which the last four, x y w h, count; regions (R, 5, ...):
             image, x1, y1, x2, y2; in TRAIN perhaps the matched boxes (R, K, ...), whose last
             number is their overlap with the region. No gradient goes to any.
    Top:     the moved regions, in the shape of the regions; in TRAIN without inverted ones
             and, with matched boxes, those that overlap by gt_iou_thr or more (their number
             is then R only at build, and torch.compile breaks the graph here).
    Errors:  SpecError for other shapes, or a third bottom in TEST.
    Source:  zhaoweicai/cascade-rcnn decode_bbox_layer.cpp.
    """

    reads = ("bbox_reg_param",)
    unread = frozenset(["bbox_reg_param.cls_aware"])
    num_bottoms = (2, 3)
    no_gradient_bottoms = (0, 1, 2)
    needs_float32 = True

    def __init__(self, spec: LayerSpec, offsets: Shape, rois: Shape, *matched: Shape):
        super().__init__(spec)
        fits = offsets[1] == 8 and rois[1] == 5 and math.prod(offsets[2:]) == 1 \
            and all(shape[0] == rois[0] for shape in (offsets, *matched))
        if not fits:
            raise spec.error("bottom", f"has the shapes {tuple(offsets)} and {tuple(rois)}; they "
                             "must be (R, 8) and (R, 5), and any third (R, K)")
        if matched and spec.phase != "TRAIN":
            raise spec.error("bottom", "is given 3 times; matched boxes belong to TRAIN only")
        self.mean, self.deviation = mean_and_deviation(spec)
        self.most_overlap = spec.proto.decode_bbox_param.gt_iou_thr

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        return [tuple(bottoms[1])]

    def forward(self, offsets: Tensor, rois: Tensor, *matched: Tensor) -> Tensor:
        rows = rois.reshape(rois.shape[0], 5)
        moves = offsets.reshape(offsets.shape[0], 8)[:, 4:]
        moves = adjusted(moves, self.mean, self.deviation)
        decoded = torch.cat([rows[:, :1], moved(rows[:, 1:], moves)], 1)
        if self.spec.phase == "TRAIN":
            valid = (decoded[:, 1:3] <= decoded[:, 3:]).all(1)
            if matched:
                valid = valid & (matched[0].flatten(1)[:, -1] < self.most_overlap)
            decoded = decoded[valid]
        return decoded.reshape(-1, *rois.shape[1:])

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        offsets, rows = (flat_onnx(graph, name) for name in bottoms)
        moves = adjusted_onnx(graph, graph.cut(offsets, 1, 4, 8), self.mean, self.deviation)
        corners = moved_onnx(graph, graph.cut(rows, 1, 1, 5), moves, 1)
        found = graph.add("Concat", graph.cut(rows, 1, 0, 1), *corners, axis=1)
        others = graph.shape(bottoms[1])[2:]
        return [graph.reshape(found, [0, 5, *others]) if others else found]


@layer
class ScaleRoute(Layer):
    """Select the regions of one range of sizes, for one level of a feature pyramid.

    Bottoms: regions (R, 5, ...): image, x1, y1, x2, y2; and any blobs (R, ...). No gradient.
    Tops:    one for each bottom: its rows of the regions whose size, the root of their area, is
             from low_scale to below high_scale; without such a region, the row of
             the size nearest to the middle of that range (by ratio). At build there is one row.
    Data decide the number of rows: torch.compile breaks the graph here.
    Errors:  SpecError if the numbers of rows, or of bottoms and tops, differ.
    Source:  zhaoweicai/cascade-rcnn scale_route_layer.cpp (feature pyramids).
    """

    num_bottoms = (1, None)
    num_tops = (1, None)
    same_number = True
    needs_float32 = True

    def __init__(self, spec: LayerSpec, rois: Shape, *others: Shape):
        super().__init__(spec)
        if rois[1] != 5 or any(shape[0] != rois[0] for shape in others):
            raise spec.error("bottom", f"has the shapes {', '.join(map(str, (rois, *others)))}; "
                             "the first must be (R, 5), the others have as many rows")
        param = spec.proto.scale_route_param
        low, high = (has_field(param, f"{side}_scale") for side in ("low", "high"))
        self.low = param.low_scale if low else 0.0
        self.high = param.high_scale if high else math.inf
        if low and (self.low <= 0 or self.low > self.high):
            raise spec.error("scale_route_param.low_scale", f"is {self.low}; it must be above 0 "
                             f"and not above high_scale")
        self.middle = 256.0
        if low and high:
            self.middle = math.sqrt(self.low * self.high)
        elif low:
            self.middle = self.low
        elif high:
            self.middle = self.high

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        return [(1, *shape[1:]) for shape in bottoms]

    def forward(self, *bottoms: Tensor) -> tuple[Tensor, ...]:
        rows = bottoms[0].detach().reshape(bottoms[0].shape[0], 5)
        inverted = (rows[:, 3:] < rows[:, 1:3]).any(1)
        size = torch.where(inverted, 0, (rows[:, 3:] - rows[:, 1:3] + 1).prod(1)).sqrt()
        chosen = (size >= self.low) & (size < self.high)
        distance = (size / self.middle).log2().abs()
        nearest = distance.nan_to_num(math.inf, math.inf).argmin()
        first = torch.arange(len(size), device=size.device) == nearest
        chosen = torch.where(chosen.any(), chosen, first)
        return tuple(bottom.detach()[chosen] for bottom in bottoms)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        rows = flat_onnx(graph, bottoms[0])
        one, zero = graph.floats(1.0), graph.floats(0.0)
        first, last = graph.cut(rows, 1, 1, 3), graph.cut(rows, 1, 3, 5)
        inverted = graph.add("Less", last, first)
        inverted = graph.add("Or", graph.cut(inverted, 1, 0, 1), graph.cut(inverted, 1, 1, 2))
        sides = graph.add("Add", graph.add("Sub", last, first), one)
        size = graph.add("Sqrt", graph.add("Where", inverted, zero, product(graph, sides, 1)))
        size = graph.reshape(size, [-1])
        chosen = graph.add("GreaterOrEqual", size, graph.floats(self.low))
        below = graph.add("Less", size, graph.floats(self.high))
        chosen = graph.add("And", chosen, below)
        ratio = graph.add("Abs", graph.add("Log", graph.add("Div", size,
                                                            graph.floats(self.middle))))
        ratio = graph.add("Where", graph.add("IsNaN", ratio), graph.floats(math.inf), ratio)
        nearest = graph.add("ArgMin", ratio, axis=0)
        index = or_else_onnx(graph, graph.reshape(graph.add("NonZero", chosen), [-1]), nearest)
        return [graph.add("Gather", x, index, axis=0) for x in bottoms]
