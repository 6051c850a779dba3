"""Activations of community projects: ReLU6, SELU, Mish, hard swish, hard sigmoid, RReLU."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import honour


@layer
class ReLU6(Layer):
    """ReLU6: y = min(max(x, 0) + negative_slope * min(x, 0), 6), the slope in `relu6_param`.

    Source: relu6_layer.cpp of eric612/MobileNet-YOLO and chuanqi305/MobileNetv2-SSDLite.
    """

    pointwise = True
    keeps_shape = True

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "relu6_param", "negative_slope")
        self.negative_slope = spec.proto.relu6_param.negative_slope

    def forward(self, x: Tensor) -> Tensor:
        if self.negative_slope == 0:
            return F.relu6(x)
        return F.leaky_relu(x, self.negative_slope).clamp(max=6)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        x = bottoms[0]
        if self.negative_slope == 0:
            return [graph.add("Clip", x, graph.floats(0.0), graph.floats(6.0))]
        leaky = graph.add("LeakyRelu", x, alpha=self.negative_slope)
        return [graph.add("Min", leaky, graph.floats(6.0))]


@layer
@layer("SeLU")
class SeLu(Layer):
    """SELU: y = lambda * (x where x > 0, else alpha * (exp(x) - 1)).

    Source: selu_layer.cpp of jolibrain/caffe (DeepDetect), used by soeaver/caffe-model;
            Klambauer et al. 2017.
    """

    keeps_shape = True

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        param = spec.proto.selu_param
        self.alpha = param.alpha
        self.factor = getattr(param, "lambda")  # a keyword of Python

    def forward(self, x: Tensor) -> Tensor:
        return F.elu(x, self.alpha) * self.factor

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        y = graph.add("Elu", bottoms[0], alpha=self.alpha)
        return [graph.add("Mul", y, graph.floats(self.factor))]


@layer
class SeLuDropout(Layer):
    """Alpha dropout: keeps mean 0 and variance 1, as a dropped value becomes alpha, not 0.

    TRAIN: y = a * (x, or alpha with probability dropout_ratio) + b, where q = 1 - ratio,
    a = (q * (1 + alpha^2 * (1 - q))) ** -0.5 and b = -a * (1 - q) * alpha. TEST: copy.
    Errors: SpecError if the ratio is not in 0 ... 1, 1 excluded.
    Source: selu_dropout_layer.cpp of jolibrain/caffe; Klambauer et al. 2017.
    """

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        param = spec.proto.selu_dropout_param
        self.ratio = param.dropout_ratio
        self.alpha = param.alpha
        if not 0 <= self.ratio < 1:
            raise spec.error("selu_dropout_param.dropout_ratio", f"is {self.ratio:g}; it must be "
                             "at least 0 and below 1")
        keep = 1 - self.ratio
        self.a = (keep * (1 + self.alpha**2 * self.ratio)) ** -0.5
        self.b = -self.a * self.ratio * self.alpha

    def forward(self, x: Tensor) -> Tensor:
        if self.spec.phase == "TEST":
            return x
        dropped = torch.rand_like(x) < self.ratio
        return x.masked_fill(dropped, self.alpha) * self.a + self.b

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        return [bottoms[0]]


@layer
class Insanity(Layer):
    """Randomized leaky ReLU (RReLU): y = x where x > 0, else x / u.

    TRAIN: u uniform in lb ... ub for each value; TEST: u = (ub - lb) / (log |ub| - log |lb|).
    Errors: SpecError unless lb < ub and neither is 0.
    Source: insanity_layer.cpp of happynear/caffe-windows; Xu et al. 2015.
    """

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        param = spec.proto.insanity_param
        self.low, self.high = param.lb, param.ub
        if not self.low < self.high or self.low * self.high == 0:
            raise spec.error("insanity_param", f"has lb {self.low:g} and ub {self.high:g}; lb must "
                             "be below ub, and neither 0")
        logs = math.log(abs(self.high)) - math.log(abs(self.low))
        self.mean = (self.high - self.low) / logs if logs else math.inf

    def forward(self, x: Tensor) -> Tensor:
        if self.spec.phase == "TEST":
            return F.leaky_relu(x, 1 / self.mean)
        divisor = torch.rand_like(x) * (self.high - self.low) + self.low
        return torch.where(x > 0, x, x / divisor)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        return [graph.add("LeakyRelu", bottoms[0], alpha=1 / self.mean)]


@layer
class Mish(Layer):
    """Mish: y = x * tanh(log(1 + exp(x))).

    Source: Misra 2019, as AlexeyAB's YOLOv4 converts to it.
    """

    keeps_shape = True

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)

    def forward(self, x: Tensor) -> Tensor:
        return F.mish(x)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        smooth = graph.add("Tanh", graph.add("Softplus", bottoms[0]))
        return [graph.add("Mul", bottoms[0], smooth)]


@layer
@layer("HSwish")
class HardSwish(Layer):
    """Hard swish: y = x * min(max(x + 3, 0), 6) / 6.

    Source: hard_swish_layer.cpp and hswish_layer.cpp of the MobileNetV3 forks; Howard et al. 2019.
    """

    keeps_shape = True

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)

    def forward(self, x: Tensor) -> Tensor:
        return F.hardswish(x)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        gate = graph.add("HardSigmoid", bottoms[0], alpha=1 / 6, beta=0.5)
        return [graph.add("Mul", bottoms[0], gate)]


@layer
class HardSigmoid(Layer):
    """Hard sigmoid: y = min(max(0.2 * x + 0.5, 0), 1), with its derivative.

    Source: hard_sigmoid_layer.cpp of eric612/MobileNet-YOLO, whose backward looks at the top
    instead of the bottom and so is 0.2 everywhere.
    """

    keeps_shape = True

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)

    def forward(self, x: Tensor) -> Tensor:
        return (x * 0.2 + 0.5).clamp(0, 1)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        return [graph.add("HardSigmoid", bottoms[0], alpha=0.2, beta=0.5)]
