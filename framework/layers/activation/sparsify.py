"""Sparsify: soft thresholding whose gradient draws the top to 0."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import honour


class _Sparse(torch.autograd.Function):
    """x moved towards 0 by `threshold`; the gradient of what is left has coef * sign(y) added."""

    @staticmethod
    def forward(x: Tensor, threshold: float, coef: float) -> Tensor:
        return x.clone() if threshold == 0 else x.sign() * (x.abs() - threshold).relu()

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Tensor) -> None:
        # Any: the context and the tuple of arguments are autograd's
        _, ctx.threshold, ctx.coef = inputs
        ctx.save_for_backward(output.sign())

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, None]:
        (sign,) = ctx.saved_tensors
        whole = grad + ctx.coef * sign
        return whole * sign.abs() if ctx.threshold else whole, None, None


@layer
class Sparsify(Layer):
    """Soft thresholding: y = sign(x) * max(|x| - thre, 0), which learns to be 0 by `coef`.

    Bottom: x, any shape.
    Top:    as x; with thre 0 a copy.
    The gradient is that of y with coef * sign(y) added, whatever the loss weight; with thre 0 it
    is 1 everywhere.
    Errors: SpecError if thre or coef is below 0.
    Source: SparsifyParameter; sparsify_layer.cpp of Lanselott/FM_caffe, from wenwei202/caffe.
    """

    keeps_shape = True
    pointwise = True

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "sparsify_param", "thre coef")
        param = spec.proto.sparsify_param
        for name, number in (("thre", param.thre), ("coef", param.coef)):
            if not number >= 0:
                raise spec.error(f"sparsify_param.{name}", f"is {number:g}; it must be at least 0")
        self.threshold = param.thre
        self.coef = param.coef

    def forward(self, x: Tensor) -> Tensor:
        return _Sparse.apply(x, self.threshold, self.coef)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        if self.threshold == 0:
            return [bottoms[0]]
        return [graph.add("Shrink", bottoms[0], lambd=self.threshold, bias=self.threshold)]
