"""Layers of JPEG steganalysis: batch normalization, rounding, and coefficients to pixels."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.normalization.bn import PSPNetForm
from framework.layers.onnx_reasons import UNWRITTEN
from framework.layers.params import check_four_axes, honour
from framework.proto import FillerParameter, enum_name

EPS = 1e-10
BLOCK = 8
# JPEG's tables of the luminance at these qualities, row by row: the steps of the coefficients
STEPS = {75: (8, 6, 5, 8, 12, 20, 26, 31, 6, 6, 7, 10, 13, 29, 30, 28, 7, 7, 8, 12, 20, 29, 35, 28,
              7, 9, 11, 15, 26, 44, 40, 31, 9, 11, 19, 28, 34, 55, 52, 39, 12, 18, 28, 32, 41, 52,
              57, 46, 25, 32, 39, 44, 52, 61, 60, 51, 36, 46, 48, 49, 56, 50, 52, 50),
         95: (2, 1, 1, 2, 2, 4, 5, 6, 1, 1, 1, 2, 3, 6, 6, 6, 1, 1, 2, 2, 4, 6, 7, 6, 1, 2, 2, 3, 5,
              9, 8, 6, 2, 2, 4, 6, 7, 11, 10, 8, 2, 4, 6, 6, 8, 10, 11, 9, 5, 6, 8, 9, 10, 12, 12,
              10, 7, 9, 10, 10, 11, 10, 10, 10)}


@layer
class BNConv(Layer):
    """Batch normalization with scale and shift: 4 blobs, running averages without a factor.

    Bottom: x (N, C, H, W). Top: as x.
    Blobs:  scale, shift, running mean, running variance, all (1, C, 1, 1).
    TRAIN: the batch's mean and variance (over N H W), running = decay * batch's + (1 - decay) *
    running. TEST, and with `fix`: the running ones. 1e-10 is added to the variance.
    Errors: SpecError for another number of axes.
    Source: BNConvParameter; bn_conv_layer.cpp and .cu of
            GuanshuoXu/caffe_deep_learning_for_steganalysis.
    """

    keeps_shape = True
    no_onnx_form = UNWRITTEN
    blobs_learn = (True, True, False, False)
    scale: Tensor
    shift: Tensor
    mean: Tensor
    variance: Tensor

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "bn_conv_param", "decay fix")
        param = spec.proto.bn_conv_param
        check_four_axes(spec, x)
        self.form = PSPNetForm(param.fix or spec.phase == "TEST", 1 - param.decay, EPS)
        shape = (1, x[1], 1, 1)
        self.add_blob("scale", shape, FillerParameter(type="constant", value=1))
        self.add_blob("shift", shape)
        self.add_blob("mean", shape, learned=False)
        self.add_blob("variance", shape, learned=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.form.top(x, self.scale, self.shift, self.mean, self.variance)

    def multiply_adds(self, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        return 0


@layer
class BdctToSpatial(Layer):
    """Pixels of an image from the coefficients of JPEG's blocks: dequantization and inverse DCT.

    Bottom: coefficients (N, 64, H, W): of each block those of the 8 x 8 cosines, row by row.
    Top:    (N, 1, 8 H, 8 W), without 128 being added. It has no gradient.
    Errors: SpecError for another number of channels, and a quality that is not 75 or 95.
    Source: BdctToSpatialParameter; bdct_to_spatial_layer.cpp and .cu of
            GuanshuoXu/caffe_deep_learning_for_steganalysis.
    """

    no_gradient_bottoms = (0,)
    needs_float32 = True
    no_onnx_form = UNWRITTEN

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "bdct_to_spatial_param", "quality")
        quality = spec.proto.bdct_to_spatial_param.quality
        if quality not in STEPS:
            raise spec.error("bdct_to_spatial_param.quality", f"is {quality:g}; it must be 75 or "
                             "95")
        if len(x) != 4 or x[1] != BLOCK**2:
            raise spec.error("bottom", f"has the shape {tuple(x)}; it must be (N, 64, H, W)")
        self.steps = STEPS[int(quality)]

    def forward(self, x: Tensor) -> Tensor:
        x = x.detach()
        number = torch.arange(BLOCK, device=x.device, dtype=x.dtype)
        waves = (math.pi / BLOCK * number[:, None] * (number + 0.5)).cos()
        waves = waves * math.sqrt(2 / BLOCK)
        waves = torch.cat([waves[:1] / math.sqrt(2), waves[1:]])
        coefficients = (x * x.new_tensor(self.steps)[:, None, None]).permute(0, 2, 3, 1)
        blocks = coefficients.reshape(len(x), *x.shape[2:], BLOCK, BLOCK)
        pixels = waves.t() @ blocks @ waves
        rows = pixels.permute(0, 1, 3, 2, 4)        # (N, H, 8, W, 8)
        return rows.reshape(len(x), 1, BLOCK * x.shape[2], BLOCK * x.shape[3])


@layer
class QuantTruncAbs(Layer):
    """Rounding, absolute values and truncation: `process` names those that are done, in this order.

    Bottom: x (...). Top: as x: QUANT rounds, halves away from 0; ABS takes the absolute value;
            TRUNC cuts to -threshold to threshold.
    It has no gradient.
    Source: QuantTruncAbsParameter; quant_trunc_abs_layer.cu of
            GuanshuoXu/caffe_deep_learning_for_steganalysis.
    """

    keeps_shape = True
    no_gradient_bottoms = (0,)
    needs_float32 = True
    no_onnx_form = UNWRITTEN

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "quant_trunc_abs_param", "process threshold")
        self.process = enum_name(spec.proto.quant_trunc_abs_param, "process")
        self.threshold = float(spec.proto.quant_trunc_abs_param.threshold)

    def forward(self, x: Tensor) -> Tensor:
        size, sign = x.detach().abs(), torch.where(x.detach() >= 0, 1, -1)
        if "QUANT" in self.process:
            size = (size + 0.5).floor()
        if "TRUNC" in self.process:
            size = size.clamp(max=self.threshold)
        return size if "ABS" in self.process else size * sign
