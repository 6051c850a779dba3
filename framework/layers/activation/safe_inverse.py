"""Reciprocal that is 0 at 0."""

from __future__ import annotations

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_reasons import UNWRITTEN


@layer
class SafeInv(Layer):
    """Reciprocal: y = 1 / x, and 0 where x is 0.

    Bottom: x (...).
    Top:    as x. The gradient is the derivative, 0 at 0.
    Source: safe_inv_layer.cpp of YutingZhang/caffe-recon-dec.
    """

    keeps_shape = True
    pointwise = True
    no_onnx_form = UNWRITTEN

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)

    def forward(self, x: Tensor) -> Tensor:
        is_zero = x == 0
        return torch.where(is_zero, 0, 1 / torch.where(is_zero, 1, x))
