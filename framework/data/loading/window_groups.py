"""Groups of windows, one of each of several images, with numbers for the group.

Source: generic_window_data_layer.cpp and crop_data_layer.cpp of pulkitag/caffe.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np

from framework.data.augment.draws import Draws
from framework.data.augment.mean import Mean
from framework.data.loading.batches import Item
from framework.data.loading.items import read_image
from framework.data.loading.window_items import Window, Words, mean_of_crop, with_context
from framework.data.records.records import BadRecord, Decoding, Pixels
from framework.errors import DataError
from framework.system.arrays import Array, Floats
from framework.system.regular import read_regular

HEADER = ("#", "GenericDataLayer")


@dataclass(frozen=True)
class Group:
    """Windows of images, each with its path, and the numbers that belong to all of them."""

    images: tuple[str, ...]
    windows: tuple[Window, ...]
    labels: tuple[float, ...]


@dataclass(frozen=True)
class GroupSettings:
    """How windows are cut.

    size         height and width of the crop
    context_pad  pixels of context around a window in the crop
    is_square    the window is made square before it is resized
    anywhere     a crop from anywhere in the image is taken instead of the window
    jitter       windows are moved by less than that many pixels; 0: they stay
    mirrors      half of the groups are mirrored
    """

    size: int
    context_pad: int = 0
    is_square: bool = False
    anywhere: bool = False
    jitter: int = 0
    mirrors: bool = False
    is_gray: bool = False


def read_groups(path: str, root: str) -> list[Group]:
    """Read `# GenericDataLayer`, how many groups, images of a group and numbers of a group there
    are, and then for each group `# index`, a line of path, channels, height, width, x1, y1, x2, y2
    for each image, and the numbers.

    DataError with the line if the file has another form, or windows that leave their image.
    """
    try:
        words = Words(os.fsdecode(read_regular(path)))
    except OSError as error:
        raise DataError(f"{path}: the window file cannot be read: {error.strerror}") from None
    groups: list[Group] = []
    try:
        if (words.take(), words.take()) != HEADER:
            raise ValueError
        num_groups, num_images, num_labels = (int(words.take()) for _ in range(3))
        if min(num_images, num_labels) < 1:
            raise ValueError
        while not words.at_end():
            groups.append(_group(words, root, num_images, num_labels))
    except (ValueError, OverflowError):
        raise DataError(f"{path}:{words.line}: group {len(groups)} is not described as `# index`, "
                        "`path channels height width x1 y1 x2 y2` for each image, within its "
                        "sides, and numbers, after `# GenericDataLayer` and counts, of images and "
                        "numbers at least 1; found "
                        f"{words.found()}") from None
    if len(groups) != num_groups or not groups:
        raise DataError(f"{path}: the number of groups is {len(groups)}; the file says "
                        f"{num_groups}, and there must be at least 1")
    return groups


def _group(words: Words, root: str, num_images: int, num_labels: int) -> Group:
    """The next group. ValueError if it has another form."""
    if words.take() != "#":
        raise ValueError
    words.take()                                # the index; groups count their own
    paths: list[str] = []
    windows: list[Window] = []
    for _ in range(num_images):
        paths.append(root + words.take())
        _, height, width, x1, y1, x2, y2 = (int(words.take()) for _ in range(7))
        if min(x1, y1) < 0 or x2 >= width or y2 >= height:
            raise ValueError
        windows.append(Window(len(windows), 0, x1, y1, x2, y2))
    return Group(tuple(paths), tuple(windows), tuple(float(words.take())
                                                     for _ in range(num_labels)))


@dataclass
class GroupItems:
    """Groups of windows in the order of the file; their crops are channels of one image.

    mean  of one crop, subtracted before `scale`
    """

    groups: Sequence[Group]
    settings: GroupSettings
    mean: Mean
    _bad: dict[int, str] = field(default_factory=dict, repr=False)

    def __getstate__(self) -> dict[str, Any]:       # Any: the fields
        return {**self.__dict__, "_bad": {}}

    def open(self) -> None:
        """Nothing is kept open."""

    def size(self) -> int:
        return len(self.groups)

    def name(self, index: int) -> str:
        return self.groups[index].images[0]

    def item(self, index: int, draws: Draws) -> Item:
        group, settings = self.groups[index], self.settings
        # the original's layers, one for each image, draw from one seed: all images have one draw
        part = (draws.uniform(0, 1), draws.uniform(0, 1))
        moves = [0, 0]
        if settings.jitter:
            moves = [draws.below(settings.jitter) * (1 if draws.below(2) else -1) for _ in "xy"]
        is_mirrored = settings.mirrors and draws.below(2) == 1
        crops = []
        for path, window in zip(group.images, group.windows, strict=True):
            pixels = read_image(path, Decoding(not settings.is_gray))
            seen = self._seen(pixels, window, part, moves)
            crops.append(self._finished(pixels, seen, is_mirrored))
        return Item((np.concatenate(crops, 2),), labels=group.labels)

    def _seen(self, pixels: Pixels, window: Window, part: tuple[float, float],
              moves: Sequence[int]) -> Window:
        """The window as it is moved, or the crop instead of it, with its context."""
        settings = self.settings
        height, width = pixels.shape[:2]
        x1, y1, x2, y2 = window.x1, window.y1, window.x2, window.y2
        if settings.anywhere:
            x1 = int(part[0] * max(width - settings.size, 0))
            y1 = int(part[1] * max(height - settings.size, 0))
            x2, y2 = x1 + settings.size - 1, y1 + settings.size - 1
        elif settings.jitter:
            x1, x2 = max(x1 + moves[0], 0), min(x2 + moves[0], width - 1)
            # the lower end becomes that of the image, as in the original
            y1, y2 = max(y1 + moves[1], 0), max(y2 + moves[1], height - 1)
        moved = Window(window.image, 0, x1, y1, x2, y2)
        if settings.context_pad or settings.is_square:
            x1, y1, x2, y2 = with_context(moved, settings.size, settings.context_pad,
                                          settings.is_square)
        return Window(window.image, 0, max(x1, 0), max(y1, 0), min(x2, width - 1),
                      min(y2, height - 1))

    def _finished(self, pixels: Pixels, seen: Window, is_mirrored: bool) -> Floats:
        """The part of the image that is seen, stretched to the crop, less the mean, scaled."""
        size = self.settings.size
        part = pixels[seen.y1:seen.y2 + 1, seen.x1:seen.x2 + 1]
        if 0 in part.shape:
            raise BadRecord(f"the window {seen.x1} {seen.y1} {seen.x2} {seen.y2} is empty")
        crop = cv2.resize(part, (size, size), interpolation=cv2.INTER_LINEAR)
        crop = (cv2.flip(crop, 1) if is_mirrored else crop).reshape(size, size, -1)
        whole = np.s_[0:size, 0:size]
        return (crop - mean_of_crop(self.mean, whole, size, crop.shape[2])) * np.float32(
            self.mean.scale)

    def tops(self, items: Sequence[Item]) -> list[Array]:
        labels = np.array([item.labels for item in items], np.float32)
        return [labels.reshape(*labels.shape, 1, 1)]

    def found_bad(self) -> dict[int, str]:
        return self._bad
