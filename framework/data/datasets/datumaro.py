"""Datumaro's JSON, which CVAT exports too: one file for each split, its items with annotations.

Source: the documentation of Datumaro, "Datumaro format", and of CVAT, "Datumaro"; names of fields
also in openvinotoolkit/datumaro plugins/data_formats/datumaro: `bbox` is x, y, width, height,
`size` height, width; an ellipse has two corners of its box; annotations of one group are parts of
one object. CVAT writes the degrees by which a box is turned about its middle as the attribute
`rotation`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping
from typing import Any

from framework.data.datasets import around, turned_box
from framework.data.datasets.coco_masks import around as around_mask
from framework.data.datasets.coco_masks import read_segmentation
from framework.data.datasets.dataset import Dataset
from framework.data.datasets.file_tree import FileTree
from framework.data.datasets.label_files import (
    JSON_ERRORS,
    Box,
    Labels,
    class_name,
    corners_of,
    finite_number,
    json_words,
    stated_size,
)
from framework.data.datasets.named_images import Named, gather, in_listed_order
from framework.data.records.account import BadEntry, Note
from framework.errors import DataError
from framework.system.wording import shortened

OF_IMAGES = ("label", "caption", "hash_key")    # types that say something of the whole image
SHAPES = ("polygon", "ellipse", "mask")
IS_DIFFICULT = ("difficult", "is_crowd")        # attributes, of VOC's and of COCO's boxes
Json = Any      # what JSON holds is known only when it is read


def is_file(content: Json) -> bool:
    """Is this the file of a split?"""
    return isinstance(content, dict) and isinstance(content.get("items"), list) \
        and isinstance(content.get("categories"), dict)


def load(tree: FileTree, files: Mapping[str, Json]) -> Dataset:
    """The dataset of such files, by their names relative to the root. The classes are the labels
    that boxes have, in the order of `categories`.

    Polygons, ellipses and masks become the boxes around them, which is noted; other shapes are
    left out, with a note for each kind. DataError if not one image is there.
    """
    rows: list[Named] = []
    order: list[str] = []
    for file, content in files.items():
        names = _label_names(f"{tree.root / file}", content)
        order += names
        for index, item in enumerate(content["items"]):
            found = item if isinstance(item, dict) else {}
            called = _image_names(found) or (f"item {index}",)
            place = f"{tree.root / file}#{called[-1]}"
            rows.append(Named(file, called, _labels(found, place, names)))
    return gather(tree, rows, "an image that the JSON file does not name",
                  in_listed_order(order, rows))


def _label_names(place: str, content: Mapping[str, Json]) -> list[str]:
    """The labels by their numbers. DataError for what is not a list of them."""
    try:
        return [class_name(one["name"])
                for one in content["categories"].get("label", {}).get("labels", ())]
    except JSON_ERRORS as error:
        raise DataError(f"{place}: categories.label.labels is not a list of names: "
                        f"{json_words(error)}") from None


def _image_names(item: Mapping[str, Json]) -> tuple[str, ...]:
    """The path that an item has, and its id, which is the path without ending."""
    media = [item[key] for key in ("image", "media") if isinstance(item.get(key), dict)]
    return tuple(name for name in (*(one.get("path") for one in media), item.get("id"))
                 if isinstance(name, str) and name)


def _labels(item: Mapping[str, Json], place: str, names: list[str]) -> Labels | BadEntry:
    """The boxes of an item, or what is wrong with them."""
    found = item.get("annotations")
    items = found if isinstance(found, list) else []
    parts: list[tuple[Box, Hashable]] = []
    kinds: Counter[str] = Counter()
    num_turned = 0
    try:
        height, width = (item.get("image") or {}).get("size") or (0, 0)
        size = stated_size(width, height)
        shaped = {one.get("group") for one in items if one.get("type") in SHAPES}
        for one in items:
            kind = str(one["type"])
            kinds[kind] += 1
            if kind == "bbox" or kind in SHAPES:
                group = one.get("group") or None
                parts.append((_box(one, kind, names, size), group if group in shaped else None))
                num_turned += kind == "bbox" and bool(_rotation(one))
    except (*JSON_ERRORS, DataError) as error:
        words = str(error) if isinstance(error, DataError) else json_words(error)
        return BadEntry(f"{place}: is not an item of Datumaro: {words}", len(items))
    boxes, num_joined = around.joined(parts)
    notes = [Note(f"an annotation of type {shortened(kind)} is not a box", place, boxes=count)
             for kind, count in kinds.items() if kind not in ("bbox", *SHAPES, *OF_IMAGES)]
    if any(kind in kinds for kind in OF_IMAGES):
        notes.append(Note("labels of whole images are not stored", place, is_loss=False))
    notes += around.noted(around.REASON, place, sum(kinds[kind] for kind in SHAPES))
    notes += around.noted(around.JOINED, place, num_joined)
    notes += around.noted(turned_box.REASON, place, min(num_turned, 1))
    return Labels(tuple(boxes), *size, notes=tuple(notes))


def _rotation(one: Mapping[str, Json]) -> float:
    return finite_number((one.get("attributes") or {}).get("rotation") or 0)


def _box(one: Mapping[str, Json], kind: str, names: list[str], size: tuple[int, int]) -> Box:
    """The box of an annotation. One of JSON_ERRORS, or DataError, for what is not one."""
    number = one.get("label_id")
    if not isinstance(number, int) or not 0 <= number < len(names):
        raise ValueError(f"label_id is {shortened(str(number))}; there are {len(names)} labels, "
                         "from 0 on")
    name = names[number]
    difficult = any((one.get("attributes") or {}).get(key) in (True, "1", "true", "True")
                    for key in IS_DIFFICULT)
    if kind == "mask":
        mask = read_segmentation({"id": one.get("id"), "segmentation": one["rle"]}, *size)
        return Box(name, around_mask(mask), difficult, mask)
    if kind == "bbox":
        corners = turned_box.around_turned(corners_of(one["bbox"]), _rotation(one))
        return Box(name, corners, difficult)
    values = [finite_number(value) for value in one["points"]]
    if kind == "ellipse":
        x1, y1, x2, y2 = values
        return Box(name, (x1, y1, x2, y2), difficult)
    if len(values) % 2:
        raise ValueError(f"a polygon has {len(values)} numbers")
    box = around.of_polygon(name, list(zip(values[::2], values[1::2], strict=True)))
    return Box(name, box.corners, difficult, box.mask)
