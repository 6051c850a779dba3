"""Smooth activations: GELU, SiLU, Softplus, Gaussian."""

from __future__ import annotations

import math

import torch.nn.functional as F
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import honour
from framework.proto import enum_name


@layer
class GELU(Layer):
    """GELU: y = x * Phi(x), where Phi is the distribution function of the standard normal.

    `approximate: TANH`: y = x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3))).
    Source: Hendrycks and Gimpel 2016; no fork of Caffe has it under this name that we know.
    """

    keeps_shape = True
    pointwise = True

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "gelu_param", "approximate")
        self.approximate = enum_name(spec.proto.gelu_param, "approximate").lower()

    def forward(self, x: Tensor) -> Tensor:
        return F.gelu(x, approximate=self.approximate)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        x = bottoms[0]
        if self.approximate == "tanh":
            cube = graph.add("Mul", graph.add("Mul", x, x), x)
            inner = graph.add("Add", x, graph.add("Mul", cube, graph.floats(0.044715)))
            gate = graph.add("Tanh", graph.add("Mul", inner,
                                               graph.floats(math.sqrt(2 / math.pi))))
        else:
            gate = graph.add("Erf", graph.add("Mul", x, graph.floats(math.sqrt(0.5))))
        half = graph.add("Mul", x, graph.floats(0.5))
        return [graph.add("Mul", half, graph.add("Add", gate, graph.floats(1.0)))]


@layer
class SiLU(Layer):
    """SiLU: y = x * sigmoid(x), which is Swish with beta 1.

    Source: Elfwing et al. 2017; Ramachandran et al. 2017.
    """

    keeps_shape = True
    pointwise = True

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)

    def forward(self, x: Tensor) -> Tensor:
        return F.silu(x)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        return [graph.add("Mul", bottoms[0], graph.add("Sigmoid", bottoms[0]))]


@layer
class Softplus(Layer):
    """Softplus: y = log(1 + exp(x)), as BVLC's BNLL computes it too.

    Source: softplus_layer.cpp of Intel's OpenVINO fork, without its overflow.
    """

    keeps_shape = True
    pointwise = True

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)

    def forward(self, x: Tensor) -> Tensor:
        return F.softplus(x, threshold=50)      # torch is linear from 20 on

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        return [graph.add("Softplus", bottoms[0])]


@layer
class Gaussian(Layer):
    """Gaussian: y = exp(-x^2 / (2 sigma^2)).

    Errors: SpecError for a sigma that is not above 0.
    Source: GaussianParameter; gaussian_layer.cpp of yangyanli/caffe, branch field_probing.
    """

    keeps_shape = True
    pointwise = True

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "gaussian_param", "sigma")
        sigma = spec.proto.gaussian_param.sigma
        if not 0 < sigma < math.inf:
            raise spec.error("gaussian_param.sigma", f"is {sigma:g}; it must be above 0")
        self.factor = -1 / (2 * sigma * sigma)

    def forward(self, x: Tensor) -> Tensor:
        return (x * x * self.factor).exp()

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        square = graph.add("Mul", bottoms[0], bottoms[0])
        return [graph.add("Exp", graph.add("Mul", square, graph.floats(self.factor)))]
