"""Elementwise mathematics: absolute value, softplus, exponential, logarithm, power.

Four of them (AbsVal, BNLL, Log, Power) read the bottom in their backward. In place, where the top
has overwritten it, the original's gradient is wrong, and published training ran with it: see
`InPlace`.
"""

from __future__ import annotations

import math
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import honour


class InPlace(torch.autograd.Function):
    """The value y of a layer in place, with the gradient that the original computes there.

    A net that trains with it is told so in the log (net/in_place).
    Not the derivative of anything: `slope` is computed from y, which has overwritten x. Where
    the layer writes its slope into the gradient before it multiplies (Log, Power), the
    gradient of the top is lost as well, and slope squared is passed on (`lost`).
    Source: the Backward_cpu of these layers in BVLC, with bottom and top in one memory.
    """

    @staticmethod
    def forward(x: Tensor, y: Tensor, slope: Tensor, lost: bool) -> Tensor:
        return y.clone()

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Tensor) -> None:
        # Any: the context and the tuple of arguments are autograd's
        ctx.lost = inputs[3]
        ctx.save_for_backward(inputs[2])

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, None, None]:
        (slope,) = ctx.saved_tensors
        return slope * (slope if ctx.lost else grad), None, None, None


def is_in_place(spec: LayerSpec) -> bool:
    """Whether the layer works in place: its top has the bottom's name."""
    return spec.bottoms[0] == spec.tops[0]


@layer
class AbsVal(Layer):
    """Absolute value: y = |x|, with gradient 0 at 0.

    Errors: SpecError for a top of the bottom's name.
    Source: BVLC absval_layer.cpp.
    """

    pointwise = True
    keeps_shape = True
    never_in_place = True

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)

    def forward(self, x: Tensor) -> Tensor:
        return x.abs()

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        return [graph.add("Abs", bottoms[0])]


@layer
class BNLL(Layer):
    """Softplus: y = log(1 + exp(x)), linear above 50; in place see InPlace.

    Source: BVLC bnll_layer.cpp.
    """

    pointwise = True
    keeps_shape = True

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        self.in_place = is_in_place(spec)

    def forward(self, x: Tensor) -> Tensor:
        y = F.softplus(x, threshold=50)
        return InPlace.apply(x, y.detach(), y.detach().sigmoid(), False) if self.in_place else y

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        """max(x, 0) + log(1 + exp(-|x|)): an exponential that no runtime lets overflow."""
        small = graph.add("Exp", graph.add("Neg", graph.add("Abs", bottoms[0])))
        log = graph.add("Log", graph.add("Add", small, graph.floats(1.0)))
        return [graph.add("Add", graph.add("Relu", bottoms[0]), log)]


def log_of_base(spec: LayerSpec, field: str, not_one: bool = False) -> float:
    """The natural logarithm of `base` of the message `field`, whose -1 means e.

    not_one  whether a base of 1 is refused, by whose logarithm the layer divides
    Raises SpecError if base is neither -1 nor above 0 and finite.
    """
    base: float = getattr(spec.proto, field).base
    if base == -1:
        return 1.0
    if not 0 < base < math.inf or (not_one and base == 1):
        allowed = "above 0 and not 1" if not_one else "above 0"
        raise spec.error(f"{field}.base", f"is {base:g}; it must be {allowed}, or -1 for e")
    return math.log(base)


@layer
class Exp(Layer):
    """Exponential: y = base ** (scale * x + shift); base -1 means e.

    Errors: SpecError if base is neither -1 nor above 0.
    Source: ExpParameter in caffe.proto; BVLC exp_layer.cpp.
    """

    pointwise = True
    keeps_shape = True

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "exp_param", "base scale shift")
        param = spec.proto.exp_param
        log_base = log_of_base(spec, "exp_param")
        self.scale = log_base * param.scale
        self.factor = math.exp(log_base * param.shift)

    def forward(self, x: Tensor) -> Tensor:
        y = torch.exp(x * self.scale)
        return y if self.factor == 1 else y * self.factor

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        y = graph.add("Exp", graph.add("Mul", bottoms[0], graph.floats(self.scale)))
        return [y if self.factor == 1 else graph.add("Mul", y, graph.floats(self.factor))]


@layer
class Log(Layer):
    """Logarithm: y = log_base(scale * x + shift); base -1 means e. In place see InPlace.

    Errors: SpecError if base is neither -1 nor above 0, or is 1.
    Source: LogParameter in caffe.proto; BVLC log_layer.cpp.
    """

    pointwise = True
    keeps_shape = True

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "log_param", "base scale shift")
        param = spec.proto.log_param
        self.factor = 1 / log_of_base(spec, "log_param", not_one=True)
        self.scale = param.scale
        self.shift = param.shift
        self.in_place = is_in_place(spec)

    def forward(self, x: Tensor) -> Tensor:
        y = torch.log(x * self.scale + self.shift)
        y = y if self.factor == 1 else y * self.factor
        if not self.in_place:
            return y
        slope = self.scale * self.factor / (y.detach() * self.scale + self.shift)
        return InPlace.apply(x, y.detach(), slope, True)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        x = graph.add("Mul", bottoms[0], graph.floats(self.scale))
        y = graph.add("Log", graph.add("Add", x, graph.floats(self.shift)))
        return [y if self.factor == 1 else graph.add("Mul", y, graph.floats(self.factor))]


@layer
class Power(Layer):
    """Power: y = (shift + scale * x) ** power; constant, with gradient 0, if power or scale is 0.

    In place see InPlace.
    Source: PowerParameter in caffe.proto; BVLC power_layer.cpp.
    """

    pointwise = True
    keeps_shape = True

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "power_param", "power scale shift")
        param = spec.proto.power_param
        self.power = param.power
        self.scale = param.scale
        self.shift = param.shift
        self.in_place = is_in_place(spec) and self.power * self.scale != 0

    def forward(self, x: Tensor) -> Tensor:
        y = self.value(x)
        if not self.in_place:
            return y
        return InPlace.apply(x, y.detach(), self.slope_from(y.detach()), True)

    def slope_from(self, y: Tensor) -> Tensor:
        """What the original uses for dy/dx in place, when y has overwritten x."""
        factor = self.power * self.scale
        if self.power == 1:
            return torch.full_like(y, factor)
        if self.power == 2:
            return factor * (self.scale * y + self.shift)
        if self.shift == 0:
            return torch.full_like(y, self.power)
        return factor * y / (self.scale * y + self.shift)

    def value(self, x: Tensor) -> Tensor:
        """y, with its derivative as the gradient."""
        if self.power * self.scale == 0:
            value = torch.tensor(self.shift, dtype=torch.float64).pow(self.power)
            return torch.where(torch.ones_like(x, dtype=torch.bool), value.to(x), x)
        y = x * self.scale if self.scale != 1 else x
        y = y + self.shift if self.shift else y
        if self.power == 1:
            return y if y is not x else x * 1
        return y * y if self.power == 2 else y.pow(self.power)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        x = bottoms[0]
        if self.power * self.scale == 0:
            value = torch.tensor(self.shift, dtype=torch.float64).pow(self.power)
            zeros = graph.add("Mul", x, graph.floats(0.0))
            return [graph.add("Add", zeros, graph.floats(value))]
        if self.scale != 1:
            x = graph.add("Mul", x, graph.floats(self.scale))
        if self.shift != 0:
            x = graph.add("Add", x, graph.floats(self.shift))
        if self.power == 1:
            return [x]
        if self.power == 2:
            return [graph.add("Mul", x, x)]
        return [graph.add("Pow", x, graph.floats(self.power))]
