"""Random rotation, size, colour, contrast and smoothing of the whole image, without boxes.

Source: data_transformer.cpp of twtygqyy/caffe-augmentation, whose fields also other projects have
(the nets of anshan-XR-ROB/FILD among them). There images of records that are not encoded stay as
they are.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from framework.data.augment import resizing
from framework.data.augment.draws import Draws
from framework.data.augment.steps import Sample, Step
from framework.data.records.records import BadRecord, Pixels
from framework.proto import TransformationParameter

FIELDS = ("apply_probability", "contrast_brightness_adjustment", "max_brightness_shift",
          "max_color_shift", "max_contrast", "max_rotation_angle", "max_smooth", "min_contrast",
          "min_side", "min_side_max", "min_side_min", "smooth_filtering")
MAX_ANGLE = 180
LARGEST_SHIFT = 255
LARGEST_CONTRAST = 255.0
LARGEST_SMOOTH = 255.0      # of a median of 8 bits, in OpenCV
NUM_FILTERS = 4


@dataclass(frozen=True)
class Rotate:
    """Rotate by a whole number of degrees, up to max_angle either way; what is missing is 0.

    The image grows to the rectangle about the rotated one, as OpenCV's RotatedRect counts it.
    """

    max_angle: int

    def __call__(self, sample: Sample, draws: Draws) -> None:
        angle = draws.below(2 * self.max_angle + 1) - self.max_angle
        if not angle:
            return
        height, width, channels = sample.pixels.shape
        center = (width / 2, height / 2)
        corners = cv2.boxPoints((center, (width, height), angle))
        size = np.ceil(corners.max(0)) - np.floor(corners.min(0)) + 1
        matrix = cv2.getRotationMatrix2D(center, angle, 1)
        matrix[:, 2] += size / 2 - center
        new_width, new_height = (int(one) for one in size)
        rotated = cv2.warpAffine(_bytes(sample.pixels), matrix, (new_width, new_height))
        sample.pixels = rotated.reshape(new_height, new_width, channels)


@dataclass(frozen=True)
class ShortSide:
    """Resize linearly to a shorter side that is drawn from `least` to `most`.

    The longer one keeps the aspect ratio and is rounded up.
    """

    least: int
    most: int

    def __call__(self, sample: Sample, draws: Draws) -> None:
        side = self.least + draws.below(self.most - self.least + 1)
        height, width = sample.pixels.shape[:2]
        if height <= width:
            size = (math.ceil(width / (height / side)), side)
        else:
            size = (side, math.ceil(height / (width / side)))
        sample.pixels = resizing.resize_plain(sample.pixels, *size, cv2.INTER_LINEAR)


@dataclass(frozen=True)
class ShiftColor:
    """Add to each channel a number of its own, up to `most`, or subtract them all."""

    most: int
    probability: float

    def __call__(self, sample: Sample, draws: Draws) -> None:
        if not draws.chance(self.probability):
            return
        channels = sample.pixels.shape[2]
        shifts = np.array([draws.below(self.most + 1) for _ in range(channels)], np.int16)
        sign = -1 if draws.below(2) else 1
        moved = _bytes(sample.pixels).astype(np.int16) + sign * shifts
        sample.pixels = moved.clip(0, 255).astype(np.uint8)


@dataclass(frozen=True)
class ChangeContrast:
    """alpha x + beta of each pixel x, rounded, with both drawn.

    contrast     bounds of alpha
    brightness   of beta, a whole number, either way
    """

    contrast: tuple[float, float]
    brightness: int
    probability: float

    def __call__(self, sample: Sample, draws: Draws) -> None:
        if not draws.chance(self.probability):
            return
        alpha = draws.uniform(*self.contrast)
        beta = draws.below(2 * self.brightness + 1) - self.brightness
        levels = np.rint(np.arange(256, dtype=np.float32) * alpha + beta).clip(0, 255)
        sample.pixels = levels.astype(np.uint8)[_bytes(sample.pixels)]


@dataclass(frozen=True)
class Smooth:
    """Blur by a Gaussian, a mean, a median, or a mean over twice the size; each is as likely.

    num_sizes   of these sizes: 1, 3, 5, ...
    """

    num_sizes: int
    probability: float

    def __call__(self, sample: Sample, draws: Draws) -> None:
        if not draws.chance(self.probability):
            return
        pixels = _bytes(sample.pixels)
        kind = draws.below(NUM_FILTERS)
        size = 1 + 2 * draws.below(self.num_sizes)
        if kind == 0:
            smooth = cv2.GaussianBlur(pixels, (size, size), 0)
        elif kind == 2:
            smooth = cv2.medianBlur(pixels, size)
        else:
            side = size if kind == 1 else 2 * size
            smooth = cv2.blur(pixels, (side, side))
        sample.pixels = smooth.reshape(pixels.shape)


def changes(param: TransformationParameter, is_train: bool) -> list[Step]:
    """The steps that a transform_param asks for, in the original's order; sizes in both phases."""
    chance = param.apply_probability
    steps: list[Step] = []
    if param.max_rotation_angle and is_train:
        steps.append(Rotate(param.max_rotation_angle))
    if param.min_side:
        steps.append(ShortSide(param.min_side, param.min_side))
    if param.min_side_min and param.min_side_max:
        steps.append(ShortSide(param.min_side_min, param.min_side_max))
    if param.max_color_shift and is_train:
        steps.append(ShiftColor(param.max_color_shift, chance))
    if param.contrast_brightness_adjustment and is_train:
        steps.append(ChangeContrast((param.min_contrast, param.max_contrast),
                                    param.max_brightness_shift, chance))
    if param.smooth_filtering and is_train and param.max_smooth > 1:
        steps.append(Smooth(int(param.max_smooth / 2), chance))
    return steps


def check_appearance(param: TransformationParameter,
                     error: Callable[[str, str], Exception]) -> None:
    """Raise `error(field, message)` for settings that cannot be followed."""
    if param.max_rotation_angle > MAX_ANGLE:
        raise error("transform_param.max_rotation_angle", f"is {param.max_rotation_angle}; "
                    f"it must be at most {MAX_ANGLE} degrees")
    if not 0 <= param.apply_probability <= 1:
        raise error("transform_param.apply_probability", f"is {param.apply_probability:g}; "
                    "it must be between 0 and 1")
    if bool(param.min_side_min) != bool(param.min_side_max) \
            or param.min_side_min > param.min_side_max:
        raise error("transform_param.min_side_min", f"and min_side_max are {param.min_side_min} "
                    f"and {param.min_side_max}; they must be above 0, in order")
    for name in ("max_color_shift", "max_brightness_shift"):
        if getattr(param, name) > LARGEST_SHIFT:
            raise error(f"transform_param.{name}", f"is {getattr(param, name)}; it must be at most "
                        f"{LARGEST_SHIFT}")
    if not 0 <= param.min_contrast <= param.max_contrast <= LARGEST_CONTRAST:
        raise error("transform_param.min_contrast", f"and max_contrast are {param.min_contrast:g} "
                    f"and {param.max_contrast:g}; they must be at least 0, in order, and at most "
                    f"{LARGEST_CONTRAST:g}")
    if param.smooth_filtering and not (param.max_smooth <= 1 or 2 <= param.max_smooth
                                       <= LARGEST_SMOOTH):
        raise error("transform_param.max_smooth", f"is {param.max_smooth:g}; it must be at most 1, "
                    f"for none, or from 2 to {LARGEST_SMOOTH:g}")


def _bytes(pixels: Pixels) -> Pixels:
    """The pixels, contiguous. Raises BadRecord unless they are of 8 bits."""
    if pixels.dtype != np.uint8:
        raise BadRecord("rotation, contrast, colour shifts and smoothing need pixels of 8 bits")
    return np.ascontiguousarray(pixels)
