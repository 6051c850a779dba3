"""Convolution on the permutohedral lattice, with a learned weight for each neighbour.

Pixels are spread over the corners of their simplex as in permutohedral.py. There each corner gets
the sum over itself and its neighbours of their values by the filter, and pixels read it back.
Source: permutohedral.cpp and permutohedral_layer.cpp of maunzzz/caffe-crfgd; Jampani et al. 2016.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from framework.ops.permutohedral import Lattice, make_lattice
from framework.system.arrays import Floats


def neighbour_steps(num_axes: int) -> list[tuple[int, ...]]:
    """The axes along which each neighbour is one step away, the corner itself first: all choices
    but that of all axes, which leads back. The last axis changes fastest."""
    choices = itertools.product((0, 1), repeat=num_axes)
    return [tuple(axis for axis, taken in enumerate(choice) if taken) for choice in choices
            if not all(choice)]


def gaussian_weights(num_axes: int) -> Floats:
    """The weights of `neighbour_steps` that blur as a Gaussian filter does, 1 in the middle.

    Each axis in turn adds half of both neighbours, as far as these are among the steps.
    """
    def place(steps: tuple[int, ...] | NDArray[np.int64]) -> tuple[int, ...]:
        """A corner: how often it goes along each axis, with the least of them at 0."""
        counts = np.bincount(np.array(steps, int), minlength=num_axes)
        return tuple(counts - counts.min())

    steps = neighbour_steps(num_axes)
    held = {place(one): float(not one) for one in steps}
    for axis in range(num_axes):
        found = {}
        for corner in held:
            ends = []
            for step in (1, -1):
                moved = np.array(corner)
                moved[axis] += step
                ends.append(held.get(tuple(moved - moved.min()), 0.0))
            found[corner] = held[corner] + 0.5 * sum(ends)
        held = found
    values = np.array([held[place(one)] for one in steps])
    return np.asarray(values / values[0], np.float32)


@dataclass(frozen=True)
class ConvolvedLattice:
    """A lattice with the neighbours (M, F) of each corner, 0 where one is missing, and the factors
    (P,) on pixels before and after, by which a Gaussian filter leaves ones as they are."""

    lattice: Lattice
    neighbours: NDArray[np.int32]
    factors: Floats

    def spread(self, values: NDArray[Any]) -> NDArray[Any]:
        """Of pixels (P, C) the sums at the corners (M + 1, C), from 1 on."""
        held = np.zeros((len(self.neighbours) + 1, values.shape[1]), values.dtype)
        for corner, weight in zip(self.lattice.corners.T, self.lattice.weights.T, strict=True):
            np.add.at(held, corner, weight[:, None] * values)
        return held

    def read(self, held: NDArray[Any]) -> NDArray[Any]:
        """Pixels (P, C) of corners (M + 1, C)."""
        lattice = self.lattice
        values = np.zeros((len(lattice.corners), held.shape[1]), held.dtype)
        for corner, weight in zip(lattice.corners.T, lattice.weights.T, strict=True):
            values += weight[:, None] * held[corner]
        return values


def make_convolved_lattice(features: Floats) -> ConvolvedLattice:
    """The lattice for features (P, d). Raises ValueError as make_lattice."""
    lattice = make_lattice(features)
    num_axes, count = lattice.neighbours.shape[:2]
    found = []
    for steps in neighbour_steps(num_axes):
        here = np.arange(count, dtype=np.int32)
        for axis in steps:
            here = lattice.neighbours[axis, here, 0]
        found.append(here[1:])
    whole = ConvolvedLattice(lattice, np.stack(found, 1), np.ones(0, np.float32))
    held = whole.spread(np.ones((len(features), 1), np.float32))[:, 0]
    blurred = np.append(0, held[whole.neighbours] @ gaussian_weights(num_axes))
    energy = whole.read(blurred[:, None].astype(np.float32))[:, 0]
    return ConvolvedLattice(lattice, whole.neighbours,
                            (1 / np.sqrt(energy + 1e-20)).astype(np.float32))


class LatticeConvolution(torch.autograd.Function):
    """Filter planes (C, P) by filters (O, C, F) on a lattice: planes (O, P)."""

    @staticmethod
    def forward(ctx: Any, planes: Tensor, filters: Tensor, lattice: ConvolvedLattice  # Any: torch
                ) -> Tensor:
        ctx.lattice, ctx.device = lattice, planes.device
        weights = filters.detach().cpu().numpy()
        values = planes.detach().cpu().numpy().T * lattice.factors[:, None]
        held = lattice.spread(values)
        ctx.held, ctx.weights = held, weights
        blurred = np.zeros((len(held), len(weights)), held.dtype)
        for place, neighbour in enumerate(lattice.neighbours.T):
            blurred[1:] += held[neighbour] @ weights[:, :, place].T
        found = lattice.read(blurred) * lattice.factors[:, None]
        return torch.from_numpy(np.ascontiguousarray(found.T)).to(planes)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, None]:
        lattice, held, weights = ctx.lattice, ctx.held, ctx.weights
        slopes = gradient.detach().cpu().numpy().T * lattice.factors[:, None]
        at_corners = lattice.spread(slopes)[1:]
        of_held, of_weights = np.zeros_like(held), np.zeros_like(weights)
        for place, neighbour in enumerate(lattice.neighbours.T):
            of_weights[:, :, place] = at_corners.T @ held[neighbour]
            of_held[neighbour] += at_corners @ weights[:, :, place]     # only 0 is there twice
        of_held[0] = 0
        planes = lattice.read(of_held) * lattice.factors[:, None]
        return (torch.from_numpy(np.ascontiguousarray(planes.T)).to(gradient),
                torch.from_numpy(of_weights).to(ctx.device), None)
