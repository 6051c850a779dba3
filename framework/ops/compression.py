"""Weights and activations in few bits: fixed point with random rounding, and three levels.

Source: blob.cpp and math_functions.cpp of
GongCheng1919/Quantitative-and-ternary-caffe-for-network-compression.
"""

from __future__ import annotations

import torch
from torch import Tensor

DELTA = 0.7         # of the mean magnitude: smaller values become 0
LARGEST_DELTA = 100.0


def exponent_of(x: Tensor, bits: int) -> Tensor:
    """The power of two of one step with which `bits` bits hold the largest magnitude; 0 for zeros.
    """
    largest = x.abs().amax() if x.numel() else x.new_zeros(())
    steps = largest.where(largest > 0, 1.0).log2().floor() - (bits - 1)
    return steps.where(largest > 0, 0.0)


def dithered(x: Tensor, bits: int, exponent: Tensor | None = None) -> Tensor:
    """Fixed point by dithering: values in steps of 2^exponent, up to 2^bits - 1 of them, rounded
    after a draw from -1/2 to 1/2 is added; the exponent is that of the values where none is given.
    """
    if exponent is None:
        exponent = exponent_of(x, bits)
    step = torch.exp2(exponent)
    moved = x / step + (torch.rand_like(x) - 0.5)
    most = 2.0 ** bits - 1
    whole = moved.sign() * (moved.abs() + 0.5).floor()
    return whole.clamp(-most, most) * step


def signs_and_magnitude(x: Tensor, delta: float = 0, alpha: float = 0) -> tuple[Tensor, Tensor]:
    """Three levels: signs of values beyond delta (-1, 0, 1), and their mean magnitude, or alpha.

    delta, alpha  stated ones; 0: 0.7 of the mean magnitude, and that of the values
    """
    least = x.new_tensor(delta) if delta else (DELTA * x.abs().mean()).clamp(max=LARGEST_DELTA)
    signs = (x > least).to(x.dtype) - (x < -least).to(x.dtype)
    if alpha:
        return signs, x.new_tensor(alpha)
    return signs, (signs * x).sum() / signs.abs().sum().clamp(min=1)
