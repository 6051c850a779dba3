"""Synthetic face dataset: drawn identities, seen in other poses, light and noise each time."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from framework.system.arrays import Array, Floats, Levels

SIDE = 160          # pixels a face is drawn with, before it is shrunk
SKINS = ((60, 90, 140), (90, 125, 175), (130, 165, 215), (160, 190, 235), (110, 160, 205))
HAIRS = ((15, 15, 20), (20, 40, 70), (40, 80, 130), (70, 150, 200), (150, 150, 155), (25, 45, 150))
EYES = ((50, 40, 30), (30, 60, 100), (150, 110, 60), (80, 120, 70))
HAIR_STYLES = ("bald", "short", "fringe", "long", "tall")


@dataclass(frozen=True)
class Identity:
    """What makes a face that of one person; lengths in parts of half the head's height.

    Colours are BGR.
    """

    skin: Floats
    hair: Floats
    iris: Floats
    hair_style: str
    head_width: float
    jaw_width: float
    eye_distance: float
    eye_height: float
    eye_size: float
    brow_height: float
    brow_width: float
    brow_turn: float
    nose_length: float
    nose_width: float
    mouth_width: float
    mouth_height: float
    lip_width: float
    has_beard: bool
    has_glasses: bool
    spot: tuple[float, float]


def draw_identity(generator: np.random.Generator) -> Identity:
    """A random person."""
    uniform = generator.uniform

    def tinted(colours: tuple[tuple[int, int, int], ...]) -> Floats:
        chosen = np.array(colours[generator.integers(len(colours))], np.float32)
        return np.asarray(np.clip(chosen + uniform(-14, 14, 3), 0, 255), np.float32)

    return Identity(
        skin=tinted(SKINS), hair=tinted(HAIRS), iris=tinted(EYES),
        hair_style=HAIR_STYLES[generator.integers(len(HAIR_STYLES))],
        head_width=uniform(0.66, 0.86), jaw_width=uniform(0.3, 0.62),
        eye_distance=uniform(0.25, 0.42), eye_height=uniform(-0.2, 0.02),
        eye_size=uniform(0.08, 0.15), brow_height=uniform(0.13, 0.25),
        brow_width=uniform(0.02, 0.065), brow_turn=uniform(-0.35, 0.35),
        nose_length=uniform(0.22, 0.46), nose_width=uniform(0.07, 0.19),
        mouth_width=uniform(0.16, 0.38), mouth_height=uniform(0.42, 0.6),
        lip_width=uniform(0.03, 0.1), has_beard=bool(uniform() < 0.25),
        has_glasses=bool(uniform() < 0.25), spot=(uniform(-0.45, 0.45), uniform(0.0, 0.5)))


class _Pose:
    """A turned head: parts of a face on a ball, seen from the front."""

    def __init__(self, generator: np.random.Generator):
        self.yaw = generator.uniform(-0.4, 0.4)
        self.pitch = generator.uniform(-0.2, 0.2)
        self.roll = generator.uniform(-0.2, 0.2)
        self.scale = SIDE * generator.uniform(0.33, 0.4)
        self.centre = SIDE / 2 + generator.uniform(-0.05, 0.05, 2) * SIDE
        self.smile = generator.uniform(-0.05, 0.09)
        self.blink = generator.uniform(0.45, 1)

    def points(self, x: Array, y: Array, lift: float = 0.0) -> Floats:
        """Pixels (n, 2) of points of the face, 1 being half the head's height."""
        depth = np.sqrt(np.clip(1 - 0.9 * x * x - 0.6 * y * y, 0.02, None)) + lift
        seen = x * math.cos(self.yaw) + depth * math.sin(self.yaw)
        depth = depth * math.cos(self.yaw) - x * math.sin(self.yaw)
        high = y * math.cos(self.pitch) + depth * math.sin(self.pitch)
        return self.outline_points(seen, high)

    def outline_points(self, x: Array, y: Array) -> Floats:
        """Pixels (n, 2) of the head's outline, which hardly changes as the head turns to a side:
        it is rolled, scaled and moved."""
        turned = np.stack([x * math.cos(self.roll) - y * math.sin(self.roll),
                           x * math.sin(self.roll) + y * math.cos(self.roll)], 1)
        return np.asarray(turned * self.scale + self.centre, np.float32)


def _ellipse(x: float, y: float, width: float, height: float, turn: float = 0.0,
             start: float = 0.0, end: float = 2 * math.pi) -> tuple[Floats, Floats]:
    angle = np.linspace(start, end, 40)
    along = np.cos(angle) * width
    across = np.sin(angle) * height
    return (np.asarray(x + along * math.cos(turn) - across * math.sin(turn), np.float32),
            np.asarray(y + along * math.sin(turn) + across * math.cos(turn), np.float32))


def draw_face(identity: Identity, generator: np.random.Generator, size: int) -> Levels:
    """An image (size, size, 3) in BGR of a person, in a pose and light from `generator`."""
    pose = _Pose(generator)
    ground = generator.uniform(30, 225, 3)
    image = np.empty((SIDE, SIDE, 3), np.uint8)
    image[:] = ground
    _draw_head(image, identity, pose)
    _draw_parts(image, identity, pose)
    return _photograph(image, generator, size)


def _fill(image: Levels, points: Floats, colour: Floats) -> None:
    cv2.fillPoly(image, [np.round(points).astype(np.int32)], [float(value) for value in colour])


def _stroke(image: Levels, points: Floats, colour: Floats, width: float) -> None:
    cv2.polylines(image, [np.round(points).astype(np.int32)], False,
                  [float(value) for value in colour], max(round(width), 1))


def _draw_head(image: Levels, identity: Identity, pose: _Pose) -> None:
    """Neck, back hair, head, beard and hair."""
    hair = identity.hair
    wide = identity.head_width
    _fill(image, pose.points(np.array([-0.3, 0.3, 0.36, -0.36]), np.array([0.6, 0.6, 1.6, 1.6]),
                             lift=-0.5), identity.skin * 0.8)
    if identity.hair_style == "long":
        _fill(image, pose.points(*_ellipse(0, 0.15, wide * 1.18, 1.1), lift=-0.45), hair)
    elif identity.hair_style == "tall":
        _fill(image, pose.points(*_ellipse(0, -0.75, wide * 0.9, 0.5), lift=-0.2), hair)
    angle = np.linspace(0, 2 * math.pi, 60)
    below = np.clip(np.sin(angle), 0, 1)
    width = wide * (1 - below) + below * (0.35 * wide + 0.65 * identity.jaw_width)
    head = np.cos(angle) * width, np.sin(angle)
    _fill(image, pose.outline_points(*head), identity.skin)
    if identity.has_beard:
        _fill(image, pose.outline_points(*_ellipse(0, 0.62, identity.jaw_width * 0.85, 0.36)), hair)
    if identity.hair_style != "bald":
        low = {"short": -0.62, "fringe": -0.36, "long": -0.5, "tall": -0.66}[identity.hair_style]
        x, y = _ellipse(0, low, wide * 1.03, abs(-1.06 - low), start=math.pi, end=2 * math.pi)
        _fill(image, pose.outline_points(x, y), hair)


def _draw_parts(image: Levels, identity: Identity, pose: _Pose) -> None:
    """Eyes, brows, nose, mouth, a spot, and glasses."""
    scale = pose.scale
    white = np.array([235, 235, 235], np.float32)
    size = identity.eye_size
    y = identity.eye_height
    for side in (-1, 1):
        x = side * identity.eye_distance
        _fill(image, pose.points(*_ellipse(x, y, size, size * 0.6 * pose.blink)), white)
        _fill(image, pose.points(*_ellipse(x, y, size * 0.5, size * 0.5 * pose.blink)),
              identity.iris)
        brow = np.linspace(-1.3, 1.3, 8) * size
        _stroke(image, pose.points(x + brow, y - identity.brow_height - side * brow
                                   * identity.brow_turn), identity.hair * 0.8,
                identity.brow_width * scale)
        if identity.has_glasses:
            x_ring, y_ring = _ellipse(x, y, 0.2, 0.17)
            _stroke(image, pose.points(x_ring, y_ring, lift=0.1), white * 0.1, 0.035 * scale)
    tip = y + identity.nose_length
    shade = identity.skin * 0.72
    _fill(image, pose.points(np.array([0, -identity.nose_width, identity.nose_width]),
                             np.array([y + 0.1, tip, tip]), lift=0.15), shade)
    mouth = np.linspace(-1, 1, 20)
    height = identity.mouth_height
    lips = np.array([0.45, 0.35, 0.9], np.float32) * identity.skin
    _stroke(image, pose.points(mouth * identity.mouth_width, height - pose.smile * mouth ** 2),
            lips, identity.lip_width * scale)
    _fill(image, pose.points(*_ellipse(*identity.spot, 0.03, 0.03)), identity.skin * 0.3)


def _photograph(image: Levels, generator: np.random.Generator, size: int) -> Levels:
    """Light from a side, a tint, soft focus, and grain."""
    x, y = np.meshgrid(np.linspace(-1, 1, SIDE), np.linspace(-1, 1, SIDE))
    turn = generator.uniform(0, 2 * math.pi)
    slope = x * math.cos(turn) + y * math.sin(turn)
    light = generator.uniform(0.6, 1.15) * (1 + generator.uniform(0, 0.35) * slope)
    tint = generator.uniform(0.9, 1.1, 3)
    lit = (image * light[..., None] * tint).astype(np.float32)
    small = cv2.resize(lit, (size, size), interpolation=cv2.INTER_AREA)
    soft = cv2.GaussianBlur(small, (0, 0), generator.uniform(0.2, 0.8))
    grain = generator.standard_normal(soft.shape, np.float32) * generator.uniform(1, 9)
    return np.clip(np.round(soft + grain), 0, 255).astype(np.uint8)
