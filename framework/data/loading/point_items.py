"""Images of a list with points: a random border moves both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from framework.data.augment.draws import Draws
from framework.data.augment.resizing import resize_plain
from framework.data.loading.batches import Item
from framework.data.loading.items import ListedItems, read_image
from framework.data.records.records import Decoding, Pixels
from framework.system.arrays import Array, Floats


@dataclass
class PointItems(ListedItems):
    """Images in files, each with numbers: x of all points, then y, as parts of the height.

    files        paths, to be appended to `root`, and numbers
    new_size     (width, height) to resize to before anything else; None: as it is
    pad_ratio    the widest border, as a part of the height; 0: there is none
    has_weights  the last number is the weight of the item, a top of its own
    maps_root    folder of images in gray that are one more channel; None: there are none
    """

    files: Sequence[tuple[str, tuple[float, ...]]]
    decoding: Decoding
    new_size: tuple[int, int] | None = None
    pad_ratio: float = 0
    has_weights: bool = False
    maps_root: str | None = None

    def item(self, index: int, draws: Draws) -> Item:
        assert self._transformer is not None
        path, numbers = self.files[index]
        pixels = self._read(self.root + path, self.decoding)
        if self.maps_root is not None:
            pixels = np.dstack([pixels, self._read(self.maps_root + path, Decoding(False))])
        weight = numbers[-1] if self.has_weights else 0.0
        points = np.array(numbers[:-1] if self.has_weights else numbers, np.float32)
        if self.pad_ratio:
            pixels, points = with_border(pixels, points, self.pad_ratio, draws)
        return Item((self._transformer.without_boxes(pixels, draws),), label=weight,
                    labels=tuple(points.tolist()))

    def _read(self, path: str, decoding: Decoding) -> Pixels:
        pixels = read_image(path, decoding)
        return resize_plain(pixels, *self.new_size, cv2.INTER_LINEAR) if self.new_size else pixels

    def tops(self, items: Sequence[Item]) -> list[Array]:
        points = np.array([item.labels for item in items], np.float32)
        weights = np.array([item.label for item in items], np.float32)
        return [points, weights] if self.has_weights else [points]


def with_border(pixels: Pixels, points: Floats, ratio: float, draws: Draws
                ) -> tuple[Pixels, Floats]:
    """The image in a black border, as large as it was, and its points, all parts of the height.

    The border adds an even number of pixels to each axis, at random; half of the draws add
    none. Heights count for x too, as in the original, whose images are square.
    Source: Transform of images with labels, data_transformer.cpp of goodluckcwl/custom-caffe.
    """
    height, width = pixels.shape[:2]
    widest = max(int(height * np.float32(ratio)), 1)
    pad = draws.below(2 * widest + 1) - widest
    if pad <= 0:
        return pixels, points
    left, top = draws.below(2 * pad + 1), draws.below(2 * pad + 1)
    wide = cv2.copyMakeBorder(pixels, top, 2 * pad - top, left, 2 * pad - left,
                              cv2.BORDER_CONSTANT, value=(0, 0, 0, 0))
    moved = points * height
    half = len(points) // 2
    moved[:half] += left
    moved[half:2 * half] += top
    shrunk = cv2.resize(wide, (width, height), interpolation=cv2.INTER_LINEAR)
    return shrunk.reshape(pixels.shape), moved / (height + 2 * pad)
