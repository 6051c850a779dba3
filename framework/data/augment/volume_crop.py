"""Crop, mirror, mean and scale of volumes and of the labels of their cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from framework.data.augment.draws import Draws

Array = NDArray[np.float32]
Sizes = tuple[int, int, int]
VOLUME_AXES = 5     # items, channels, length, height, width


class Window(NamedTuple):
    """The first cell of a crop on each axis, and whether its rows are mirrored."""

    start: Sizes
    mirrored: bool


@dataclass(frozen=True)
class VolumeCrop:
    """The settings: the sizes of the crop, whether it is at random or in the middle, and the rest.

    means  of each channel of the volume, or one for all; none: nothing is subtracted
    """

    sizes: Sizes
    at_random: bool
    mirror: bool
    scale: float
    means: tuple[float, ...]

    def window(self, sizes: Sizes, draws: Draws) -> Window:
        """A window in volumes of these sizes, the same for all of them and their labels."""
        room = [size - cut for size, cut in zip(sizes, self.sizes, strict=True)]
        mirrored = self.mirror and bool(draws.generator.integers(2))
        if self.at_random:
            length, height, width = (int(draws.generator.integers(cells + 1)) for cells in room)
        else:
            length, height, width = (cells // 2 for cells in room)
        return Window((length, height, width), mirrored)

    def cut(self, rows: Array, window: Window) -> Array:
        """That window of volumes (N, C, L, H, W)."""
        length, height, width = (slice(start, start + size) for start, size
                                 in zip(window.start, self.sizes, strict=True))
        cut = rows[:, :, length, height, width]
        return cut[..., ::-1] if window.mirrored else cut

    def values(self, volumes: Array) -> Array:
        """The volumes less their means, times the scale."""
        if self.means:
            volumes = volumes - np.array(self.means, np.float32).reshape(-1, 1, 1, 1)
        return volumes * np.float32(self.scale) if self.scale != 1 else volumes
