"""Random blur, and a random rotation and scale of the whole image, for images without boxes.

Source: data_transformer.cpp of qingnianzhi/kaggle_drivers (2016), in both phases; that of
Cysu/caffe for multi_scale_levels.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from framework.data.augment.draws import Draws
from framework.data.augment.steps import Sample
from framework.proto import TransformationParameter

FIELDS = ("random_blur", "blur_kernel_size", "max_degree", "max_scale", "min_scale",
          "multi_scale_levels")
NUM_CHOICES = 6         # of which three blur
SIGMA = 1.0             # of the Gaussian, in pixels
LARGEST_KERNEL = 255    # of a median of 8 bits, in OpenCV
MAX_DEGREE = 180
LARGEST_SCALE = 100.0


@dataclass(frozen=True)
class Blur:
    """Blur by a Gaussian, a mean or a median over kernel x kernel pixels; a chance of 1/6 each.

    Else, with a chance of 1/2, the image stays as it is.
    """

    kernel: int

    def __call__(self, sample: Sample, draws: Draws) -> None:
        pixels = np.ascontiguousarray(sample.pixels)
        window = (self.kernel, self.kernel)
        choice = draws.below(NUM_CHOICES)
        if choice == 0:
            blurred = cv2.GaussianBlur(pixels, window, SIGMA)
        elif choice == 1:
            blurred = cv2.blur(pixels, window)
        elif choice == 2:
            blurred = cv2.medianBlur(pixels, self.kernel)
        else:
            return
        sample.pixels = blurred.reshape(pixels.shape)


@dataclass(frozen=True)
class TurnAndScale:
    """Rotate by a whole number of degrees and scale about the centre; the size stays.

    max_degree            either way; each whole number up to it is as likely
    min_scale, max_scale  bounds of the factor
    The centre is (width // 2, height // 2), as in the source; what comes from outside is 0.
    """

    max_degree: int
    min_scale: float
    max_scale: float

    def __call__(self, sample: Sample, draws: Draws) -> None:
        degrees = self.max_degree - draws.below(2 * self.max_degree + 1)
        factor = draws.uniform(self.min_scale, self.max_scale)
        height, width = sample.pixels.shape[:2]
        matrix = cv2.getRotationMatrix2D((width // 2, height // 2), degrees, factor)
        turned = cv2.warpAffine(np.ascontiguousarray(sample.pixels), matrix, (width, height),
                                flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
        sample.pixels = turned.reshape(sample.pixels.shape)


@dataclass(frozen=True)
class ChooseLevel:
    """Resize bilinearly by one of several factors, each as likely; in both phases."""

    levels: tuple[float, ...]

    def __call__(self, sample: Sample, draws: Draws) -> None:
        level = self.levels[draws.below(len(self.levels))]
        if level == 1:
            return
        height, width, channels = sample.pixels.shape
        level = max(level, 1 / min(height, width))      # at least a pixel, which the crop refuses
        resized = cv2.resize(np.ascontiguousarray(sample.pixels), None, fx=level, fy=level,
                             interpolation=cv2.INTER_LINEAR)
        sample.pixels = resized.reshape(*resized.shape[:2], channels)


def turns(param: TransformationParameter) -> bool:
    """Whether images are rotated or scaled."""
    return bool(param.max_degree) or (param.min_scale, param.max_scale) != (1, 1)


def check_turning(param: TransformationParameter, error: Callable[[str, str], Exception]) -> None:
    """Raise `error(field, message)` for settings that cannot be followed."""
    kernel = param.blur_kernel_size
    if param.random_blur and not (kernel % 2 and kernel <= LARGEST_KERNEL):
        raise error("transform_param.blur_kernel_size", f"is {kernel}; it must be odd and at most "
                    f"{LARGEST_KERNEL}")
    if param.max_degree > MAX_DEGREE:
        raise error("transform_param.max_degree", f"is {param.max_degree}; it must be at most "
                    f"{MAX_DEGREE}")
    if not 0 < param.min_scale <= param.max_scale <= LARGEST_SCALE:
        raise error("transform_param.min_scale", f"and max_scale are {param.min_scale:g} and "
                    f"{param.max_scale:g}; they must be above 0, in order, and at most "
                    f"{LARGEST_SCALE:g}")
    levels = param.multi_scale_levels
    if not all(0 < level <= LARGEST_SCALE for level in levels):
        given = ", ".join(f"{level:g}" for level in levels)
        raise error("transform_param.multi_scale_levels", f"is {given}; each must be above 0 and "
                    f"at most {LARGEST_SCALE:g}")
    if levels and not (param.crop_size or (param.crop_h and param.crop_w)):
        raise error("transform_param.multi_scale_levels", "needs crop_size: the images of a batch "
                    "must be of one size")
    if levels and param.HasField("mean_file"):
        raise error("transform_param.multi_scale_levels", "cannot be given together with mean_file")
