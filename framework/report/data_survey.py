"""Collect statistics of all records of a database: bad records, classes, sizes, boxes."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from framework.data.augment.geometry import areas
from framework.data.records.boxes import CORNERS, LABEL
from framework.data.records.database import Database
from framework.data.records.images import failing_as_bad
from framework.data.records.records import (
    BadRecord,
    Decoding,
    holds_annotated,
    num_stored_boxes,
    read_annotated,
    read_datum,
)
from framework.system.arrays import Floats
from framework.system.progress import Progress

# Sides of squares as large as the boxes, in parts of the image; and widths over heights.
SIZE_EDGES = (0, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.0)
ASPECT_EDGES = (0, 1 / 4, 1 / 3, 1 / 2, 2 / 3, 1, 3 / 2, 2, 3, 4, np.inf)


@dataclass
class Survey:
    """What was found in a database.

    bad        name and reason of each bad record
    num_bad_boxes  that those have, as far as it can be known
    num_odd_boxes  those of `boxes` that are in records of an odd number of channels
    empty      names of the good records that have no box
    sizes      number of images by (width, height)
    classes    number of records by class, of records without boxes
    boxes      (n, 7) of the good records, as in `Record`
    records    (n,) which record each box is of
    images     (n, 2) width and height of that record's image
    channels   number of images by their channels
    shapes     of the files of a list, what they make for a batch: (height, width, channels) each
    """

    path: str
    names: list[str] = field(default_factory=list)
    bad: list[tuple[str, str]] = field(default_factory=list)
    num_bad_boxes: int = 0
    num_odd_boxes: int = 0
    empty: list[str] = field(default_factory=list)
    sizes: Counter[tuple[int, int]] = field(default_factory=Counter)
    classes: Counter[int] = field(default_factory=Counter)
    boxes: Floats = field(default_factory=lambda: np.zeros((0, 7), np.float32))
    records: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    images: NDArray[np.int64] = field(default_factory=lambda: np.zeros((0, 2), np.int64))
    is_annotated: bool = False
    channels: Counter[int] = field(default_factory=Counter)
    shapes: Counter[tuple[tuple[int, int, int], ...]] = field(default_factory=Counter)

    @property
    def corners(self) -> Floats:
        """(n, 4) x1 y1 x2 y2 of the boxes, in parts of the image."""
        return self.boxes[:, CORNERS]

    def sides(self) -> Floats:
        """Sides of the squares as large as the boxes."""
        result: Floats = np.sqrt(areas(np.clip(self.corners, 0, 1)))
        return result

    def aspects(self, size: tuple[int, int] | None = None) -> Floats:
        """Widths over heights in pixels; only of boxes with an area.

        size  (width, height) to which every image is resized; None: as the images are
        """
        box = self.corners[:, 2:] - self.corners[:, :2]
        box = (box * (self.images if size is None else size))[(box > 0).all(1)]
        return np.asarray(box[:, 0] / box[:, 1], np.float32)


def survey_database(database: Database, path: str, color: bool | None = None,
                    labels: frozenset[int] | None = None) -> Survey:
    """Read and decode every record.

    color, labels  as for `Decoding` and `read_annotated`
    An image with another number of channels than most is bad.
    """
    found = Survey(path, [database.name(index) for index in range(len(database))])
    found.is_annotated = holds_annotated(database) is not False
    boxes = []
    records = []
    images = []
    channels: dict[int, int] = {}
    for index in Progress(len(database), "check").over(range(len(database))):
        content = b""
        try:
            with failing_as_bad():
                content = database.read(index)
                record = read_annotated(content, Decoding(color), labels, True) \
                    if found.is_annotated else read_datum(content, Decoding(color))
                shape = record.pixels.shape
        except BadRecord as reason:
            found.bad.append((found.names[index], str(reason)))
            found.num_bad_boxes += num_stored_boxes(content) if found.is_annotated else 0
            continue
        height, width, channels[index] = shape
        found.sizes[width, height] += 1
        if record.boxes is not None and not len(record.boxes):
            found.empty.append(found.names[index])
            continue
        if record.boxes is None:
            found.classes[record.label] += 1
            continue
        boxes.append(record.boxes)
        records.append(np.full(len(record.boxes), index))
        images.append(np.full((len(record.boxes), 2), (width, height)))
    if boxes:
        found.boxes = np.concatenate(boxes)
        found.records = np.concatenate(records)
        found.images = np.concatenate(images)
    found.channels = Counter(channels.values())
    if color is None:
        _note_odd_channels(found, channels)
    return found


def _note_odd_channels(found: Survey, channels: dict[int, int]) -> None:
    counts = Counter(channels.values())
    if len(counts) < 2:
        return
    usual = counts.most_common(1)[0][0]
    decoding = Decoding(None, usual)
    for index, number in channels.items():
        try:
            decoding.check(number)
        except BadRecord as reason:
            found.bad.append((found.names[index], str(reason)))
            found.num_odd_boxes += int((found.records == index).sum())


def label_counts(found: Survey) -> list[tuple[int, int, int]]:
    """(label, boxes, images with it), by label; of records without boxes their classes."""
    if not len(found.boxes):
        return [(label, 0, count) for label, count in sorted(found.classes.items())]
    labels = found.boxes[:, LABEL].astype(int)
    return [(int(label), int((labels == label).sum()),
             len(set(found.records[labels == label].tolist()))) for label in np.unique(labels)]


def histogram(values: Floats, edges: tuple[float, ...]) -> list[tuple[float, float, int]]:
    """(low, high, count) of each interval; the last one takes its upper end too."""
    counts, _ = np.histogram(values, np.array(edges))
    return [(low, high, int(count))
            for low, high, count in zip(edges[:-1], edges[1:], counts, strict=True)]
