"""Logarithm of the size of a number, with its sign."""

from __future__ import annotations

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.activation.mathematics import log_of_base
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_reasons import UNWRITTEN
from framework.layers.params import honour


@layer
class LogScaler(Layer):
    """Signed logarithm: y = sign(x) * log_base(1 + scale * |x|); base -1 means e.

    Errors: SpecError if base is neither -1 nor above 0, or is 1, and for a negative scale.
    Source: LogScalerParameter in the caffe.proto of JiahaoLi-gdut/CAFFE-DACH, which says so much.
    """

    no_onnx_form = UNWRITTEN
    pointwise = True
    keeps_shape = True

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "log_scaler_param", "base scale")
        param = spec.proto.log_scaler_param
        self.factor = 1 / log_of_base(spec, "log_scaler_param", not_one=True)
        if param.scale < 0:
            raise spec.error("log_scaler_param.scale", f"is {param.scale:g}; it must not be "
                             "negative")
        self.scale = param.scale

    def forward(self, x: Tensor) -> Tensor:
        # 1 where x is 0, for its gradient
        sign = torch.where(x.detach() < 0, -1, 1).to(x.dtype)
        return sign * (x * sign * self.scale).log1p() * self.factor
