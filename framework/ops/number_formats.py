"""Quantization to short numbers: dynamic fixed point, minifloat, powers of two."""

from __future__ import annotations

import torch
from torch import Tensor


def rounded(x: Tensor, draws: bool) -> Tensor:
    """The next whole number, of two equally near the even one.

    draws  stochastic rounding instead: up with the chance of the fraction
    """
    return (x + torch.rand_like(x)).floor() if draws else x.round()


def fixed_point(x: Tensor, bits: int, fraction: int, draws: bool = False) -> Tensor:
    """The nearest whole multiples of 2^-fraction in a word of `bits` bits with a sign.

    Source: Trim2FixedPoint in base_ristretto_layer.cpp of pmgysel/caffe; Gysel et al. 2016.
    """
    step, limit = 2.0 ** -fraction, 2.0 ** (bits - 1)
    return rounded(x.clamp(-limit * step, (limit - 1) * step) / step, draws) * step


def minifloat(x: Tensor, mantissa: int, exponent: int, draws: bool = False) -> Tensor:
    """The nearest floats with this number of bits of mantissa and exponent.

    What is below the smallest is 0. What has a larger exponent than the largest becomes the
    largest; with its exponent, it may be rounded up to the next power of two, as in the original.
    Source: Trim2MiniFloat in base_ristretto_layer.cpp of pmgysel/caffe.
    """
    part, power = torch.frexp(x.abs())              # |x| = part * 2^power, part from 0.5 to 1
    offset, levels = 2 ** (exponent - 1) - 1, 2.0 ** mantissa
    stored = power - 1 + offset
    most = 2 ** exponent - 1
    significand = 1 + rounded((2 * part - 1) * levels, draws) / levels
    largest = x.new_tensor((2 - 1 / levels) * 2.0 ** (most - offset))  # inf of 8 bits in float32
    value = torch.where(stored > most, largest, torch.ldexp(significand, power - 1))
    return torch.where((stored < 0) | (x == 0), 0, value.copysign(x)).to(x.dtype)


def power_of_two(x: Tensor, lowest: int, highest: int, draws: bool = False) -> Tensor:
    """The sign of x, + of 0, times 2 to its exponent, rounded, and from `lowest` to `highest`.

    Source: Trim2IntegerPowerOf2 in base_ristretto_layer.cpp of pmgysel/caffe.
    """
    power = rounded(x.abs().log2(), draws).clamp(lowest, highest)
    return torch.where(x >= 0, 1.0, -1.0).to(x.dtype) * torch.exp2(power)
