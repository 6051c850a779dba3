"""Piecewise linear activations of single projects: RReLU and learned hinges (APL)."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import check_sizes, honour, is_set
from framework.proto import FillerParameter


@layer
class RReLU(Layer):
    """Randomized leaky ReLU: y = x where x > 0, else x / u.

    TRAIN: u uniform from the lower to the upper bound for each value; TEST: u is their mean.
    The bounds are `negative_slope_lower` and `negative_slope_upper`, or `lb` and `ub`: 3 and 8,
    the paper's, without them.
    Errors: SpecError unless 0 < lower <= upper.
    Source: rrelu_layer.cpp (BVLC pull request 3534), and the fields of
            ducha-aiki/caffenet-benchmark; Xu et al. 2015.
    """

    keeps_shape = True

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "rrelu_param", "negative_slope_lower negative_slope_upper lb ub")
        param = spec.proto.rrelu_param
        self.low = param.lb if is_set(param, "lb") else param.negative_slope_lower
        self.high = param.ub if is_set(param, "ub") else param.negative_slope_upper
        if not 0 < self.low <= self.high:
            raise spec.error("rrelu_param", f"has the bounds {self.low:g} and {self.high:g}; the "
                             "lower must be above 0 and not above the upper")

    def forward(self, x: Tensor) -> Tensor:
        if self.spec.phase == "TEST":
            return F.leaky_relu(x, 2 / (self.low + self.high))
        divisor = torch.rand_like(x) * (self.high - self.low) + self.low
        return torch.where(x > 0, x, x / divisor)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        return [graph.add("LeakyRelu", bottoms[0], alpha=2 / (self.low + self.high))]


@layer
class APL(Layer):
    """Adaptive piecewise linear unit: y = max(x, 0) + sum over s of a_s * max(b_s - x, 0).

    Bottom: x (N, ...) with K values in each item; each value has hinges of its own.
    Top:    y in the shape of x.
    Blobs:  slopes a and offsets b (1, 1, sums, K). The number at s + sums * k of the flat blob
            belongs to value k and hinge s, as in the original: rows of the blob are not hinges.
            Without fillers slopes are uniform within 0.5 / sums and offsets Gaussian, std 0.5.
    Errors: SpecError if sums is 0, or the bottom has one axis.
    Source: apl_layer.cpp of forestagostinelli/Learned-Activation-Functions-Source; Agostinelli
            et al. 2015.
    """

    keeps_shape = True
    elementwise = True
    blobs_learn = (True, True)
    slopes: Tensor
    offsets: Tensor

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "apl_param", "sums slope_filler offset_filler")
        param = spec.proto.apl_param
        check_sizes(spec, "apl_param", "sums")
        if len(x) < 2:
            raise spec.error("bottom", f"has the shape {tuple(x)}; APL takes 2 axes or more")
        self.sums = param.sums
        shape = (1, 1, param.sums, math.prod(x[1:]))
        near = 0.5 / param.sums
        slopes = FillerParameter(type="uniform", min=-near, max=near)
        offsets = FillerParameter(type="gaussian", std=0.5)
        self.add_blob("slopes", shape,
                      param.slope_filler if is_set(param, "slope_filler") else slopes)
        self.add_blob("offsets", shape,
                      param.offset_filler if is_set(param, "offset_filler") else offsets)

    def forward(self, x: Tensor) -> Tensor:
        rows = x.flatten(1)
        slopes = self.slopes.reshape(-1, self.sums).to(rows.dtype)
        offsets = self.offsets.reshape(-1, self.sums).to(rows.dtype)
        hinges = ((offsets - rows[..., None]).relu() * slopes).sum(-1)
        return (rows.relu() + hinges).reshape(x.shape)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        shape = graph.shape(bottoms[0])
        rows = graph.add("Flatten", bottoms[0], axis=1)
        y = graph.add("Relu", rows)
        for index in range(self.sums):
            offset = graph.floats(self.offsets.detach().reshape(-1, self.sums)[:, index])
            slope = graph.floats(self.slopes.detach().reshape(-1, self.sums)[:, index])
            hinge = graph.add("Relu", graph.add("Sub", offset, rows))
            y = graph.add("Add", y, graph.add("Mul", hinge, slope))
        return [graph.reshape(y, [0, *shape[1:]])]
