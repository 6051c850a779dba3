"""OutputDecay: a decay of activations, as weight_decay is of weights."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import honour

KINDS = ("L1", "L2")


class _Decayed(torch.autograd.Function):
    """The first tensor; a gradient gets the second added."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, added: Tensor) -> Tensor:  # Any: torch has no type for it
        ctx.save_for_backward(added)
        return x.view_as(x)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        (added,) = ctx.saved_tensors
        return gradient + added, None


@layer
class OutputDecay(Layer):
    """Activation decay: the top is the bottom; its gradient grows by decay * x, or decay * sign(x).

    Bottom: x, any shape.
    Top:    as x.
    `regularization_type` L2 adds output_decay * x, L1 output_decay * sign(x).
    Errors: SpecError for another regularization_type.
    Source: output_decay_layer.cpp of the Caffe that the nets of wdzhao123/FRD are for.
    """

    keeps_shape = True
    pointwise = True

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "output_decay_param", "output_decay regularization_type")
        param = spec.proto.output_decay_param
        self.decay = param.output_decay
        self.kind = param.regularization_type
        if self.kind not in KINDS:
            raise spec.error("output_decay_param.regularization_type", f"is '{self.kind}'; it must "
                             f"be one of {', '.join(KINDS)}")

    def forward(self, x: Tensor) -> Tensor:
        fixed = x.detach()
        top: Tensor = _Decayed.apply(x, self.decay * (fixed.sign() if self.kind == "L1" else fixed))
        return top

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        return [bottoms[0]]
