"""Activations in pieces of single projects: RReLU, learned hinges (APL), arcs and parts by sign."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import check_positive, check_sizes, honour, is_set
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


@layer
class SymReLU(Layer):
    """The parts of x above and below 0, as channels of their own.

    Bottom: x (N, C, n1, ...).
    Top:    (N, 2 C, n1, ...): max(x, 0), then min(x, 0); the gradient at 0 is 0.
    Errors: SpecError if the bottom has one axis.
    Source: symrelu_layer.cpp of liu2bao3yuan1/caffe-batchnorm.
    """

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        if len(x) < 2:
            raise spec.error("bottom", f"has the shape {tuple(x)}; SymReLU takes 2 axes or more")

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([F.relu(x), -F.relu(-x)], 1)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        below = graph.add("Neg", graph.add("Relu", graph.add("Neg", bottoms[0])))
        return [graph.add("Concat", graph.add("Relu", bottoms[0]), below, axis=1)]


@layer
class ReCU(Layer):
    """A line up to 0, the arc of a circle from there to `s`, and a line after it.

    y = negative_slope * x where x <= 0; up to `s` an arc through 0, with the slope `alpha` there
    and `beta` at s; y = y(s) + beta * (x - s) above it. With the centre (p, q) of the circle,
    q = -p / alpha, the arc is y = q + sqrt(p^2 + q^2 - (x - p)^2).
    The gradient is the derivative; the original takes it at what was last in the gradient's memory
    and not at x.
    Errors: SpecError unless alpha is above the size of beta, and s above 0.
    Source: ReCUParameter; recu_layer.cpp of liu2bao3yuan1/caffe-batchnorm.
    """

    keeps_shape = True
    pointwise = True

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "recu_param", "negative_slope alpha beta s")
        param = spec.proto.recu_param
        alpha, beta, end = param.alpha, param.beta, param.s
        if not abs(beta) < alpha:
            raise spec.error("recu_param.alpha", f"is {alpha:g}; it must be above the size of "
                             f"beta, {beta:g}")
        check_positive(spec, "recu_param", "s")
        self.negative_slope, self.end, self.beta = param.negative_slope, end, beta
        root = math.sqrt((alpha ** 2 + 1) * (beta ** 2 + 1))
        self.centre = (alpha * end * (alpha + alpha * beta ** 2 + beta * root)
                       / (alpha ** 2 - beta ** 2))
        self.depth = self.centre / alpha

    def forward(self, x: Tensor) -> Tensor:
        inside = x.clamp(0, self.end)
        arc = (inside * (2 * self.centre - inside) + self.depth ** 2).sqrt() - self.depth
        above = arc + F.relu(x - self.end) * self.beta
        return torch.where(x > 0, above, x * self.negative_slope)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        x = bottoms[0]
        inside = graph.add("Clip", x, graph.floats(0.0), graph.floats(self.end))
        width = graph.add("Sub", graph.floats(2 * self.centre), inside)
        square = graph.add("Add", graph.add("Mul", inside, width), graph.floats(self.depth ** 2))
        arc = graph.add("Sub", graph.add("Sqrt", square), graph.floats(self.depth))
        above = graph.add("Relu", graph.add("Sub", x, graph.floats(self.end)))
        below = graph.add("Relu", graph.add("Neg", x))
        y = graph.add("Add", arc, graph.add("Mul", above, graph.floats(self.beta)))
        return [graph.add("Sub", y, graph.add("Mul", below, graph.floats(self.negative_slope)))]
