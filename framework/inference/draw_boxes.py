"""Draw boxes, labels and scores on images."""

from __future__ import annotations

import colorsys
from collections.abc import Mapping, Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from framework.evaluation.detection import Detection

Image = NDArray[np.uint8]
Color = tuple[int, int, int]

MASK_PART = 0.45
"""Of the class's colour in the pixels of a mask."""

SMALLEST_SIDE = 320
"""Smaller images are enlarged before drawing: letters need some pixels."""


def draw_detections(
    image: NDArray[Any], detections: Sequence[Detection], names: Mapping[int, str] | None = None
) -> Image:
    """A copy of the image, uint8 (height, width, 3 or 1) or (height, width), with all boxes.

    Lines and letters grow with the image; one whose longer side has fewer than 320 pixels is
    enlarged by a whole factor. The best box is drawn last, on top. `names` by label; a label
    without a name shows its number. Any: what cv2.imread gives is good.
    """
    canvas = _color_copy(image)
    factor = max(1, -(-SMALLEST_SIDE // max(canvas.shape[:2])))
    if factor > 1:
        size = (canvas.shape[1] * factor, canvas.shape[0] * factor)
        canvas = np.asarray(cv2.resize(canvas, size, interpolation=cv2.INTER_CUBIC), np.uint8)
    ranked = sorted(detections, key=lambda entry: entry.score)
    for detection in ranked:
        if detection.mask is not None:
            _tint(canvas, detection, factor)
    for detection in ranked:
        _draw_box(canvas, detection, factor)
    for detection in ranked:
        name = (names or {}).get(detection.label, f"class {detection.label}")
        track = f" #{detection.track}" if detection.track else ""
        _write(canvas, detection, f"{name}{track} {detection.score:.2f}", factor)
    return canvas


def _color_copy(image: NDArray[Any]) -> Image:
    if image.ndim == 2 or image.shape[2] == 1:
        image = np.repeat(image.reshape(*image.shape[:2], 1), 3, axis=2)
    return np.array(image[:, :, :3], np.uint8, order="C")


def _pixels(detection: Detection, factor: int, canvas: Image) -> tuple[int, int, int, int]:
    height, width = canvas.shape[:2]
    x1, y1, x2, y2 = (round(value * factor) for value in detection.corners)
    x1, x2 = (min(max(value, 0), width - 1) for value in (x1, x2))
    y1, y2 = (min(max(value, 0), height - 1) for value in (y1, y2))
    return x1, y1, x2, y2


def _tint(canvas: Image, detection: Detection, factor: int) -> None:
    """Mix the colour of the class into the pixels that the mask of a detection covers."""
    height, width = canvas.shape[:2]
    x1, y1, x2, y2 = (round(value * factor) for value in detection.corners)
    left, top, right, bottom = max(x1, 0), max(y1, 0), min(x2, width), min(y2, height)
    if detection.mask is None or right <= left or bottom <= top:
        return
    shown = cv2.resize(detection.mask, (x2 - x1, y2 - y1), interpolation=cv2.INTER_LINEAR)
    inside = shown[top - y1:bottom - y1, left - x1:right - x1] >= 0.5
    part = canvas[top:bottom, left:right]
    color = np.array(class_color(detection.label), np.float32)
    part[inside] = np.round(part[inside] * (1 - MASK_PART) + color * MASK_PART)


def _draw_box(canvas: Image, detection: Detection, factor: int) -> None:
    """A frame in the colour of the class, between two dark lines that show on any ground."""
    x1, y1, x2, y2 = _pixels(detection, factor, canvas)
    thickness = max(2, round(min(canvas.shape[:2]) / 250))
    cv2.rectangle(canvas, (x1, y1), (x2, y2), (0, 0, 0), thickness + 2)
    cv2.rectangle(canvas, (x1, y1), (x2, y2), class_color(detection.label), thickness)


def _write(canvas: Image, detection: Detection, text: str, factor: int) -> None:
    """`text` on a plate above the box, or in it where there is no room; inside the image."""
    height, width = canvas.shape[:2]
    left, top, _, _ = _pixels(detection, factor, canvas)
    font = cv2.FONT_HERSHEY_SIMPLEX
    scale = max(0.4, min(height, width) / 1000)
    strokes = max(1, round(scale * 1.6))
    (text_width, text_height), below = cv2.getTextSize(text, font, scale, strokes)
    if text_width * 1.1 > width:
        scale *= width / (text_width * 1.1)
        (text_width, text_height), below = cv2.getTextSize(text, font, scale, strokes)
    margin = max(2, text_height // 4)
    plate_width = text_width + 2 * margin
    plate_height = text_height + below + 2 * margin
    y = max(0, min(top - plate_height if top >= plate_height else top, height - plate_height))
    x = max(0, min(left, width - plate_width))
    color = class_color(detection.label)
    cv2.rectangle(canvas, (x, y), (x + plate_width, y + plate_height), color, cv2.FILLED)
    blue, green, red = color
    is_light = 0.114 * blue + 0.587 * green + 0.299 * red > 140
    ink = (0, 0, 0) if is_light else (255, 255, 255)
    place = (x + margin, y + margin + text_height)
    cv2.putText(canvas, text, place, font, scale, ink, strokes, cv2.LINE_AA)


def class_color(label: int) -> Color:
    """A colour (blue, green, red) for a class: neighbours in number are far apart in hue.

    Hues step by the golden ratio, so that any few of them are spread over the circle.
    """
    hue = (label * 0.618034) % 1.0
    lightness = (0.5, 0.65, 0.38)[label // 7 % 3]
    red, green, blue = colorsys.hls_to_rgb(hue, lightness, 0.95)
    return round(blue * 255), round(green * 255), round(red * 255)
