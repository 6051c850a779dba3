"""Encode an image and its label file as the AnnotatedDatum (or Datum) that Caffe's tools store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from framework.data.datasets.label_files import LABEL_READERS, Box, Labels
from framework.data.records.images import (
    MAX_FILE_BYTES,
    BadRecord,
    Decoding,
    decode,
    failing_as_bad,
)
from framework.definition.values import LARGEST_FLOAT, shortened
from framework.errors import DataError
from framework.proto import AnnotatedDatum, AnnotationGroup, Datum
from framework.system.arrays import Levels
from framework.system.regular import read_regular
from framework.system.text import is_there


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
    """A record, its image's height and width before resizing, and remarks on oddities."""

    record: Datum | AnnotatedDatum
    size: tuple[int, int]
    remarks: list[str] = field(default_factory=list)
    skipped_boxes: int = 0


def image_datum(path: Path, options: ImageOptions, label: int = -1) -> tuple[Any, Levels]:
    """The Datum of an image file, and its pixels before any resizing.

    The file's own bytes are stored unless the options change its colour, size or type.
    Source: io.cpp ReadImageToDatum; with --encoded alone the original encodes every file again,
    because it compares ".jpg" with "jpg".
    """
    content, image = read_image(path, options.color)
    stored = resize(image, options)
    suffix = path.suffix.lower().lstrip(".")
    kind = options.encode_type.lower().lstrip(".")
    datum = Datum(label=label, channels=1 if stored.ndim == 2 else stored.shape[2])
    datum.height, datum.width = stored.shape[:2]
    if not (options.encoded or kind):
        planes = stored[None] if stored.ndim == 2 else stored.transpose(2, 0, 1)
        datum.data = planes.tobytes()
        datum.encoded = False
        return datum, image
    same_type = kind in ("", suffix) or (kind == "jpg" and suffix == "jpeg")
    if stored is image and same_type:
        datum.data = content
    else:
        try:
            done, encoded = cv2.imencode(f".{kind or suffix}", stored)
        except cv2.error:
            done = False
        if not done:
            raise DataError(f"{path}: cannot be encoded as '{kind or suffix}'")
        datum.data = encoded.tobytes()
    datum.encoded = True
    return datum, image


def read_image(path: Path, color: bool = True) -> tuple[bytes, Levels]:
    """A file's bytes and its pixels, BGR (height, width, 3) or grey (height, width).

    DataError if it is missing, not a regular file, cut short, of four inks, or not an image.
    """
    try:
        content = read_regular(path, MAX_FILE_BYTES)
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from None
    try:
        with failing_as_bad():
            pixels = decode(content, Decoding(color))
    except BadRecord as error:
        raise DataError(f"{path}: {error}") from None
    return content, pixels if color else pixels[:, :, 0]


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
    place: str,
    labels_by_name: Mapping[str, int],
    options: ImageOptions,
) -> Converted:
    """As `annotated_datum`, of labels already read; messages begin with `place`."""
    datum, image = image_datum(image_path, options)
    record = AnnotatedDatum(datum=datum, type=AnnotatedDatum.BBOX)
    height, width = image.shape[:2]
    converted = Converted(record, (height, width))
    if labels is None:
        converted.remarks.append(f"{place}: no such file; stored without boxes")
        return converted
    if not 0 <= min(labels.width, labels.height) <= max(labels.width, labels.height) < 2**31:
        raise DataError(f"{place}: says that the image is {labels.width:.6g} x "
                        f"{labels.height:.6g}")
    if labels.width and (labels.width, labels.height) != (width, height):
        converted.remarks.append(
            f"{place}: says {labels.width} x {labels.height}, "
            f"the image is {width} x {height}; boxes are divided by what the file says"
        )
    size = (1, 1) if labels.relative else (labels.width or width, labels.height or height)
    boxes = _usable(converted, labels, place, size)
    add_groups(record, _numbered(boxes, labels_by_name, place), size)
    return converted


def _usable(
    converted: Converted, labels: Labels, path: str, size: tuple[int, int]
) -> list[Box]:
    """The boxes without inverted ones; a remark for each that is inverted, empty or outside.

    DataError for corners that are not finite as float32.
    """
    kept = []
    for box in labels.boxes:
        x1, y1, x2, y2 = box.corners
        place = f"{path}: '{shortened(str(box.name))}' at {x1:g} {y1:g} {x2:g} {y2:g}"
        if not all(abs(corner) < LARGEST_FLOAT for corner in box.corners):
            raise DataError(f"{place}: its corners must be finite numbers")
        if x1 > x2 or y1 > y2:
            converted.remarks.append(f"{place} has its corners swapped; left out")
            converted.skipped_boxes += 1
            continue
        if x1 == x2 or y1 == y2:
            converted.remarks.append(f"{place} has no area")
        elif min(x1, y1) < 0 or x2 > size[0] or y2 > size[1]:
            converted.remarks.append(f"{place} exceeds the image of {size[0]} x {size[1]}")
        kept.append(box)
    return kept


def _numbered(
    boxes: Sequence[Box], labels_by_name: Mapping[str, int], path: str
) -> list[tuple[int, Box]]:
    numbered = []
    for box in boxes:
        label = box.name if isinstance(box.name, int) else labels_by_name.get(box.name)
        if label is None:
            known = ", ".join(name for name in labels_by_name)
            raise DataError(f"{path}: '{shortened(str(box.name))}' is not in the label map "
                            f"({shortened(known)})")
        if not -(2**31) <= label < 2**31:
            raise DataError(f"{path}: the label {label} has more than 32 bits")
        numbered.append((label, box))
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
