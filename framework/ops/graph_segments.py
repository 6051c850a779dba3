"""Graph-based image segmentation (Felzenszwalb and Huttenlocher), and the box of each segment."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from framework.system.arrays import Floats

Ints = NDArray[np.int64]
SMALLEST_SIGMA = 0.01
STEPS = ((0, 1), (1, 0), (1, 1), (-1, 1))   # of a pixel's edges, down and to the right


def segments(image: Floats, sigma: float, k: float, min_size: int) -> Ints:
    """The number of each pixel's segment (H, W), in the order of their first pixels.

    image     (3, H, W) float32
    sigma     of the Gaussian that blurs it first, along its rows alone
    k         how much heavier than a segment's own edges one may be that joins it; over its size
    min_size  segments of fewer pixels are joined with a neighbour
    Edges of one weight come in the order of their pixels.
    Source: segmentation_layer.cpp of StevenHickson/caffe, which blurs twice along the rows where
    the paper blurs rows and columns; Felzenszwalb and Huttenlocher 2004.
    """
    from framework.ops.graph_segments_loops import joined  # lazy: numba costs 0.2 s

    blurred = _blurred(_blurred(image, sigma), sigma)
    ends, weights = _edges(blurred)
    order = weights.argsort(kind="stable")
    roots = joined(ends[order], weights[order], image[0].size, k, min_size)
    _, first, numbers = np.unique(roots, return_index=True, return_inverse=True)
    rank = np.empty(len(first), np.int64)
    rank[first.argsort()] = np.arange(len(first))
    return rank[numbers].reshape(image.shape[1:])


def _blurred(image: Floats, sigma: float) -> Floats:
    """The rows by a Gaussian of 4 sigma and one pixel to each side; borders are repeated."""
    sigma = max(sigma, SMALLEST_SIGMA)
    length = math.ceil(sigma * 4) + 1
    mask = np.exp(-0.5 * (np.arange(length) / sigma) ** 2).astype(np.float32)
    mask /= 2 * mask[1:].sum() + mask[0]
    padded = np.pad(image, ((0, 0), (0, 0), (length - 1, length - 1)), mode="edge")
    width = image.shape[2]
    total = mask[0] * image
    for step in range(1, length):
        left = padded[..., length - 1 - step:length - 1 - step + width]
        total += mask[step] * (left + padded[..., length - 1 + step:length - 1 + step + width])
    return total


def _edges(image: Floats) -> tuple[Ints, Floats]:
    """The ends (E, 2) of all edges, pixel by pixel, and the distances (E,) of the colours."""
    _, height, width = image.shape
    y, x = (plane[..., None] for plane in np.mgrid[:height, :width])
    other_y = y + np.array([dy for dy, _ in STEPS])
    other_x = x + np.array([dx for _, dx in STEPS])
    real = (other_y >= 0) & (other_y < height) & (other_x < width)
    ends = np.stack(np.broadcast_arrays(y * width + x, other_y * width + other_x), -1)[real]
    colours = image.reshape(len(image), -1)
    with np.errstate(over="ignore", invalid="ignore"):     # an infinite distance comes last
        squares = (colours[:, ends[:, 0]] - colours[:, ends[:, 1]]) ** 2
        return ends, np.sqrt(squares.sum(0, dtype=np.float32))


def boxes_of(numbers: Ints, margin: int) -> Ints:
    """The first and last column and row of each segment (S, 4) as x1, y1, x2, y2.

    numbers  (H, W) from `segments`
    margin   pixels that are added on each side, as far as the image goes: x1 is at most W - 3 and
             x2 at least 1, as in the original
    """
    height, width = numbers.shape
    rows, columns = np.divmod(np.arange(numbers.size), width)
    flat = numbers.ravel()
    num = int(flat.max()) + 1
    box = np.empty((num, 4), np.int64)
    for index, values in enumerate((columns, rows)):
        box[:, index] = max(height, width)
        np.minimum.at(box[:, index], flat, values)
        box[:, 2 + index] = 0
        np.maximum.at(box[:, 2 + index], flat, values)
    box[:, :2] -= margin
    box[:, 2:] += margin
    for index, last in enumerate((width - 1, height - 1)):
        box[:, index] = box[:, index].clip(0, last - 1)
        box[:, 2 + index] = box[:, 2 + index].clip(1, last)
    return box
