"""Synthetic text recognition dataset: captcha-like images of strings."""

from __future__ import annotations

import math

import cv2
import numpy as np

from framework.system.arrays import Floats, Levels

FONTS = (cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_COMPLEX,
         cv2.FONT_HERSHEY_TRIPLEX, cv2.FONT_HERSHEY_COMPLEX_SMALL)
FINE = 3            # the characters are drawn that many times larger, then shrunk: soft edges


def draw_text(generator: np.random.Generator, characters: str, lengths: tuple[int, int],
              size: tuple[int, int]) -> tuple[Levels, str]:
    """A grey image (height, width) of a random string of the characters, and the string.

    lengths  the fewest and the most characters, drawn evenly
    size     height and width
    Everything comes from `generator`: the same state draws the same image.
    """
    height, width = size
    length = int(generator.integers(lengths[0], lengths[1] + 1))
    text = "".join(characters[index] for index in generator.integers(len(characters), size=length))
    ink = np.zeros((height * FINE, width * FINE), np.float32)
    step = width * FINE / (length + 0.4)
    x = generator.uniform(0.2, 0.5) * step
    x += generator.uniform() * max(width * FINE - x - length * step, 0)
    for character in text:
        x += step * generator.uniform(0.92, 1.04)
        ink = np.maximum(ink, _character(generator, character, ink.shape, x - step / 2, step))
    ink = np.asarray(cv2.resize(ink, (width, height), interpolation=cv2.INTER_AREA), np.float32)
    return _photograph(generator, ink), text


def _character(generator: np.random.Generator, character: str, size: tuple[int, ...], x: float,
               step: float) -> Floats:
    """One turned and slanted character, its centre about x, as ink from 0 to 1."""
    height, width = size
    font = FONTS[generator.integers(len(FONTS))]
    thickness = int(generator.integers(4, 9))
    (wide, high), _ = cv2.getTextSize(character, font, 1, thickness)
    limit = min(step * 0.95 / wide, height * 0.66 / high)
    scale = limit * generator.uniform(0.78, 1.0)
    (wide, high), _ = cv2.getTextSize(character, font, scale, thickness)
    drawn = np.zeros((height, width), np.uint8)
    y = height / 2 + generator.uniform(-0.1, 0.1) * height
    cv2.putText(drawn, character, (round(x - wide / 2), round(y + high / 2)), font, scale, 255,
                thickness, cv2.LINE_8)
    turn = math.radians(generator.uniform(-14, 14))
    slant = generator.uniform(-0.2, 0.2)
    matrix = np.array([[math.cos(turn), slant - math.sin(turn), 0],
                       [math.sin(turn), math.cos(turn), 0]])
    matrix[:, 2] = np.array([x, y]) - matrix[:, :2] @ np.array([x, y])
    turned = cv2.warpAffine(drawn, matrix, (width, height))
    return np.asarray(turned / 255, np.float32)


def _photograph(generator: np.random.Generator, ink: Floats) -> Levels:
    """The ink on paper: two tones, uneven light, strokes across, soft focus, and grain."""
    height, width = ink.shape
    paper = generator.uniform(0, 255)
    tone = paper + generator.uniform(90, 160) * (1 if paper < 128 else -1)
    spots = cv2.resize(generator.standard_normal((3, 2 + width // 24)).astype(np.float32),
                       (width, height), interpolation=cv2.INTER_CUBIC)
    image = paper + 12 * spots + (tone - paper) * ink
    for _ in range(int(generator.integers(0, 3))):
        ends = generator.uniform(0, 1, (2, 2)) * (width, height)
        start, end = (tuple(int(value) for value in point) for point in ends)
        cv2.line(image, start, end, float(generator.uniform(0, 255)), 1, cv2.LINE_8)
    soft = cv2.GaussianBlur(image, (0, 0), generator.uniform(0.2, 0.9))
    grain = generator.standard_normal(soft.shape, np.float32) * generator.uniform(1, 12)
    return np.clip(np.round(soft + grain), 0, 255).astype(np.uint8)
