"""Random colours: distort_param. Decided first, applied to the pixels that are kept.

Source: ApplyDistort in im_transforms.cpp of weiliu89/caffe, branch ssd; Howard 2013.
"""

from __future__ import annotations

from collections.abc import Callable, Container
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from framework.data.random import Draws
from framework.data.records import Pixels

_BLOCK = 32       # pixels; of a vector of 32 bytes (AVX2)


@dataclass(frozen=True)
class Distortion:
    """The colour changes of one picture; None where one is not made.

    contrast_first  contrast before saturation and hue, else after them
    brightness      grey levels to add
    contrast        factor of the levels
    saturation      factor of the saturation
    hue             half degrees to add to the hue, cut to 0 ... 255 and not wrapped below 0
    channels        new order of the channels
    """

    contrast_first: bool
    brightness: float | None = None
    contrast: float | None = None
    saturation: float | None = None
    hue: float | None = None
    channels: tuple[int, ...] | None = None

    def apply(self, pixels: Pixels, num_in_blocks: int | None = None) -> Pixels:
        """The changed picture; `pixels` stays as it is. Grey pictures have no hue and saturation.

        num_in_blocks  how many columns, from the left, OpenCV would convert in whole blocks if they
                       still stood in the picture they were cut from; see `to_bgr`. None: as it is
        Each step rounds to whole grey levels and cuts to 0 ... 255, as in the original.
        """
        shape = pixels.shape
        if num_in_blocks is None:
            num_in_blocks = whole_blocks(shape[1])
        num_in_blocks = max(num_in_blocks, 0)
        if self.brightness is not None:
            pixels = _add(pixels, self.brightness, range(shape[2]))
        if self.contrast_first:
            pixels = self._tint(self._stretch(pixels), num_in_blocks)
        else:
            pixels = self._stretch(self._tint(pixels, num_in_blocks))
        if self.channels is not None and shape[2] == 3:
            pixels = np.ascontiguousarray(pixels[:, :, self.channels])
        return pixels.reshape(shape)

    def _stretch(self, pixels: Pixels) -> Pixels:
        if self.contrast is None:
            return pixels
        return cv2.convertScaleAbs(pixels, alpha=self.contrast)

    def _tint(self, pixels: Pixels, num_in_blocks: int) -> Pixels:
        if pixels.ndim != 3 or pixels.shape[2] != 3:
            return pixels
        if self.saturation is not None:
            hsv = _to_hsv(pixels)
            plane = cv2.extractChannel(hsv, 1)
            cv2.insertChannel(cv2.convertScaleAbs(plane, dst=plane, alpha=self.saturation), hsv, 1)
            pixels = to_bgr(hsv, pixels.shape[1], num_in_blocks)
        if self.hue is not None:
            hsv = _add(_to_hsv(pixels), self.hue, (0,))
            pixels = to_bgr(hsv, pixels.shape[1], num_in_blocks)
        return pixels


def whole_blocks(width: int) -> int:
    """How many of the columns of a picture OpenCV converts from HSV in whole blocks."""
    return width // _BLOCK * _BLOCK


def _to_hsv(pixels: Pixels) -> Pixels:
    """The picture in HSV, followed by columns that fill the last block."""
    height, width = pixels.shape[:2]
    hsv = np.empty((height, -(-width // _BLOCK) * _BLOCK, 3), np.uint8)
    hsv[:, width:] = 0
    cv2.cvtColor(pixels, cv2.COLOR_BGR2HSV, dst=hsv[:, :width])
    return hsv


def to_bgr(hsv: Pixels, width: int, num_in_blocks: int) -> Pixels:
    """The first `width` columns of `hsv` in BGR, as they would come out of the larger picture.

    OpenCV converts a row in blocks of 32 pixels and the rest one by one, and the two ways differ by
    a level in one of four pixels. So the first `num_in_blocks` columns are converted in whole
    blocks here too, and the others in groups too narrow for one.
    """
    if num_in_blocks >= width:
        return cv2.cvtColor(hsv, cv2.COLOR_HSV2BGR)[:, :width]
    bgr = np.empty((hsv.shape[0], width, 3), np.uint8)
    if num_in_blocks:
        padded = -(-num_in_blocks // _BLOCK) * _BLOCK
        bgr[:, :num_in_blocks] = cv2.cvtColor(hsv[:, :padded],
                                              cv2.COLOR_HSV2BGR)[:, :num_in_blocks]
    for start in range(num_in_blocks, width, _BLOCK - 1):
        part = slice(start, min(start + _BLOCK - 1, width))
        bgr[:, part] = cv2.cvtColor(hsv[:, part], cv2.COLOR_HSV2BGR)
    return bgr


def draw_distortion(param: Any, draws: Draws) -> Distortion:
    """Draw the changes that a DistortionParameter allows."""
    contrast_first = draws.uniform(0, 1) > 0.5
    brightness = contrast = saturation = hue = channels = None
    if draws.chance(param.brightness_prob):
        brightness = draws.uniform(-param.brightness_delta, param.brightness_delta)
    if draws.chance(param.contrast_prob):
        contrast = draws.uniform(param.contrast_lower, param.contrast_upper)
    if draws.chance(param.saturation_prob):
        saturation = draws.uniform(param.saturation_lower, param.saturation_upper)
    if draws.chance(param.hue_prob):
        hue = draws.uniform(-param.hue_delta, param.hue_delta)
    if draws.chance(param.random_order_prob):
        channels = tuple(int(channel) for channel in draws.generator.permutation(3))
    if contrast is not None and abs(contrast - 1) <= 1e-3:
        contrast = None
    return Distortion(contrast_first, brightness, contrast, saturation, hue, channels)


def check_distortion(param: Any, error: Callable[[str, str], Exception]) -> None:
    """Raise `error(field, message)` for ranges that cannot be drawn from."""
    field = "transform_param.distort_param"
    for name in ("brightness_delta", "hue_delta"):
        if getattr(param, name) < 0:
            raise error(f"{field}.{name}", f"is {getattr(param, name):g}; it must not be negative")
    for name in ("contrast", "saturation"):
        lower, upper = getattr(param, f"{name}_lower"), getattr(param, f"{name}_upper")
        if getattr(param, f"{name}_prob") > 0 and not 0 <= lower <= upper:
            raise error(f"{field}.{name}_lower", f"and {name}_upper are {lower:g} and {upper:g}; "
                        "they must rise and not be negative")


def _add(pixels: Pixels, levels: float, channels: Container[int]) -> Pixels:
    """Add so many levels, rounded, to some channels of a picture."""
    whole = round(levels)
    # Any: cv2's types do not know that a scalar may stand here
    scalar: Any = tuple(float(abs(whole)) if channel in channels else 0.0 for channel in range(4))
    return np.asarray(cv2.add(pixels, scalar) if whole > 0 else cv2.subtract(pixels, scalar))
