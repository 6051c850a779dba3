"""Line charts of values over iterations, drawn with OpenCV."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

Points = list[tuple[float, float]]
WIDTH, HEIGHT = 960, 540
LEFT, RIGHT, TOP, BOTTOM = 80, 20, 40, 40
BLACK = (0, 0, 0)
GREY = (225, 225, 225)
# BGR, told apart by people who see few colours as well
COLOURS = [(178, 114, 0), (0, 94, 213), (115, 158, 0), (167, 121, 204), (0, 159, 230),
           (233, 180, 86), (66, 228, 240), (80, 80, 80)]


@dataclass(frozen=True)
class Span:
    """Values shown on an axis, and the round ones among them."""

    low: float
    high: float
    ticks: tuple[float, ...]

    def share(self, value: float) -> float:
        """The position of a value on the axis: 0 at `low`, 1 at `high`."""
        return (value - self.low) / (self.high - self.low)


def span(values: list[float], count: int = 6) -> Span:
    """A span around the finite values with about `count` round ticks."""
    finite = [value for value in values if math.isfinite(value)] or [0.0]
    low = min(finite)
    high = max(finite)
    if low == high:
        low -= 0.5
        high += 0.5
    size = 10 ** math.floor(math.log10((high - low) / count))
    step = next(size * factor for factor in (1, 2, 5, 10)
                if (high - low) / (size * factor) <= count)
    first = math.floor(low / step)
    last = math.ceil(high / step)
    ticks = tuple(round(index * step, 12) for index in range(first, last + 1))
    return Span(ticks[0], ticks[-1], ticks)


def draw(lines: dict[str, Points], title: str) -> np.ndarray:
    """An image (540, 960, 3) of BGR bytes with a line for each entry and a legend."""
    image = np.full((HEIGHT, WIDTH, 3), 255, np.uint8)
    across = span([x for points in lines.values() for x, _ in points])
    up = span([y for points in lines.values() for _, y in points])

    def place(x: float, y: float) -> tuple[int, int]:
        return (round(LEFT + across.share(x) * (WIDTH - LEFT - RIGHT)),
                round(HEIGHT - BOTTOM - up.share(y) * (HEIGHT - TOP - BOTTOM)))

    for tick in across.ticks:
        x, y = place(tick, up.low)
        cv2.line(image, (x, y), place(tick, up.high), GREY, 1)
        write(image, f"{tick:g}", (x - 4 * len(f"{tick:g}"), y + 20))
    for tick in up.ticks:
        x, y = place(across.low, tick)
        cv2.line(image, (x, y), place(across.high, tick), GREY, 1)
        write(image, f"{tick:g}", (x - 9 * len(f"{tick:g}") - 4, y + 5))
    for index, (name, points) in enumerate(lines.items()):
        colour = COLOURS[index % len(COLOURS)]
        shown = np.array([place(x, y) for x, y in points if math.isfinite(y)], np.int32)
        cv2.polylines(image, [shown.reshape(-1, 1, 2)], False, colour, 2, cv2.LINE_AA)
        if len(shown) == 1:
            cv2.circle(image, tuple(map(int, shown[0])), 3, colour, -1, cv2.LINE_AA)
        write(image, name, (WIDTH - RIGHT - 240, TOP + 20 + 20 * index), colour)
    write(image, title, (LEFT, 24))
    return image


def write(image: np.ndarray, text: str, place: tuple[int, int],
          colour: tuple[int, int, int] = BLACK) -> None:
    """Draw a text; `place` is the left end of its base line, in pixels."""
    cv2.putText(image, text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.45, colour, 1, cv2.LINE_AA)
