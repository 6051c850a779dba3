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


def found_levels(x: Tensor, number: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The smallest power of two of which `number` whole multiples reach as far as x.

    Gives the power and the lowest and highest multiple: 0 to n - 1 if nothing in x is negative,
    else -n/2 to (n - 1)/2, cut to whole numbers.
    Source: find_quant_opt in quant_functions.cu of EunhyeokPark/caffe-FQ.
    """
    least, most = x.aminmax()
    number = number.trunc().clamp(min=2)
    signed = least <= -torch.finfo(torch.float32).eps
    low = torch.where(signed, -(number / 2).trunc(), 0)
    high = torch.where(signed, ((number - 1) / 2).trunc(), number - 1)
    below = torch.where(signed, least / low.clamp(max=-1), 0)
    part, power = torch.frexp(torch.maximum(below, most / high.clamp(min=1)))
    exponent = torch.where(part > 0.5, power, power - 1)      # part is 0.5 of a power of two
    return torch.ldexp(torch.ones_like(least), exponent), low, high


def on_levels(x: Tensor, step: Tensor, low: Tensor, high: Tensor) -> Tensor:
    """The nearest multiples of `step` from `low` to `high`; of two equally near the outer one."""
    multiples = x / step
    nearest = (multiples.abs() + 0.5).floor().copysign(multiples)
    return torch.minimum(torch.maximum(nearest, low), high) * step
