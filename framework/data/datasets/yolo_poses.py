"""Poses in YOLO's label files whose data.yaml has no `kpt_shape`: x and y of points after a box.

A line of a polygon has an even number of values too, and which of both it is nothing says.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path

from framework.data.datasets.label_files import are_parts, filled_lines
from framework.errors import DataError
from framework.system.text import is_there

NUM_FILES = 50          # that are looked into
LEAST_LINES = 5         # by which poses are told from polygons
LEAST_POINTS = 3
MARGIN = 0.05           # of a box's side, by which points may be outside
LEAST_SPAN = 0.3        # of a box's side, between the outer points of a pose


def values_after_box(paths: Iterable[Path]) -> int:
    """How many values of a pose follow each box; 0 for polygons, and where there is any doubt.

    Lines are poses if all have one number of values, and as boxes with points are sound: the box
    within the image, the points within the box and on both sides of its middle, or 0, 0. A polygon
    read so has its second corner for a size: of a few lines one is not sound then.
    """
    num_values: set[int] = set()
    num_lines = 0
    for path in islice(filter(is_there, dict.fromkeys(paths)), NUM_FILES):
        try:
            lines = [[float(word) for word in line.split()[1:]] for _, line in filled_lines(path)]
        except (DataError, ValueError):
            return 0
        num_lines += len(lines)
        num_values.update(map(len, lines))
        if len(num_values) > 1 or not all(map(_is_pose, lines)):
            return 0
    return num_values.pop() - 4 if num_lines >= LEAST_LINES else 0


def _is_pose(values: Sequence[float]) -> bool:
    """Can these be the centre and size of a box, and points in it?"""
    if len(values) % 2 or len(values) < 4 + 2 * LEAST_POINTS or not are_parts(values):
        return False
    points = [point for point in zip(values[4::2], values[5::2], strict=True) if any(point)]
    if len(points) < LEAST_POINTS:
        return len(points) < len(values) // 2 - 2       # the others are not labelled
    return all(_fits(middle, side, [point[axis] for point in points])
               for axis, (middle, side) in enumerate(zip(values[:2], values[2:4], strict=True)))


def _fits(middle: float, side: float, points: Sequence[float]) -> bool:
    """Are points within a side of a box that is within the image, and do they span it?"""
    half = side / 2
    is_inside = are_parts((middle - half, middle + half))
    reach = half + MARGIN * side
    return is_inside and max(points) - min(points) >= LEAST_SPAN * side and all(
        abs(point - middle) <= reach for point in points)
