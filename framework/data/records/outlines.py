"""Masks of objects in records: polygons, or runs as COCO has them, and their pixels in a view."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from framework.data.records.images import BadRecord
from framework.system.arrays import Floats, Levels

FINE = 4                # rows and columns that a pixel is drawn in
TOLERANCE = 1e-3        # by which a rounded part may pass 0 or 1


@dataclass(frozen=True)
class View:
    """The part of an image that is shown, and the size that it is shown in.

    x, y, width, height  in pixels of the image; the part may exceed it
    columns, rows        of what is shown
    """

    x: float
    y: float
    width: float
    height: float
    columns: int
    rows: int
    is_mirrored: bool = False


@dataclass(frozen=True)
class Outline:
    """What of an image an object covers.

    polygons  (n, 2) each, x and y in parts of the image; all together are the object
    bitmap    (height, width) in pixels of the image, 0 or 255; None: the polygons say it
    """

    polygons: tuple[Floats, ...]
    bitmap: Levels | None = None

    def mask(self, view: View, image_size: tuple[int, int]) -> Levels:
        """(rows, columns), 1 where half of a pixel or more is the object's.

        image_size  height and width
        """
        scale = np.array([view.columns / view.width, view.rows / view.height])
        shown = self._from_bitmap(view, scale) if self.bitmap is not None \
            else self._drawn(view, scale, image_size)
        return np.ascontiguousarray(shown[:, ::-1]) if view.is_mirrored else shown

    def _from_bitmap(self, view: View, scale: Floats) -> Levels:
        """Each pixel takes its middle's value between those of the bitmap's."""
        shift = (0.5 - np.array([view.x, view.y])) * scale - 0.5
        matrix = np.array([[scale[0], 0, shift[0]], [0, scale[1], shift[1]]])
        assert self.bitmap is not None
        warped = cv2.warpAffine(self.bitmap, matrix, (view.columns, view.rows),
                                flags=cv2.INTER_LINEAR, borderValue=0)
        return (warped >= 128).astype(np.uint8)

    def _drawn(self, view: View, scale: Floats, image_size: tuple[int, int]) -> Levels:
        mask = np.zeros((view.rows, view.columns), np.uint8)
        whole = np.array(image_size[::-1], np.float64)
        parts = [(polygon * whole - (view.x, view.y)) * scale for polygon in self.polygons]
        points = np.concatenate(parts)
        limit = np.array([view.columns, view.rows])
        low = np.clip(np.floor(points.min(0)), 0, limit).astype(int)
        high = np.clip(np.ceil(points.max(0)), 0, limit).astype(int)
        width, height = high - low
        if min(width, height) < 1:
            return mask
        fine = np.zeros((height * FINE, width * FINE), np.uint8)
        for part in parts:      # one by one: together, what two of them cover would be outside
            # in 1/256 of a fine pixel, whose middle is at a whole number
            corners = np.round(((part - low) * FINE - 0.5) * 256).astype(np.int32)
            cv2.fillPoly(fine, [corners], 255, shift=8)
        small = cv2.resize(fine, (int(width), int(height)), interpolation=cv2.INTER_AREA)
        mask[low[1]:high[1], low[0]:high[0]] = small >= 128
        return mask


def read_outline(annotation: Any, number: int, image_size: tuple[int, int]) -> Outline:
    """The outline of an Annotation. BadRecord if it has none, or one that cannot be.

    annotation  Any: a message
    number      of its box in the record, from 1, for messages
    """
    if annotation.HasField("mask_runs"):
        return Outline((), _bitmap(annotation.mask_runs, number, image_size))
    if not annotation.polygon:
        raise BadRecord(f"box {number} has no mask: neither a polygon nor mask_runs")
    return Outline(tuple(_corners(polygon.point, number) for polygon in annotation.polygon))


def _corners(values: Sequence[float], number: int) -> Floats:
    if len(values) % 2 or len(values) < 6:
        raise BadRecord(f"a polygon of box {number} has {len(values)} numbers; it must be x and y "
                        "of each point, three points at least")
    points = np.array(values, np.float32).reshape(-1, 2)
    if not ((points >= -TOLERANCE) & (points <= 1 + TOLERANCE)).all():      # NaN is not either
        raise BadRecord(f"a polygon of box {number} leaves the image: its points must be from 0 to "
                        f"1, and one is {_worst(points)}")
    return points


def _worst(points: Floats) -> str:
    far = np.abs(points - 0.5).max(1)
    x, y = points[int(np.argmax(np.nan_to_num(far, nan=np.inf)))]
    return f"({x:g}, {y:g})"


def _bitmap(runs: Any, number: int, image_size: tuple[int, int]) -> Levels:
    """The pixels of MaskRuns, 0 or 255. Any: a message."""
    if (runs.height, runs.width) != image_size:
        raise BadRecord(f"the mask of box {number} is {runs.width} x {runs.height}; the image is "
                        f"{image_size[1]} x {image_size[0]}")
    counts = np.array(runs.count, np.int64)
    if counts.sum() != runs.height * runs.width:
        raise BadRecord(f"the runs of the mask of box {number} have {counts.sum()} pixels; "
                        f"{runs.width} x {runs.height} are {runs.height * runs.width}")
    values = (np.arange(len(counts)) % 2 * 255).astype(np.uint8)
    # column by column
    pixels: Levels = np.repeat(values, counts).reshape(runs.width, runs.height).T
    return np.ascontiguousarray(pixels)
