"""What is added to the items of a sequence by their index (PositionEmbedding)."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import honour
from framework.proto import LayerParameter, enum_name


@layer
class PositionEmbedding(Layer):
    """Position embedding: add a row of a table to each item of a sequence, by its index.

    Bottom: x (N, L, E).
    Top:    x[n, i] + table[i], (N, L, E); with `class_token: true` a learned item is put before
            those of x first: (N, L + 1, E).
    Blobs:  with `class_token`: class_token (E,); with LEARNED: table (max_length, E), max_length =
            the length of the top where it is not given. SINUSOIDAL has a fixed table: column 2 k
            is sin(i / b^(2 k / E)), column 2 k + 1 the cosine of the same, b = `base`.
    Errors: SpecError for other shapes, a max_length below the sequence's, a base that is not above
            0.
    Source: Vaswani et al. 2017, 3.5 (SINUSOIDAL); Dosovitskiy et al. 2021, eq. 1 (LEARNED, class
            token). No fork of Caffe has this layer that we know.
    """

    elementwise = True
    class_token: Tensor | None
    table: Tensor

    @classmethod
    def learned_blobs(cls, proto: LayerParameter) -> tuple[bool, ...]:
        param = proto.position_embedding_param
        return (True,) * (param.class_token + (enum_name(param, "kind") == "LEARNED"))

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "position_embedding_param", "kind max_length class_token weight_filler base")
        param = spec.proto.position_embedding_param
        if len(x) != 3:
            raise spec.error("bottom", f"has the shape {tuple(x)}; PositionEmbedding takes (N, L, "
                             "E)")
        self.learned = enum_name(param, "kind") == "LEARNED"
        self.base = param.base
        if not 0 < self.base < math.inf:
            raise spec.error("position_embedding_param.base", f"is {self.base:g}; it must be above "
                             "0 and finite")
        length = x[1] + param.class_token
        if param.max_length and not self.learned:
            raise spec.error("position_embedding_param.max_length", f"is {param.max_length}; only "
                             "a LEARNED table has a length")
        if 0 < param.max_length < length:
            raise spec.error("position_embedding_param.max_length", f"is {param.max_length}; the "
                             f"sequence has {length} items")
        if param.class_token:
            self.add_blob("class_token", (x[2],), param.weight_filler)
        else:
            self.class_token = None
        if self.learned:
            self.add_blob("table", (param.max_length or length, x[2]), param.weight_filler)

    def forward(self, x: Tensor) -> Tensor:
        if self.class_token is not None:
            token = self.class_token.to(x.dtype).expand(x.shape[0], 1, -1)
            x = torch.cat([token, x], 1)
        if self.learned:
            return x + self.table[:x.shape[1]].to(x.dtype)
        return x + self._waves(x.shape[1], x.shape[2], x.device).to(x.dtype)

    def _waves(self, length: int, width: int, device: torch.device | None = None) -> Tensor:
        """The fixed table (length, width), in float64."""
        columns = torch.arange(0, width, 2, dtype=torch.float64, device=device)
        index = torch.arange(length, dtype=torch.float64, device=device)
        angle = index[:, None] * self.base ** (-columns / width)
        return torch.stack([angle.sin(), angle.cos()], -1).flatten(1)[:, :width]

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        x = bottoms[0]
        length, width = graph.shape(x)[1:]
        if self.class_token is not None:
            token = graph.floats(self.class_token.detach().reshape(1, 1, -1), "class_token")
            first = graph.cut(x, 1, 0, 1)
            zeros = graph.add("Mul", first, graph.floats(0.0))      # of any batch's size
            x = graph.add("Concat", graph.add("Add", zeros, token), x, axis=1)
            length += 1
        if self.learned:
            return [graph.add("Add", x, graph.floats(self.table.detach()[:length], "table"))]
        return [graph.add("Add", x, graph.floats(self._waves(length, width).float()))]
