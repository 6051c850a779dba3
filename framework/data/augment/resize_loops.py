"""The inner loops of `resampling`, compiled: weighted sums of rows.

Weights are whole numbers of 2048 (int32) or parts of 1 (float32), as OpenCV has them: the sums are
made in the same type, so that int32 ones are OpenCV's to the bit.
Source: imgproc/resize.cpp of OpenCV: resizeGeneric_, ResizeArea_Invoker.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from framework.system.compiled import compiled, compiled_exactly

_f = np.float32
_BITS = 11                           # of a whole-number weight
_ROUNDING = np.int32(1 << (2 * _BITS - 1))
_DOUBT = _f(3e-4)                    # float32 sums this near a half may round otherwise in order


@compiled
def sum_rows(plane: Any, begin: Any, count: Any, weights: Any, sums: Any) -> None:
    """sums[i] = the weighted sum of count[i] rows of the plane from begin[i] on.

    plane    (rows, columns) uint8
    weights  (targets, taps), of the type of sums (targets, columns)
    """
    for target in range(len(begin)):
        sums[target] = 0
        _add_weighted(plane, begin[target], count[target], weights[target], sums[target])


@compiled
def add_lines(lines: Any, begin: Any, count: Any, weights: Any, at: int, sums: Any) -> None:
    """sums[i, at:] += the weighted sum of count[i] lines from begin[i] on; all of one type."""
    for target in range(len(begin)):
        _add_weighted(lines, begin[target], count[target], weights[target],
                      sums[target, at:at + lines.shape[1]])


@compiled
def _add_weighted(rows: Any, first: int, count: int, factors: Any, total: Any) -> None:
    """Add `count` rows from `first` on, four at a time, in the type of the total."""
    kind = total.dtype.type
    tap = 0
    while tap + 4 <= count:
        a, b, c, d = rows[first + tap], rows[first + tap + 1], rows[first + tap + 2], \
            rows[first + tap + 3]
        of_a, of_b, of_c, of_d = factors[tap], factors[tap + 1], factors[tap + 2], factors[tap + 3]
        for x in range(len(total)):
            total[x] += of_a * kind(a[x]) + of_b * kind(b[x]) + of_c * kind(c[x]) \
                + of_d * kind(d[x])
        tap += 4
    while tap < count:
        a, of_a = rows[first + tap], factors[tap]
        for x in range(len(total)):
            total[x] += of_a * kind(a[x])
        tap += 1


@compiled
def lay_ground(level: int, rows: Any, columns: Any, seen_rows: Any, seen_columns: Any,
               sums: Any) -> None:
    """sums = what a plain ground of that level adds beside the image, (columns, rows).

    rows, columns            the sums of each target's weights
    seen_rows, seen_columns  of those that fall on the image
    """
    kind = sums.dtype.type
    for x in range(len(columns)):
        whole, seen, line = kind(level) * columns[x], kind(level) * seen_columns[x], sums[x]
        for y in range(len(rows)):
            line[y] = whole * rows[y] - seen * seen_rows[y]


@compiled
def round_sums(sums: Any, levels: Any) -> None:
    """int32 sums of products of two whole-number weights to levels (uint8)."""
    for x in range(len(sums)):
        row, out = sums[x], levels[x]
        for y in range(len(row)):
            level = (row[y] + _ROUNDING) >> np.int32(2 * _BITS)
            out[y] = np.uint8(min(max(level, np.int32(0)), np.int32(255)))


@compiled
def round_parts(sums: Any, levels: Any) -> None:
    """float32 sums to levels (uint8)."""
    for x in range(len(sums)):
        row, out = sums[x], levels[x]
        for y in range(len(row)):
            out[y] = np.uint8(np.int32(min(max(np.rint(row[y]), _f(0)), _f(255))))


@compiled
def _has_doubt(row: Any) -> bool:
    number = _f(0)                    # as a float: such sums are made in vectors
    for y in range(len(row)):
        number += _f(1) if abs(row[y] - np.rint(row[y])) > _f(0.5) - _DOUBT else _f(0)
    return bool(number > 0)


@compiled_exactly
def settle(plane: Any, place: Any, level: int, first_row: Any, row_weights: Any,
           first_column: Any, column_weights: Any, sums: Any) -> None:
    """Make doubtful float32 sums (columns, rows) again in OpenCV's order: along rows, then down.

    plane  of the image, at place (x, y) on a ground of `level`
    first_row, row_weights, ...  all taps of each target, on the ground too
    """
    height, width = plane.shape
    for column in range(sums.shape[0]):
        if not _has_doubt(sums[column]):
            continue
        for row in range(sums.shape[1]):
            if abs(sums[column, row] - np.rint(sums[column, row])) <= _f(0.5) - _DOUBT:
                continue
            total = _f(0)
            for down in range(row_weights.shape[1]):
                y = first_row[row] + down - place[1]
                part = _f(0)
                for along in range(column_weights.shape[1]):
                    x = first_column[column] + along - place[0]
                    value = _f(level)
                    if 0 <= y < height and 0 <= x < width:
                        value = _f(plane[y, x])
                    part += value * column_weights[column, along]
                total += part * row_weights[row, down]
            sums[column, row] = total
