"""The "segmentation" of COCO's annotations: polygons, runs, and runs packed into a text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from framework.data.records.boxes import Corners, box_around
from framework.data.records.exif import pixels_as_stored, turned
from framework.errors import DataError
from framework.system.wording import shortened

Pixels = npt.NDArray[np.uint8]
Runs = tuple[int, int, tuple[int, ...]]     # height, width, pixels outside and inside by turns


@dataclass(frozen=True)
class Segmentation:
    """What an object covers: polygons x1, y1, x2, y2, ... in pixels, or runs; neither if nothing
    is said."""

    polygons: tuple[tuple[float, ...], ...] = ()
    runs: Runs | None = None


def around(segmentation: Segmentation) -> Corners:
    """The box around polygons or runs. ValueError for runs that cover nothing."""
    if segmentation.runs is None:
        xs = [x for polygon in segmentation.polygons for x in polygon[::2]]
        ys = [y for polygon in segmentation.polygons for y in polygon[1::2]]
        return box_around(xs, ys)
    found = extent(pixels_of(segmentation.runs))
    if found is None:
        raise ValueError("the runs of a mask cover nothing")
    left, top, right, bottom = map(float, found)
    return left, top, right, bottom


def extent(mask: Pixels) -> tuple[int, int, int, int] | None:
    """The first column and row of a mask that have a pixel, and those after the last; None if it
    covers nothing."""
    columns = np.flatnonzero(mask.any(0))
    rows = np.flatnonzero(mask.any(1))
    if not len(rows):
        return None
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def pixels_of(runs: Runs) -> Pixels:
    """The mask of runs, (height, width): 1 inside, 0 outside."""
    height, width, counts = runs
    inside = (np.arange(len(counts)) % 2).astype(np.uint8)
    return np.repeat(inside, counts).reshape(width, height).T


def runs_of(mask: Pixels) -> Runs:
    """The runs of a mask, column by column, the first of them outside."""
    flat = mask.T.ravel()
    starts = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    counts = np.diff(np.concatenate(([0], starts, [flat.size]))).tolist()
    return mask.shape[0], mask.shape[1], tuple([0, *counts] if flat[0] else counts)


def as_stored(mask: Segmentation, orientation: int, size: tuple[int, int]) -> Segmentation:
    """What an object covers of the shown image, of that (width, height), in the stored one."""
    runs = mask.runs
    if runs is not None:
        runs = runs_of(pixels_as_stored(pixels_of(runs), orientation))
    polygons = tuple(
        tuple(number for x, y in zip(polygon[::2], polygon[1::2], strict=True)
              for number in turned((x, y, x, y), orientation, size)[:2])
        for polygon in mask.polygons)
    return Segmentation(polygons, runs)


def read_segmentation(item: Any, width: int, height: int) -> Segmentation:
    """The segmentation of an annotation. DataError for one that cannot be.

    item  Any: what JSON holds
    width, height  of the image, as the file states them; 0 if it does not
    """
    value = item.get("segmentation")
    if not value:
        return Segmentation()
    where = f"annotation {item.get('id', '?')}"
    if isinstance(value, dict):
        return Segmentation(runs=_runs(value, where, width, height))
    if not isinstance(value, list) or not all(isinstance(polygon, list) for polygon in value):
        raise DataError(f"{where}: its segmentation is {shortened(repr(value))}; it must be a list "
                        "of polygons, each a list of x and y, or runs with size and counts")
    polygons = tuple(tuple(float(number) for number in polygon) for polygon in value if polygon)
    for polygon in polygons:
        if len(polygon) % 2 or len(polygon) < 6:
            raise DataError(f"{where}: a polygon has {len(polygon)} numbers; it must be x and y of "
                            "each point, three points at least")
    return Segmentation(polygons)


def _runs(value: dict[str, Any], where: str, width: int, height: int) -> Runs:
    size = tuple(int(number) for number in value["size"])
    if len(size) != 2:
        raise DataError(f"{where}: the size of its mask is {list(size)}; it must be height "
                        "and width")
    if width and size != (height, width):
        raise DataError(f"{where}: its mask is {' x '.join(map(str, size[::-1]))}; the image is "
                        f"{width} x {height}")
    height, width = size
    counts = value["counts"]
    try:
        numbers = unpacked(counts) if isinstance(counts, str) else tuple(map(int, counts))
    except DataError as error:
        raise DataError(f"{where}: {error}") from None
    if sum(numbers) != width * height or min(numbers, default=0) < 0:
        raise DataError(f"{where}: the runs of its mask have {sum(numbers)} pixels; {width} x "
                        f"{height} are {width * height}")
    return height, width, numbers


def unpacked(text: str) -> tuple[int, ...]:
    """The runs in a text of COCO's API: 5 bits a character, from the second on as differences.

    Source: rleFrString in maskApi.c.
    """
    counts: list[int] = []
    value = shift = 0
    for character in text:
        bits = ord(character) - 48
        if not 0 <= bits < 64:
            raise DataError(f"a text of runs has the character {character!r}")
        value |= (bits & 31) << shift
        shift += 5
        if bits & 32:
            continue
        if bits & 16:
            value -= 1 << shift
        counts.append(value + counts[-2] if len(counts) > 2 else value)
        value = shift = 0
    if shift:
        raise DataError("a text of runs ends within a number")
    return tuple(counts)
