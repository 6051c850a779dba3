"""Mosaic and mixup: one training image of several records, with the boxes of all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from framework.data.augment.draws import Draws
from framework.data.augment.resizing import resize_plain
from framework.data.records.boxes import CORNERS
from framework.data.records.images import DecodedImage
from framework.data.records.records import BadRecord, Pixels, Record
from framework.system.arrays import Floats
from framework.system.wording import counted

NEAREST = 0.25          # how near the corner of a mosaic comes to an edge, in parts of the image


@dataclass(frozen=True)
class Joining:
    """How often records are joined.

    mosaic_prob  of four records in one image
    mixup_prob   of two, blended; the share of one of them is of Beta(mixup_alpha, mixup_alpha)
    """

    mosaic_prob: float
    mixup_prob: float
    mixup_alpha: float

    def __call__(self, record: Record, other: Callable[[], Record], draws: Draws) -> Record:
        """The record, joined with others if it happens.

        other  gives another record, drawn anew
        """
        if draws.chance(self.mosaic_prob):
            corner = draws.uniform(NEAREST, 1 - NEAREST), draws.uniform(NEAREST, 1 - NEAREST)
            record = mosaic([record, other(), other(), other()], corner)
        if draws.chance(self.mixup_prob):
            share = float(draws.generator.beta(self.mixup_alpha, self.mixup_alpha))
            record = mixup(record, other(), share)
        return record


def mosaic(records: Sequence[Record], corner: tuple[float, float]) -> Record:
    """Four records in one image of the first one's size, each whole, resized to its quarter.

    corner  x and y where the four meet, in parts of the image
    The boxes (n, 7) are those of all, moved and scaled as their images. Raises BadRecord if the
    images differ in their channels.
    Source: Bochkovskiy et al. 2020, 3.3, where images are cut to their quarters instead.
    """
    first = records[0].pixels
    height, width = first.shape[:2]
    x, y = round(corner[0] * width), round(corner[1] * height)
    x, y = min(max(x, 1), width - 1), min(max(y, 1), height - 1)
    joined = np.empty_like(first)
    boxes = []
    quarters = ((0, 0, x, y), (x, 0, width, y), (0, y, x, height), (x, y, width, height))
    for record, (left, top, right, bottom) in zip(records, quarters, strict=True):
        pixels = _like(record.pixels, first)
        joined[top:bottom, left:right] = resize_plain(pixels, right - left, bottom - top,
                                                      cv2.INTER_LINEAR)
        boxes.append(_moved(record, (left / width, top / height),
                            ((right - left) / width, (bottom - top) / height)))
    return Record(DecodedImage(joined), np.concatenate(boxes), records[0].label)


def mixup(first: Record, second: Record, share: float) -> Record:
    """Two records blended, with the boxes of both.

    share  of the first; the second has the rest
    The image is as high and wide as both, which are at its upper left, on black. Raises BadRecord
    if the images differ in their channels.
    Source: Zhang et al. 2019, Bag of Freebies for Training Object Detection, 3.1.
    """
    a = first.pixels
    b = _like(second.pixels, a)
    height, width = np.maximum(a.shape[:2], b.shape[:2])
    blended = np.zeros((height, width, a.shape[2]), np.float32)
    blended[:a.shape[0], :a.shape[1]] += np.float32(share) * a
    blended[:b.shape[0], :b.shape[1]] += np.float32(1 - share) * b
    if a.dtype == np.uint8:
        blended = np.round(blended)
    boxes = [_moved(record, (0, 0), (pixels.shape[1] / width, pixels.shape[0] / height))
             for record, pixels in ((first, a), (second, b))]
    return Record(DecodedImage(blended.astype(a.dtype)), np.concatenate(boxes), first.label)


def _like(pixels: Pixels, first: Pixels) -> Pixels:
    if pixels.shape[2] != first.shape[2] or pixels.dtype != first.dtype:
        raise BadRecord(f"it has {counted(pixels.shape[2], 'channel')}, {pixels.dtype}; the one "
                        f"it is joined with has {first.shape[2]}, {first.dtype}")
    return pixels


def _moved(record: Record, offset: tuple[float, float], scale: tuple[float, float]) -> Floats:
    """The boxes of a record in parts of an image that shows it at `offset`, at `scale`."""
    assert record.boxes is not None
    boxes = record.boxes.copy()
    boxes[:, CORNERS] = boxes[:, CORNERS] * np.array(scale * 2, np.float32) + np.array(
        offset * 2, np.float32)
    return boxes
