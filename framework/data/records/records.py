"""Record parsing: Datum and AnnotatedDatum messages to images and boxes.

An error in one record is a `BadRecord`: the batch is made without it.
Source: Datum, AnnotatedDatum in caffe.proto; DecodeDatumToCVMat in io.cpp of weiliu89/caffe (ssd).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from google.protobuf.message import DecodeError, Message
from google.protobuf.unknown_fields import UnknownFieldSet

from framework.data.records.boxes import CORNERS
from framework.data.records.database import Database
from framework.data.records.images import (
    BadRecord,
    DecodedImage,
    Decoding,
    Image,
    Pixels,
    open_image,
)
from framework.data.records.outlines import Outline, read_outline
from framework.proto import AnnotatedDatum, Datum
from framework.system.arrays import Floats

SEG_LABEL = 8       # number of the field
_Message = TypeVar("_Message", bound=Message)


@dataclass
class Record:
    """The content of one record.

    image    not decoded yet, if it is a JPEG
    boxes    (n, 7) float32: label, instance, xmin, ymin, xmax, ymax, difficult, coordinates in
             parts of the image; None if the record has no annotation type
    label    the class of the whole image
    marks    the file of its label map; empty if it has none
    outlines  what each box's object covers, where that was asked for
    """

    image: Image
    boxes: Floats | None
    label: int
    marks: bytes = b""
    outlines: tuple[Outline, ...] = ()

    @property
    def pixels(self) -> Pixels:
        """The whole image, (height, width, channels), BGR. BadRecord if it cannot be decoded."""
        return self.image.whole()


def read_datum(content: bytes, decoding: Decoding) -> Record:
    """The image and class of a Datum."""
    datum = parse(Datum(), content)
    if not datum.channels and _looks_annotated(content):
        raise BadRecord("the record is not a Datum, but an AnnotatedDatum")
    return Record(datum_image(datum, decoding), None, datum.label)


def read_annotated(content: bytes, decoding: Decoding, labels: frozenset[int] | None,
                   has_boxes: bool, has_outlines: bool = False) -> Record:
    """The image and boxes of an AnnotatedDatum.

    labels     those a box may have; None: any
    has_boxes  False: only the image and the class of its Datum are wanted
    has_outlines  the masks of the boxes are wanted too
    """
    message = parse(AnnotatedDatum(), content)
    if not message.HasField("datum"):
        raise BadRecord("the record is not an AnnotatedDatum, but a Datum or another message")
    boxes = annotation_boxes(message, labels) if has_boxes else None
    image = datum_image(message.datum, decoding)
    outlines: tuple[Outline, ...] = ()
    if has_outlines:
        size = (image.height, image.width)
        annotations = [item for group in message.annotation_group for item in group.annotation]
        outlines = tuple(read_outline(item, number, size)
                         for number, item in enumerate(annotations, 1))
    return Record(image, boxes, message.datum.label, label_map_file(message.datum), outlines)


def label_map_file(datum: Datum) -> bytes:
    """The bytes of an image file with a number for each pixel; empty if the Datum has none.

    MobileNet-YOLO's `bytes seg_label = 8`; the schema's field 8 is NVIDIA's, a number, so that
    these bytes are not among its fields.
    """
    unknown = UnknownFieldSet(datum)
    for entry in (unknown[index] for index in range(len(unknown))):
        if entry.field_number == SEG_LABEL and isinstance(entry.data, bytes):
            return entry.data
    return b""


def annotation_boxes(message: AnnotatedDatum, labels: frozenset[int] | None) -> Floats:
    """The boxes of an AnnotatedDatum, (n, 7), group by group.

    Raises BadRecord for a label outside `labels`, and for corners that are inverted or not finite.
    """
    from framework.data.records.box_checks import are_sound  # lazy: numba costs 0.2 s

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


def num_stored_boxes(content: bytes) -> int:
    """How many boxes a record has, whatever else is wrong with it; 0 if it cannot be parsed."""
    message = AnnotatedDatum()
    try:
        message.ParseFromString(content)
    except DecodeError:
        return 0
    return sum(len(group.annotation) for group in message.annotation_group)


def _unsound(corners: Floats) -> BadRecord:
    if not np.isfinite(corners).all():
        return BadRecord("a box has corners that are not finite numbers")
    inverted = corners[(corners[:, :2] > corners[:, 2:]).any(1)][0]
    return BadRecord("a box is inverted: xmin {:g} ymin {:g} xmax {:g} ymax {:g}"
                     .format(*inverted))


def datum_image(datum: Datum, decoding: Decoding) -> Image:
    """The image of a Datum message: encoded, raw bytes, or floats.

    Raises BadRecord, as `open_image` does; errors within a JPEG are raised by its `rows`.
    """
    if datum.encoded:
        return open_image(datum.data, decoding)
    shape = (datum.channels, datum.height, datum.width)
    if min(shape) < 1:
        raise BadRecord(f"its shape is {shape}; channels, height and width must be at least 1")
    data = np.frombuffer(datum.data, np.uint8) if datum.data else \
        np.array(datum.float_data, np.float32)
    if data.size == 0 or data.size != math.prod(shape):
        raise BadRecord(f"it holds {data.size} values, but its shape is {shape}")
    if not datum.data and not np.isfinite(data).all():
        raise BadRecord("it holds values that are nan or infinite")
    decoding.check(datum.channels)
    return DecodedImage(np.ascontiguousarray(data.reshape(shape).transpose(1, 2, 0)))


def holds_annotated(database: Database) -> bool | None:
    """Are the records of a database AnnotatedDatum rather than Datum? None if none tells."""
    for index in range(len(database)):
        try:
            is_annotated = _looks_annotated(database.read(index))
        except BadRecord:
            continue
        if is_annotated is not None:
            return is_annotated
    return None


def _looks_annotated(content: bytes) -> bool | None:
    """Field 1 is a message in an AnnotatedDatum, and a number in a Datum; None if it is neither."""
    for kind, is_annotated in ((Datum, False), (AnnotatedDatum, True)):
        message: Any = kind()            # Any: either of them
        try:
            message.ParseFromString(content)
        except DecodeError:
            continue
        is_told = message.HasField("datum") if is_annotated else (
            message.channels or message.data or message.float_data)
        if is_told:
            return is_annotated
    return None


def parse(message: Any, content: bytes) -> Any:
    """Parse bytes into a message. BadRecord if that fails. Any: a Datum or AnnotatedDatum."""
    try:
        message.ParseFromString(content)
    except DecodeError:
        raise BadRecord(f"the record cannot be parsed as {message.DESCRIPTOR.name}") from None
    return message
