"""LRNRistretto: local response normalization whose every step is a short float."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_reasons import SHORT_NUMBERS
from framework.layers.params import honour, within
from framework.ops.number_formats import minifloat
from framework.proto import enum_name


@layer
class LRNRistretto(Layer):
    """Local response normalization across channels, with every result trimmed to a short float.

    Bottom: x (N, C, n1, ...).
    Top:    y = x * (k + alpha / local_size * sum(x^2)) ** -beta, the sum over local_size channels
            around, as in LRN. x, each square, the running sum after each addition and subtraction,
            the scaled sum, the base, the power and y are floats of mant_bits and exp_bits, rounded
            to the nearest, in TRAIN and TEST.
    The gradient is that of LRN, with the trimmed base and y in place of exact ones.
    Errors: SpecError if local_size is even, for another norm_region, precision than MINIFLOAT, or
            rounding_scheme than NEAREST.
    Source: lrn_ristretto_layer.cpp and .cu of pmgysel/caffe, which has no CPU code; Gysel et al.
            2016.
    """

    reads = ("lrn_param", "quantization_param")
    pointwise = True
    keeps_shape = True
    needs_float32 = True
    no_onnx_form = SHORT_NUMBERS

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "lrn_param", "local_size alpha beta norm_region k")
        honour(spec, "quantization_param", "precision rounding_scheme mant_bits exp_bits")
        param, short = spec.proto.lrn_param, spec.proto.quantization_param
        if param.local_size % 2 == 0:
            raise spec.error("lrn_param.local_size", f"is {param.local_size}; it must be odd")
        if enum_name(param, "norm_region") != "ACROSS_CHANNELS":
            raise spec.error("lrn_param.norm_region", "is WITHIN_CHANNEL; Ristretto has no code "
                             "for it")
        if enum_name(short, "precision") != "MINIFLOAT":
            raise spec.error("quantization_param.precision", "is "
                             f"{enum_name(short, 'precision')}; Ristretto's LRN takes MINIFLOAT "
                             "alone")
        if enum_name(short, "rounding_scheme") != "NEAREST":
            raise spec.error("quantization_param.rounding_scheme", "is STOCHASTIC; Ristretto's LRN "
                             "rounds to the nearest, whatever is asked for")
        within(spec, "quantization_param.mant_bits", [short.mant_bits], 0, 23)
        within(spec, "quantization_param.exp_bits", [short.exp_bits], 1, 8)
        if len(x) < 2:
            raise spec.error("bottom", f"has the shape {x}; LRNRistretto takes (N, C, H, W)")
        self.size = param.local_size
        self.alpha, self.beta, self.k = param.alpha, param.beta, param.k
        self.bits = short.mant_bits, short.exp_bits

    def forward(self, x: Tensor) -> Tensor:
        wide = x.to(torch.promote_types(x.dtype, torch.float32))
        top: Tensor = _ShortLRN.apply(wide, self)
        return top.to(x.dtype)

    def trim(self, x: Tensor) -> Tensor:
        """x in short floats."""
        return minifloat(x, *self.bits)

    def base(self, x: Tensor) -> Tensor:
        """k + alpha / local_size * sum(x^2), channel by channel as the original adds it."""
        squares = self.trim(self.trim(x).square()).unbind(1)
        after = self.size - (self.size - 1) // 2 - 1
        total = torch.zeros_like(squares[0])
        bases = []
        for head in range(len(squares) + after):
            if head < len(squares):
                total = self.trim(total + squares[head])
            if head >= self.size:
                total = self.trim(total - squares[head - self.size])
            if head >= after:
                bases.append(self.trim(self.k + self.trim(total * (self.alpha / self.size))))
        return torch.stack(bases, 1)


class _ShortLRN(torch.autograd.Function):
    """Forward and backward of LRNRistretto."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, layer: LRNRistretto) -> Tensor:  # Any: torch has no type
        base = layer.base(x)
        y = layer.trim(layer.trim(x) * layer.trim(base.pow(-layer.beta)))
        ctx.save_for_backward(x, base, y)
        ctx.layer = layer
        return y

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        x, base, y = ctx.saved_tensors
        layer = ctx.layer
        half = layer.size // 2
        shares = gradient * y / base
        shape = shares.shape
        empty = shares.new_zeros(shape[0], half, *shape[2:])
        padded = torch.cat([empty, shares, empty], 1)
        around = sum(padded.narrow(1, start, shape[1]) for start in range(layer.size))
        factor = 2 * layer.alpha * layer.beta / layer.size
        return gradient * base.pow(-layer.beta) - factor * x * around, None
