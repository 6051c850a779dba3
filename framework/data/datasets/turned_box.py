"""Upright boxes around rectangles that annotators turned."""

from __future__ import annotations

import math
from collections.abc import Sequence

from framework.data.records.boxes import Corners, box_around

REASON = "rectangles that are turned became the upright boxes around them"


def around(corners: Corners, pivot: Sequence[float], degrees: float) -> Corners:
    """The upright box around a rectangle that is turned clockwise about a point; all in pixels."""
    angle = math.radians(degrees)
    cosine = math.cos(angle)
    sine = math.sin(angle)
    left, top, right, bottom = corners
    xs = []
    ys = []
    for x, y in ((left, top), (right, top), (right, bottom), (left, bottom)):
        dx = x - pivot[0]
        dy = y - pivot[1]
        xs.append(pivot[0] + cosine * dx - sine * dy)
        ys.append(pivot[1] + sine * dx + cosine * dy)
    return box_around(xs, ys)


def around_turned(corners: Corners, degrees: float) -> Corners:
    """As `around`, of a rectangle that is turned about its middle; 0 degrees: the rectangle."""
    left, top, right, bottom = corners
    middle = ((left + right) / 2, (top + bottom) / 2)
    return around(corners, middle, degrees) if degrees else corners
