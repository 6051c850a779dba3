"""Columns of a record's array of boxes, and the corners of one."""

from __future__ import annotations

from collections.abc import Sequence

# Columns of `Record.boxes`.
LABEL, INSTANCE, XMIN, YMIN, XMAX, YMAX, DIFFICULT = range(7)
CORNERS = slice(XMIN, YMAX + 1)

# x1, y1, x2, y2 of one box, in the units that its owner says.
Corners = tuple[float, float, float, float]


def box_around(xs: Sequence[float], ys: Sequence[float]) -> Corners:
    """The upright box around points, by their x and their y."""
    return min(xs), min(ys), max(xs), max(ys)
