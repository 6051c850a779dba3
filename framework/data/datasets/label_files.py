"""Files that describe the boxes of one picture: VOC's XML, COCO's JSON, plain text."""

from __future__ import annotations

import json
import math
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from framework.errors import DataError

Corners = tuple[float, float, float, float]


@dataclass(frozen=True)
class Box:
    """One object: its class name (a number in plain text files), its corners, its difficulty.

    corners    x1 y1 x2 y2 in pixels, as the file says them
    difficult  VOC's "difficult", COCO's "iscrowd": not counted by most evaluations
    """

    name: str | int
    corners: Corners
    difficult: bool = False


@dataclass(frozen=True)
class Labels:
    """What a label file says; width and height are 0 if it does not tell them.

    relative  corners are in parts of the picture, not in pixels
    """

    boxes: tuple[Box, ...]
    width: int = 0
    height: int = 0
    file_name: str = ""
    relative: bool = False


def read_xml(path: Path) -> Labels:
    """The objects of a VOC (or ILSVRC) annotation. DataError if it is not one.

    Parts of objects (VOC2012's head, hand, foot) are not objects. `difficult` counts wherever
    it stands in the object; convert_annoset takes it only if it comes before the box.
    """
    try:
        root = ElementTree.parse(path).getroot()
    except ElementTree.ParseError as error:
        raise DataError(f"{path}: is not XML: {error}") from None
    if root.tag != "annotation":
        raise DataError(f"{path}: starts with <{root.tag}>; a VOC file with <annotation>")
    boxes = []
    for item in root.findall("object"):
        name = (item.findtext("name") or "").strip()
        box = item.find("bndbox")
        if not name or box is None:
            raise DataError(f"{path}: an object without {'<bndbox>' if name else '<name>'}")
        corners = [_number(path, box, tag) for tag in ("xmin", "ymin", "xmax", "ymax")]
        difficult = (item.findtext("difficult") or "").strip() == "1"
        boxes.append(Box(name, (corners[0], corners[1], corners[2], corners[3]), difficult))
    size = root.find("size")
    width, height = (0, 0) if size is None else (
        int(_number(path, size, tag)) if size.find(tag) is not None else 0
        for tag in ("width", "height")
    )
    if width <= 0 or height <= 0:
        width = height = 0
    return Labels(tuple(boxes), width, height, (root.findtext("filename") or "").strip())


def _number(path: Path, parent: ElementTree.Element, tag: str) -> float:
    text = (parent.findtext(tag) or "").strip()
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise DataError(f"{path}: <{parent.tag}> has {tag} '{text}'; it must be a number")
    return value


def read_json(path: Path) -> Labels:
    """The annotations of one picture, as SSD's COCO scripts split them off.

    {"image": {"width", "height"}, "annotation": [{"category_id", "bbox": [x, y, w, h],
    "iscrowd"}]}; the category's number, as text, is the name in the label map.
    """
    try:
        tree = json.loads(path.read_text())
        image = tree.get("image", {})
        boxes = []
        for item in tree["annotation"]:
            x, y, width, height = (float(value) for value in item["bbox"])
            name = str(item["category_id"])
            difficult = bool(int(item.get("iscrowd", 0)))
            boxes.append(Box(name, (x, y, x + width, y + height), difficult))
        size = int(image.get("width", 0)), int(image.get("height", 0))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{path}: is not a COCO annotation of one picture: {error!r}") from None
    return Labels(tuple(boxes), *size, str(image.get("file_name", "")))


def read_text(path: Path) -> Labels:
    """Lines of `label x1 y1 x2 y2`: the label's number and pixels. DataError names the line."""
    boxes = []
    for index, line in enumerate(path.read_text().splitlines(), start=1):
        words = line.split()
        if not words:
            continue
        try:
            x1, y1, x2, y2 = (float(word) for word in words[1:])
            boxes.append(Box(int(words[0]), (x1, y1, x2, y2)))
        except ValueError:
            raise DataError(
                f"{path}:{index}: '{line.strip()}'; a line must be: label xmin ymin xmax ymax"
            ) from None
    return Labels(tuple(boxes))


LABEL_READERS: dict[str, Callable[[Path], Labels]] = {
    "xml": read_xml,
    "json": read_json,
    "txt": read_text,
}
"""By convert_annoset's --label_type."""
