"""Pooling by the logarithm of a mean of exponentials, between average and maximum."""

from __future__ import annotations

import math

from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_reasons import UNWRITTEN
from framework.layers.params import check_four_axes, honour
from framework.proto import enum_name


@layer
class LsePooling(Layer):
    """Log-sum-exp pooling of whole maps: log(mean(exp(r_t x))) / r_t.

    Bottom: x (N, C, H, W). Top: (N, C, 1, 1).
    Errors: SpecError for other pooling methods, windows that are not the whole map, and an r_t that
            is 0.
    Source: LsePoolingParameter; lse_pooling_layer.cpp of wang821002/Caffe-Multi-Label, whose
            windows, with `global_pooling: false`, are in no public net.
    """

    no_onnx_form = UNWRITTEN

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "lse_pooling_param", "pool global_pooling r_t engine")
        param = spec.proto.lse_pooling_param
        method = enum_name(param, "pool")
        if method != "LSE" or not param.global_pooling:
            raise spec.error("lse_pooling_param", f"has pool {method} and global_pooling "
                             f"{str(param.global_pooling).lower()}; they must be LSE and true. "
                             "The type Pooling has other methods, in windows")
        check_four_axes(spec, x)
        if not param.r_t:
            raise spec.error("lse_pooling_param.r_t", "is missing or 0; it must not be 0")
        self.sharpness = param.r_t

    def forward(self, x: Tensor) -> Tensor:
        total = (x * self.sharpness).logsumexp((2, 3), keepdim=True)
        return (total - math.log(x.shape[2] * x.shape[3])) / self.sharpness
