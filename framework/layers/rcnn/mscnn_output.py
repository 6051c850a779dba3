"""MS-CNN inference: region proposals from the one anchor of each map."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_graph import END, Names, OnnxGraph
from framework.layers.rcnn.box_statistics import mean_and_deviation
from framework.layers.rcnn.ranked_regions import Ranking, Regression


@layer
class BoxOutput(Layer):
    """Region proposals over the anchors of all maps, after non-maximum suppression.

    Bottoms: for each map (N, C + 4, H, W): scores of C classes, of which the first is background,
             and offsets x y w h of its anchor. No gradient.
    Tops:    regions (R, 5, 1, 1): image, x1, y1, x2, y2, or the one (0, 1, 1, 10, 10) if there is
             no region; if wanted (R, 6, 1, 1), with their scores last, zeros if there is no
             region. At build there is one.
    A box: offsets * bbox_std + bbox_mean, cut to 1 / field_xyr and log field_whr, on an anchor
    field_w * field_h around the cell's centre; its corner then cut to 0, its size to the rest of
    the map's size in pixels. Those of a score (largest of an object - background) of at least
    fg_thr and of sides from min_size on are ranked; the max_nms_num best go into the suppression
    at iou_thr; max_post_nms_num stay. Data decide the number of regions: torch.compile breaks the
    graph here.
    Errors:  SpecError for fields or bottoms that do not fit, or nms_type other than IOU.
    Source:  zhaoweicai/mscnn box_output_layer.cpp; Cai et al. 2016.
    """

    reads = ("bbox_reg_param",)
    unread = frozenset(["bbox_reg_param.cls_aware"])
    num_bottoms = (1, None)
    num_tops = (1, 2)
    needs_float32 = True

    def __init__(self, spec: LayerSpec, *bottoms: Shape):
        super().__init__(spec)
        param = spec.proto.box_output_param
        if param.nms_type != "IOU":
            raise spec.error("box_output_param.nms_type", f"is '{param.nms_type}'; only IOU is "
                             "supported")
        lists = (param.field_w, param.field_h, param.downsample_rate)
        if any(len(values) != len(bottoms) for values in lists):
            found = ", ".join(str(len(values)) for values in lists)
            raise spec.error("box_output_param", f"has {found} values of field_w, field_h and "
                             f"downsample_rate; there must be {len(bottoms)} of each, one for "
                             "each bottom")
        if any(len(shape) != 4 or shape[1] < 6 or shape[:2] != bottoms[0][:2] for shape in bottoms):
            found = ", ".join(str(tuple(shape)) for shape in bottoms)
            raise spec.error("bottom", f"has the shapes {found}; they must be (N, C + 4, H, W) "
                             "with one C of at least 2")
        self.maps = list(zip(*lists, strict=True))
        self.regression = Regression(*mean_and_deviation(spec), 1 / param.field_xyr,
                                     math.log(param.field_whr))
        self.ranking = Ranking(param.iou_thr, param.max_nms_num, param.max_post_nms_num)
        self.least_score = param.fg_thr
        self.least_size = param.min_size

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        shapes: list[Shape] = [(1, 5, 1, 1), (1, 6, 1, 1)]
        return shapes[:len(self.spec.tops)]

    def forward(self, *bottoms: Tensor) -> tuple[Tensor, ...]:
        firsts, sizes, scores = [], [], []
        for x, (wide, high, stride) in zip(bottoms, self.maps, strict=True):
            x = x.detach()
            first, size = self.regression.decode(x[:, -4:], [(wide, high)], stride)
            first = first.clamp(min=0)
            edge = size.new_tensor([x.shape[3] * stride, x.shape[2] * stride])
            firsts.append(first.flatten(1, 3))
            sizes.append(size.minimum(edge - first).flatten(1, 3))
            scores.append((x[:, 1:-4].amax(1) - x[:, 0]).flatten(1))
        # of equal scores the later cell comes first, as in the original
        first, size, score = (torch.cat(parts, 1).flip(1) for parts in (firsts, sizes, scores))
        valid = (size >= self.least_size).all(-1) & (score >= self.least_score)
        corners = torch.cat([first, first + size], -1)
        return self.ranking.tops(corners, score, valid)[:len(self.spec.tops)]

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        firsts, sizes, scores = [], [], []
        total = 0
        for x, (wide, high, stride) in zip(bottoms, self.maps, strict=True):
            channels, height, width = graph.shape(x)[1:]
            total += height * width
            first, size = self.regression.decode_onnx(
                graph, graph.cut(x, 1, channels - 4, END), (height, width), [(wide, high)], stride)
            firsts.append(graph.add("Max", first, graph.floats(0.0)))
            edge = graph.floats([float(width * stride), float(height * stride)])
            sizes.append(graph.add("Min", size, graph.add("Sub", edge, firsts[-1])))
            best = graph.reduce("ReduceMax", graph.cut(x, 1, 1, channels - 4), [1], True)
            score = graph.add("Sub", best, graph.cut(x, 1, 0, 1))
            scores.append(graph.reshape(score, [-1, height * width]))
        reverse = graph.integers(list(range(total - 1, -1, -1)))
        first, size, score = (graph.add("Gather", graph.add("Concat", *parts, axis=1), reverse,
                                        axis=1) for parts in (firsts, sizes, scores))
        least = graph.reduce("ReduceMin", size, [2], False)
        valid = graph.add("And",
                          graph.add("GreaterOrEqual", least, graph.floats(float(self.least_size))),
                          graph.add("GreaterOrEqual", score, graph.floats(self.least_score)))
        corners = graph.add("Concat", first, graph.add("Add", first, size), axis=2)
        return self.ranking.tops_onnx(graph, corners, score, valid, total)[:len(self.spec.tops)]
