"""Permutohedral lattice: Gaussian filtering of pixels by their features, in linear time.

Pixels are spread over the corners of their simplex of the lattice, blurred along its d + 1 axes and
read back. The filter is fixed: linear in the values, and transposed by the axes in reverse.
Source: modified_permutohedral.cpp of torrvision/caffe; Adams, Baek and Davis 2010.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from framework.system.arrays import Floats

FARTHEST = 1e6              # float32 still tells neighbours apart there


@dataclass(frozen=True)
class Lattice:
    """The lattice of P pixels with d features, M corners.

    corners     (P, d + 1), from 1 on: corner 0 is that of neighbours that are not there
    weights     (P, d + 1), the barycentric coordinates; they sum to 1
    neighbours  (d + 1, M + 1, 2), the corners before and after each along an axis
    """

    corners: NDArray[np.int32]
    weights: Floats
    neighbours: NDArray[np.int32]

    def filter(self, values: NDArray[Any], transposed: bool = False) -> NDArray[Any]:
        """Filter values (P, C), float32 or float64."""
        # lazy: numba costs 0.2 s
        from framework.ops import permutohedral_loops as loops

        num_axes = self.corners.shape[1]
        alpha = 1 / (1 + 2.0 ** (1 - num_axes))
        return loops.filter_values(self.corners, self.weights, self.neighbours,
                                   np.ascontiguousarray(values), alpha, transposed)


def make_lattice(features: Floats) -> Lattice:
    """The lattice for features (P, d), in units of the filter's standard deviation.

    Raises ValueError for features that are not finite or beyond `FARTHEST`.
    """
    if not np.abs(features).max(initial=0) <= FARTHEST:     # NaN too
        raise ValueError(f"must be numbers within {FARTHEST:g} standard deviations of the filter")
    # lazy: numba costs 0.2 s
    from framework.ops import permutohedral_loops as loops

    keys, weights = loops.simplices(np.ascontiguousarray(features, np.float32))
    corners, unique = loops.number_keys(keys)
    return Lattice(corners, weights, loops.find_neighbours(unique))


def pixel_positions(sizes: torch.Size) -> Floats:
    """Column and row (P, 2) of each pixel of an image of `sizes`, height and width."""
    rows, columns = np.mgrid[:sizes[0], :sizes[1]]
    return np.stack([columns.ravel(), rows.ravel()], 1).astype(np.float32)


def bilateral_features(image: Tensor, pixels: float, levels: float) -> Floats:
    """Position over `pixels` and levels over `levels`, (P, 2 + C), of an image (C, height, width).
    """
    colours = image.flatten(1).T.float().cpu().numpy() / np.float32(levels)
    return np.concatenate([pixel_positions(image.shape[1:]) / pixels, colours], 1)


class LatticeFilter(torch.autograd.Function):
    """Filter planes (C, P) on a lattice; the gradient is filtered with the axes in reverse."""

    @staticmethod
    def forward(ctx: Any, planes: Tensor, lattice: Lattice) -> Tensor:  # Any: torch
        ctx.lattice = lattice
        return _filtered(planes, lattice, False)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        return _filtered(gradient, ctx.lattice, True), None


def _filtered(planes: Tensor, lattice: Lattice, transposed: bool) -> Tensor:
    values = planes.detach().cpu().numpy().T
    return torch.from_numpy(lattice.filter(values, transposed).T.copy()).to(planes.device)
