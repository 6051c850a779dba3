"""Pictures larger than themselves: filled round about, without filling anew each time."""

from __future__ import annotations

import numpy as np

from framework.data.records import Pixels


class Canvas:
    """A filled plane that grows with need; a picture is put on it, used, and wiped off by the next.

    `place` returns a view of it, good until the next `place`.
    """

    def __init__(self) -> None:
        self._plane: Pixels = np.empty((0, 0, 0), np.uint8)
        self._fill: tuple[float, ...] = ()
        self._used = (slice(0), slice(0))

    def place(self, picture: Pixels, x: int, y: int, width: int, height: int,
              fill: tuple[float, ...]) -> Pixels:
        """A picture of that size, of `fill` (one a channel), with `picture` at (x, y)."""
        values = np.array(fill)
        if picture.dtype == np.uint8:
            values = np.clip(np.rint(values), 0, 255).astype(np.uint8)
        shape = self._plane.shape
        if self._fill != fill or self._plane.dtype != picture.dtype or shape[2] != len(fill) \
                or shape[0] < height or shape[1] < width:
            grown = (max(height, shape[0]), max(width, shape[1]), len(fill))
            self._plane, self._fill = np.empty(grown, picture.dtype), fill
            self._plane[:] = values
        else:
            self._plane[self._used] = values
        self._used = (slice(y, y + picture.shape[0]), slice(x, x + picture.shape[1]))
        self._plane[self._used] = picture
        return self._plane[:height, :width]
