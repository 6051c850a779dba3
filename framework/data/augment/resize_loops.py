"""Weighted sums of image rows, compiled: the inner loops of `fast_resize`.

Weights are 2048ths (int32) or fractions (float32), as in OpenCV, and sums have the same type. So
int32 sums are OpenCV's to the bit in any order; float32 sums of AREA that may round to another
level in another order are found and computed again in OpenCV's (`settle`).
Source: imgproc/resize.cpp of OpenCV: resizeGeneric_, ResizeArea_Invoker.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from framework.system.arrays import Array, Floats, Indices, Levels
from framework.system.compiled import compiled, compiled_exactly

_f = np.float32
_BITS = 11                           # of an int32 weight
_ROUNDING = np.int32(1 << (2 * _BITS - 1))      # a half, in products of two weights
_DOUBT = _f(3e-4)                    # so near to a half, a float32 sum may round either way


@compiled
def sum_rows(plane: Levels, begin: Indices, count: Indices, weights: Array, sums: Array) -> None:
    """sums[i] = the weighted sum of count[i] rows of the plane from begin[i] on.

    plane    (rows, columns) uint8
    weights  (targets, taps), of the type of sums (targets, columns)
    """
    for target in range(len(begin)):
        sums[target] = 0
        _add_weighted(plane, begin[target], count[target], weights[target], sums[target])


@compiled
def add_lines(lines: Array, begin: Indices, count: Indices, weights: Array, at: int, sums: Array
              ) -> None:
    """sums[i, at:] += the weighted sum of count[i] lines from begin[i] on; all of one type."""
    for target in range(len(begin)):
        _add_weighted(lines, begin[target], count[target], weights[target],
                      sums[target, at:at + lines.shape[1]])


@compiled
def _add_weighted(rows: Array, first: int, count: int, factors: Array, total: Array) -> None:
    """Add `count` weighted rows from `first` on to the total, in the type of the total.

    Four rows at a time: `total` is then read and written once for four products, and the inner
    loop over x runs in vectors.
    """
    kind = total.dtype.type
    tap = 0
    while tap + 4 <= count:
        a = rows[first + tap]
        b = rows[first + tap + 1]
        c = rows[first + tap + 2]
        d = rows[first + tap + 3]
        of_a = factors[tap]
        of_b = factors[tap + 1]
        of_c = factors[tap + 2]
        of_d = factors[tap + 3]
        for x in range(len(total)):
            total[x] += of_a * kind(a[x]) + of_b * kind(b[x]) + of_c * kind(c[x]) \
                + of_d * kind(d[x])
        tap += 4
    while tap < count:
        a = rows[first + tap]
        of_a = factors[tap]
        for x in range(len(total)):
            total[x] += of_a * kind(a[x])
        tap += 1


@compiled
def lay_ground(level: int, rows: Array, columns: Array, seen_rows: Array, seen_columns: Array,
               sums: Array) -> None:
    """sums = what a plain ground of that level around the image adds, (columns, rows).

    The weights are a product of one for the row and one for the column, so that the ground's share
    is the level times (all weights - those on the image), without a loop over its pixels.
    rows, columns            the sums of each target's weights
    seen_rows, seen_columns  of those that are on the image
    """
    kind = sums.dtype.type
    for x in range(len(columns)):
        whole = kind(level) * columns[x]
        seen = kind(level) * seen_columns[x]
        line = sums[x]
        for y in range(len(rows)):
            line[y] = whole * rows[y] - seen * seen_rows[y]


@compiled
def round_sums(sums: NDArray[np.int32], levels: Levels) -> None:
    """int32 sums, in units of two weights' product, to levels (uint8): half up, clipped."""
    for x in range(len(sums)):
        row = sums[x]
        out = levels[x]
        for y in range(len(row)):
            level = (row[y] + _ROUNDING) >> np.int32(2 * _BITS)
            out[y] = np.uint8(min(max(level, np.int32(0)), np.int32(255)))


@compiled
def round_parts(sums: Floats, levels: Levels) -> None:
    """float32 sums to levels (uint8): half to even, clipped."""
    for x in range(len(sums)):
        row = sums[x]
        out = levels[x]
        for y in range(len(row)):
            out[y] = np.uint8(np.int32(min(max(np.rint(row[y]), _f(0)), _f(255))))


@compiled
def _has_doubt(row: Floats) -> bool:
    number = _f(0)                    # a float, not an early exit: so the loop runs in vectors
    for y in range(len(row)):
        number += _f(1) if abs(row[y] - np.rint(row[y])) > _f(0.5) - _DOUBT else _f(0)
    return bool(number > 0)


@compiled_exactly
def settle(plane: Levels, place: tuple[int, int], level: int, first_row: Indices,
           row_weights: Floats, first_column: Indices, column_weights: Floats, sums: Floats
           ) -> None:
    """Compute doubtful float32 sums (columns, rows) again in OpenCV's order: along rows, then down.

    plane  of the image, at (x, y) = `place` on a ground of `level`
    first_row, row_weights, ...  all taps of each target, on the ground too
    """
    height, width = plane.shape
    for column in range(sums.shape[0]):
        # Most columns have no sum near a half: a quick look in vectors spares the slow one.
        if not _has_doubt(sums[column]):
            continue
        for row in range(sums.shape[1]):
            if abs(sums[column, row] - np.rint(sums[column, row])) <= _f(0.5) - _DOUBT:
                continue
            total = _f(0)
            for down in range(row_weights.shape[1]):
                y = first_row[row] + down - place[1]
                part = _f(0)            # the sum along this row, rounded after each product
                for along in range(column_weights.shape[1]):
                    x = first_column[column] + along - place[0]
                    value = _f(level)
                    if 0 <= y < height and 0 <= x < width:
                        value = _f(plane[y, x])
                    part += value * column_weights[column, along]
                total += part * row_weights[row, down]
            sums[column, row] = total
