"""Export a database to files in the layout of PASCAL VOC or COCO."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2

from framework.data.records.account import Account, Note
from framework.data.records.boxes import CORNERS, DIFFICULT, LABEL
from framework.data.records.database import Database
from framework.data.records.exif import upright
from framework.data.records.images import failing_as_bad
from framework.data.records.records import (
    BadRecord,
    Decoding,
    annotation_boxes,
    datum_image,
    num_stored_boxes,
    parse,
)
from framework.proto import AnnotatedDatum
from framework.system.arrays import Floats
from framework.system.file_names import wrong_name
from framework.system.progress import Progress
from framework.system.wording import counted

_SUFFIXES = {b"\xff\xd8\xff": ".jpg", b"\x89PNG": ".png", b"BM": ".bmp"}


@dataclass(frozen=True)
class Stored:
    """One image of a database, to be written to a file.

    name     the file's name, unique in the export
    boxes    (n, 7) as in `Record`, but the corners in pixels
    masks    of each box, as COCO's "segmentation"; None for a box without one
    """

    name: str
    content: bytes
    width: int
    height: int
    depth: int
    boxes: Floats
    masks: list[Any]        # Any: JSON


def export_voc(database: Database, split: str, names: dict[int, str], folder: Path) -> Account:
    """Write JPEGImages, Annotations and ImageSets/Main/<split>.txt.

    names  classes by label; a box of another label makes its record a bad one
    The layout has no masks: how many boxes lose theirs is noted.
    """
    for part in ("JPEGImages", "Annotations", "ImageSets/Main"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    account = Account()
    stems = []
    masked = []
    for stored in _stored(database, names, account):
        masked += [stored.name] * sum(mask is not None for mask in stored.masks)
        (folder / "JPEGImages" / stored.name).write_bytes(stored.content)
        tree = ElementTree.ElementTree(_annotation(stored, names))
        ElementTree.indent(tree)
        stems.append(Path(stored.name).stem)
        tree.write(folder / "Annotations" / f"{stems[-1]}.xml", encoding="utf-8")
    (folder / "ImageSets/Main" / f"{split}.txt").write_text("".join(f"{s}\n" for s in stems))
    if masked:
        account.notes.append(Note("VOC's layout has no masks, which were left out of "
                                  f"{counted(len(masked), 'box')}; --format coco keeps them",
                                  masked[0]))
    return account


def export_coco(database: Database, split: str, names: dict[int, str], folder: Path) -> Account:
    """Write the images into <split> and annotations/instances_<split>.json.

    A difficult box becomes "iscrowd", the label is the category's number. Masks are written too.
    """
    for part in (split, "annotations"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    account = Account()
    images: list[dict[str, Any]] = []              # Any: JSON
    annotations: list[dict[str, Any]] = []
    for number, stored in enumerate(_stored(database, names, account), 1):
        (folder / split / stored.name).write_bytes(stored.content)
        images.append({"id": number, "file_name": stored.name, "width": stored.width,
                       "height": stored.height})
        for box, mask in zip(stored.boxes, stored.masks, strict=True):
            x, y, right, bottom = (_tidy(value) for value in box[CORNERS])
            width = round(right - x, 3)
            height = round(bottom - y, 3)
            annotations.append({
                "id": len(annotations) + 1, "image_id": number, "category_id": int(box[LABEL]),
                "bbox": [x, y, width, height], "area": width * height,
                "iscrowd": int(box[DIFFICULT])})
            if mask is not None:
                annotations[-1]["segmentation"] = mask
    categories = [{"id": label, "name": name} for label, name in sorted(names.items())]
    tree = {"images": images, "annotations": annotations, "categories": categories}
    (folder / "annotations" / f"instances_{split}.json").write_text(json.dumps(tree))
    return account


def _stored(database: Database, names: dict[int, str], account: Account) -> Iterator[Stored]:
    """The good records, counted in `account`, and notes of the others."""
    taken: set[str] = set()
    for index in Progress(len(database), "export").over(range(len(database))):
        account.images += 1
        content = b""
        key = database.name(index)
        try:
            with failing_as_bad():
                content = database.read(index)
                stored = _read(content, frozenset(names))
            name = _file_name(key, stored.name, taken)
            reason = wrong_name(name)
            if reason:
                raise BadRecord(f"its name is {reason}")
        except BadRecord as error:
            num_boxes = num_stored_boxes(content)
            account.boxes += num_boxes
            account.notes.append(Note(str(error), key, images=1, boxes=num_boxes))
            continue
        taken.add(name)
        account.stored_images += 1
        account.boxes += len(stored.boxes)
        account.stored_boxes += len(stored.boxes)
        account.empty_images += not len(stored.boxes)
        account.classes.update(names[int(label)] for label in stored.boxes[:, LABEL])
        yield replace(stored, name=name)


def _read(content: bytes, labels: frozenset[int]) -> Stored:
    """Parse a record; its name is only the suffix of the file so far.

    The file says no EXIF orientation: its boxes are those of the stored pixels.
    """
    message = parse(AnnotatedDatum(), content)
    pixels = datum_image(message.datum, Decoding()).whole()
    height, width, depth = pixels.shape
    boxes = annotation_boxes(message, labels)
    boxes[:, CORNERS] *= [width, height, width, height]
    data = upright(message.datum.data) if message.datum.encoded else b""
    suffix = next((suffix for mark, suffix in _SUFFIXES.items() if data.startswith(mark)), "")
    if not suffix:
        suffix = ".png"
        data = cv2.imencode(".png", pixels)[1].tobytes()
    masks = [_segmentation(item, width, height) for group in message.annotation_group
             for item in group.annotation]
    return Stored(suffix, data, width, height, depth, boxes, masks)


def _segmentation(annotation: Any, width: int, height: int) -> Any:
    """What a box covers, as COCO says it: polygons in pixels, or runs; None if nothing is said.

    Any: a message, and JSON.
    """
    runs = annotation.mask_runs
    if annotation.HasField("mask_runs"):
        return {"size": [runs.height, runs.width], "counts": list(runs.count)}
    sides = (width, height)
    return [[_tidy(part * sides[index % 2]) for index, part in enumerate(polygon.point)]
            for polygon in annotation.polygon] or None


def _file_name(key: str, suffix: str, taken: set[str]) -> str:
    """The name in a key `00000012_folder/name.jpg`, with a number if that name is taken.

    Blanks around it, and points before it, are left out: lists cannot name such files, and readers
    take them for hidden ones.
    """
    stem = Path(re.sub(r"^\d{8}_", "", key)).stem.strip().lstrip(".").strip() or "image"
    name = f"{stem}{suffix}"
    count = 1
    while name in taken:
        count += 1
        name = f"{stem}_{count}{suffix}"
    return name


def _annotation(stored: Stored, names: dict[int, str]) -> ElementTree.Element:
    root = ElementTree.Element("annotation")
    ElementTree.SubElement(root, "filename").text = stored.name
    size = ElementTree.SubElement(root, "size")
    for tag, value in (("width", stored.width), ("height", stored.height), ("depth", stored.depth)):
        ElementTree.SubElement(size, tag).text = str(value)
    for box in stored.boxes:
        item = ElementTree.SubElement(root, "object")
        ElementTree.SubElement(item, "name").text = names[int(box[LABEL])]
        ElementTree.SubElement(item, "difficult").text = str(int(box[DIFFICULT]))
        corners = ElementTree.SubElement(item, "bndbox")
        for tag, value in zip(("xmin", "ymin", "xmax", "ymax"), box[CORNERS], strict=True):
            ElementTree.SubElement(corners, tag).text = f"{value:.3f}".rstrip("0").rstrip(".")
    return root


def _tidy(value: float) -> float:
    """Round a coordinate to a thousandth of a pixel, to undo the rounding of its division by the
    image's size and the multiplication by it."""
    return round(float(value), 3)
