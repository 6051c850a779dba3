"""Synthetic detection dataset: photograph-like images of simple shapes, with their boxes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np

from framework.data.records.boxes import Corners
from framework.system.arrays import Floats, Levels

NAMES = ("circle", "square", "triangle", "star")
SIZES = ((320, 240), (240, 320), (400, 300), (300, 400), (360, 360), (480, 270))
"""Widths and heights of the images."""


@dataclass(frozen=True)
class Shape:
    """One shape in an image.

    corners  its tight box x1 y1 x2 y2 in pixels, edges included
    outline  its corner points (n, 2)
    """

    name: str
    corners: Corners
    outline: Floats = field(compare=False, repr=False)


def draw_image(generator: np.random.Generator) -> tuple[Levels, list[Shape]]:
    """An image (height, width, 3) in BGR of one to six shapes that hardly cover one another.

    Everything comes from `generator`: the same state draws the same image.
    """
    width, height = SIZES[generator.integers(len(SIZES))]
    image = background(generator, width, height)
    light = generator.uniform(0, 2 * math.pi)
    shapes: list[Shape] = []
    for _ in range(int(generator.integers(1, 7))):
        for _ in range(12):
            name = NAMES[generator.integers(len(NAMES))]
            outline = _outline(generator, name, width, height)
            corners = _corners(outline)
            if all(_cover(corners, other.corners) < 0.08 for other in shapes):
                paint(generator, image, outline, light)
                shapes.append(Shape(name, corners, outline))
                break
    return photograph(generator, image, light), shapes


def label_image(shapes: Sequence[Shape], width: int, height: int) -> Levels:
    """The classes (height, width) of the pixels: 0, or from 1 on, as in NAMES; the last covers."""
    labels = np.zeros((height, width), np.uint8)
    for shape in shapes:
        labels[_mask(shape.outline, width, height) > 0.5] = 1 + NAMES.index(shape.name)
    return labels


def _corners(outline: Floats) -> Corners:
    x1, y1 = outline.min(axis=0)
    x2, y2 = outline.max(axis=0)
    return float(x1), float(y1), float(x2), float(y2)


def _cover(a: Corners, b: Corners) -> float:
    """The shared area in parts of the smaller box."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    smaller = min((a[2] - a[0]) * (a[3] - a[1]), (b[2] - b[0]) * (b[3] - b[1]))
    return max(width, 0.0) * max(height, 0.0) / smaller


def _outline(generator: np.random.Generator, name: str, width: int, height: int) -> Floats:
    """Corner points (n, 2) of a rotated, slightly squeezed shape inside the image."""
    if name == "star":
        angles = np.arange(10) * math.pi / 5
        radii = np.where(np.arange(10) % 2 == 0, 1.0, 0.45)
    else:
        num_points = {"circle": 72, "square": 4, "triangle": 3}[name]
        angles = np.arange(num_points) * 2 * math.pi / num_points
        radii = np.ones(num_points)
    points = np.stack([np.cos(angles), np.sin(angles)], axis=1) * radii[:, None]
    points[:, 0] *= generator.uniform(0.8, 1.25)
    turn = generator.uniform(0, 2 * math.pi)
    rotation = np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
    points = points @ rotation.T
    span = np.ptp(points, axis=0).max()
    size = min(width, height) * math.exp(generator.uniform(math.log(0.2), math.log(0.6)))
    points = points / span * size
    low = points.min(axis=0)
    high = points.max(axis=0)
    room = np.array([width, height]) - 2.0 - (high - low)
    return np.asarray(points - low + 1.0 + room * generator.uniform(size=2), np.float32)


def _noise(generator: np.random.Generator, width: int, height: int, cell: int) -> Floats:
    """Smooth noise of standard deviation about 1 whose grains are `cell` pixels wide."""
    size = (height // cell + 3, width // cell + 3)
    grid = generator.standard_normal(size, np.float32)
    scaled = cv2.resize(grid, (size[1] * cell, size[0] * cell), interpolation=cv2.INTER_CUBIC)
    return np.asarray(scaled[cell : cell + height, cell : cell + width], np.float32)


def background(generator: np.random.Generator, width: int, height: int) -> Floats:
    """A textured surface (height, width, 3): plaster, cloth, planks or leaves, 0 to 255."""
    base = generator.uniform(40, 215, size=3)
    kind = generator.integers(4)
    texture = sum(
        _noise(generator, width, height, cell) * weight
        for cell, weight in ((64, 12.0), (16, 6.0), (5, 5.0))
    )
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    turn = generator.uniform(0, math.pi)
    along = x * math.cos(turn) + y * math.sin(turn)
    if kind == 1:
        period = generator.uniform(4, 9)
        across = -x * math.sin(turn) + y * math.cos(turn)
        weave = np.sin(along * 2 * math.pi / period) * np.sin(across * 2 * math.pi / period)
        texture = texture + 14 * weave
    elif kind == 2:
        grain = along / generator.uniform(12, 30) + 0.8 * _noise(generator, width, height, 48)
        texture = texture + 22 * np.sin(grain * 2 * math.pi)
    elif kind == 3:
        texture = texture + 20 * _noise(generator, width, height, 9)
    image = np.empty((height, width, 3), np.float32)
    for channel in range(3):
        tint = 8 * _noise(generator, width, height, 96)
        image[..., channel] = base[channel] + texture * generator.uniform(0.7, 1.3) + tint
    return np.clip(image, 0, 255)


def paint(
    generator: np.random.Generator, image: Floats, outline: Floats, light: float
) -> None:
    """Draw a lit, slightly rough object and its shadow onto `image`, in place."""
    x1, y1, x2, y2 = _corners(outline)
    size = max(x2 - x1, y2 - y1)
    margin = int(size * 0.25) + 4
    left = max(int(x1) - margin, 0)
    top = max(int(y1) - margin, 0)
    part = image[top : int(y2) + margin, left : int(x2) + margin]
    height, width = part.shape[:2]
    mask = _mask(outline - np.array([left, top], np.float32), width, height)
    under = part[mask > 0.5].mean(axis=0)
    colour = generator.uniform(15, 245, size=3)
    while np.abs(colour - under).max() < 70:
        colour = generator.uniform(15, 245, size=3)

    shift = np.array([[1, 0, -math.cos(light)], [0, 1, -math.sin(light)]], np.float64)
    shift[:, 2] *= size * generator.uniform(0.03, 0.10)
    shadow = cv2.warpAffine(mask, shift, (width, height))
    shadow = cv2.GaussianBlur(shadow, (0, 0), 1 + size * 0.03)
    part *= 1 - generator.uniform(0.2, 0.6) * shadow[..., None]

    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    across = x + left - (x1 + x2) / 2
    down = y + top - (y1 + y2) / 2
    towards = (across * math.cos(light) + down * math.sin(light)) / size
    shade = 1 + generator.uniform(0.1, 0.5) * np.clip(towards, -0.6, 0.6)
    grain = int(generator.integers(2, 7))
    rough = generator.uniform(1, 9) * _noise(generator, width, height, grain)
    surface = colour * shade[..., None] + rough[..., None]
    part *= 1 - mask[..., None]
    part += np.clip(surface, 0, 255) * mask[..., None]


def _mask(outline: Floats, width: int, height: int) -> Floats:
    """1 inside the outline, 0 outside, in between on its edge."""
    fine = np.zeros((height * 4, width * 4), np.uint8)
    cv2.fillPoly(fine, [np.round(outline * 4).astype(np.int32)], 255)
    mask = cv2.resize(fine, (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(mask / 255, np.float32)


def photograph(generator: np.random.Generator, image: Floats, light: float) -> Levels:
    """Photograph the scene with a small camera: uneven light, soft focus, grain, exposure."""
    height, width = image.shape[:2]
    x, y = np.meshgrid(np.linspace(-1, 1, width), np.linspace(-1, 1, height))
    slope = x * math.cos(light) + y * math.sin(light)
    exposure = generator.uniform(0.75, 1.15) * (1 + generator.uniform(0, 0.25) * slope)
    exposure = exposure * (1 - generator.uniform(0, 0.2) * (x * x + y * y))
    lit = (image * exposure[..., None]).astype(np.float32)
    soft = cv2.GaussianBlur(lit, (0, 0), generator.uniform(0.3, 1.3))
    grain = generator.standard_normal(soft.shape, np.float32) * generator.uniform(1, 9)
    return np.clip(np.round(soft + grain), 0, 255).astype(np.uint8)
