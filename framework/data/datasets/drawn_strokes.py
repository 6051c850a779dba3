"""Synthetic skeleton dataset: photograph-like images of bent strokes, and their middle lines."""

from __future__ import annotations

import math

import cv2
import numpy as np

from framework.data.datasets.synthetic import background, paint, photograph
from framework.system.arrays import Array, Floats, Levels

SIZE = 96                                           # height and width of the images, in pixels
RADII = ((1.5, 3.0), (5.0, 8.0), (11.0, 16.0))      # half the widths of scale 1, 2 and 3
LINE = 3                                            # width of the lines in the label image


def draw_strokes(generator: np.random.Generator) -> tuple[Levels, Levels]:
    """An image (SIZE, SIZE, 3) in BGR of two to four strokes, and the label image (SIZE, SIZE).

    A label is the scale of the stroke whose middle line is there, or 0; later strokes cover
    earlier ones. Everything comes from `generator`: the same state draws the same image.
    """
    image = background(generator, SIZE, SIZE)
    labels = np.zeros((SIZE, SIZE), np.uint8)
    light = generator.uniform(0, 2 * math.pi)
    scales = generator.integers(1, len(RADII) + 1, generator.integers(2, 5))
    for scale in sorted(scales.tolist(), reverse=True):     # wide ones first: they hide none
        line, outline = stroke(generator, generator.uniform(*RADII[scale - 1]))
        paint(generator, image, outline, light)
        cv2.fillPoly(labels, [np.round(outline).astype(np.int32)], 0)
        cv2.polylines(labels, [np.round(line).astype(np.int32)], False, scale, LINE)
    return photograph(generator, image, light), labels


def stroke(generator: np.random.Generator, radius: float) -> tuple[Floats, Floats]:
    """The middle line (n, 2) of a bent stroke with round ends inside the image, and its outline."""
    length = generator.uniform(2 * radius + 12, SIZE - 2 * radius - 2)
    turn = generator.uniform(0, 2 * math.pi)
    headings = turn + generator.uniform(-0.8, 0.8) * np.linspace(-1, 1, 16)
    line = np.cumsum(_directions(headings), axis=0) * length / 16
    line -= line.min(axis=0)
    room = SIZE - 2 * radius - 2 - line.max(axis=0)
    line += radius + 1 + room * generator.uniform(size=2)
    left = _directions(headings - math.pi / 2) * radius
    cap = np.linspace(-math.pi / 2, math.pi / 2, 9)
    end = line[-1] + _directions(headings[-1] + cap) * radius
    begin = line[0] + _directions(headings[0] + math.pi + cap) * radius
    outline = np.concatenate([line + left, end, (line - left)[::-1], begin])
    return line.astype(np.float32), outline.astype(np.float32)


def _directions(angles: Array) -> Array:
    """Unit vectors (n, 2) of angles in radians."""
    return np.stack([np.cos(angles), np.sin(angles)], axis=1)
