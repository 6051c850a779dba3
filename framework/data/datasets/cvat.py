"""CVAT's XML "for images": one file with all images of a task or project, boxes in pixels.

Source: CVAT's documentation, "XML annotation format", version 1.1.
"""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from framework.data.datasets import turned_box
from framework.data.datasets.dataset import Dataset
from framework.data.datasets.file_tree import SPLIT_WORDS, UNDIVIDED, FileTree
from framework.data.datasets.label_files import (
    Box,
    Labels,
    class_name,
    finite_number,
    parse_xml,
    stated_size,
)
from framework.data.datasets.named_images import Named, gather
from framework.data.records.account import BadEntry, Note
from framework.errors import DataError
from framework.system import text
from framework.system.wording import shortened

ROOT = "<annotations"
TAG = "tag"         # says something of the whole image
CORNERS = ("xtl", "ytl", "xbr", "ybr")


def load(tree: FileTree, files: Sequence[str]) -> Dataset:
    """The dataset of such files. An image's `subset`, if it is called train, val or the like, is
    its split. Shapes that are not boxes are left out, with a note for each kind.

    DataError for a file that is not XML, or is of a video, and if not one image is there.
    """
    rows: list[Named] = []
    names: list[str] = []
    for file in files:
        root = _read(tree.root / file)
        names += [name for label in root.iterfind("meta//labels/label")
                  if (name := (label.findtext("name") or "").strip())
                  and label.find("parent") is None]
        for image in root.iterfind("image"):
            split = SPLIT_WORDS.get(image.get("subset", "").lower(), UNDIVIDED)
            place = f"{tree.root / file}#{image.get('name', '')}"
            rows.append(Named(file, (image.get("name", ""),), _labels(image, place), split))
    return gather(tree, rows, "an image that the XML file does not name",
                  list(dict.fromkeys(names)))


def _read(path: Path) -> ElementTree.Element:
    try:
        root = parse_xml(text.read_bytes(path))
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise DataError(f"{path}: is not XML: {error}") from None
    if root.find("image") is None:
        what = "is CVAT's export for videos" if root.find("track") is not None else "has no <image>"
        raise DataError(f"{path}: {what}; export the task as `CVAT for images 1.1`")
    return root


def _labels(image: ElementTree.Element, place: str) -> Labels | DataError:
    """The boxes of an image, or what is wrong with them."""
    items = image.findall("box")
    counts = Counter(str(item.tag) for item in image)
    num_tags = counts.pop(TAG, 0)
    notes = [Note(f"a shape of type {shortened(shape)} is not a box", place, boxes=count)
             for shape, count in counts.items() if shape != "box"]
    if num_tags:
        notes.append(Note("tags of whole images are not stored", place, is_loss=False))
    try:
        size = stated_size(*(finite_number(image.get(side, "0")) for side in ("width", "height")))
        boxes = tuple(map(_box, items))
    except ValueError as error:
        return BadEntry(f"{place}: a box is not one: {error}", len(image) - num_tags)
    if any(item.get("rotation") for item in items):
        notes.append(Note(turned_box.REASON, place, is_loss=False))
    return Labels(boxes, *size, image.get("name", ""), notes=tuple(notes))


def _box(item: ElementTree.Element) -> Box:
    """Raises ValueError for corners that are not numbers, and a label that is not text."""
    x1, y1, x2, y2 = (finite_number(item.get(name, "")) for name in CORNERS)
    name = class_name(item.get("label", "").strip())
    middle = ((x1 + x2) / 2, (y1 + y2) / 2)
    degrees = finite_number(item.get("rotation", "0"))
    corners = turned_box.around((x1, y1, x2, y2), middle, degrees) if degrees else (x1, y1, x2, y2)
    return Box(name, corners)
