"""Supervisely's projects: meta.json with the classes, and a JSON for each image in folders `ann`.

Source: Supervisely's documentation, "Supervisely annotation format": the labels of img/a.jpg are in
ann/a.jpg.json; rectangles have two opposite corners, polygons an outline (`exterior`) and holes,
bitmaps the text of a packed PNG and the x and y of its first pixel (`origin`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from framework.data.datasets import around
from framework.data.datasets.dataset import Dataset
from framework.data.datasets.file_tree import SPLIT_WORDS, UNDIVIDED, FileTree
from framework.data.datasets.label_files import (
    JSON_ERRORS,
    Box,
    Labels,
    class_name,
    finite_number,
    json_words,
    stated_size,
)
from framework.data.datasets.named_images import Named, gather, in_listed_order
from framework.data.records.account import BadEntry, Note
from framework.data.records.boxes import box_around
from framework.system.wording import shortened

RECTANGLE, POLYGON, BITMAP = "rectangle", "polygon", "bitmap"
KINDS = (RECTANGLE, POLYGON, BITMAP)
Json = Any      # what JSON holds is known only when it is read


def is_file(content: Json) -> bool:
    """Is this the file of an image? Those of videos have frames."""
    return isinstance(content, dict) and isinstance(content.get("objects"), list) \
        and "frames" not in content \
        and isinstance(content.get("size"), dict) and {"height", "width"} <= content["size"].keys()


def is_meta(content: Json) -> bool:
    """Is this the file of a project, which lists classes and tags?"""
    return isinstance(content, dict) and isinstance(content.get("tags"), list) \
        and isinstance(content.get("classes"), list) and all(
            isinstance(one, dict) and {"title", "shape"} <= one.keys()
            for one in content["classes"])


def load(tree: FileTree, files: Mapping[str, Json]) -> Dataset:
    """The dataset of such files, by their names relative to the root. The classes are those that
    objects have, in the order of meta.json. A tag of an image called train, val or the like is its
    split.

    Polygons and bitmaps become the boxes around them, which is noted; other shapes are left out,
    with a note for each kind. DataError if not one image is there.
    """
    rows: list[Named] = []
    order: list[str] = []
    for file, content in files.items():
        if is_meta(content):
            order += (str(one["title"]).strip() for one in content["classes"])
            continue
        name = PurePath(file).stem
        beside = str(PurePath(file).parent.parent / "img" / name)
        rows.append(Named(file, (beside, name), _labels(content, f"{tree.root / file}"),
                          _split(content)))
    return gather(tree, rows, "an image that no file of Supervisely is of",
                  in_listed_order(order, rows))


def _split(content: Mapping[str, Json]) -> str:
    """The split that a tag of the image says."""
    tags = content.get("tags")
    words = [str(tag.get("name", "")).lower() for tag in tags if isinstance(tag, dict)] \
        if isinstance(tags, list) else []
    return next((SPLIT_WORDS[word] for word in words if word in SPLIT_WORDS), UNDIVIDED)


def _labels(content: Mapping[str, Json], where: str) -> Labels | BadEntry:
    """The boxes of an image, or what is wrong with them."""
    items = content["objects"]
    boxes: list[Box] = []
    kinds: Counter[str] = Counter()
    try:
        size = stated_size(content["size"]["width"] or 0, content["size"]["height"] or 0)
        for item in items:
            kind = str(item.get("geometryType") or item.get("shape")
                       or (BITMAP if item.get("bitmap") else POLYGON))
            kinds[kind] += 1
            if kind in KINDS:
                boxes.append(_box(class_name(item["classTitle"]), kind, item, size))
    except JSON_ERRORS as error:
        return BadEntry(f"{where}: is not an image of Supervisely: {json_words(error)}",
                        len(items))
    notes = [Note(f"a figure of type {shortened(kind)} is not a box", where, boxes=count)
             for kind, count in kinds.items() if kind not in KINDS]
    notes += around.noted(around.REASON, where, kinds[POLYGON] + kinds[BITMAP])
    return Labels(tuple(boxes), *size, notes=tuple(notes))


def _box(name: str, kind: str, item: Mapping[str, Json], size: tuple[int, int]) -> Box:
    """One of JSON_ERRORS for what is not that shape."""
    if kind == BITMAP:
        x, y = (int(finite_number(value)) for value in item["bitmap"]["origin"])
        inside = around.pixels_of_image(item["bitmap"]["data"], is_packed=True)
        return around.of_mask(name, inside, (x, y), size)
    points = [(finite_number(x), finite_number(y)) for x, y in item["points"]["exterior"]]
    if kind == POLYGON:
        box = around.of_polygon(name, points)
        has_holes = bool(item["points"].get("interior"))
        return Box(name, box.corners) if has_holes else box     # COCO's polygons have none
    if len(points) < 2:
        raise ValueError(f"a rectangle has {len(points)} points")
    xs, ys = zip(*points, strict=True)
    return Box(name, box_around(xs, ys))
