"""Images with boxes and names as charts of a report."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import cv2
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from framework.evaluation.columns import Doubles
from framework.report.detection_run import Photo
from framework.report.page import Chart
from framework.system.arrays import Array

WIDTH = 3.6             # inches of a photo
DPI = 130
MARKED, RIGHT, WRONG = "#ffd700", "#00d26a", "#ff4d4d"
SHEET_COLUMNS = 4
JPEG = 85


def photo_chart(name: str, photo: Photo, shown: Mapping[int, str], thresholds: Doubles,
                words: str) -> Chart:
    """One of the worst images: marked boxes dashed, right detections and wrong ones in colours.

    shown       names by class, as fonts can write them
    thresholds  (C,) scores from which on a detection of each class is drawn
    words       what the image shows
    """
    height, width = photo.image.shape[:2]
    figure = Figure((WIDTH, WIDTH * height / width), dpi=DPI)
    place = _bare(figure.add_axes((0, 0, 1, 1)), photo.image)
    for row in photo.marked:
        _box(place, row[1:5] * [width, height, width, height], MARKED, shown[int(row[0])],
             is_dashed=True)
    for row in photo.found[::-1]:
        if row[5] >= thresholds[int(row[0])]:
            _box(place, row[1:5] * [width, height, width, height], WRONG if row[6] else RIGHT,
                 f"{shown[int(row[0])]} {row[5]:.2f}")
    return _chart(name, figure, words)


def sheet_chart(name: str, images: Sequence[Array], draw: Callable[[int, Axes], None], words: str
                ) -> Chart:
    """Images in rows; `draw` puts on the axes of the image of a number what belongs to it."""
    columns = min(SHEET_COLUMNS, len(images))
    rows = math.ceil(len(images) / columns)
    form = max(image.shape[0] / image.shape[1] for image in images)
    figure = Figure((2.4 * columns, 2.4 * form * rows), dpi=DPI)
    grid = figure.add_gridspec(rows, columns, left=0, right=1, bottom=0, top=1, wspace=0.02,
                               hspace=0.02)
    for index, image in enumerate(images):
        draw(index, _bare(figure.add_subplot(grid[index]), image))
    return _chart(name, figure, words)


def label_rows(place: Axes, rows: Array, shown: Mapping[int, str]) -> None:
    """Draw rows (n, 8) of AnnotatedData on the image of an axes; names by label."""
    width, height = place.get_xlim()[1] + 0.5, place.get_ylim()[0] + 0.5
    for row in rows:
        x, y, right, low = row[3:7] * [width, height, width, height]
        _box(place, np.array([x, y, right - x, low - y]), MARKED,
             shown.get(int(row[1]), f"class {int(row[1])}"), is_dashed=True)


def _bare(place: Axes, image: Array) -> Axes:
    """The axes with the image alone."""
    place.imshow(image[:, :, ::-1], interpolation="nearest", aspect="auto")
    place.set_axis_off()
    return place


def _box(place: Axes, box: Doubles, colour: str, name: str, is_dashed: bool = False) -> None:
    """A frame with a dark rim, and its name on a dark plate inside the image."""
    x, y, width, height = box
    style = (0, (3, 2)) if is_dashed else "-"
    place.add_patch(Rectangle((x, y), width, height, fill=False, edgecolor="black", linewidth=2.6))
    place.add_patch(Rectangle((x, y), width, height, fill=False, edgecolor=colour, linewidth=1.5,
                              linestyle=style))
    high = place.get_ylim()[0]
    # marked names are below the box and found ones above it, so that both can be read
    y_text = min(y + height, high - 2) if is_dashed else max(y, 2)
    place.text(max(x, 0), y_text, name, fontsize=6.5, color=colour, clip_on=True,
               verticalalignment="top" if is_dashed and y + height < high * 0.93 else "bottom",
               bbox={"facecolor": "black", "alpha": 0.75, "edgecolor": "none", "pad": 0.8})


def _chart(name: str, figure: Figure, words: str) -> Chart:
    """A chart whose form in the page is a JPEG, which is small: drawn once, written as both."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    pixels = cv2.cvtColor(np.asarray(canvas.buffer_rgba()), cv2.COLOR_RGBA2BGR)
    small = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, JPEG])[1].tobytes()
    return Chart(name, cv2.imencode(".png", pixels)[1].tobytes(), words, words,
                 (small, "image/jpeg"))
