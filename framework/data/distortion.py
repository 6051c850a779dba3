"""Random colours: distort_param. Decided first, applied to the pixels that are kept.

Source: ApplyDistort in im_transforms.cpp of weiliu89/caffe, branch ssd; Howard 2013.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from framework.data.random import Draws
from framework.data.records import Pixels

Table = NDArray[np.uint8]
_LEVELS = np.arange(256, dtype=np.float32)


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

    def apply(self, pixels: Pixels) -> Pixels:
        """The changed picture; `pixels` stays as it is. Grey pictures have no hue and saturation.

        Each step rounds to whole grey levels, as in the original; brightness and contrast in a row
        are one table, since both go by the level alone.
        """
        if pixels.shape[2] != 3:
            return _look_up(pixels, self.brightness, self.contrast)
        if self.contrast_first:
            pixels = self._tint(_look_up(pixels, self.brightness, self.contrast))
        elif self.saturation is None and self.hue is None:
            pixels = _look_up(pixels, self.brightness, self.contrast)
        else:
            pixels = self._tint(_look_up(pixels, self.brightness, None))
            pixels = _look_up(pixels, None, self.contrast)
        if self.channels is not None:
            pixels = np.ascontiguousarray(pixels[:, :, self.channels])
        return pixels

    def _tint(self, pixels: Pixels) -> Pixels:
        if self.saturation is not None:
            pixels = _change_plane(pixels, 1, _table(self.saturation, 0))
        if self.hue is not None:
            pixels = _change_plane(pixels, 0, _table(1, self.hue))
        return pixels


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


def _table(factor: float, shift: float) -> Table:
    """level -> round(factor * level + shift), cut to 0 ... 255; halves go to the even one."""
    levels = np.rint(np.float32(factor) * _LEVELS + np.float32(shift))
    return np.clip(levels, 0, 255).astype(np.uint8)


def _look_up(pixels: Pixels, brightness: float | None, contrast: float | None) -> Pixels:
    if brightness is None and contrast is None:
        return pixels
    table = _table(1, brightness or 0)
    if contrast is not None:
        table = _table(contrast, 0)[table]
    return _as_picture(cv2.LUT(pixels, table), pixels)


def _change_plane(pixels: Pixels, plane: int, table: Table) -> Pixels:
    """Send one plane of the picture in HSV through a table: hue is plane 0, saturation 1."""
    hsv = cv2.cvtColor(pixels, cv2.COLOR_BGR2HSV)
    changed = cv2.LUT(cv2.extractChannel(hsv, plane), table)
    cv2.insertChannel(changed, hsv, plane)
    return cv2.cvtColor(hsv, cv2.COLOR_HSV2BGR, dst=hsv)


def _as_picture(changed: Pixels, like: Pixels) -> Pixels:
    """OpenCV drops the axis of a single channel."""
    return changed.reshape(like.shape)
