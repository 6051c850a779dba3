"""Masks of objects from a label map, cut and mirrored as the image was: MobileNet-YOLO's third top.

Source: annotated_data_layer.cpp and Transform2 in data_transformer.cpp of eric612/MobileNet-YOLO.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from framework.data.augment.geometry import Window
from framework.data.records.images import decode
from framework.data.records.records import BadRecord, Decoding, Pixels
from framework.system.arrays import Floats

LIGHT = 100         # a single mask is 1 where the resized label map is above it


@dataclass(frozen=True)
class MaskForm:
    """How masks are made.

    values  for each mask the values of its pixels in the label map; None: one mask of all that is
            lighter than 100
    size    (height, width); None: those of the image over `scale`, rounded down
    """

    values: tuple[tuple[int, ...], ...] | None
    size: tuple[int, int] | None
    scale: int

    @property
    def num_masks(self) -> int:
        return 1 if self.values is None else len(self.values)

    def size_for(self, height: int, width: int) -> tuple[int, int]:
        """(height, width) of the masks of an image of that size."""
        return self.size or (height // self.scale, width // self.scale)

    def planes(self, content: bytes, window: Window, is_mirrored: bool,
               image_size: tuple[int, int]) -> Floats:
        """The masks (C, height, width), 0 to 1: parts of 1 on the edges, unless it is one mask.

        content  the file of the label map
        window   x1, y1, x2, y2 in parts of it. An image that expand_param enlarged has its window
                 in the enlarged image, and the masks have it here, as in the original
        Raises BadRecord if there is no label map, or it cannot be decoded.
        """
        if not content:
            raise BadRecord("it has no label map (seg_label), which the third top needs")
        marks = cut_window(decode(content, Decoding(False)), window)
        height, width = self.size_for(*image_size)
        if min(height, width) < 1:
            raise BadRecord(f"its masks would have {width} x {height} pixels")
        size = (width, height)
        if self.values is None:
            shrunk = cv2.resize(marks, size, interpolation=cv2.INTER_AREA)
            planes = [(shrunk > LIGHT).astype(np.float32)]
        else:
            planes = [cv2.resize(_marked(marks, values), size, interpolation=cv2.INTER_AREA)
                      .astype(np.float32) / np.float32(255) for values in self.values]
        masks: Floats = np.stack(planes)
        return np.ascontiguousarray(masks[:, :, ::-1]) if is_mirrored else masks


def cut_window(pixels: Pixels, window: Window) -> Pixels:
    """A window, in parts of (height, width, channels), rounded down to whole pixels. BadRecord if
    that leaves none."""
    height, width = pixels.shape[:2]
    scale = np.array([width, height, width, height], np.float32)
    corners = np.clip(window, 0, 1).astype(np.float32) * scale
    x, y = (int(corner) for corner in corners[:2])
    part = pixels[y:y + int(corners[3] - corners[1]), x:x + int(corners[2] - corners[0])]
    if not part.size:
        raise BadRecord(f"the window {corners} has no pixel of its label map")
    return part


def _marked(marks: Pixels, values: tuple[int, ...]) -> Pixels:
    """255 where a label map has one of the values, else 0, (height, width)."""
    table = np.zeros(256, np.uint8)
    table[list(values)] = 255
    found: Pixels = table[marks[:, :, 0]]
    return found
