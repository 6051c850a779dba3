"""Quantization to whole multiples of a power of two that is found in the values (Xilinx).

Numbers have `bits` bits with a sign, and `point` of these after the binary point: the step is
2^-point.
Source: quantize.cpp of Xilinx's Caffe (DNNDK, Vitis AI; Copyright 2019 Xilinx Inc.).
"""

from __future__ import annotations

import torch
from torch import Tensor

FARTHEST = 32767        # the point of values that are all 0
TRIED = {"DIFF_S": 5, "DIFF_A": 5, "DIFF_S_SIGMOID": 10}       # points, by method


def on_grid(x: Tensor, bits: int, point: Tensor, halves_up: bool = False) -> Tensor:
    """The nearest number; of two equally near the outer one, or with `halves_up` the larger one."""
    step = _step(x, point)
    multiples = x / step
    nearest = (multiples + 0.5).floor() if halves_up \
        else (multiples.abs() + 0.5).floor().copysign(multiples)
    limit = 2.0 ** (bits - 1)
    return torch.where(x == 0, 0, nearest.clamp(-limit, limit - 1) * step)


def cut_to_grid(x: Tensor, point: Tensor) -> Tensor:
    """The next number towards 0, of any size."""
    step = _step(x, point)
    return torch.where(x == 0, 0, (x / step).trunc() * step)


def found_point(x: Tensor, bits: int, method: str) -> Tensor:
    """The point for values x, a whole number ().

    OVER_FLOW: the largest with which no value is more than half a step beyond the range. DIFF_S
    and DIFF_A: of this one and the next four, the first with the least sum of squared errors;
    DIFF_S_SIGMOID: of ten, by the errors of the sigmoids.
    """
    limit = 2.0 ** (bits - 1)
    low, high = x.aminmax()
    step = torch.maximum(low / (-limit - 0.5), high / (limit - 0.5))
    largest = (1 / step).log2().floor()
    if method in TRIED:
        view = torch.sigmoid if method == "DIFF_S_SIGMOID" else torch.Tensor.clone
        errors = torch.stack([
            (view(x) - view(on_grid(x, bits, largest + more))).square().sum()
            for more in range(TRIED[method])])
        largest = largest + errors.argmin()
    return torch.where(step == 0, float(FARTHEST), largest)


def _step(x: Tensor, point: Tensor) -> Tensor:
    return torch.ldexp(torch.ones_like(point, dtype=x.dtype), -point.int())
