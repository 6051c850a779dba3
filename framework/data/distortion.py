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

        Each step rounds to whole grey levels and cuts to 0 ... 255, as in the original.
        """
        shape = pixels.shape
        if self.brightness is not None:
            pixels = _add(pixels, self.brightness, range(shape[2]))
        if self.contrast_first:
            pixels = self._tint(self._stretch(pixels))
        else:
            pixels = self._stretch(self._tint(pixels))
        if self.channels is not None and shape[2] == 3:
            pixels = np.ascontiguousarray(pixels[:, :, self.channels])
        return pixels.reshape(shape)

    def _stretch(self, pixels: Pixels) -> Pixels:
        if self.contrast is None:
            return pixels
        return cv2.convertScaleAbs(pixels, alpha=self.contrast)

    def _tint(self, pixels: Pixels) -> Pixels:
        if pixels.ndim != 3 or pixels.shape[2] != 3:
            return pixels
        if self.saturation is not None:
            hsv = cv2.cvtColor(pixels, cv2.COLOR_BGR2HSV)
            plane = cv2.extractChannel(hsv, 1)
            cv2.insertChannel(cv2.convertScaleAbs(plane, dst=plane, alpha=self.saturation), hsv, 1)
            pixels = cv2.cvtColor(hsv, cv2.COLOR_HSV2BGR, dst=hsv)
        if self.hue is not None:
            hsv = _add(cv2.cvtColor(pixels, cv2.COLOR_BGR2HSV), self.hue, (0,))
            pixels = cv2.cvtColor(hsv, cv2.COLOR_HSV2BGR, dst=hsv)
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


def _add(pixels: Pixels, levels: float, channels: Container[int]) -> Pixels:
    """Add so many levels, rounded, to some channels of a picture."""
    whole = round(levels)
    # Any: cv2's types do not know that a scalar may stand here
    scalar: Any = tuple(float(abs(whole)) if channel in channels else 0.0 for channel in range(4))
    return np.asarray(cv2.add(pixels, scalar) if whole > 0 else cv2.subtract(pixels, scalar))
