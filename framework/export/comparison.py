"""Two sets of blobs, blob by blob: how far they differ, as a table and as an image."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from framework.export.check import compare_rows

Array = NDArray[Any]        # Any: of any type of number
LINE, LEFT, WIDTH = 18, 300, 940        # pixels of the image
LOWEST_POWER = -8           # of ten, at the left end of the image's scale
AGREES, DIFFERS, INK, GRID = (120, 170, 70), (60, 60, 210), (40, 40, 40), (225, 225, 225)     # BGR


@dataclass(frozen=True)
class Difference:
    """How a blob of B differs from the same of A.

    largest, mean  absolute differences
    part           the largest one as a part of A's largest value; infinite if it has no meaning
    cosine         of the angle between both as vectors; 1 for two of zeros; NaN, in a table -, if
                   rows were matched or nothing could be compared
    note           what else there is to say; ""
    """

    blob: str
    shape: tuple[int, ...]
    largest: float
    mean: float
    part: float
    cosine: float
    note: str = ""


def compare_blobs(first: Mapping[str, Array], second: Mapping[str, Array],
                  other_names: Mapping[str, str] | None = None) -> list[Difference]:
    """The blobs that both have, in the order of the first.

    other_names  the name in the second of a blob of the first, where it is another
    """
    names = dict(other_names or {})
    found = []
    for blob, array in first.items():
        other = names.get(blob, blob)
        if other in second:
            found.append(difference(blob, array, second[other]))
    return found


def difference(blob: str, first: Array, second: Array) -> Difference:
    """How one blob differs. Axes of size 1 do not count; detections may come in another order."""
    note = ""
    a, b = (array.astype(np.float64) for array in (first, second))
    if a.shape != b.shape:
        note = f"B is {shape_text(b.shape)}"
        if is_detections(a) and is_detections(b):
            return _detections(blob, first, second, note)
        a, b = a.squeeze(), b.squeeze()
        if a.shape != b.shape:
            return _incomparable(blob, first.shape, note)
    if not np.array_equal(np.isfinite(a), np.isfinite(b)):
        note = ", ".join(filter(None, (note, "NaN or infinite at other positions")))
        return _incomparable(blob, first.shape, note)
    sound = np.isfinite(a)
    a = a[sound]
    b = b[sound]
    far = np.abs(a - b)
    largest = float(far.max(initial=0))
    size = float(np.abs(a).max(initial=0))
    part = 0.0
    if largest:
        part = largest / size if size else float("inf")
    mean = float(far.mean()) if far.size else 0.0
    result = Difference(blob, first.shape, largest, mean, part, _cosine(a, b), note)
    if part > 0 and is_detections(first) and is_detections(second):
        rows = _detections(blob, first, second, note)
        return rows if rows.part < part else result
    return result


def _incomparable(blob: str, shape: tuple[int, ...], note: str) -> Difference:
    beyond = float("inf")
    return Difference(blob, shape, beyond, beyond, beyond, float("nan"), note)


def is_detections(array: Array) -> bool:
    """Whether it has the shape of DetectionOutput's rows, (1, 1, K, 7)."""
    return array.ndim == 4 and array.shape[:2] == (1, 1) and array.shape[3] == 7


def _detections(blob: str, first: Array, second: Array, note: str) -> Difference:
    part, reason = compare_rows(_by_label(first), _by_label(second), 0.0)
    note = ", ".join(filter(None, (note, reason if part == float("inf") else "rows matched")))
    return Difference(blob, first.shape, part, part, part, float("nan"), note)


def _by_label(array: Array) -> Array:
    """Rows by image and label: OpenCV 4 may have labels in another order."""
    rows = array.reshape(-1, 7)
    return rows[np.lexsort((rows[:, 1], rows[:, 0]))]


def _cosine(a: Array, b: Array) -> float:
    lengths = float(np.linalg.norm(a) * np.linalg.norm(b))
    if not lengths:
        return 1.0 if not a.any() and not b.any() else 0.0
    return float(np.dot(a.ravel(), b.ravel())) / lengths


def first_divergence(rows: Sequence[Difference], tolerance: float) -> Difference | None:
    """The first blob that differs by more than that part of its largest value."""
    return next((row for row in rows if not row.part <= tolerance), None)


def shape_text(shape: Sequence[int]) -> str:
    return " x ".join(map(str, shape)) or "1"


def table(rows: Sequence[Difference], tolerance: float) -> str:
    """One line a blob; `*` marks those that differ."""
    width = max([4, *(len(row.blob) for row in rows)])
    shapes = [shape_text(row.shape) for row in rows]
    wide = max([5, *map(len, shapes)])
    lines = [f"  {'blob':{width}}  {'shape':{wide}}  {'largest':>9}  {'mean':>9}  {'part':>9}  "
             "cosine"]
    for row, shape in zip(rows, shapes, strict=True):
        mark = " " if row.part <= tolerance else "*"
        cosine = "-" if math.isnan(row.cosine) else f"{row.cosine:.6f}"
        lines.append(f"{mark} {row.blob:{width}}  {shape:{wide}}  {row.largest:9.2e}  "
                     f"{row.mean:9.2e}  {row.part:9.2e}  {cosine:8}  {row.note}".rstrip())
    return "\n".join(lines)


def draw(rows: Sequence[Difference], tolerance: float, title: str) -> NDArray[np.uint8]:
    """An image of BGR bytes: a bar for each blob's part, on a scale of powers of ten."""
    image = np.full((LINE * (len(rows) + 3), WIDTH, 3), 255, np.uint8)
    a_power = (WIDTH - LEFT - 20) / -LOWEST_POWER

    def column(part: float) -> int:
        power = np.log10(max(part, 10.0 ** LOWEST_POWER)) if part < 1 else 0.0
        return round(LEFT + (power - LOWEST_POWER) * a_power)

    _write(image, title, 4, 0)
    for power in range(LOWEST_POWER, 1):
        x = column(10.0 ** power)
        cv2.line(image, (x, LINE * 2), (x, image.shape[0]), GRID, 1)
        _write(image, f"1e{power}", min(x - 12, WIDTH - 40), 1)
    limit = column(tolerance)
    for index, row in enumerate(rows, 2):
        fits = row.part <= tolerance
        _write(image, row.blob, 4, index)
        cv2.rectangle(image, (LEFT, index * LINE + 4),
                      (max(column(row.part), LEFT + 1), index * LINE + LINE - 3),
                      AGREES if fits else DIFFERS, -1)
    cv2.line(image, (limit, LINE * 2), (limit, image.shape[0]), INK, 1)
    return image


def _write(image: NDArray[np.uint8], text: str, left: int, line: int) -> None:
    plain = text.encode("ascii", "replace").decode()
    cv2.putText(image, plain, (left, line * LINE + LINE - 5), cv2.FONT_HERSHEY_SIMPLEX, 0.4, INK,
                1, cv2.LINE_AA)
