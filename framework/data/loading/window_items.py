"""Window items (R-CNN): windows of objects and of background, cut from images and resized.

Source: window_data_layer.cpp of BVLC; Girshick et al. 2014, appendix A.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np

from framework.data.augment.draws import Draws
from framework.data.augment.geometry import Rectangle
from framework.data.augment.mean import Mean, read_mean
from framework.data.loading.batches import Item
from framework.data.loading.items import Transformation, classes, read_image
from framework.data.records.images import failing_as_bad
from framework.data.records.records import BadRecord, Decoding, Pixels
from framework.errors import DataError
from framework.proto import TransformationParameter
from framework.system.arrays import Array, Floats
from framework.system.regular import read_regular
from framework.system.rounding import c_round
from framework.system.wording import shortened

NUM_TRIES = 100        # windows that are drawn before all images are taken for missing


@dataclass(frozen=True)
class Window:
    """A window of the image with that index: corners in pixels, the last ones included."""

    image: int
    label: int
    x1: int
    y1: int
    x2: int
    y2: int


@dataclass(frozen=True)
class WindowFile:
    """The content of a window file: images, windows of objects, windows of background.

    every  all windows in the order of the file, those between objects and background too
    """

    images: list[str]
    objects: list[Window]
    background: list[Window]
    every: list[Window]


def read_windows(path: str, root: str, object_overlap: float, background_overlap: float,
                 both_kinds: bool = True) -> WindowFile:
    """Read a window file: blocks of `# index`, path, channels, height, width, number of windows,
    and lines of class, overlap, x1, y1, x2, y2.

    A window is of an object if its overlap is at least `object_overlap`, of background if it is
    below `background_overlap`. A path may have spaces if it has a line of its own. DataError with
    the line if the file has another form, or one kind is missing and `both_kinds` are needed.
    """
    try:
        words = Words(os.fsdecode(read_regular(path)))
    except OSError as error:
        raise DataError(f"{path}: the window file cannot be read: {error.strerror}") from None
    found = WindowFile([], [], [], [])
    try:
        while not words.at_end():
            if words.take() != "#":
                raise ValueError
            words.take()                              # the index; windows count their own
            found.images.append(root + words.take_path(root))
            for _ in range(3):
                int(words.take())                     # channels, height, width
            for _ in range(int(words.take())):
                label = int(words.take())
                overlap = float(words.take())
                corners = [int(float(words.take())) for _ in range(4)]
                is_background = overlap < min(object_overlap, background_overlap)
                window = Window(len(found.images) - 1, 0 if is_background else label, *corners)
                found.every.append(window)
                if overlap >= object_overlap:
                    found.objects.append(window)
                elif is_background:
                    found.background.append(window)
    except (ValueError, OverflowError):
        raise DataError(f"{path}:{words.line}: image {len(found.images)} is not described as `# "
                        "index path channels height width windows`, then `class overlap x1 y1 x2 "
                        f"y2` for each window; found {words.found()}") from None
    if not both_kinds and not found.every:
        raise DataError(f"{path}: there are no windows")
    if both_kinds and not (found.objects and found.background):
        raise DataError(f"{path}: there are {len(found.objects)} windows of objects and "
                        f"{len(found.background)} of background; both kinds are needed")
    return found


class Words:
    """The words of a text one after another, with the line of the last one."""

    def __init__(self, text: str):
        self._lines = [line.strip() for line in text.rstrip().split("\n")]
        self._rest: list[str] = []
        self._last = ""
        self.line = 0

    def at_end(self) -> bool:
        while not self._rest and self.line < len(self._lines):
            self._rest = self._lines[self.line].split()
            self.line += 1
        return not self._rest

    def take(self) -> str:
        """The next word. ValueError at the end of the text."""
        self._last = ""
        if self.at_end():
            raise ValueError
        self._last = self._rest.pop(0)
        return self._last

    def take_path(self, root: str) -> str:
        """The next word, or its whole line if that is a file."""
        self.take()
        line = self._lines[self.line - 1]
        if self._rest and line.startswith(self._last) and os.path.isfile(root + line):
            self._rest = []
            self._last = line
        return self._last

    def found(self) -> str:
        return f"'{shortened(self._last)}'" if self._last else "the end of the file"


@dataclass
class WindowItems:
    """Windows drawn at random: a batch has first those of background, then those of objects.

    in_order     all windows in the order of the file instead
    num_objects  of the `batch_size` items
    context_pad  pixels of context around a window in the crop
    is_square    the window is made square before it is resized
    """

    windows: WindowFile
    transformation: Transformation
    batch_size: int
    num_objects: int
    context_pad: int = 0
    is_square: bool = False
    in_order: bool = False
    _mean: Mean = field(default_factory=Mean, repr=False)
    _param: TransformationParameter | None = field(default=None, repr=False)
    _bad: dict[int, str] = field(default_factory=dict, repr=False)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_mean": Mean(), "_param": None, "_bad": {}}

    def open(self) -> None:
        self._param = TransformationParameter.FromString(self.transformation.param)
        self._mean = read_mean(self._param)

    @property
    def param(self) -> TransformationParameter:
        """The transform_param, once it is open."""
        assert self._param is not None
        return self._param

    def size(self) -> int:
        """The number of items of a batch: the index of an item in it decides its kind."""
        return len(self.windows.every) if self.in_order else self.batch_size

    def name(self, index: int) -> str:
        image = self.windows.every[index].image if self.in_order else index
        return self.windows.images[image]

    def item(self, index: int, draws: Draws) -> Item:
        if self.in_order:
            return self._read(self.windows.every[index], self._mirrors(draws))
        is_object = index >= self.batch_size - self.num_objects
        windows = self.windows.objects if is_object else self.windows.background
        for _ in range(NUM_TRIES):
            window = windows[draws.below(len(windows))]
            is_mirrored = self._mirrors(draws)
            if window.image in self._bad:
                continue
            try:
                return self._read(window, is_mirrored)
            except BadRecord as reason:
                self._bad[window.image] = str(reason)
        raise DataError(f"none of {NUM_TRIES} windows could be read; the last image missed is "
                        f"{self.name(window.image)}")

    def _mirrors(self, draws: Draws) -> bool:
        return self.param.mirror and draws.below(2) == 1

    def _read(self, window: Window, is_mirrored: bool) -> Item:
        """The item of a window. Raises BadRecord."""
        with failing_as_bad():
            pixels = read_image(self.windows.images[window.image], Decoding(True))
            return Item((self._cut(pixels, window, is_mirrored),), None, window.label)

    def _cut(self, pixels: Pixels, window: Window, is_mirrored: bool) -> Pixels:
        """Cut out a window, resize it to crop_size and subtract the mean; 0 outside the image."""
        height, width = pixels.shape[:2]
        size = self.param.crop_size
        if self.context_pad or self.is_square:
            x1, y1, x2, y2 = with_context(window, size, self.context_pad, self.is_square)
        else:
            x1, y1, x2, y2 = (window.x1, window.y1, window.x2, window.y2)
        seen = Rectangle(max(x1, 0), max(y1, 0), min(x2, width - 1) - max(x1, 0) + 1,
                         min(y2, height - 1) - max(y1, 0) + 1)
        if seen.width < 1 or seen.height < 1:
            raise BadRecord(f"the window {window.x1} {window.y1} {window.x2} {window.y2} is "
                            f"outside the image of {width} x {height}")
        inner = _target(seen, Rectangle(x1, y1, x2 - x1 + 1, y2 - y1 + 1), size, is_mirrored)
        part = pixels[seen.y:seen.y + seen.height, seen.x:seen.x + seen.width]
        part = cv2.resize(part, (inner.width, inner.height), interpolation=cv2.INTER_LINEAR)
        part = cv2.flip(part, 1) if is_mirrored else part
        crop = np.zeros((size, size, part.shape[2]), np.float32)
        target = np.s_[inner.y:inner.y + inner.height, inner.x:inner.x + inner.width]
        mean = mean_of_crop(self._mean, target, size, part.shape[2])
        crop[target] = (part - mean) * np.float32(self._mean.scale)
        return crop

    def tops(self, items: Sequence[Item]) -> list[Array]:
        return [classes(items)]

    def found_bad(self) -> dict[int, str]:
        return self._bad


def with_context(window: Window, size: int, context_pad: int, is_square: bool
                 ) -> tuple[int, int, int, int]:
    """x1, y1, x2, y2 of the window with a border that has `context_pad` pixels in a crop of
    `size`; `is_square`: as wide as it is high before that."""
    scale = size / (size - 2 * context_pad)
    half_width = (window.x2 - window.x1 + 1) / 2
    half_height = (window.y2 - window.y1 + 1) / 2
    center_x = window.x1 + half_width
    center_y = window.y1 + half_height
    if is_square:
        half_width = half_height = max(half_width, half_height)
    return (c_round(center_x - half_width * scale), c_round(center_y - half_height * scale),
            c_round(center_x + half_width * scale), c_round(center_y + half_height * scale))


def mean_of_crop(mean: Mean, target: tuple[slice, slice], size: int, channels: int) -> Floats:
    """The mean of a part of a crop of `size`; that of a mean_file is cropped centrally."""
    if mean.image is None:
        return np.array(mean.by_channel(channels) or (0,) * channels, np.float32)
    top = (mean.image.shape[2] - size) // 2       # as the original: by the width
    image = mean.image[:, top:top + size, top:top + size]
    if image.shape[1:] != (size, size):
        raise BadRecord(f"the mean_file is smaller than the crop of {size}")
    return image.transpose(1, 2, 0)[target]


def _target(seen: Rectangle, whole: Rectangle, size: int, is_mirrored: bool) -> Rectangle:
    """The part of the crop for `seen`, the part of a window that is in the image."""
    scale_x = size / whole.width
    scale_y = size / whole.height
    left = c_round((seen.x - whole.x) * scale_x)
    top = c_round((seen.y - whole.y) * scale_y)
    right = c_round((whole.x + whole.width - seen.x - seen.width) * scale_x)
    x = right if is_mirrored else left
    return Rectangle(x, top, max(min(c_round(seen.width * scale_x), size - x), 1),
                     max(min(c_round(seen.height * scale_y), size - top), 1))
