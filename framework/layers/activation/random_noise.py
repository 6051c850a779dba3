"""Random noise (Noise, RandomNoise) that is added to each value."""

from __future__ import annotations

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import check_positive, honour, is_set


@layer
class Noise(Layer):
    """Add normal or uniform noise in TRAIN, copy in TEST.

    Bottom: x (...).
    Top:    as x; in TRAIN x + n, n of the normal distribution with the mean `bias` and the
            deviation gaussian_std times the root mean square of the whole bottom, or uniform from
            bias - uniform_range to bias + uniform_range; nothing if neither is set.
    The gradient is the top's. The form for GPUs of goodluckcwl/custom-caffe multiplies the
    deviation by a random whole number from 0 to 3, one of each batch, which its form for
    processors, followed here, draws and leaves.
    Errors: SpecError if a deviation or range is negative.
    Source: NoiseParameter; noise_layer.cpp of happynear/caffe-windows and goodluckcwl/custom-caffe.
    """

    keeps_shape = True
    pointwise = True

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "noise_param", "gaussian_std uniform_range bias")
        param = spec.proto.noise_param
        for field in ("gaussian_std", "uniform_range"):
            if not getattr(param, field) >= 0:
                raise spec.error(f"noise_param.{field}", f"is {getattr(param, field):g}; it must "
                                 "not be negative")
        self.is_normal = is_set(param, "gaussian_std")
        self.draws = spec.phase == "TRAIN" and (self.is_normal or is_set(param, "uniform_range"))
        self.bias = param.bias

    def forward(self, x: Tensor) -> Tensor:
        if not self.draws:
            return x.clone()
        param = self.spec.proto.noise_param
        if self.is_normal:
            size = x.detach().float().square().mean().sqrt().to(x.dtype)
            return x + (torch.randn_like(x) * (size * param.gaussian_std) + self.bias)
        return x + ((2 * torch.rand_like(x) - 1) * param.uniform_range + self.bias)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        return [bottoms[0]]


@layer
class RandomNoise(Layer):
    """Add normal noise, in TRAIN and TEST.

    Bottom: x (...).
    Top:    as x: x + n, n of the normal distribution with the mean mu and the deviation sigma. With
            adaptive_sigma the mean is 0 and the deviation adaptive_factor times |x|, of zeros the
            mean of |x| over the whole bottom.
    The gradient is the top's. The original's form for GPUs has the deviation 1 for any sigma; its
    form for processors is followed.
    Errors: SpecError if sigma or adaptive_factor is not above 0.
    Source: RandomNoiseParameter; random_noise_layer.cpp of pulkitag/caffe.
    """

    keeps_shape = True
    pointwise = True
    no_onnx_form = "draws numbers in TEST"

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "random_noise_param", "mu sigma adaptive_sigma adaptive_factor")
        param = spec.proto.random_noise_param
        self.adapts = param.adaptive_sigma
        check_positive(spec, "random_noise_param", "adaptive_factor" if self.adapts else "sigma")

    def forward(self, x: Tensor) -> Tensor:
        param = self.spec.proto.random_noise_param
        if not self.adapts:
            return x + (torch.randn_like(x) * param.sigma + param.mu)
        size = x.detach().abs()
        size = torch.where(size > 0, size, size.mean())
        return x + torch.randn_like(x) * size * param.adaptive_factor
