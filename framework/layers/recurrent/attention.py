"""Multi-head attention."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import honour
from framework.proto import LayerParameter

PARTS = ("query", "key", "value", "output")
HIDDEN = -1e30      # what a score becomes whose key the query does not see


@layer
class Attention(Layer):
    """Multi-head scaled dot-product attention, with its four projections.

    Bottoms: query (N, L, E), which is key and value too (self-attention); perhaps key and value
             (N, S, Ek) in one, or key (N, S, Ek) and value (N, S, Ev) (cross-attention); with
             `mask: true` last a mask (N, S) or (N, L, S), 0 where a query does not see a key.
             No gradient goes to the mask.
    Top:     y (N, L, num_output): softmax(q k^T / sqrt(D)) v in each of num_heads heads, D =
             num_hidden / num_heads, heads side by side, then the output's projection. A query that
             sees no key gets the projection of zeros.
    Blobs:   query_weight (num_hidden, E), key_weight (num_hidden, Ek), value_weight (num_hidden,
             Ev), output_weight (num_output, num_hidden), each followed by its bias unless
             `bias_term: false`. num_hidden and num_output are E where they are not given.
    `causal: true` shows a query the keys up to its own index; dropout_ratio drops weights of keys
    in TRAIN.
    Errors:  SpecError for shapes that do not fit, heads that do not divide num_hidden, or a ratio
             that is not in 0 ... 1, 1 excluded.
    Source:  Vaswani et al. 2017, 3.2; torch's MultiheadAttention, whose in_proj_weight is the first
             three matrices. Forks of Caffe have other layers of this name.
    """

    num_bottoms = (1, 4)

    @classmethod
    def learned_blobs(cls, proto: LayerParameter) -> tuple[bool, ...]:
        return (True,) * (8 if proto.attention_param.bias_term else 4)

    def __init__(self, spec: LayerSpec, query: Shape, *others: Shape):
        super().__init__(spec)
        honour(spec, "attention_param", "num_heads num_hidden num_output bias_term weight_filler "
               "bias_filler mask causal dropout_ratio")
        param = spec.proto.attention_param
        self.masked = param.mask
        self.causal = param.causal
        self.num_heads = param.num_heads
        self.dropout = param.dropout_ratio if spec.phase == "TRAIN" else 0.0
        if not 0 <= param.dropout_ratio < 1:
            raise spec.error("attention_param.dropout_ratio", f"is {param.dropout_ratio:g}; it "
                             "must be at least 0 and below 1")
        key, value = self._check_shapes(query, list(others))
        hidden = param.num_hidden or query[2]
        if self.num_heads < 1 or hidden % self.num_heads:
            raise spec.error("attention_param.num_heads", f"is {self.num_heads}; it must divide "
                             f"the {hidden} numbers of a query")
        self.head_size = hidden // self.num_heads
        columns = (query[2], key[2], value[2], hidden)
        rows = (hidden, hidden, hidden, param.num_output or query[2])
        for part, num_rows, num_columns in zip(PARTS, rows, columns, strict=True):
            self.add_blob(f"{part}_weight", (num_rows, num_columns), param.weight_filler)
            if param.bias_term:
                self.add_blob(f"{part}_bias", (num_rows,), param.bias_filler)

    def _check_shapes(self, query: Shape, others: list[Shape]) -> tuple[Shape, Shape]:
        """The shapes of key and value."""
        error = self.spec.error
        if self.masked and not others:
            raise error("bottom", "is given once; with attention_param.mask the last one is a mask")
        mask = others.pop() if self.masked else None
        if len(others) > 2:
            raise error("bottom", f"is given {1 + len(others)} times; query, key and value make 3, "
                        "and a mask needs attention_param.mask")
        key = others[0] if others else query
        value = others[-1] if others else query
        for name, shape in (("query", query), ("key", key), ("value", value)):
            if len(shape) != 3 or shape[0] != query[0]:
                raise error("bottom", f"has the shape {tuple(shape)} as {name}; it must be "
                            f"({query[0]}, length, width)")
        if key[1] != value[1]:
            raise error("bottom", f"has keys of length {key[1]} and values of length {value[1]}; "
                        "they must be equal")
        if self.causal and key[1] != query[1]:
            raise error("attention_param.causal", f"is for self-attention; here are {query[1]} "
                        f"queries and {key[1]} keys")
        allowed = ((query[0], key[1]), (query[0], query[1], key[1]))
        if mask is not None and tuple(mask) not in allowed:
            raise error("bottom", f"has the shape {tuple(mask)} as mask; it must be {allowed[0]} "
                        f"or {allowed[1]}")
        return key, value

    def multiply_adds(self, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        query = bottoms[0]
        key = bottoms[1] if len(bottoms) - self.masked > 1 else query
        lengths = (query[1], key[1], key[1], query[1])
        matrices = [getattr(self, f"{part}_weight").numel() for part in PARTS]
        products = 2 * query[1] * key[1] * self.num_heads * self.head_size
        return query[0] * (products + sum(length * numbers for length, numbers
                                          in zip(lengths, matrices, strict=True)))

    def forward(self, query: Tensor, *others: Tensor) -> Tensor:
        given, mask = (others[:-1], others[-1]) if self.masked else (others, None)
        key = given[0] if given else query
        value = given[-1] if given else query
        q, k, v = (self._project(part, x).unflatten(-1, (self.num_heads, -1)).transpose(1, 2)
                   for part, x in zip(PARTS, (query, key, value), strict=False))
        seen = self._seen(mask, query.shape[1])
        y = F.scaled_dot_product_attention(
            q, k, v, attn_mask=seen, dropout_p=self.dropout,
            is_causal=self.causal and seen is None)
        if seen is not None:    # a row without a key is NaN in some of torch's kernels
            y = y.where(seen.any(-1, keepdim=True), 0)
        return self._project("output", y.transpose(1, 2).flatten(2))

    def _project(self, part: str, x: Tensor) -> Tensor:
        return F.linear(x, getattr(self, f"{part}_weight"), getattr(self, f"{part}_bias", None))

    def _seen(self, mask: Tensor | None, length: int) -> Tensor | None:
        """Which keys each query sees, (N, 1, 1 or L, S); None: all, or those that `causal` says."""
        if mask is None:
            return None
        seen = (mask != 0).unsqueeze(1)
        seen = seen if mask.dim() == 3 else seen.unsqueeze(1)
        if self.causal:
            seen = seen & torch.ones(length, length, dtype=torch.bool, device=mask.device).tril()
        return seen

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        given = bottoms[:-1] if self.masked else bottoms
        sources = (given[0], given[min(1, len(given) - 1)], given[-1])
        orders = ([0, 2, 1, 3], [0, 2, 3, 1], [0, 2, 1, 3])
        query, key, value = (self._heads_onnx(graph, part, x, order) for part, x, order
                             in zip(PARTS, sources, orders, strict=False))
        query = graph.add("Mul", query, graph.floats(1 / math.sqrt(self.head_size)))
        scores = graph.add("MatMul", query, key)
        seen = self._seen_onnx(graph, bottoms)
        if seen is None:
            weights = graph.add("Softmax", scores, axis=-1)
        else:
            scores = graph.add("Where", seen, scores, graph.floats(HIDDEN))
            weights = graph.add("Softmax", scores, axis=-1)
            weights = graph.add("Where", seen, weights, graph.floats(0.0))
        y = graph.add("Transpose", graph.add("MatMul", weights, value), perm=[0, 2, 1, 3])
        y = graph.reshape(y, [0, 0, self.num_heads * self.head_size])
        return [self._project_onnx(graph, "output", y)]

    def _seen_onnx(self, graph: OnnxGraph, bottoms: Names) -> str | None:
        length = graph.shape(bottoms[0])[1]
        seen = []
        if self.masked:
            mask = bottoms[-1]
            num_keys = graph.shape(mask)[-1]
            rows = length if len(graph.shape(mask)) == 3 else 1
            mask = graph.reshape(mask, [-1, 1, rows, num_keys])
            seen.append(graph.add("Not", graph.add("Equal", mask, graph.floats(0.0))))
        if self.causal:
            lower = graph.floats(torch.ones(length, length).tril())
            seen.append(graph.add("Greater", lower, graph.floats(0.0)))
        if len(seen) == 2:
            return graph.add("And", *seen)
        return seen[0] if seen else None

    def _heads_onnx(self, graph: OnnxGraph, part: str, x: str, order: list[int]) -> str:
        y = graph.reshape(self._project_onnx(graph, part, x),
                          [0, 0, self.num_heads, self.head_size])
        return graph.add("Transpose", y, perm=order)

    def _project_onnx(self, graph: OnnxGraph, part: str, x: str) -> str:
        weight = getattr(self, f"{part}_weight")
        y = graph.add("MatMul", x, graph.floats(weight.detach().t(), f"{part}_weight"))
        bias = getattr(self, f"{part}_bias", None)
        return y if bias is None else graph.add("Add", y, graph.floats(bias.detach(),
                                                                       f"{part}_bias"))
