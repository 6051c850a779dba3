"""Convolution and batch normalization as one convolution of few bits (Xilinx)."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.coordinates import CoordinateMap, window_map
from framework.layers.low_precision.binary_point import Grid, by_exact
from framework.layers.onnx_reasons import SHORT_NUMBERS
from framework.layers.params import honour
from framework.layers.vision.filters import FIELDS, convolved, read_geometry
from framework.proto import LayerParameter

LEAST_EPS = 1e-5        # of cuDNN


@layer
class ConvolutionBNFixed(Layer):
    """Convolution and batch normalization, whose product has weights and biases of few bits.

    Bottom: x (N, C, H, W), as in Convolution.
    Top:    y, as in Convolution with the weight w * s and the bias b - mean * s, each on the grid
            of `fixed_param` as in ConvolutionFixed; s is scale / sqrt(variance + eps), eps at least
            1e-5. In TRAIN mean and variance are those of the convolved batch, else the stored.
    Blobs:  weight as in Convolution; scale, bias, mean, variance, (num_output,) each; count (1,),
            which is not read. Mean and variance do not learn: the first forward in TRAIN sets them
            to the batch's, each later one moves them by 1 - moving_average_fraction towards
            these, of m values the variance times m / (m - 1).
    Gradients are those of the exact convolution and normalization, as in the original.
    Errors: SpecError as in Convolution, and for `bias_term: true`.
    Source: cudnn_conv_bn_fixed_layer.cu, cudnn_batch_norm_layer.cu and batch_norm_layer.cpp of
            Xilinx's Caffe (Vitis AI).
    """

    reads = ("convolution_param", "batch_norm_param", "fixed_param")
    no_onnx_form = SHORT_NUMBERS
    blobs_learn = (True, True, True, False, False, False)
    weight: Tensor
    scale: Tensor
    bias: Tensor
    mean: Tensor
    variance: Tensor
    count: Tensor

    @classmethod
    def coordinate_map(cls, proto: LayerParameter) -> CoordinateMap:
        return window_map(proto.convolution_param, axis=proto.convolution_param.axis)

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "convolution_param", FIELDS)
        honour(spec, "batch_norm_param", "eps moving_average_fraction scale_filler bias_filler")
        param, norm = spec.proto.convolution_param, spec.proto.batch_norm_param
        if param.bias_term:
            raise spec.error("convolution_param.bias_term", "is true; it must be false: the "
                             "normalization has the bias")
        self.grid = Grid(spec)
        self.geometry = at = read_geometry(spec, x)
        self.eps = max(norm.eps, LEAST_EPS)
        self.fraction = norm.moving_average_fraction
        self.is_first = True
        self.add_blob("weight", (at.num_output, at.channels // at.group, *at.kernel),
                      param.weight_filler)
        self.add_blob("scale", (at.num_output,), norm.scale_filler)
        self.add_blob("bias", (at.num_output,), norm.bias_filler)
        for name, size in (("mean", at.num_output), ("variance", at.num_output), ("count", 1)):
            self.add_blob(name, (size,), learned=False)

    def multiply_adds(self, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        """In TRAIN twice: the exact products give the batch's statistics."""
        turns = 2 if self.spec.phase == "TRAIN" else 1
        return turns * self.weight[0].numel() * math.prod(tops[0])

    def forward(self, x: Tensor) -> Tensor:
        if self.spec.phase != "TRAIN":
            factor = self.scale / (self.variance + self.eps).sqrt()
            exact = convolved(x, *self._folded(factor, self.mean), self.geometry) \
                if torch.is_grad_enabled() else None
            return self._short(x, factor, self.mean, exact)
        found = convolved(x, self.weight, None, self.geometry)
        if not len(found):
            return found            # no statistics
        axes = [axis for axis in range(found.dim()) if axis != 1]
        variance, mean = torch.var_mean(found, axes, correction=0)
        self._move(mean.detach(), variance.detach(), found.numel() // found.shape[1])
        factor = self.scale / (variance + self.eps).sqrt()
        shape = (-1, *[1] * (found.dim() - 2))
        exact = (found - mean.reshape(shape)) * factor.reshape(shape) + self.bias.reshape(shape)
        return self._short(x, factor, mean, exact)

    def _folded(self, factor: Tensor, mean: Tensor) -> tuple[Tensor, Tensor]:
        """Weight and bias of the convolution with the normalization in them."""
        spread = factor.reshape(-1, *[1] * (self.weight.dim() - 1))
        return self.weight * spread, self.bias - mean * factor

    def _short(self, x: Tensor, factor: Tensor, mean: Tensor, exact: Tensor | None) -> Tensor:
        """The product with few bits, with the gradients of the exact one, if that is given."""
        weight, bias = self.grid.of(*(blob.detach() for blob in self._folded(factor, mean)))
        assert weight is not None
        value = convolved(x.detach(), weight, bias, self.geometry)
        return value if exact is None else by_exact(value, exact.to(value.dtype))

    def _move(self, mean: Tensor, variance: Tensor, number: int) -> None:
        """Move the stored statistics towards those of a batch of `number` values a channel."""
        if mean.is_meta:
            return
        share = 1.0 if self.is_first else 1 - self.fraction
        self.is_first = False
        with torch.no_grad():
            self.mean.lerp_(mean.to(self.mean), share)
            spread = variance.to(self.variance) * (number / max(number - 1, 1))
            self.variance.lerp_(spread, share)
