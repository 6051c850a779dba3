"""Shapes of VIA's regions, and the boxes around them.

Source: via.js of version 2 (an ellipse's theta is in radians), and _via_metadata.js of version 3.
"""

from __future__ import annotations

from typing import Any

from framework.data.datasets import around
from framework.data.datasets.coco_masks import Segmentation
from framework.data.datasets.label_files import finite_number
from framework.data.records.boxes import Corners, box_around
from framework.system.wording import shortened

VERSION_3 = {1: "point", 2: "rect", 3: "circle", 4: "ellipse", 5: "line", 6: "polyline",
             7: "polygon", 8: "extreme rectangle", 9: "extreme circle"}
Json = Any      # what JSON holds is known only when it is read


def shape_of_version_3(numbers: list[Json]) -> dict[str, Json]:
    """The shape `[number of its kind, coordinates]` with the names that version 2 has for them.

    ValueError or TypeError for what is not one.
    """
    kind = VERSION_3.get(numbers[0])
    if kind is None:
        raise ValueError(f"a region has the shape {shortened(str(numbers[0]))}; it must be a "
                         f"number from 1 to {max(VERSION_3)}")
    values = numbers[1:]
    names = {"rect": ("x", "y", "width", "height"), "circle": ("cx", "cy", "r"),
             "ellipse": ("cx", "cy", "rx", "ry")}
    if kind in names:
        if len(values) != len(names[kind]):
            raise ValueError(f"a region of the shape {kind} has {len(values)} numbers; it must "
                             f"have {len(names[kind])}")
        return {"name": kind, **dict(zip(names[kind], values, strict=True))}
    return {"name": kind, "all_points_x": values[::2], "all_points_y": values[1::2]}


def box_and_mask(kind: str, shape: Json) -> tuple[Corners, Segmentation] | None:
    """The box around a shape, and the polygon that it is; None for one without an area.

    KeyError, ValueError or TypeError for what is not that shape.
    """
    if kind == "rect":
        x, y, width, height = (finite_number(shape[key]) for key in ("x", "y", "width", "height"))
        return (x, y, x + width, y + height), Segmentation()
    if kind == "circle":
        x, y, radius = (finite_number(shape[key]) for key in ("cx", "cy", "r"))
        return (x - radius, y - radius, x + radius, y + radius), Segmentation()
    if kind == "ellipse":
        x, y, a, b = (finite_number(shape[key]) for key in ("cx", "cy", "rx", "ry"))
        angle = finite_number(shape.get("theta") or 0)
        return around.of_ellipse((x, y), (a, b), angle), Segmentation()
    if kind in ("polygon", "extreme rectangle"):
        return _around(kind, shape)
    return None


def _around(kind: str, shape: Json) -> tuple[Corners, Segmentation]:
    """The box around points, and their polygon."""
    xs, ys = ([finite_number(value) for value in shape[key]]
              for key in ("all_points_x", "all_points_y"))
    if len(xs) != len(ys) or len(xs) < 3:
        raise ValueError(f"a {kind} has {len(xs)} and {len(ys)} coordinates of points; it must be "
                         "as many of x as of y, three at least")
    corners = box_around(xs, ys)
    if kind != "polygon":
        return corners, Segmentation()
    return corners, Segmentation((tuple(number for point in zip(xs, ys, strict=True)
                                        for number in point),))
