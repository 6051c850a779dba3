"""A detection: label, score and box of one found object."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Detection:
    """One found object: class number, score from 0 to 1, corners x1 y1 x2 y2 in pixels."""

    label: int
    score: float
    corners: tuple[float, float, float, float]
