"""Images larger than themselves: filled round about, without filling anew each time."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from framework.data.records.records import Pixels

_GROWTH = 2        # so many times what is asked for at first, lest it grow often


class Canvas:
    """A filled plane that grows with need; an image is put on it, used, and wiped off by the next.

    `place` returns a view of it, good until the next `place`.
    """

    def __init__(self) -> None:
        self._plane: Pixels = np.empty((0, 0, 0), np.uint8)
        self._row: Pixels = np.empty((0, 0), np.uint8)
        self._fill: tuple[float, ...] = ()
        self._used = (slice(0), slice(0))

    def place(self, image: Pixels, x: int, y: int, width: int, height: int,
              fill: tuple[float, ...]) -> Pixels:
        """An image of that size, of `fill` (one a channel), with `image` at (x, y)."""
        shape = self._plane.shape
        if self._fill != fill or self._plane.dtype != image.dtype or shape[2] != len(fill) \
                or shape[0] < height or shape[1] < width:
            self._grow(max(height, shape[0]), max(width, shape[1]), fill, image)
        else:
            columns = self._used[1]
            self._plane[self._used] = self._row[:columns.stop - columns.start]
        self._used = (slice(y, y + image.shape[0]), slice(x, x + image.shape[1]))
        self._plane[self._used] = image
        return self._plane[:height, :width]

    def _grow(self, height: int, width: int, fill: tuple[float, ...], image: Pixels) -> None:
        """Whole rows are copied: one value at a time would take as long as the rest of the work."""
        self._row = np.tile(np.array(fill_values(fill, image.dtype), image.dtype),
                            (width * _GROWTH, 1))
        self._plane = np.empty((height * _GROWTH, width * _GROWTH, len(fill)), image.dtype)
        self._plane[:] = self._row
        self._fill = fill


def fill_values(fill: tuple[float, ...], dtype: npt.DTypeLike) -> tuple[float, ...]:
    """The fill as an image of that type can hold it: whole levels, if it has bytes."""
    if dtype != np.uint8:
        return fill
    return tuple(float(min(max(round(value), 0), 255)) for value in fill)
