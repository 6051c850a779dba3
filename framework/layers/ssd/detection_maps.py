"""Predictions of several maps, each a bottom of its own: DetectionOutput's `no_permute`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Shape
from framework.layers.onnx_graph import Names, OnnxGraph


@dataclass(frozen=True)
class PredictionMaps:
    """Scores and boxes of `number` maps, to be joined to the two bottoms of DetectionOutput.

    The bottoms: scores (N, num_classes, A, H * W) of each map; boxes (N, A * B * 4, H, W) of each,
    A priors a cell and B 1 or num_classes; then priors of all maps, cell by cell.
    Source: detection_output_layer.cpp of foss-for-synopsys-dwc-arc-processors/synopsys-caffe, which
            reads the priors in the order of the maps instead.
    """

    number: int

    def shapes(self, bottoms: Sequence[Shape]) -> tuple[Shape, Shape, Shape]:
        """The shapes of the joined boxes and scores, and that of the priors."""
        scores, boxes = bottoms[:self.number], bottoms[self.number:2 * self.number]
        num = scores[0][0]
        joined = ((num, sum(math.prod(shape[1:]) for shape in one)) for one in (boxes, scores))
        loc, conf = joined
        return loc, conf, bottoms[-1]

    def join(self, bottoms: Sequence[Tensor]) -> tuple[Tensor, Tensor, Tensor]:
        """Boxes (N, P * B * 4) and scores (N, P * num_classes), cell by cell, and the priors."""
        scores, boxes = bottoms[:self.number], bottoms[self.number:2 * self.number]
        loc = torch.cat([one.permute(0, 2, 3, 1).flatten(1) for one in boxes], 1)
        conf = torch.cat([one.permute(0, 3, 2, 1).flatten(1) for one in scores], 1)
        return loc, conf, bottoms[-1]

    def join_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        """As `join`."""
        joined = []
        for names, order in ((bottoms[self.number:2 * self.number], [0, 2, 3, 1]),
                             (bottoms[:self.number], [0, 3, 2, 1])):
            parts = [graph.add("Flatten", graph.add("Transpose", name, perm=order), axis=1)
                     for name in names]
            joined.append(graph.add("Concat", *parts, axis=1))
        return [*joined, bottoms[-1]]


def read_maps(spec: LayerSpec, bottoms: Sequence[Shape]) -> PredictionMaps | None:
    """The maps of a DetectionOutput with `no_permute`; None without. SpecError for bottoms that are
    not `nbottom` scores, as many boxes, and priors, or do not fit each other."""
    param = spec.proto.detection_output_param
    number = param.nbottom
    if not param.no_permute:
        if len(bottoms) > 5 or param.HasField("nbottom"):
            raise spec.error("detection_output_param.nbottom", f"has no effect on {len(bottoms)} "
                             "bottoms without no_permute: true")
        return None
    if number < 1 or len(bottoms) != 2 * number + 1:
        raise spec.error("bottom", f"is given {len(bottoms)} times; with no_permute and nbottom "
                         f"{number} it must be {2 * number + 1}: scores and boxes of each map, and "
                         "priors")
    classes = param.num_classes
    of_prior = 4 * (1 if param.share_location else classes)
    for index in range(number):
        conf, loc = bottoms[index], bottoms[number + index]
        wanted = (loc[0], classes, loc[1] // of_prior, math.prod(loc[2:]))
        if len(loc) != 4 or loc[1] % of_prior or tuple(conf) != wanted:
            raise spec.error(f"bottom[{index}]", f"has the shape {conf} for boxes {loc}; they must "
                             f"be (N, {classes}, A, H * W) and (N, A * {of_prior}, H, W)")
    return PredictionMaps(number)
