"""Colour jitter (distort_param): drawn first, applied to the pixels that are kept.

Source: ApplyDistort in im_transforms.cpp of weiliu89/caffe, branch ssd, and of jolibrain/caffe;
Howard 2013.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from framework.data.augment.draws import Draws
from framework.data.augment.planes import memory_of
from framework.data.records.records import Pixels
from framework.proto import DistortionParameter

CHANGES = ("brightness", "contrast", "saturation", "hue", "random_order")


@dataclass(frozen=True)
class Distortion:
    """The colour changes of one image; None where one is not made.

    contrast_first  contrast before saturation and hue, else after them
    brightness      grey levels to add
    contrast        factor of the levels
    saturation      factor of the saturation
    hue             half degrees to add to the hue, clipped to 0 ... 255, not wrapped below 0
    channels        new order of the channels
    """

    contrast_first: bool
    brightness: float | None = None
    contrast: float | None = None
    saturation: float | None = None
    hue: float | None = None
    channels: tuple[int, ...] | None = None

    def apply(self, pixels: Pixels) -> Pixels:
        """The changed planes (channels, height, width) of an image (height, width, channels).

        Images that do not have three channels are treated as grey ones, which have no hue and
        saturation. Each step rounds to whole grey levels and clips to 0 ... 255, as in the
        original. Pixels are uint8.
        """
        # lazy: numba costs 0.2 s
        from framework.data.augment.distortion_loops import distort

        height, width, channels = pixels.shape
        has_colour = channels == 3
        planes = np.empty((channels, height, width), np.uint8)
        distort(*memory_of(pixels), self.contrast_first, self.brightness or 0.0,
                _factor(self.contrast), _factor(self.saturation if has_colour else None),
                has_colour and self.hue is not None, self.hue or 0.0, planes)
        if self.channels is None or not has_colour:
            return planes
        return np.ascontiguousarray(planes[list(self.channels)])


def _factor(factor: float | None) -> float:
    return -1.0 if factor is None else factor


def probabilities(param: DistortionParameter) -> dict[str, float]:
    """The probability of each change.

    With `prob` above 0 the form of jolibrain/caffe counts: `prob` for each change whose flag is
    true, or for all with `all_effects`. Else each has its own, as in the SSD branch.
    """
    if param.prob <= 0:
        return {name: getattr(param, f"{name}_prob") for name in CHANGES}
    return {name: param.prob if param.all_effects or getattr(param, name) else 0.0
            for name in CHANGES}


def draw_distortion(param: DistortionParameter, draws: Draws) -> Distortion:
    """Draw the changes that a DistortionParameter allows."""
    probability = probabilities(param)
    contrast_first = draws.uniform(0, 1) > 0.5
    brightness = contrast = saturation = hue = channels = None
    if draws.chance(probability["brightness"]):
        brightness = draws.uniform(-param.brightness_delta, param.brightness_delta)
    if draws.chance(probability["contrast"]):
        contrast = draws.uniform(param.contrast_lower, param.contrast_upper)
    if draws.chance(probability["saturation"]):
        saturation = draws.uniform(param.saturation_lower, param.saturation_upper)
    if draws.chance(probability["hue"]):
        hue = draws.uniform(-param.hue_delta, param.hue_delta)
    if draws.chance(probability["random_order"]):
        channels = tuple(int(channel) for channel in draws.generator.permutation(3))
    if contrast is not None and abs(contrast - 1) <= 1e-3:
        contrast = None
    return Distortion(contrast_first, brightness, contrast, saturation, hue, channels)


def check_distortion(param: DistortionParameter, error: Callable[[str, str], Exception]) -> None:
    """Raise `error(field, message)` for ranges that cannot be drawn from."""
    field = "transform_param.distort_param"
    for name in ("brightness_delta", "hue_delta"):
        if getattr(param, name) < 0:
            raise error(f"{field}.{name}", f"is {getattr(param, name):g}; it must not be negative")
    for name in ("contrast", "saturation"):
        lower = getattr(param, f"{name}_lower")
        upper = getattr(param, f"{name}_upper")
        if probabilities(param)[name] > 0 and not 0 <= lower <= upper:
            raise error(f"{field}.{name}_lower", f"and {name}_upper are {lower:g} and {upper:g}; "
                        "they must rise and not be negative")
