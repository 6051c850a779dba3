"""Records of a database: Datum and AnnotatedDatum to pixels and boxes.

What is wrong with one record is a `BadRecord`: the batch goes on without it.
Source: Datum, AnnotatedDatum in caffe.proto; DecodeDatumToCVMat in io.cpp of weiliu89/caffe (ssd).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from google.protobuf.message import DecodeError
from numpy.typing import NDArray

from framework.data.jpeg import BadJpeg, check_jpeg
from framework.proto import AnnotatedDatum, Datum

Pixels = NDArray[Any]                     # (height, width, channels): uint8, or float32 data
Floats = NDArray[np.float32]

# Columns of `Record.boxes`.
LABEL, INSTANCE, XMIN, YMIN, XMAX, YMAX, DIFFICULT = range(7)
CORNERS = slice(XMIN, YMAX + 1)


class BadRecord(Exception):
    """A record that cannot be used. Its text is the reason."""


@dataclass
class Record:
    """What one record holds.

    pixels  (height, width, channels), BGR
    boxes   (n, 7) float32: label, instance, xmin, ymin, xmax, ymax, difficult, coordinates in parts
            of the image; None if the record has no annotation type
    label   the class of the whole image
    """

    pixels: Pixels
    boxes: Floats | None
    label: int


@dataclass(frozen=True)
class Decoding:
    """How to read pixels.

    color     True: three channels, False: one, None: as many as the picture has
    channels  the number every picture must then have; None: any
    """

    color: bool | None = None
    channels: int | None = None

    def check(self, pixels: Pixels) -> Pixels:
        if self.channels is not None and pixels.shape[2] != self.channels:
            kinds = {1: "grey", 3: "in colour", 4: "with transparency"}
            raise BadRecord(f"the picture is {kinds.get(pixels.shape[2], 'odd')} "
                            f"({pixels.shape[2]} channels), the others have {self.channels}")
        return pixels


def read_datum(content: bytes, decoding: Decoding) -> Record:
    """The picture and class of a Datum."""
    datum = _parse(Datum(), content)
    return Record(datum_pixels(datum, decoding), None, datum.label)


def read_annotated(content: bytes, decoding: Decoding, labels: frozenset[int] | None,
                   has_boxes: bool) -> Record:
    """The picture and boxes of an AnnotatedDatum.

    labels     those a box may have; None: any
    has_boxes  False: only the picture and the class of its Datum are wanted
    """
    message = _parse(AnnotatedDatum(), content)
    boxes = annotation_boxes(message, labels) if has_boxes else None
    return Record(datum_pixels(message.datum, decoding), boxes, message.datum.label)


def annotation_boxes(message: Any, labels: frozenset[int] | None) -> Floats:
    """The boxes of an AnnotatedDatum, (n, 7), group by group.

    Raises BadRecord for a label outside `labels`, and for corners that are inverted or not finite.
    """
    from framework.data.box_loops import are_sound

    values: list[float] = []
    for group in message.annotation_group:
        label = group.group_label
        if labels is not None and label not in labels:
            raise BadRecord(f"label {label} is not one of the label map's classes")
        for item in group.annotation:
            box = item.bbox
            values += (label, item.instance_id, box.xmin, box.ymin, box.xmax, box.ymax,
                       box.difficult)
    boxes = np.fromiter(values, np.float32, len(values)).reshape(-1, 7)
    if not are_sound(boxes):
        raise _unsound(boxes[:, CORNERS])
    return boxes


def _unsound(corners: Floats) -> BadRecord:
    if not np.isfinite(corners).all():
        return BadRecord("a box has corners that are no numbers")
    inverted = corners[(corners[:, :2] > corners[:, 2:]).any(1)][0]
    return BadRecord("a box is inverted: xmin {:g} ymin {:g} xmax {:g} ymax {:g}"
                     .format(*inverted))


def datum_pixels(datum: Any, decoding: Decoding) -> Pixels:
    """The pixels of a Datum message: encoded, raw bytes, or floats."""
    if datum.encoded:
        return decode(datum.data, decoding)
    shape = (datum.channels, datum.height, datum.width)
    data = np.frombuffer(datum.data, np.uint8) if datum.data else \
        np.array(datum.float_data, np.float32)
    if data.size == 0 or data.size != np.prod(shape):
        raise BadRecord(f"it holds {data.size} values, but its shape is {shape}")
    return decoding.check(np.ascontiguousarray(data.reshape(shape).transpose(1, 2, 0)))


def decode(content: bytes, decoding: Decoding) -> Pixels:
    """The pixels of an image file's bytes, BGR, (height, width, channels) uint8, not turned.

    Raises BadRecord if they are cut short, of four inks (CMYK), deeper than 8 bits, or no image.
    """
    if not content:
        raise BadRecord("the picture has no bytes")
    try:
        check_jpeg(content)
    except BadJpeg as error:
        raise BadRecord(str(error)) from None
    mode = {None: cv2.IMREAD_UNCHANGED, False: cv2.IMREAD_GRAYSCALE,
            True: cv2.IMREAD_COLOR}[decoding.color]
    if decoding.color is not None:
        mode |= cv2.IMREAD_IGNORE_ORIENTATION
    try:
        pixels = cv2.imdecode(np.frombuffer(content, np.uint8), mode)
    except cv2.error:
        pixels = None
    if pixels is None:
        raise BadRecord("the picture cannot be decoded")
    if pixels.dtype != np.uint8:
        raise BadRecord(f"the picture has {pixels.dtype} pixels; they must have 8 bits")
    return decoding.check(pixels[:, :, None] if pixels.ndim == 2 else pixels)


def _parse(message: Any, content: bytes) -> Any:
    try:
        message.ParseFromString(content)
    except DecodeError:
        raise BadRecord(f"the record is no {message.DESCRIPTOR.name}") from None
    return message
