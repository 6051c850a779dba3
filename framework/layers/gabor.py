"""Gabor filter banks for first convolutions: Intel's `gabor` filler.

Filter k of a bank is, over x and y from -1 to 1 across the kernel,
    colour * scale * exp(-(x^2 + y^2) / (2 sigma^2)) * cos(along * omega + phase),
    along = x cos theta - y sin theta,
for each of the three channels. The constants are chosen by hand there, for four first layers.
Source: gabor.hpp and GaborFiller in filler.hpp of intel/caffe.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor

PI = math.pi
GREY = (1.0, 1.0, 1.0)


@dataclass(frozen=True)
class Gabor:
    """The constants of a filter. `waves` is omega over pi times half the kernel's size less 1;
    `omega` replaces it where given."""

    scale: float = 1.0
    sigma: float = 0.6
    waves: float = 1.0
    theta: float = 0.0
    phase: float = 0.0
    colour: tuple[float, float, float] = field(default=GREY)
    omega: float | None = None


def bank(shape: tuple[int, ...]) -> Tensor:
    """The filters of a blob of `shape` (outputs, 3, size, size), float64.

    Raises ValueError for a shape that no bank is made for.
    """
    make = BANKS.get(shape)
    if make is None:
        known = ", ".join(str(one) for one in BANKS)
        raise ValueError(f"is gabor; there are filters for blobs of the shapes {known}, not for "
                         f"{shape}")
    size = shape[-1]
    return torch.stack([_filter(make(index), size) for index in range(shape[0])])


def _filter(one: Gabor, size: int) -> Tensor:
    steps = torch.linspace(-1, 1, size, dtype=torch.float64)
    y, x = torch.meshgrid(steps, steps, indexing="ij")
    omega = PI * (size - 1) / 2 * one.waves if one.omega is None else one.omega
    wave = torch.cos((x * math.cos(one.theta) - y * math.sin(one.theta)) * omega + one.phase)
    plane = one.scale * torch.exp(-(x.square() + y.square()) / (2 * one.sigma ** 2)) * wave
    return torch.tensor(one.colour, dtype=torch.float64)[:, None, None] * plane


def _cifar(index: int) -> Gabor:
    if index < 8:
        return Gabor(0.5, theta=index * PI / 8)
    if index < 14:
        return Gabor(0.5, waves=1 / 2, theta=(index - 2) % 6 * PI / 6 + PI / 12)
    if index < 16:
        return Gabor(0.5, 0.75, 1 / 8, 0, index % 2 * PI, (1, -1, 1))
    theta = index % 4 * PI / 2 + PI / 4 + PI / 8
    colour = GREY
    if index >= 30:
        theta = index % 2 * PI / 2 + PI / 4 + PI / 8
        colour = (1, 1, 0)
    elif index >= 28:
        theta = index % 2 * PI / 2 + PI / 4 - PI / 8
        colour = (-1, 1, -1)
    elif index >= 24:
        colour = (-1, 1, 1)
    elif index >= 20:
        colour = (1, 0, -1)
    return Gabor(0.5, waves=1 / 4, theta=theta, phase=PI / 2, colour=colour)


def _googlenet(index: int) -> Gabor:
    if index < 32:
        step = index % 8
        return Gabor(1 / (1 + step / 8), 0.4 + 0.2 * step / 8, 1 / (1 + step / 2),
                     index // 8 * PI / 4, index % 2 * PI + PI * 12 / 32)
    if index < 40:
        return Gabor(0.5, 0.45, 1, index % 8 * PI / 8, PI)
    if index < 46:
        row, step = divmod(index - 1, 3)
        return Gabor(1 / (1 + step / 2), 1 / (2.5 - step / 2), phase=row * PI,
                     colour=(0.25, -1, 1), omega=PI / 4)
    if index < 48:
        return Gabor(2 / 3, 1, 1 / 12, index % 8 * PI + PI / 8, PI / 2, (1, 0.1, -0.5))
    if index < 56:
        return Gabor(2 / 3, 1, 1 / 12, index % 8 * PI / 4 + PI / 32, PI / 2, (-0.5, 0.1, 1))
    theta = index % 8 * PI / 2 + PI / 8
    if index < 60:
        return Gabor(1, 1, 1 / 12, theta, PI / 2, (0.25, -1, 1))
    return Gabor(2 / 3, 1, 1 / 12, theta, PI / 2, (-1, -1, 1))


def _vgg(index: int) -> Gabor:
    of_googlenet = _googlenet(index)
    return Gabor(**{**vars(of_googlenet), "sigma": 1.0})


def _alexnet(index: int) -> Gabor:
    eighth = index % 8 * PI / 4 + PI / 32
    quarter = index % 4 * PI / 2 + PI / 8
    if index < 48:
        step = index % 8
        return Gabor(1 / 3 / (1 + step / 8), 0.5 + 0.2 * step / 8, 1 / (1 + step / 2),
                     index // 8 * PI / 6, index % 2 * PI + PI * 12 / 32)
    if index < 56:
        row, step = divmod(index, 4)
        return Gabor(1 / 3 / (1 + step / 2), 1 / (2.5 - step / 2), phase=row * PI,
                     colour=(0.25, -1, 1), omega=PI / 4)
    if index < 60:
        return Gabor(1 / 3 / 1.5, 0.75, 1 / 8, quarter, PI / 2, (-1, 1, -0.5))
    if index < 64:
        return Gabor(1 / 9, 2, 1 / 8, quarter, PI / 2, (1, -0.5, -0.75))
    if index < 72:
        return Gabor(1 / 3 / 1.5, 0.75, 1 / 4, eighth, PI / 2, (1, 0.1, -0.75))
    if index < 80:
        return Gabor(1 / 3 / 1.5, 1, 1 / 12, eighth, PI / 2, (-0.5, 0.1, 1))
    if index < 88:
        return Gabor(1 / 3 / 2.5, 1, 1 / 8, eighth, PI / 2, (-1, -1, 1))
    if index < 92:
        return Gabor(1 / 3, waves=1 / 16, theta=index % 4 * PI / 2 + PI / 16, phase=PI / 2)
    return Gabor(1 / 12, 0.75, 1 / 4, eighth, PI / 2, (-1, -1, 1))


BANKS: dict[tuple[int, ...], Callable[[int], Gabor]] = {
    (32, 3, 5, 5): _cifar, (64, 3, 7, 7): _googlenet, (64, 3, 3, 3): _vgg,
    (96, 3, 11, 11): _alexnet,
}
