"""Label file parsers for one image: VOC's XML, COCO's JSON, plain text."""

from __future__ import annotations

import codecs
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from framework.data.datasets import turned_box
from framework.data.datasets.coco_masks import Segmentation
from framework.data.records.account import BadEntry, Note
from framework.data.records.boxes import Corners
from framework.data.records.list_file import Entry
from framework.definition.values import LARGEST_FLOAT
from framework.errors import DataError
from framework.system import text
from framework.system.json_text import parse_json
from framework.system.letters import composed
from framework.system.wording import shortened

JSON_ERRORS = (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError)
"""The exceptions of reading JSON, and of values in it that have another type than expected."""
DECODED = {"gb2312": "gb18030", "gbk": "gb18030", "gb18030": "gb18030", "hz": "hz",
           "big5": "cp950", "cp950": "cp950", "big5hkscs": "big5hkscs",
           "shift_jis": "cp932", "cp932": "cp932", "euc_jp": "euc_jp", "iso2022_jp": "iso2022_jp",
           "euc_kr": "cp949", "cp949": "cp949", "johab": "johab", "iso2022_kr": "iso2022_kr",
           "utf-8": "utf-8", "utf-8-sig": "utf-8-sig"}
"""Encodings that files declare -> those that they are decoded by, as browsers do: many files
declare an older standard than the one they use. UTF-8 is here for the spelling `utf8`, which expat
does not know."""

IS_DIFFICULT = {"": False, "false": False, "no": False, "unspecified": False, "true": True,
                "yes": True}
"""Words in <difficult>, in lower case."""
TOLERANCE = 1e-3            # by which a rounded part may pass 0 or 1


@dataclass(frozen=True)
class Box:
    """One object: its class name (a number in plain text files), its corners, its difficulty.

    corners    x1 y1 x2 y2 in pixels, as the file says them
    difficult  VOC's "difficult", COCO's "iscrowd": not counted by most evaluations
    mask       what the object covers, in the same pixels, where the file says it
    """

    name: str | int
    corners: Corners
    difficult: bool = False
    mask: Segmentation = Segmentation()


@dataclass(frozen=True)
class Labels:
    """The content of a label file; width and height are 0 if it does not state them.

    relative  corners are in parts of the image, not in pixels
    notes     what is odd about them
    """

    boxes: tuple[Box, ...]
    width: int = 0
    height: int = 0
    file_name: str = ""
    relative: bool = False
    notes: tuple[Note, ...] = ()


def are_parts(values: Sequence[float]) -> bool:
    """Can numbers be parts of an image: from 0 to 1, but for rounding? No for NaN."""
    return all(-TOLERANCE <= value <= 1 + TOLERANCE for value in values)


def errors_in(table: Mapping[Entry, Labels | DataError]) -> Iterator[DataError]:
    """What is wrong with the images of a table whose labels cannot be used."""
    return (labels for labels in table.values() if isinstance(labels, DataError))


def sound_labels(table: Mapping[Entry, Labels | DataError], entry: Entry) -> Labels:
    """The labels of one image in a table of all. Raises the DataError that is there instead."""
    labels = table[entry]
    if isinstance(labels, DataError):
        raise labels
    return labels


def read_xml(path: Path) -> Labels:
    """The objects of a VOC (or ILSVRC) annotation. DataError if it is not one.

    Parts of objects (VOC2012's head, hand, foot) are not objects, which a note says. `difficult` is
    read wherever it is in the object; the original's convert_annoset reads it only before the box.
    """
    try:
        root = parse_xml(text.read_bytes(path))
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise DataError(f"{path}: is not XML: {error}") from None
    if root.tag != "annotation":
        raise DataError(f"{path}: starts with <{shortened(root.tag)}>; a VOC file with "
                        "<annotation>")
    items = root.findall("object")
    parts = sum(len(item.findall("part")) for item in items)
    num_boxes = sum(1 for _ in root.iter("bndbox")) - len(root.findall("object/part/bndbox"))
    try:
        boxes = tuple(_xml_box(path, item) for item in items)
        if num_boxes != len(items):
            raise DataError(f"{path}: has {num_boxes} <bndbox> and {len(items)} <object>; each "
                            "<object> must be in <annotation> itself, with one <bndbox>")
        width, height = stated_size(_stated_side(path, root, "width"),
                                    _stated_side(path, root, "height"))
    except DataError as error:
        raise BadEntry(str(error), max(num_boxes, len(items))) from None
    except ValueError as error:
        raise BadEntry(f"{path}: {error}", max(num_boxes, len(items))) from None
    notes = [Note("parts of objects are not objects", str(path), is_loss=False)] if parts else []
    if any(map(_rotation, items)):
        notes.append(Note(turned_box.REASON, str(path), is_loss=False))
    return Labels(boxes, width, height, (root.findtext("filename") or "").strip(),
                  notes=tuple(notes))


def _xml_box(path: Path, item: ElementTree.Element) -> Box:
    name = composed((item.findtext("name") or "").strip())
    box = item.find("bndbox")
    if not name or box is None:
        raise DataError(f"{path}: an object without {'<bndbox>' if name else '<name>'}")
    if len(item.findall("name")) > 1:
        raise DataError(f"{path}: an object has more than one <name>")
    x1, y1, x2, y2 = (_number(path, box, tag) for tag in ("xmin", "ymin", "xmax", "ymax"))
    corners = turned_box.around_turned((x1, y1, x2, y2), _rotation(item))
    return Box(name, corners, _is_difficult(path, item))


def _is_difficult(path: Path, item: ElementTree.Element) -> bool:
    """What <difficult> says: 0, 1 or another number, or a word. DataError for what says neither."""
    word = (item.findtext("difficult") or "").strip()
    if word.lower() in IS_DIFFICULT:
        return IS_DIFFICULT[word.lower()]
    try:
        return finite_number(word) != 0
    except ValueError:
        raise DataError(f"{path}: <object> has difficult '{shortened(word)}'; it must be 0 or 1"
                        ) from None


def _rotation(item: ElementTree.Element) -> float:
    """The degrees by which CVAT's rectangle is turned about its middle, among the attributes of an
    object. ValueError for what is not a number."""
    values = (one.findtext("value") for one in item.findall("attributes/attribute")
              if (one.findtext("name") or "").strip() == "rotation")
    return finite_number(next(values, None) or 0)


def _stated_side(path: Path, root: ElementTree.Element, tag: str) -> int:
    """The width or height in <size>; 0 if it is not stated."""
    size = root.find("size")
    if size is None or size.find(tag) is None:
        return 0
    return int(_number(path, size, tag))


def parse_xml(content: bytes) -> ElementTree.Element:
    """The root of a document. ParseError, ValueError or LookupError says what is wrong with it.

    Of multi-byte encodings expat reads only UTF-8 and UTF-16; others are decoded here.
    """
    declared = re.match(rb"<\?xml[^>]*?encoding\s*=\s*[\"']([\w.:-]+)[\"']", content)
    encoding = DECODED.get(codecs.lookup(declared[1].decode("ascii")).name) if declared else None
    if encoding is None:
        return ElementTree.fromstring(content)
    decoded = content.decode(encoding)
    return ElementTree.fromstring(decoded.encode(), ElementTree.XMLParser(encoding="utf-8"))


def stated_size(width: float, height: float) -> tuple[int, int]:
    """Width and height as a label file states them; 0, 0 if one of them is not above 0.

    Raises ValueError or OverflowError if one cannot be an int.
    """
    size = (int(finite_number(width)), int(finite_number(height)))
    return size if min(size) > 0 else (0, 0)


def _number(path: Path, parent: ElementTree.Element, tag: str) -> float:
    found = (parent.findtext(tag) or "").strip()
    try:
        return finite_number(found)
    except ValueError:
        raise DataError(f"{path}: <{parent.tag}> has {tag} '{shortened(found)}'; it must be a "
                        "number") from None


def finite_number(found: str | float) -> float:
    """A number from a file. ValueError for what is none, and for one beyond float32."""
    try:
        value = float(found)
    except (ValueError, TypeError):
        raise ValueError(f"the value {shortened(repr(found))} is not a number") from None
    if not abs(value) < LARGEST_FLOAT:
        raise ValueError(f"{shortened(str(found))} is not a finite number")
    return value


def class_name(found: Any) -> str:
    """The class that a box names, without blanks around it. ValueError for an empty one, and one
    that is not text.

    Any: what a file holds.
    """
    name = composed(str(found)).strip()
    if found is None or not name:
        raise ValueError("a label is empty")
    if not is_text(name):
        raise ValueError(f"the label {shortened(ascii(name))} is not text")
    return name


def is_text(name: str) -> bool:
    """Can a name be written in UTF-8, and has it letters and no NUL?"""
    try:
        return "\0" not in name and bool(name.encode())
    except UnicodeEncodeError:
        return False


def json_words(error: Exception) -> str:
    """What is wrong with a JSON file, after one of JSON_ERRORS, as a sentence about it."""
    if isinstance(error, KeyError):
        return f"it has no {error}"
    if isinstance(error, ValueError):
        return str(error)
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    if isinstance(error, OverflowError):
        return "it has a number that is too large"
    return "it has a value of another kind where an object, a list or a text must be"


def corners_of(bbox: Any) -> tuple[float, float, float, float]:
    """x1, y1, x2, y2 of COCO's [x, y, width, height]. ValueError for something else.

    Any: what JSON holds.
    """
    if not isinstance(bbox, list) or len(bbox) != 4:
        raise ValueError(f"a bbox is {shortened(repr(bbox))}; it must be four numbers: x, y, "
                         "width, height")
    x, y, width, height = (finite_number(value) for value in bbox)
    return x, y, x + width, y + height


def read_json(path: Path) -> Labels:
    """The annotations of one image, in the files that SSD's COCO scripts make.

    {"image": {"width", "height"}, "annotation": [{"category_id", "bbox": [x, y, w, h],
    "iscrowd"}]}; the category's number, as text, is the name in the label map.
    """
    items: Sequence[Any] = ()       # Any: what JSON holds
    try:
        tree = parse_json(text.read_text(path))
        image = tree.get("image", {})
        items = tree["annotation"]
        boxes = []
        for item in items:
            name = identity_of(item["category_id"])
            difficult = bool(finite_number(item.get("iscrowd", 0)))
            boxes.append(Box(name, corners_of(item["bbox"]), difficult))
        size = stated_size(image.get("width", 0), image.get("height", 0))
    except JSON_ERRORS as error:
        raise BadEntry(f"{path}: is not a COCO annotation of one image: "
                       f"{json_words(error)}", number_of(items)) from None
    return Labels(tuple(boxes), *size, str(image.get("file_name", "")))


def identity_of(value: Any) -> str:
    """The text of an id, the same for 1, 1.0 and "1": some programs write them so.

    Any: what JSON holds.
    """
    is_whole = isinstance(value, float) and value.is_integer()
    return str(int(value)) if is_whole else str(value)


def number_of(items: object) -> int:
    """How many boxes a list of JSON holds; 0 if it is something else."""
    return len(items) if isinstance(items, list) else 0


def read_text(path: Path) -> Labels:
    """Lines of `label x1 y1 x2 y2`: the label's number and pixels. DataError names the line."""
    boxes = []
    lines = filled_lines(path)
    for index, line in lines:
        words = line.split()
        try:
            x1, y1, x2, y2 = (float(word) for word in words[1:])
            boxes.append(Box(int(words[0]), (x1, y1, x2, y2)))
        except ValueError:
            raise BadEntry(f"{path}:{index}: a line must be: label xmin ymin xmax ymax: "
                           f"'{shortened(line.strip())}'", len(lines)) from None
    return Labels(tuple(boxes))


def filled_lines(path: Path) -> list[tuple[int, str]]:
    """The lines of a label file that are neither blank nor a comment (#), and their numbers."""
    return [(number, line) for number, line in enumerate(text.read_lines(path), start=1)
            if line.strip() and not line.lstrip().startswith("#")]


LABEL_READERS: dict[str, Callable[[Path], Labels]] = {
    "xml": read_xml,
    "json": read_json,
    "txt": read_text,
}
"""By convert_annoset's --label_type."""
