"""Crop, expand, colour-jitter and resize an image in one pass over the pixels that are seen.

Colour changes go pixel by pixel, so they are made where the fewest pixels are: on the part that is
seen, or, with NEAREST, on those that are left after resizing. The result is the same as if each
step worked on the whole image.
"""

from __future__ import annotations

import cv2
import numpy as np

from framework.data.augment import resizing
from framework.data.augment.canvas import Canvas, fill_values
from framework.data.augment.distortion import Distortion
from framework.data.augment.fast_resize import can_resample, resample
from framework.data.augment.geometry import Rectangle
from framework.data.augment.planes import as_pixels, planes_of, whole
from framework.data.records.image_size import FLAG, max_pixels
from framework.data.records.records import BadRecord, Pixels
from framework.proto import ResizeParameter


class Viewer:
    """Shows views of images. Keeps a canvas, so it is not for several threads at once."""

    def __init__(self) -> None:
        self._canvas = Canvas()

    def show(self, pixels: Pixels, view: Rectangle, changes: Distortion | None,
             fill: tuple[float, ...], param: ResizeParameter | None, mode: int) -> Pixels:
        """What is seen, distorted where it is the image's, `fill` elsewhere, then resized.

        pixels  the rows of the image that the view reaches, or more; all its columns
        view    in pixels of the image, which it may exceed: x, y are negative if it was expanded
        param   None for the view's own size
        mode    OpenCV's number of the interpolation
        """
        height, width = pixels.shape[:2]
        left = max(view.x, 0)
        top = max(view.y, 0)
        right = min(view.x + view.width, width)
        bottom = min(view.y + view.height, height)
        seen = pixels[top:max(bottom, top), left:max(right, left)]
        if changes is not None and pixels.dtype != np.uint8:
            raise BadRecord("distort_param needs pixels of 8 bits")
        place = Rectangle(left - view.x, top - view.y, seen.shape[1], seen.shape[0])
        warp = param if param is not None and param.resize_mode == param.WARP else None
        if warp is not None and seen.size and seen.dtype == np.uint8:
            sizes = (view.width, view.height, warp.width, warp.height)
            if can_resample(*sizes, mode):
                planes = planes_of(seen) if changes is None else changes.apply(seen)
                return as_pixels(resample(planes, place, *sizes, mode,
                                          fill_values(fill, np.uint8)))
        if warp is not None and mode == cv2.INTER_NEAREST:
            resized = resizing.resize(self._complete(seen, place, view, fill), warp, mode)
            return _distort_part(resized, place, view, changes)
        if changes is not None and seen.size:
            seen = whole(changes.apply(seen))
        complete = self._complete(seen, place, view, fill)
        return complete if param is None else resizing.resize(complete, param, mode)

    def _complete(self, seen: Pixels, place: Rectangle, view: Rectangle,
                  fill: tuple[float, ...]) -> Pixels:
        if (place.height, place.width) == (view.height, view.width):
            return seen
        if view.height * view.width > max_pixels():
            raise BadRecord(f"the image would be expanded to {view.width} x {view.height} pixels, "
                            f"more than {max_pixels()}, which {FLAG} allows")
        return self._canvas.paste(seen, place.x, place.y, view.width, view.height, fill)


def _distort_part(resized: Pixels, place: Rectangle, view: Rectangle,
                  changes: Distortion | None) -> Pixels:
    """Distort those pixels of an image resized by NEAREST that came from `place` in the view."""
    if changes is None or not place.width * place.height:
        return resized
    rows = _range(resized.shape[0], view.height, place.y, place.height)
    columns = _range(resized.shape[1], view.width, place.x, place.width)
    part = resized[rows, columns]
    if part.shape == resized.shape:
        return as_pixels(changes.apply(resized))
    if part.size:
        resized[rows, columns] = whole(changes.apply(part))
    return resized


def _range(count: int, size: int, start: int, length: int) -> slice:
    """Which of `count` pixels, taken evenly from `size` by INTER_NEAREST, come from a range."""
    sources = np.floor(np.arange(count) * (1 / (count / size)))
    first, last = np.searchsorted(sources, [start, start + length])
    return slice(int(first), int(last))
