"""Columns of a record's array of boxes."""

from __future__ import annotations

# Columns of `Record.boxes`.
LABEL, INSTANCE, XMIN, YMIN, XMAX, YMAX, DIFFICULT = range(7)
CORNERS = slice(XMIN, YMAX + 1)

# x1, y1, x2, y2 of one box, in the units that its owner says.
Corners = tuple[float, float, float, float]
