"""CVAT's XML "for images": one file with all images of a task or project, shapes in pixels.

Source: CVAT's documentation, "XML annotation format", version 1.1: the points of a polygon are
`x,y;x,y`; a mask has its box, and runs (`rle`) row by row in it, the first of them outside; shapes
of one `group_id` are grouped by the annotator, as the outlines of one object are.
"""

from __future__ import annotations

import math
import xml.etree.ElementTree as ElementTree
from collections import Counter
from collections.abc import Hashable, Sequence
from pathlib import Path

from framework.data.datasets import around, turned_box
from framework.data.datasets.coco_masks import pixels_of
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
BOX = "box"
SHAPES = ("polygon", "ellipse", "mask")
MOST_PIXELS = 1 << 28       # of a mask


def load(tree: FileTree, files: Sequence[str]) -> Dataset:
    """The dataset of such files. An image's `subset`, if it is called train, val or the like, is
    its split. Polygons, ellipses and masks become the boxes around them, which is noted; other
    shapes are left out, with a note for each kind.

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
    counts = Counter(str(item.tag) for item in image)
    num_tags = counts.pop(TAG, 0)
    notes = [Note(f"a shape of type {shortened(shape)} is not a box", place, boxes=count)
             for shape, count in counts.items() if shape not in (BOX, *SHAPES)]
    if num_tags:
        notes.append(Note("tags of whole images are not stored", place, is_loss=False))
    items = [item for item in image if item.tag in (BOX, *SHAPES)]
    shaped = {item.get("group_id") for item in items if item.tag in SHAPES}
    kind = "size"
    try:
        size = stated_size(*(finite_number(image.get(side, "0")) for side in ("width", "height")))
        parts: list[tuple[Box, Hashable]] = []
        for item in items:
            kind = str(item.tag)
            group = item.get("group_id")
            parts.append((_box(item, size), group if group in shaped else None))
    except (ValueError, OverflowError) as error:
        return BadEntry(f"{place}: a {kind} is not one: {error}", len(image) - num_tags)
    boxes, num_joined = around.joined(parts)
    if any(item.get("rotation") for item in items if item.tag == BOX):
        notes.append(Note(turned_box.REASON, place, is_loss=False))
    notes += around.noted(around.REASON, place, sum(counts[shape] for shape in SHAPES))
    notes += around.noted(around.JOINED, place, num_joined)
    return Labels(tuple(boxes), *size, image.get("name", ""), notes=tuple(notes))


def _box(item: ElementTree.Element, size: tuple[int, int]) -> Box:
    """Raises ValueError for numbers that are not such, and a label that is not text."""
    name = class_name(item.get("label", "").strip())
    if item.tag == "polygon":
        pairs = (pair.split(",") for pair in item.get("points", "").split(";") if pair.strip())
        return around.of_polygon(name, [(finite_number(x), finite_number(y)) for x, y in pairs])
    if item.tag == "mask":
        return _mask(name, item, size)
    degrees = finite_number(item.get("rotation", "0"))
    if item.tag == "ellipse":
        x, y, half_width, half_height = (finite_number(item.get(key, ""))
                                         for key in ("cx", "cy", "rx", "ry"))
        return Box(name, around.of_ellipse((x, y), (half_width, half_height),
                                           math.radians(degrees)))
    x1, y1, x2, y2 = (finite_number(item.get(key, "")) for key in CORNERS)
    return Box(name, turned_box.around_turned((x1, y1, x2, y2), degrees))


def _mask(name: str, item: ElementTree.Element, size: tuple[int, int]) -> Box:
    """ValueError for runs that do not fill the box of their mask."""
    left, top, width, height = (int(finite_number(item.get(key, "")))
                                for key in ("left", "top", "width", "height"))
    counts = [int(count) for count in item.get("rle", "").split(",") if count.strip()]
    num_pixels = width * height
    if sum(counts) != num_pixels or min(counts, default=-1) < 0 or num_pixels > MOST_PIXELS:
        raise ValueError(f"the runs of a mask have {sum(counts)} pixels; {width} x {height} are "
                         f"{num_pixels}")
    inside = pixels_of((width, height, tuple(counts))).T       # row by row
    return around.of_mask(name, inside, (left, top), size)
