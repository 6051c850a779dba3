"""labelme's files: one JSON for each image, with shapes in pixels.

Source: labelme's label_file.py and its examples of bounding boxes and instances: rectangles have
two opposite corners, circles their centre and a point on the edge, masks two corners and the text
of a PNG; shapes of one label and `group_id` are parts of one object (labelme2coco.py).
X-AnyLabeling, which writes the same files, has four corners for a rectangle of the type "rotation".
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Mapping
from pathlib import PurePath
from typing import Any

from framework.data.datasets import around, turned_box
from framework.data.datasets.coco_masks import Segmentation
from framework.data.datasets.label_files import (
    JSON_ERRORS,
    Box,
    Labels,
    class_name,
    finite_number,
    json_words,
    stated_size,
)
from framework.data.datasets.named_images import Named
from framework.data.records.account import BadEntry, Note
from framework.data.records.boxes import box_around
from framework.system.wording import shortened

LEAST_POINTS = {"rectangle": 2, "circle": 2, "polygon": 3, "rotation": 3, "mask": 2}
ONLY_INSIDE = ("its image is not there; the file has it as imageData, which labelme_export_json "
               "writes as an image")
Json = Any      # what JSON holds is known only when it is read


def is_file(content: Json) -> bool:
    """Is this the file of an image?"""
    return isinstance(content, dict) and isinstance(content.get("shapes"), list) \
        and isinstance(content.get("imagePath"), str)


def named(name: str, where: str, content: Mapping[str, Json]) -> Named:
    """The image of a file, by its `imagePath` or the file's own name, and its boxes.

    where  what messages call the file
    """
    path = content["imagePath"]
    beside = PurePath(name).with_suffix(PurePath(path).suffix or ".jpg").name
    return Named(name, (path, beside), _labels(content, where),
                 absent=ONLY_INSIDE if content.get("imageData") else "")


def _labels(content: Mapping[str, Json], where: str) -> Labels | BadEntry:
    """The boxes of rectangles, and around polygons, circles and masks; other shapes have a note
    each."""
    shapes = content["shapes"]
    parts: list[tuple[Box, Hashable]] = []
    others: Counter[str] = Counter()
    try:
        size = stated_size(content.get("imageWidth") or 0, content.get("imageHeight") or 0)
        for shape in shapes:
            kind = str(shape.get("shape_type") or "polygon")
            points = [(finite_number(x), finite_number(y)) for x, y in shape["points"]]
            if kind not in LEAST_POINTS:
                others[kind] += 1
                continue
            if len(points) < LEAST_POINTS[kind]:
                raise ValueError(f"a {kind} has {len(points)} points")
            group = shape.get("group_id")
            box = _mask(shape, points, size) if kind == "mask" \
                else _box(class_name(shape["label"]), kind, points)
            parts.append((box, None if group is None else str(group)))
    except JSON_ERRORS as error:
        return BadEntry(f"{where}: is not labelme's format: {json_words(error)}", len(shapes))
    notes = tuple(Note(f"a shape of type {shortened(kind)} is not a box", where, boxes=count)
                  for kind, count in others.items())
    if any(shape.get("shape_type") == "rotation" for shape in shapes):
        notes += (Note(turned_box.REASON, where, is_loss=False),)
    num_masks = sum(shape.get("shape_type") == "mask" for shape in shapes)
    boxes, num_joined = around.joined(parts)
    notes += around.noted(around.REASON, where, num_masks)
    notes += around.noted(around.JOINED, where, num_joined)
    return Labels(tuple(boxes), *size, notes=notes)


def _box(name: str, kind: str, points: list[tuple[float, float]]) -> Box:
    if kind == "circle":
        (x, y), edge = points[:2]
        radius = math.dist((x, y), edge)
        return Box(name, (x - radius, y - radius, x + radius, y + radius))
    xs, ys = zip(*points, strict=True)
    corners = box_around(xs, ys)
    flat = tuple(number for point in points for number in point)
    return Box(name, corners, mask=Segmentation((flat,)) if kind == "polygon" else Segmentation())


def _mask(shape: Mapping[str, Json], points: list[tuple[float, float]], size: tuple[int, int]
          ) -> Box:
    """The box around the pixels of a mask, whose first point is where its image begins."""
    x, y = (round(number) for number in points[0])
    inside = around.pixels_of_image(shape["mask"])
    return around.of_mask(class_name(shape["label"]), inside, (x, y), size)
