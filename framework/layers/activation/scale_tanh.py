"""Hyperbolic tangent that grows steeper while it is trained (HashNet)."""

from __future__ import annotations

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import check_sizes, honour


@layer
class ScaleTanH(Layer):
    """Hyperbolic tangent of scaled values, y = tanh(s x), which nears the sign of x in training.

    Bottom: x (...).
    Top:    as x.
    s is init_scale; in TRAIN, from every step_size-th forward on, init_scale * (1 + gamma * i) ^
    power, i the number of that forward, where the building of the net counts as the first. A new
    run counts from the start, as in the original; there the forwards of TEST have a count too.
    Errors: SpecError if step_size is 0.
    Source: ScaleTanHParameter; scale_tanh_layer.cpp of thuml/HashNet; Cao et al. 2017.
    """

    keeps_shape = True
    iteration: Tensor

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "scale_tanh_param", "init_scale step_size gamma power")
        param = spec.proto.scale_tanh_param
        check_sizes(spec, "scale_tanh_param", "step_size")
        self.first, self.step = param.init_scale, param.step_size
        self.gamma, self.power = param.gamma, param.power
        self.register_buffer("iteration", torch.tensor(1.0), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        if self.spec.phase != "TRAIN":
            return torch.tanh(self.first * x)
        if torch.is_grad_enabled() and not self.iteration.is_meta:
            with torch.no_grad():
                self.iteration.add_(1)
        last = self.iteration.div(self.step, rounding_mode="floor") * self.step
        grown = torch.where(last > 0, self.first * (1 + self.gamma * last) ** self.power,
                            self.first)
        return torch.tanh(grown.to(x) * x)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        return [graph.add("Tanh", graph.add("Mul", bottoms[0], graph.floats(self.first)))]
