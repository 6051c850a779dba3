"""Charts of a database: classes, and sizes, aspect ratios and positions of its boxes."""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from framework.report.data_survey import Survey, label_counts

Image = NDArray[np.uint8]

WIDTH, HEIGHT = 620, 420              # of a panel
_LEFT, _RIGHT, _TOP, _BELOW = 60, 16, 40, 46
_MOST_CLASSES = 30
_SIZE_BINS = np.geomspace(0.01, 1, 41)
_ASPECT_BINS = np.geomspace(1 / 8, 8, 43)
_CELLS = 48                           # of the heat map, in each direction
_INK = (40, 40, 40)
_GRID = (225, 225, 225)
_BAR = (180, 119, 31)


def draw_survey(found: Survey, names: dict[int, str], size: tuple[int, int] | None = None
                ) -> Image:
    """An image, uint8 BGR, of four panels; without boxes only that of the classes.

    names  of the labels
    size   as in `Survey.aspects`
    """
    counts = label_counts(found)
    shown = counts[:_MOST_CLASSES]
    title = "boxes a class" if len(found.boxes) else "images a class"
    if len(counts) > len(shown):
        title += f" (the first {len(shown)} of {len(counts)})"
    bars = [(names.get(label, str(label)), boxes or images) for label, boxes, images in shown]
    classes = _bars(title, bars)
    if not len(found.boxes):
        return classes
    sides = np.clip(found.sides(), _SIZE_BINS[0], 1)
    aspects = np.clip(found.aspects(size), _ASPECT_BINS[0], _ASPECT_BINS[-1])
    form = f" in {size[0]} x {size[1]}" if size else ""
    sizes = _histogram("side of a square as large as the box, % of the image", sides,
                       _SIZE_BINS, [(v / 100, f"{v:g}") for v in (1, 2, 5, 10, 20, 50, 100)])
    forms = _histogram(f"width over height of the box, in pixels{form}", aspects, _ASPECT_BINS,
                       [(2.0 ** v, f"{2.0 ** v:g}") for v in range(-3, 4)])
    return np.vstack([np.hstack([classes, _places(found)]), np.hstack([sizes, forms])])


def _panel(title: str) -> Image:
    panel = np.full((HEIGHT, WIDTH, 3), 255, np.uint8)
    _write(panel, title, (_LEFT, 24))
    return panel


def _write(panel: Image, text: str, place: tuple[int, int], scale: float = 0.45) -> None:
    cv2.putText(panel, text.encode("ascii", "replace").decode(), place, cv2.FONT_HERSHEY_SIMPLEX,
                scale, _INK, 1, cv2.LINE_AA)


def _text_width(text: str, scale: float = 0.45) -> int:
    return int(cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, scale, 1)[0][0])


def _scale(panel: Image, most: int) -> float:
    """Draw lines at round counts; returns the pixels a count takes upwards."""
    tall = HEIGHT - _TOP - _BELOW
    step = 10 ** math.floor(math.log10(max(most, 1)))
    step = max(next(step * part // 10 for part in (2, 5, 10) if most <= step * part // 10 * 5
                    or part == 10), 1)
    for count in range(0, most + 1, step):
        y = HEIGHT - _BELOW - round(tall * count / max(most, 1))
        cv2.line(panel, (_LEFT, y), (WIDTH - _RIGHT, y), _GRID, 1)
        _write(panel, str(count), (_LEFT - 8 - _text_width(str(count), 0.4), y + 4), 0.4)
    return tall / max(most, 1)


def _bars(title: str, rows: Sequence[tuple[str, int]]) -> Image:
    """One bar a row, its count on top and its name below."""
    panel = _panel(title)
    a_count = _scale(panel, max((count for _, count in rows), default=1))
    step = (WIDTH - _LEFT - _RIGHT) / max(len(rows), 1)
    for index, (name, count) in enumerate(rows):
        left = _LEFT + step * (index + 0.1)
        right = _LEFT + step * (index + 0.9)
        top = HEIGHT - _BELOW - round(a_count * count)
        cv2.rectangle(panel, (round(left), top), (round(right), HEIGHT - _BELOW), _BAR, -1)
        middle = (left + right) / 2
        letters = max(int(step / 8), 1)
        name = name if len(name) <= letters else name[:letters]
        low = HEIGHT - _BELOW + 16 + 14 * (index % 2 if step < 60 else 0)
        _write(panel, name, (round(middle - _text_width(name, 0.4) / 2), low), 0.4)
        if step > 30:
            _write(panel, str(count), (round(middle - _text_width(str(count), 0.4) / 2), top - 5),
                   0.4)
    return panel


def _histogram(title: str, values: NDArray[np.float32], edges: NDArray[np.float64],
               marks: Sequence[tuple[float, str]]) -> Image:
    """Counts between edges that grow by a factor; `marks` are values and how to write them."""
    panel = _panel(title)
    counts, _ = np.histogram(values, edges)
    a_count = _scale(panel, int(counts.max(initial=1)))
    logs = np.log(edges)
    scale = (WIDTH - _LEFT - _RIGHT) / (logs[-1] - logs[0])
    places = np.rint(_LEFT + (logs - logs[0]) * scale).astype(int).tolist()
    for left, right, count in zip(places[:-1], places[1:], counts.tolist(), strict=True):
        if count:
            top = min(HEIGHT - _BELOW - round(a_count * count), HEIGHT - _BELOW - 1)
            cv2.rectangle(panel, (left + 1, top), (right - 1, HEIGHT - _BELOW), _BAR, -1)
    for value, text in marks:
        x = round(_LEFT + (math.log(value) - logs[0]) * scale)
        cv2.line(panel, (x, HEIGHT - _BELOW), (x, HEIGHT - _BELOW + 5), _INK, 1)
        _write(panel, text, (x - _text_width(text, 0.4) // 2, HEIGHT - _BELOW + 20), 0.4)
    return panel


def _places(found: Survey) -> Image:
    """Heat map of the boxes: how many cover each cell of the image; dark is many."""
    panel = _panel("boxes over each part of the image (dark: many)")
    # two-dimensional difference array: +1 and -1 at the corners of a box, then summed both ways
    steps = np.zeros((_CELLS + 1, _CELLS + 1))
    whole = np.clip(np.rint(np.clip(found.corners, 0, 1) * _CELLS), 0, _CELLS).astype(int)
    for columns, sign in (((0, 1), 1), ((2, 1), -1), ((0, 3), -1), ((2, 3), 1)):
        np.add.at(steps, (whole[:, columns[1]], whole[:, columns[0]]), sign)
    cover = steps.cumsum(0).cumsum(1)[:_CELLS, :_CELLS]
    width, height = found.images.mean(0)
    scale = min((WIDTH - _LEFT - _RIGHT) / width, (HEIGHT - _TOP - _BELOW) / height)
    size = round(width * scale), round(height * scale)
    grey = np.rint(255 * (1 - cover / max(cover.max(), 1))).astype(np.uint8)
    shade = cv2.resize(grey, size, interpolation=cv2.INTER_NEAREST)
    x = _LEFT + (WIDTH - _LEFT - _RIGHT - size[0]) // 2
    panel[_TOP:_TOP + size[1], x:x + size[0]] = shade[:, :, None]
    cv2.rectangle(panel, (x, _TOP), (x + size[0], _TOP + size[1]), _INK, 1)
    _write(panel, f"0 to {int(cover.max())} boxes", (x, _TOP + size[1] + 20), 0.4)
    return panel
