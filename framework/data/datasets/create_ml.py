"""Create ML's JSON: a list of images, each with boxes by their centres.

Source: Apple's documentation, MLObjectDetector.DataSource and MLObjectDetector.AnnotationType:
the keys `imagefilename` and `annotation`, or `image` and `annotations`; pixels from the upper left
corner, and the centre as anchor, where nothing else is asked for.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from framework.data.datasets.dataset import Dataset
from framework.data.datasets.file_tree import FileTree
from framework.data.datasets.label_files import (
    JSON_ERRORS,
    Box,
    Labels,
    class_name,
    finite_number,
    json_words,
)
from framework.data.datasets.named_images import Named, gather
from framework.data.records.account import BadEntry, Note

IMAGE = ("image", "imagefilename", "filename")
BOXES = ("annotations", "annotation")
SIDES = ("x", "y", "width", "height")
Json = Any      # what JSON holds is known only when it is read


def is_file(content: Json) -> bool:
    """Is this a list of images with coordinates?"""
    return isinstance(content, list) and any(
        _image_name(entry) and any(isinstance(item, dict) and "coordinates" in item
                                   for item in _items(entry)) for entry in content)


def _image_name(entry: Json) -> str:
    return next((entry[key] for key in IMAGE if isinstance(entry.get(key), str)), "") \
        if isinstance(entry, dict) else ""


def _items(entry: Json) -> list[Json]:
    return next((entry[key] for key in BOXES if isinstance(entry.get(key), list)), []) \
        if isinstance(entry, dict) else []


def load(tree: FileTree, files: Mapping[str, Json]) -> Dataset:
    """The dataset of such files, by their names relative to the root.

    Numbers that are all at most 1 are parts of the image, as Create ML has them with the units
    `normalized`; else they are pixels. DataError if not one image is there.
    """
    are_parts = all(number <= 1 for content in files.values() for number in _numbers(content))
    rows: list[Named] = []
    losses: list[Note] = []
    for file, content in files.items():
        for index, entry in enumerate(content):
            name = _image_name(entry)
            where = f"{tree.root / file}#{name or index}"
            if name:
                rows.append(Named(file, (name,), _labels(_items(entry), where, are_parts)))
            else:
                losses.append(Note("an entry without an image", where, images=1,
                                   boxes=len(_items(entry))))
    return gather(tree, rows, "an image that the JSON file does not name", losses=losses)


def _numbers(content: Sequence[Json]) -> Iterator[float]:
    """All numbers of all boxes, as far as they are numbers."""
    for entry in content:
        for item in _items(entry):
            box = item.get("coordinates") if isinstance(item, dict) else None
            if isinstance(box, dict):
                for key in SIDES:
                    with contextlib.suppress(ValueError):
                        yield finite_number(box.get(key, ""))


def _labels(items: Sequence[Json], where: str, are_parts: bool) -> Labels | BadEntry:
    """The boxes of an image, or what is wrong with them."""
    boxes = []
    try:
        for item in items:
            x, y, width, height = (finite_number(item["coordinates"][side]) for side in SIDES)
            corners = (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
            boxes.append(Box(class_name(item["label"]), corners))
    except JSON_ERRORS as error:
        return BadEntry(f"{where}: is not an image of Create ML: {json_words(error)}", len(items))
    return Labels(tuple(boxes), relative=are_parts)
