"""Random: noise that multiplies, and does not show in the gradient."""

from __future__ import annotations

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.params import honour
from framework.ops.losses import StraightThrough

STEPS = 10000       # in a factor's whole numbers, from 0 to it
LEAST = 1000        # which is added to them


@layer
class Random(Layer):
    """Each value times a random factor of scale * 0.1 to scale * 1.1, in TRAIN and TEST.

    Bottom: x, any shape.
    Top:    as x: x * scale * (k + 1000) / 10000, k a whole number from 0 to 10000 of its own.
    The gradient is the original's, which is that of the top unchanged.
    Source: RandomParameter; random_layer.cpp of Paethon/caffe.
    """

    keeps_shape = True
    no_onnx_form = "its factors are drawn in each forward"

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "random_param", "scale")
        self.scale = spec.proto.random_param.scale

    def forward(self, x: Tensor) -> Tensor:
        steps = (torch.rand_like(x) * (STEPS + 1)).floor()
        top: Tensor = StraightThrough.apply(x, x.detach() * ((steps + LEAST) / STEPS * self.scale))
        return top
