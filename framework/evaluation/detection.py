"""A detection: label, score and box of one found object."""

from __future__ import annotations

from dataclasses import dataclass, field

from framework.system.arrays import Floats


@dataclass(frozen=True)
class Detection:
    """One found object: class number, score from 0 to 1, corners x1 y1 x2 y2 in pixels.

    track  number of the object in a sequence of frames, from 1; 0 where none is followed
    mask   (M, N) from 0 to 1 in the frame of the box, of a net that gives masks
    """

    label: int
    score: float
    corners: tuple[float, float, float, float]
    track: int = 0
    mask: Floats | None = field(default=None, compare=False)
