"""Loops of the permutohedral lattice, compiled; framework/ops/permutohedral.py says what for."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from framework.system.arrays import Floats
from framework.system.compiled import compiled_exactly

Keys = NDArray[np.int32]        # of a corner: d coordinates


@compiled_exactly
def simplices(features: Floats) -> tuple[Keys, Floats]:
    """The corners' keys (P, d + 1, d) and barycentric coordinates (P, d + 1) of each pixel.

    features (P, d) are raised to the plane of the lattice in d + 1 dimensions. There the nearest
    corner of remainder 0 and the order of the differences to it tell the simplex.
    """
    num, d = features.shape
    keys = np.empty((num, d + 1, d), np.int32)
    weights = np.empty((num, d + 1), np.float32)
    # the blur along the axes has the standard deviation 1 in units of the features
    spread = np.sqrt(2.0 / 3.0) * (d + 1)
    factors = np.empty(d, np.float32)
    for axis in range(d):
        factors[axis] = spread / np.sqrt(float((axis + 2) * (axis + 1)))
    raised = np.empty(d + 1, np.float32)
    nearest = np.empty(d + 1, np.int32)
    rank = np.empty(d + 1, np.int32)
    part = np.empty(d + 2, np.float32)
    for pixel in range(num):
        total = np.float32(0)
        for axis in range(d, 0, -1):
            scaled = features[pixel, axis - 1] * factors[axis - 1]
            raised[axis] = total - np.float32(axis) * scaled
            total += scaled
        raised[0] = total
        _nearest_corner(raised, nearest, rank)
        part[:] = 0
        for axis in range(d + 1):
            share = (raised[axis] - np.float32(nearest[axis])) / np.float32(d + 1)
            part[d - rank[axis]] += share
            part[d - rank[axis] + 1] -= share
        part[0] += np.float32(1) + part[d + 1]
        for remainder in range(d + 1):
            weights[pixel, remainder] = part[remainder]
            for axis in range(d):
                wraps = rank[axis] > d - remainder
                keys[pixel, remainder, axis] = \
                    nearest[axis] + remainder - (d + 1 if wraps else 0)
    return keys, weights


@compiled_exactly
def _nearest_corner(raised: Floats, nearest: NDArray[np.int32], rank: NDArray[np.int32]) -> None:
    """The nearest corner whose coordinates are multiples of d + 1, and the ranks of the rests."""
    size = len(raised)
    excess = 0
    for axis in range(size):
        share = raised[axis] / np.float32(size)
        up = np.ceil(share) * np.float32(size)
        down = np.floor(share) * np.float32(size)
        nearest[axis] = int(up) if up - raised[axis] < raised[axis] - down else int(down)
        excess += nearest[axis] // size
        rank[axis] = 0
    for axis in range(size - 1):
        rest = raised[axis] - np.float32(nearest[axis])
        for other in range(axis + 1, size):
            if rest < raised[other] - np.float32(nearest[other]):
                rank[axis] += 1
            else:
                rank[other] += 1
    # the coordinates of a corner sum to 0: bring it back to the plane
    for axis in range(size):
        rank[axis] += excess
        if rank[axis] < 0:
            rank[axis] += size
            nearest[axis] += size
        elif rank[axis] >= size:
            rank[axis] -= size
            nearest[axis] -= size


@compiled_exactly
def _slot(table: NDArray[np.int32], unique: Keys, key: Keys) -> int:
    """Where the key is in an open hash table, or where it would be put."""
    mask = len(table) - 1
    mixed = 0
    for number in key:
        mixed = (mixed + int(number)) * 1664525         # wraps around, as meant
    at = (mixed ^ (mixed >> 17)) & mask
    while table[at] >= 0:
        same = True
        for axis in range(len(key)):
            if unique[table[at], axis] != key[axis]:
                same = False
                break
        if same:
            return at
        at = (at + 1) & mask
    return at


@compiled_exactly
def _empty_table(count: int) -> NDArray[np.int32]:
    size = 16
    while size < 2 * count:
        size *= 2
    return np.full(size, -1, np.int32)


@compiled_exactly
def number_keys(keys: Keys) -> tuple[NDArray[np.int32], Keys]:
    """Number equal keys (P, d + 1, d) alike, from 1 on: (P, d + 1); the distinct keys (M, d)."""
    num, size, d = keys.shape
    table = _empty_table(num * size)
    unique = np.empty((num * size, d), np.int32)
    numbers = np.empty((num, size), np.int32)
    count = 0
    for pixel in range(num):
        for remainder in range(size):
            key = keys[pixel, remainder]
            at = _slot(table, unique, key)
            if table[at] < 0:
                table[at] = count
                unique[count] = key
                count += 1
            numbers[pixel, remainder] = table[at] + 1
    return numbers, unique[:count].copy()


@compiled_exactly
def find_neighbours(unique: Keys) -> NDArray[np.int32]:
    """(d + 1, M + 1, 2): the corners on both sides of each along an axis, from 1 on; 0: none."""
    count, d = unique.shape
    table = _empty_table(count)
    for index in range(count):
        table[_slot(table, unique, unique[index])] = index
    found = np.zeros((d + 1, count + 1, 2), np.int32)
    key = np.empty(d, np.int32)
    for axis in range(d + 1):
        for index in range(count):
            for side in range(2):
                step = 1 if side else -1
                for other in range(d):
                    key[other] = unique[index, other] + step
                if axis < d:
                    key[axis] = unique[index, axis] - step * d
                found[axis, index + 1, side] = table[_slot(table, unique, key)] + 1
    return found


@compiled_exactly
def filter_values(corners: NDArray[np.int32], weights: Floats, neighbours: NDArray[np.int32],
                  values: NDArray[Any], alpha: float, transposed: bool) -> NDArray[Any]:
    """Spread values (P, C) over the corners, blur them along each axis, read them back."""
    num, size = corners.shape
    channels = values.shape[1]
    num_corners = neighbours.shape[1]
    held = np.zeros((num_corners, channels), values.dtype)
    blurred = np.zeros((num_corners, channels), values.dtype)
    for pixel in range(num):
        for remainder in range(size):
            corner = corners[pixel, remainder]
            weight = weights[pixel, remainder]
            for channel in range(channels):
                held[corner, channel] += weight * values[pixel, channel]
    half = values.dtype.type(0.5)
    for step in range(size):
        axis = size - 1 - step if transposed else step
        for corner in range(1, num_corners):
            before = neighbours[axis, corner, 0]
            after = neighbours[axis, corner, 1]
            for channel in range(channels):
                blurred[corner, channel] = held[corner, channel] + half * (
                    held[before, channel] + held[after, channel])
        held, blurred = blurred, held
    result = np.zeros((num, channels), values.dtype)
    scale = values.dtype.type(alpha)
    for pixel in range(num):
        for remainder in range(size):
            corner = corners[pixel, remainder]
            weight = weights[pixel, remainder]
            for channel in range(channels):
                result[pixel, channel] += weight * held[corner, channel] * scale
    return result
