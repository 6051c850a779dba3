"""Padding canvas: a filled plane that is kept, so that expanding an image need not fill anew."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from framework.data.records.records import Pixels

_GROWTH = 2        # the plane is this many times larger than asked for, so that it grows seldom


class Canvas:
    """A filled plane that grows on demand; the next image overwrites the one before with the fill.

    `paste` returns a view of the plane, valid until the next `paste`.
    Invariant: all pixels outside of `_used` have the fill.
    """

    def __init__(self) -> None:
        self._plane: Pixels = np.empty((0, 0, 0), np.uint8)
        self._row: Pixels = np.empty((0, 0), np.uint8)
        self._fill: tuple[float, ...] = ()
        self._used = (slice(0), slice(0))       # rows and columns that the last image covers

    def paste(self, image: Pixels, x: int, y: int, width: int, height: int,
              fill: tuple[float, ...]) -> Pixels:
        """An image of that size, of `fill` (one a channel), with `image` at (x, y)."""
        shape = self._plane.shape
        if self._fill != fill or self._plane.dtype != image.dtype or shape[2] != len(fill) \
                or shape[0] < height or shape[1] < width:
            self._grow(max(height, shape[0]), max(width, shape[1]), fill, image)
        else:
            # Only what the last image covered is filled again, not the whole plane.
            columns = self._used[1]
            self._plane[self._used] = self._row[:columns.stop - columns.start]
        self._used = (slice(y, y + image.shape[0]), slice(x, x + image.shape[1]))
        self._plane[self._used] = image
        return self._plane[:height, :width]

    def _grow(self, height: int, width: int, fill: tuple[float, ...], image: Pixels) -> None:
        """Make a larger plane, filled row by row: value by value takes as long as all else."""
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
