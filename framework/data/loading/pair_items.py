"""Segmentation items: images and their label maps, from files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from framework.data.augment.draws import Draws
from framework.data.augment.resizing import resize_plain
from framework.data.loading.batches import Item
from framework.data.loading.items import ListedItems, read_image
from framework.data.records.records import BadRecord, Decoding, Pixels
from framework.system.arrays import Array


@dataclass
class PairItems(ListedItems):
    """Files of images and label maps.

    files         path of the image; path of its label map, or the label of the whole image, or
                  "" if it has none
    labels        "PIXEL", "IMAGE" or "NONE": what follows the path of the image
    ignore_label  of pixels without a label
    new_size      (width, height) to resize to before anything else
    is_edge_map   the label map is a drawing: resized linearly, then 1 where it is lighter than half
    keeps_levels  of a drawing instead its grey levels, from 0 to 255
    has_sizes     a top with (height, width) of each image, at most those of the batch
    windows       x1, y1, x2, y2 of the part of each image that is taken, last pixels included;
                  beyond the image it is black and not labelled
    numbers       of each image, (items, L) uint8, a top (items, L, 1, 1); a label l of its map
                  becomes the number at l - first_class - 1, or 0; 0 and ignore_label stay
    label_part    how many pixels of the image, of size new_size, a side of a label is
    has_labels    the label maps are a top
    """

    files: Sequence[tuple[str, str]]
    is_color: bool = True
    labels: str = "PIXEL"
    ignore_label: int = 255
    new_size: tuple[int, int] | None = None
    is_edge_map: bool = False
    keeps_levels: bool = False
    has_sizes: bool = False
    windows: Sequence[tuple[int, int, int, int]] | None = None
    numbers: Array | None = None
    first_class: int = 0
    label_part: int = 1
    has_labels: bool = True

    def item(self, index: int, draws: Draws) -> Item:
        assert self._transformer is not None
        path, label = self.files[index]
        pixels = read_image(self.root + path, Decoding(self.is_color))
        if self.windows is None:
            marks = self._marks(label, pixels)
            if self.new_size:
                _check_form(pixels, marks)
            pixels = self._resized(pixels, cv2.INTER_LINEAR)
        else:
            marks = _cut(self._marks(label, pixels), self.windows[index], self.ignore_label)
            pixels = self._resized(_cut(pixels, self.windows[index], 0), cv2.INTER_LINEAR)
        if self.label_part > 1:
            marks = self._enlarged(marks)
        marks = self._resized(marks, cv2.INTER_LINEAR if self.is_edge_map else cv2.INTER_NEAREST)
        if self.is_edge_map and not self.keeps_levels:
            marks = (marks > 127).astype(np.uint8)
        height, width = pixels.shape[:2]
        pixels, marks = self._transformer.pair(pixels, marks, draws, self.ignore_label)
        marks = marks[::self.label_part, ::self.label_part]
        # The image's own size, or that of the crop where it is smaller: what is not padding.
        size = (min(height, pixels.shape[0]), min(width, pixels.shape[1]))
        if self.numbers is not None:
            marks = self._numbered(marks, self.numbers[index])
            return Item((pixels, marks), size=size, labels=tuple(self.numbers[index]))
        return Item((pixels, marks) if self.has_labels else (pixels,), size=size)

    def _enlarged(self, marks: Pixels) -> Pixels:
        """The label map in its small size, each cell as often as it goes into the image."""
        assert self.new_size is not None
        small = [side // self.label_part for side in self.new_size]
        marks = resize_plain(marks, small[0], small[1], cv2.INTER_NEAREST)
        return marks.repeat(self.label_part, 0).repeat(self.label_part, 1)

    def _numbered(self, marks: Pixels, numbers: Array) -> Pixels:
        """The label map with the numbers of its image for its labels."""
        table = np.zeros(256, np.uint8)
        known = numbers[:255 - self.first_class]
        table[self.first_class + 1:self.first_class + 1 + len(known)] = known
        if 0 <= self.ignore_label <= 255:
            table[self.ignore_label] = self.ignore_label
        return table[marks]

    def _marks(self, label: str, pixels: Pixels) -> Pixels:
        """The label map as it is in its file, (height, width, 1) uint8."""
        if self.labels != "PIXEL":
            value = self.ignore_label if self.labels == "NONE" else int(label)
            return np.full((*pixels.shape[:2], 1), value, np.uint8)
        try:
            return read_image(self.root + label, Decoding(False))
        except BadRecord as error:
            raise BadRecord(f"its label map {self.root + label}: {error}") from None

    def _resized(self, pixels: Pixels, mode: int) -> Pixels:
        return resize_plain(pixels, *self.new_size, mode) if self.new_size else pixels

    def tops(self, items: Sequence[Item]) -> list[Array]:
        if self.numbers is not None:
            rows = np.array([item.labels for item in items], np.float32)
            return [rows[:, :, None, None]]
        if not self.has_sizes:
            return []
        return [np.array([item.size for item in items], np.float32).reshape(-1, 1, 1, 2)]


def _check_form(pixels: Pixels, marks: Pixels) -> None:
    """Raise BadRecord if both, resized to one size, could not show the same.

    Sizes may differ, as in the original, but not the form, by more than rounding makes.
    """
    height, width = pixels.shape[:2]
    if abs(width * marks.shape[0] - height * marks.shape[1]) > width + height:
        raise BadRecord(f"the image is {width} x {height}, its label map {marks.shape[1]} x "
                        f"{marks.shape[0]}")


def _cut(pixels: Pixels, window: tuple[int, int, int, int], fill: int) -> Pixels:
    """Cut x1, y1, x2, y2, last pixels included, out of (height, width, channels); `fill` outside.
    """
    x1, y1, x2, y2 = window
    height, width = pixels.shape[:2]
    part = np.full((y2 - y1 + 1, x2 - x1 + 1, pixels.shape[2]), fill, np.uint8)
    left = max(x1, 0)
    top = max(y1, 0)
    right = min(x2 + 1, width)
    bottom = min(y2 + 1, height)
    if right > left and bottom > top:
        part[top - y1:bottom - y1, left - x1:right - x1] = pixels[top:bottom, left:right]
    return part
