"""TopK: the largest values of an item stay, the others become 0."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import honour


@layer
class TopK(Layer):
    """K-sparse activation: keep the largest values of an item, the others become 0.

    Bottom: x (N, ...).
    Top:    as x: k values are kept in TRAIN, k * a in TEST, rounded down; of each item, or with
            `across_channels` of each position's channels. Of equal values the earlier is kept.
    Errors: SpecError for a k below 1, or beyond the values that there are.
    Source: TopKParameter; topk_layer.cpp in BVLC/caffe's pull requests (`TOPK` of V1), whose
            schema is lost: that `a` is 1 by default is a guess; Makhzani and Frey 2014. With
            across_channels the original reads beyond its list of values; what it means is here.
    """

    keeps_shape = True
    pointwise = True

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "topk_param", "k a across_channels")
        param = spec.proto.topk_param
        self.over_channels = param.across_channels
        self.count = param.k if spec.phase == "TRAIN" else int(param.k * param.a)
        most = x[1] if self.over_channels else math.prod(x[1:])
        if not 1 <= self.count <= most:
            raise spec.error("topk_param.k", f"keeps {self.count} values; it must keep from 1 to "
                             f"{most}")

    def forward(self, x: Tensor) -> Tensor:
        rows = x if self.over_channels else x.flatten(1)
        best = rows.detach().argsort(dim=1, descending=True, stable=True)[:, :self.count]
        kept = torch.zeros_like(rows, dtype=torch.bool).scatter(1, best, True)
        return rows.where(kept, 0).reshape(x.shape)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        rows = bottoms[0] if self.over_channels else graph.reshape(bottoms[0], [0, -1])
        values, best = graph.add_several("TopK", 2, rows, graph.integers([self.count]), axis=1)
        zeros = graph.add("Mul", rows, graph.floats(0.0))
        top = graph.add("ScatterElements", zeros, best, values, axis=1)
        return [top if self.over_channels
                else graph.reshape(top, [0, *graph.shape(bottoms[0])[1:]])]
