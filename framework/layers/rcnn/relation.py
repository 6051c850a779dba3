"""Relation module between boxes: attention of regions whose weights also know where they are."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_graph import END, Names, OnnxGraph
from framework.layers.params import at_least, honour
from framework.ops.losses import precise

LEAST_DISTANCE = 1e-3       # in widths or heights of a box
LEAST_WEIGHT = 1e-6
UNITS = 100.0               # of a logarithm, before sine and cosine
HIDDEN = -1e30


@layer
class RelationModule(Layer):
    """Object relation module: multi-head attention of boxes, weighted by their relative geometry.

    Bottoms: features (R, C), and regions (R, 5): item, x1, y1, x2, y2 in pixels.
    Top:     (R, num_output): for each head, sum over the regions of the item of w * f, through
             a matrix of the head, side by side. An Eltwise layer adds it to the features.
    w is the softmax of log(max(relu(g), 1e-6)) + query . key / sqrt(size of a head); g is linear in
    sines and cosines of 100 log(max(|dx| / width, 1e-3)), likewise of dy, and of the logarithms of
    the ratios of widths and heights, over wave_length^(8 i / position_dim). The regions get no
    gradient.
    Blobs:   geometry_weight (num_heads, position_dim), geometry_bias; query_weight and key_weight
             (num_hidden, C) with biases; output_weight (num_output, C), its rows by head, and bias.
    Errors:  SpecError for bottoms that do not fit, and sizes that num_heads does not divide.
    Source:  Hu et al. 2018; attention_module_multi_head in the symbols of
             msracver/Relation-Networks-for-Object-Detection.
    """

    reads = ("relation_param",)
    num_bottoms = (2, 2)
    no_gradient_bottoms = (1,)
    needs_float32 = True

    blobs_learn = (True,) * 8
    geometry_weight: Tensor
    geometry_bias: Tensor
    query_weight: Tensor
    query_bias: Tensor
    key_weight: Tensor
    key_bias: Tensor
    output_weight: Tensor
    output_bias: Tensor

    def __init__(self, spec: LayerSpec, x: Shape, rois: Shape):
        super().__init__(spec)
        honour(spec, "relation_param", "num_heads num_hidden num_output position_dim wave_length "
               "weight_filler bias_filler")
        param = spec.proto.relation_param
        if len(x) != 2 or math.prod(rois) != 5 * x[0]:
            raise spec.error("bottom", f"has the shapes {tuple(x)} and {tuple(rois)}; they must be "
                             "(R, C) and (R, 5): item, x1, y1, x2, y2")
        at_least(spec, "relation_param.num_heads", [param.num_heads], 1)
        num_output = param.num_output or x[1]
        hidden = param.num_hidden or num_output
        self.num_heads = param.num_heads
        for name, size in (("num_hidden", hidden), ("num_output", num_output)):
            if size % self.num_heads:
                raise spec.error(f"relation_param.{name}", f"is {size}; num_heads, "
                                 f"{self.num_heads}, must divide it")
        if param.position_dim < 8 or param.position_dim % 8:
            raise spec.error("relation_param.position_dim", f"is {param.position_dim}; it must be "
                             "a multiple of 8")
        if not param.wave_length > 0:
            raise spec.error("relation_param.wave_length", f"is {param.wave_length:g}; it must be "
                             "above 0")
        steps = torch.arange(param.position_dim // 8, dtype=torch.float64)
        self.waves = (param.wave_length ** (steps * 8 / param.position_dim)).tolist()
        for part, rows, columns in (("geometry", self.num_heads, param.position_dim),
                                    ("query", hidden, x[1]), ("key", hidden, x[1]),
                                    ("output", num_output, x[1])):
            self.add_blob(f"{part}_weight", (rows, columns), param.weight_filler)
            self.add_blob(f"{part}_bias", (rows,), param.bias_filler)

    def multiply_adds(self, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        num, channels = bottoms[0]
        hidden = len(self.query_weight)
        pairs = self.geometry_weight.numel() + hidden + self.num_heads * channels
        return num * num * pairs + num * channels * (2 * hidden + len(self.output_weight))

    def forward(self, x: Tensor, rois: Tensor) -> Tensor:
        boxes = precise(rois.detach()).reshape(-1, 5)
        position = F.linear(self._embedding(boxes[:, 1:]).to(x.dtype), self.geometry_weight,
                            self.geometry_bias)
        scores = position.relu().clamp(min=LEAST_WEIGHT).log().permute(2, 0, 1)
        query, key = (F.linear(x, weight, bias).unflatten(1, (self.num_heads, -1)).transpose(0, 1)
                      for weight, bias in ((self.query_weight, self.query_bias),
                                           (self.key_weight, self.key_bias)))
        scores = scores + query @ key.transpose(1, 2) / math.sqrt(query.shape[2])
        same = boxes[:, :1] == boxes[:, 0]
        seen = scores.where(same, HIDDEN).softmax(2) @ x
        y = seen @ self.output_weight.unflatten(0, (self.num_heads, -1)).transpose(1, 2)
        return y.transpose(0, 1).flatten(1) + self.output_bias

    def _embedding(self, corners: Tensor) -> Tensor:
        """(R, R, position_dim) of the position of each box to each."""
        size = corners[:, 2:] - corners[:, :2] + 1
        middle = (corners[:, 2:] + corners[:, :2]) / 2
        far = (middle[:, None] - middle).abs() / size[:, None]
        geometry = torch.cat([far.clamp(min=LEAST_DISTANCE), size[:, None] / size], 2).log()
        angle = (UNITS * geometry)[..., None] / geometry.new_tensor(self.waves)
        return torch.cat([angle.sin(), angle.cos()], 3).flatten(2)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        x, rois = bottoms
        rois = graph.reshape(rois, [-1, 5])
        position = graph.add("Add", graph.add("MatMul", self._embedding_onnx(graph, rois),
                             graph.floats(self.geometry_weight.detach().t(), "geometry_weight")),
                             graph.floats(self.geometry_bias.detach(), "geometry_bias"))
        position = graph.add("Log", graph.add("Max", position, graph.floats(LEAST_WEIGHT)))
        scores = graph.add("Transpose", position, perm=[2, 0, 1])
        query = self._heads_onnx(graph, "query", x, [1, 0, 2])
        query = graph.add("Mul", query, graph.floats(
            1 / math.sqrt(len(self.query_weight) // self.num_heads)))
        key = self._heads_onnx(graph, "key", x, [1, 2, 0])
        scores = graph.add("Add", scores, graph.add("MatMul", query, key))
        item = graph.cut(rois, 1, 0, 1)
        same = graph.add("Equal", item, graph.add("Transpose", item, perm=[1, 0]))
        scores = graph.add("Where", same, scores, graph.floats(HIDDEN))
        seen = graph.add("MatMul", graph.add("Softmax", scores, axis=2), x)
        matrix = self.output_weight.detach().unflatten(0, (self.num_heads, -1)).transpose(1, 2)
        y = graph.add("MatMul", seen, graph.floats(matrix, "output_weight"))
        y = graph.reshape(graph.add("Transpose", y, perm=[1, 0, 2]), [-1, len(self.output_weight)])
        return [graph.add("Add", y, graph.floats(self.output_bias.detach(), "output_bias"))]

    def _heads_onnx(self, graph: OnnxGraph, part: str, x: str, order: list[int]) -> str:
        weight = getattr(self, f"{part}_weight").detach()
        y = graph.add("MatMul", x, graph.floats(weight.t(), f"{part}_weight"))
        y = graph.add("Add", y, graph.floats(getattr(self, f"{part}_bias").detach(),
                                             f"{part}_bias"))
        y = graph.reshape(y, [-1, self.num_heads, len(weight) // self.num_heads])
        return graph.add("Transpose", y, perm=order)

    def _embedding_onnx(self, graph: OnnxGraph, rois: str) -> str:
        low, high = graph.cut(rois, 1, 1, 3), graph.cut(rois, 1, 3, END)
        size = graph.add("Add", graph.add("Sub", high, low), graph.floats(1.0))
        middle = graph.add("Mul", graph.add("Add", high, low), graph.floats(0.5))
        size_rows, middle_rows = (graph.add("Unsqueeze", one, graph.integers([1]))
                                  for one in (size, middle))
        far = graph.add("Abs", graph.add("Sub", middle_rows, middle))
        far = graph.add("Max", graph.add("Div", far, size_rows), graph.floats(LEAST_DISTANCE))
        geometry = graph.add("Concat", far, graph.add("Div", size_rows, size), axis=2)
        geometry = graph.add("Unsqueeze", graph.add("Log", geometry), graph.integers([3]))
        factors = UNITS / torch.tensor(self.waves, dtype=torch.float64)
        angle = graph.add("Mul", geometry, graph.floats(factors.float()))
        both = graph.add("Concat", graph.add("Sin", angle), graph.add("Cos", angle), axis=3)
        return graph.reshape(both, [0, 0, 8 * len(self.waves)])
