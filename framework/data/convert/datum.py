"""Encode an image and its label file as the AnnotatedDatum (or Datum) that Caffe's tools store."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from framework.data.datasets.coco_masks import as_stored
from framework.data.datasets.label_files import LABEL_READERS, Box, Labels, are_parts
from framework.data.records.account import COLOUR, BadEntry, Note
from framework.data.records.boxes import Corners
from framework.data.records.containers import PNG
from framework.data.records.exif import are_for_shown, orientation_of, shown_size, turned, upright
from framework.data.records.images import (
    MAX_FILE_BYTES,
    BadRecord,
    Decoding,
    decode,
    failing_as_bad,
    open_image,
)
from framework.data.records.several_images import notes_on_pages
from framework.definition.values import LARGEST_FLOAT
from framework.errors import DataError
from framework.proto import AnnotatedDatum, AnnotationGroup, Datum
from framework.system.arrays import Levels
from framework.system.regular import read_regular
from framework.system.text import is_there
from framework.system.wording import shortened

PNG_RGB = b"\x08\x02"   # 8 bits, red, green and blue: in its header, from byte 24 on
JPEGS = ("jpg", "jpeg", "jpe", "jfif", "pjpeg", "pjp")      # endings of one format
PNG_HEAD = 1 << 12
ROUNDING = 1e-4         # by which a corner may pass the border without a note
UNFORESEEN = (OSError, ValueError, OverflowError, MemoryError, RecursionError, cv2.error)
"""What numpy, OpenCV and the system raise for the values of one file."""


@dataclass(frozen=True)
class ImageOptions:
    """How images are stored; the flags of convert_annoset and convert_imageset.

    height, width    both above 0: resize to this; otherwise as they are
    min_dim, max_dim  grow so that the shorter side has min_dim, shrink so that the longer one
                     has max_dim, keeping the aspect ratio; goes before height and width
    color            three channels (BGR), else one
    encoded          store an encoded file, else plain pixels
    encode_type      "jpg", "png", ...; "" keeps the type of the file
    """

    height: int = 0
    width: int = 0
    min_dim: int = 0
    max_dim: int = 0
    color: bool = True
    encoded: bool = True
    encode_type: str = ""


@dataclass
class Converted:
    """A record, and what the account needs to know of it.

    size       its image's height and width before resizing
    num_boxes  that its labels have; those that are left out have notes
    classes    boxes stored by class; images by class where there are no boxes
    kind       of the stored image file, by `kind_of`; "": plain pixels
    digest     a hash of what is stored of the image, without its labels
    """

    record: Datum | AnnotatedDatum
    size: tuple[int, int]
    num_boxes: int = 0
    classes: Counter[str] = field(default_factory=Counter)
    notes: list[Note] = field(default_factory=list)
    kind: str = field(init=False, default="")
    digest: str = field(init=False, default="")

    def __post_init__(self) -> None:
        record: Any = self.record       # Any: messages are made at run time
        datum = record.datum if isinstance(record, AnnotatedDatum) else record
        self.digest = digest_of(datum.data)
        if datum.encoded:
            self.kind = kind_of(datum.data)


def digest_of(content: bytes) -> str:
    """A hash that two images have if they are the same to the last bit."""
    return hashlib.blake2b(content, digest_size=8).hexdigest()


def kind_of(content: bytes) -> str:
    """What a net sees of an image file that it does not force to 3 channels or 1: the channels."""
    is_usual_png = content.startswith(PNG) and content[24:26] == PNG_RGB \
        and b"tRNS" not in content[:PNG_HEAD]
    if is_usual_png:
        return COLOUR               # without decoding it a second time
    try:
        with failing_as_bad():
            channels = open_image(content, Decoding()).channels
    except BadRecord:
        return "of more than 8 bits"
    return {1: "grey", 3: COLOUR, 4: "with transparency"}.get(channels, f"of {channels} channels")


def classified_image(path: Path, options: ImageOptions, label: int, name: str) -> Converted:
    """The record of an image file with a class, whose name is for the account.

    The file's own bytes are stored unless the options change its colour, size or type.
    Source: io.cpp ReadImageToDatum; with --encoded alone the original encodes every file again,
    because it compares ".jpg" with "jpg".
    """
    content, image = read_image(path, options.color)
    return Converted(_datum(path, content, image, options, label), image.shape[:2],
                     classes=Counter([name]), notes=notes_on_pages(content, str(path)))


def _datum(path: Path, content: bytes, image: Levels, options: ImageOptions, label: int) -> Datum:
    stored = resize(image, options)
    suffix = path.suffix.lower().lstrip(".")
    kind = _ending(options.encode_type)
    datum = Datum(label=label, channels=1 if stored.ndim == 2 else stored.shape[2])
    datum.height, datum.width = stored.shape[:2]
    if not (options.encoded or kind):
        planes = stored[None] if stored.ndim == 2 else stored.transpose(2, 0, 1)
        datum.data = planes.tobytes()
        datum.encoded = False
        return datum
    same_type = kind in ("", suffix) or (kind == "jpg" and suffix in JPEGS)
    if stored is image and same_type:
        datum.data = content
    else:
        try:
            written = kind or ("jpg" if suffix in JPEGS else suffix)
            done, encoded = cv2.imencode(f".{written}", stored)
        except cv2.error:
            done = False
        if not done:
            raise DataError(f"{path}: cannot be encoded as '{kind or suffix}'")
        datum.data = encoded.tobytes()
    datum.encoded = True
    return datum


def can_encode(encode_type: str) -> bool:
    """Can images be written as a type: jpg, png, ...?"""
    return bool(cv2.haveImageWriter(f"image.{_ending(encode_type)}"))


def _ending(encode_type: str) -> str:
    return encode_type.lower().lstrip(".")


def read_image(path: Path, color: bool = True) -> tuple[bytes, Levels]:
    """A file's bytes and its pixels, BGR (height, width, 3) or grey (height, width).

    DataError if it is missing, not a regular file, cut short, of four inks, or not an image.
    """
    try:
        content = read_regular(path, MAX_FILE_BYTES)
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from None
    return content, decoded_image(path, content, color)


def decoded_image(name: str | Path, content: bytes, color: bool = True) -> Levels:
    """The pixels of a file with this content, as `read_image`; DataError if it is not an image."""
    try:
        with failing_as_bad():
            pixels = decode(content, Decoding(color))
    except BadRecord as error:
        raise DataError(f"{name}: {error}") from None
    return pixels if color else pixels[:, :, 0]


def resize(image: Levels, options: ImageOptions) -> Levels:
    """Resize an image to the size that is stored; the same array is returned if that is its own."""
    height, width = image.shape[:2]
    if options.min_dim > 0 or options.max_dim > 0:
        scale = np.float32(1)
        if options.min_dim > 0 and min(height, width) < options.min_dim:
            scale = np.float32(options.min_dim) / np.float32(min(height, width))
        if 0 < options.max_dim < int(scale * np.float32(max(height, width))):
            scale = np.float32(options.max_dim) / np.float32(max(height, width))
        if scale == 1:
            return image
        resized = cv2.resize(image, None, fx=float(scale), fy=float(scale))
        return np.asarray(resized, np.uint8)
    if options.height > 0 and options.width > 0:
        return np.asarray(cv2.resize(image, (options.width, options.height)), np.uint8)
    return image


def annotated_datum(
    image_path: Path,
    label_path: Path,
    labels_by_name: Mapping[str, int],
    options: ImageOptions,
    label_type: str = "xml",
) -> Converted:
    """The record of an image with boxes; no label file means an image without boxes.

    Boxes are divided by the size the label file states, or by the image's if it states none.
    DataError if the image or the label file cannot be read, or a name is not in the map.
    Source: io.cpp ReadRichImageToAnnotatedDatum.
    """
    labels = LABEL_READERS[label_type](label_path) if is_there(label_path) else None
    return make_record(image_path, labels, str(label_path), labels_by_name, options)


def make_record(
    image_path: Path,
    labels: Labels | None,
    where: str,
    labels_by_name: Mapping[str, int],
    options: ImageOptions,
) -> Converted:
    """As `annotated_datum`, of labels already read; messages about them begin with `where`.

    Of an image that is stored in another direction than it is shown in (EXIF), the boxes are turned
    into the stored one, and the stored file says no direction: so every decoder makes the pixels
    that the boxes fit. BadEntry for an image that is left out.
    """
    num_boxes = 0
    if labels is not None:
        num_boxes = len(labels.boxes) + sum(note.boxes for note in labels.notes)
    try:
        content, image = read_image(image_path, options.color)
        datum = _datum(image_path, content, image, options, -1)
        if datum.encoded:
            datum.data = upright(datum.data)
        record = AnnotatedDatum(datum=datum, type=AnnotatedDatum.BBOX)
        height, width = image.shape[:2]
        converted = Converted(record, (height, width), num_boxes,
                              notes=notes_on_pages(content, str(image_path)))
        if labels is None:
            converted.notes.append(Note("no label file; stored without boxes", where))
        else:
            converted.notes += labels.notes
            _add_boxes(converted, labels, where, labels_by_name, orientation_of(content))
        return converted
    except DataError as error:
        raise BadEntry(str(error), num_boxes) from None
    except UNFORESEEN as error:
        raise BadEntry(f"{image_path}: {shortened(repr(error))}", num_boxes) from None


def _add_boxes(converted: Converted, labels: Labels, where: str,
               labels_by_name: Mapping[str, int], orientation: int) -> None:
    """Store the boxes, with notes on the odd ones; `orientation` is EXIF's, 1 for most images."""
    record: Any = converted.record      # Any: messages are made at run time
    height, width = converted.size
    stated = (labels.width, labels.height)
    if not 0 <= min(stated) <= max(stated) < 2**31:
        raise DataError(f"{where}: says that the image is {labels.width:.6g} x "
                        f"{labels.height:.6g}")
    is_turned = are_for_shown(orientation, (width, height), stated)
    actual = shown_size(orientation, (width, height)) if is_turned else (width, height)
    if labels.width and stated != actual:
        converted.notes.append(Note(
            "the stated size is not the image's; boxes are divided by what is stated",
            f"{where}, {labels.width} x {labels.height}, the image is {width} x {height}",
            is_loss=False))
    size = stated if labels.width else actual
    _check_unit(labels, where)
    if not labels.width:        # else the reader has compared the masks with the stated size
        _check_masks(labels.boxes, where, width, height)
    if labels.relative:
        size = (1, 1)
    boxes = _usable(converted, labels, where, size)
    if is_turned:
        converted.notes.append(Note(
            "boxes were turned into the stored image, which its EXIF orientation "
            f"({orientation}) shows in another direction", where, is_loss=False))
        boxes = [_turned_box(box, orientation, size) for box in boxes]
        size = shown_size(orientation, size)
    converted.classes.update(str(box.name) for box in boxes)
    numbered = _numbered(boxes, labels_by_name, where)
    if any(label == 0 for label, _ in numbered):
        converted.notes.append(Note("boxes have the label 0, which trainings refuse, since it is "
                                    "the background", where, is_loss=False))
    add_groups(record, numbered, size)


def _check_unit(labels: Labels, where: str) -> None:
    """DataError for boxes in pixels whose corners are parts of the image, not all 0 or 1."""
    corners = [corner for box in labels.boxes for corner in box.corners]
    if labels.relative or not are_parts(corners) \
            or all(float(corner).is_integer() for corner in corners):
        return
    x1, y1, x2, y2 = labels.boxes[0].corners
    raise DataError(f"{where}: its boxes are in parts of the image, and this format wants pixels: "
                    f"'{x1:g} {y1:g} {x2:g} {y2:g}'")


def _check_masks(boxes: Sequence[Box], where: str, width: int, height: int) -> None:
    """DataError for a mask of runs whose size is not the image's."""
    for box in boxes:
        runs = box.mask.runs
        if runs is not None and runs[:2] != (height, width):
            raise DataError(f"{where}: a mask is {runs[1]} x {runs[0]}; the image is "
                            f"{width} x {height}")


def _turned_box(box: Box, orientation: int, size: tuple[int, int]) -> Box:
    """A box, and its mask, in the stored image."""
    return replace(box, corners=turned(box.corners, orientation, size),
                   mask=as_stored(box.mask, orientation, size))


def _usable(
    converted: Converted, labels: Labels, path: str, size: tuple[int, int]
) -> list[Box]:
    """The boxes without inverted ones; a note for each that is inverted, empty, outside or twice.

    DataError for corners that are not finite as float32.
    """
    kept = []
    known: set[tuple[str | int, Corners]] = set()
    for box in labels.boxes:
        x1, y1, x2, y2 = box.corners
        where = f"{path}, '{shortened(str(box.name))}' at {x1:g} {y1:g} {x2:g} {y2:g}"
        if not all(abs(corner) < LARGEST_FLOAT for corner in box.corners):
            raise DataError(f"{where}: its corners must be finite numbers")
        if x1 > x2 or y1 > y2:
            converted.notes.append(Note("its corners are swapped", where, boxes=1))
            continue
        if x1 == x2 or y1 == y2:
            converted.notes.append(Note("a box has no area", where, is_loss=False))
        elif max(x1 / size[0], y1 / size[1]) >= 1 or min(x2, y2) <= 0:
            converted.notes.append(Note("nothing of a box is within the image",
                                        f"{where} of {size[0]} x {size[1]}", is_loss=False))
        elif min(x1, y1) < -ROUNDING or x2 > size[0] + ROUNDING or y2 > size[1] + ROUNDING:
            converted.notes.append(Note("a box exceeds the image",
                                        f"{where} of {size[0]} x {size[1]}", is_loss=False))
        if (box.name, box.corners) in known:
            converted.notes.append(Note("a box is there twice", where, is_loss=False))
        known.add((box.name, box.corners))
        kept.append(box)
    return kept


def _numbered(
    boxes: Sequence[Box], labels_by_name: Mapping[str, int], path: str
) -> list[tuple[int, Box]]:
    numbered = []
    for box in boxes:
        is_number = isinstance(box.name, int)
        known = labels_by_name.values() if is_number else labels_by_name.keys()
        if box.name not in known:
            what = f"the label {box.name}" if is_number else f"'{box.name}'"
            raise DataError(f"{path}: {shortened(what)} is not in the label map "
                            f"({shortened(', '.join(map(str, known)))})")
        numbered.append((box.name if isinstance(box.name, int) else labels_by_name[box.name], box))
    return numbered


def add_groups(
    record: AnnotatedDatum, boxes: Sequence[tuple[int, Box]], size: tuple[int, int]
) -> None:
    """Store boxes as Caffe groups them: by label in order of first appearance, numbered from 0.

    boxes  (label, box in pixels);  size  width and height to divide by, in float32
    """
    groups: dict[int, AnnotationGroup] = {}
    for label, box in boxes:
        if label not in groups:
            groups[label] = record.annotation_group.add(group_label=label)
        group = groups[label]
        entry = group.annotation.add(instance_id=len(group.annotation))
        width = np.float32(size[0])
        height = np.float32(size[1])
        entry.bbox.xmin = float(np.float32(box.corners[0]) / width)
        entry.bbox.ymin = float(np.float32(box.corners[1]) / height)
        entry.bbox.xmax = float(np.float32(box.corners[2]) / width)
        entry.bbox.ymax = float(np.float32(box.corners[3]) / height)
        entry.bbox.difficult = box.difficult
        for polygon in box.mask.polygons:
            points = np.array(polygon, np.float32).reshape(-1, 2) / (width, height)
            entry.polygon.add(point=np.clip(points, 0, 1).ravel().tolist())
        if box.mask.runs is not None:
            entry.mask_runs.height, entry.mask_runs.width, counts = box.mask.runs
            entry.mask_runs.count.extend(counts)
