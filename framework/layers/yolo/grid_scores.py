"""YOLO v2's grid by cells and boxes, with its probabilities."""

from __future__ import annotations

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import at_least, honour


@layer
class Region(Layer):
    """Sigmoid of the objectness and softmax of the classes of each box of a YOLO v2 grid.

    Bottom: grid (N, B (coords + 1 + classes), H, W), of each of B boxes_of_each_grid its
            coordinates, objectness and scores of classes.
    Top:    the same numbers in the order (N, H, W, B, coords + 1 + classes), but with the shape of
            the bottom, as in the original; coordinates as they are, the scores a softmax of the
            classes if `softmax`. No gradient, as in the original.
    Errors: SpecError for another number of channels.
    Source: RegionParameter; region_layer.cpp of hustzxd/yolo2_in_caffe, for hustzxd/z1.
    """

    no_gradient_bottoms = (0,)
    keeps_shape = True

    def __init__(self, spec: LayerSpec, grid: Shape):
        super().__init__(spec)
        honour(spec, "region_param", "classes coords boxes_of_each_grid softmax")
        param = spec.proto.region_param
        at_least(spec, "region_param.boxes_of_each_grid", [param.boxes_of_each_grid], 1)
        at_least(spec, "region_param.classes", [param.classes], 1)
        self.sizes = [param.coords, 1, param.classes]
        self.softmax = param.softmax
        channels = sum(self.sizes) * param.boxes_of_each_grid
        if len(grid) != 4 or grid[1] != channels:
            raise spec.error("bottom", f"has the shape {tuple(grid)}; it must be (N, {channels}, "
                             "H, W)")

    @torch.no_grad()
    def forward(self, grid: Tensor) -> Tensor:
        rows = grid.permute(0, 2, 3, 1).unflatten(3, (-1, sum(self.sizes)))
        places, objects, scores = rows.split(self.sizes, -1)
        scores = scores.softmax(-1) if self.softmax else scores
        return torch.cat([places, objects.sigmoid(), scores], -1).reshape(grid.shape)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        shape = graph.shape(bottoms[0])
        rows = graph.add("Transpose", bottoms[0], perm=[0, 2, 3, 1])
        rows = graph.reshape(rows, [0, *shape[2:], -1, sum(self.sizes)])
        places, objects, scores = graph.add_several(
            "Split", 3, rows, graph.integers(self.sizes), axis=4)
        if self.softmax:
            scores = graph.add("Softmax", scores, axis=4)
        rows = graph.add("Concat", places, graph.add("Sigmoid", objects), scores, axis=4)
        return [graph.reshape(rows, [0, *shape[1:]])]
