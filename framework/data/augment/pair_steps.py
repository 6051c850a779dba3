"""Steps of the augmentation pipeline for an image and its label map, which change both alike.

Crop, mirror and mean are those of `steps`, which work on the image; `cut_marks` crops and mirrors
the label map as they do.
Source: TransformImgAndSeg in DeepLab's and PSPNet's data_transformer.cpp.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from framework.data.augment import distortion, resizing
from framework.data.augment.draws import Draws
from framework.data.augment.mean import Mean
from framework.data.augment.planes import whole
from framework.data.augment.steps import Sample, cut
from framework.data.records.records import BadRecord, Pixels
from framework.proto import DistortionParameter, ResizeParameter


def compare_sizes(sample: Sample, draws: Draws) -> None:
    """Raise BadRecord unless the label map has the image's size."""
    pixels = sample.pixels
    marks = _marks_of(sample)
    if pixels.shape[:2] != marks.shape[:2]:
        raise BadRecord(f"the image is {pixels.shape[1]} x {pixels.shape[0]}, its label map "
                        f"{marks.shape[1]} x {marks.shape[0]}")


@dataclass(frozen=True)
class Distort:
    """Change the colours of the image (distort_param)."""

    param: DistortionParameter

    def __call__(self, sample: Sample, draws: Draws) -> None:
        if sample.pixels.dtype != np.uint8:
            raise BadRecord("distort_param needs pixels of 8 bits")
        changes = distortion.draw_distortion(self.param, draws)
        sample.pixels = whole(changes.apply(sample.pixels))


@dataclass(frozen=True)
class Resize:
    """Resize both (resize_param): the label map by NEAREST, which mixes no labels."""

    param: ResizeParameter

    def __call__(self, sample: Sample, draws: Draws) -> None:
        mode = resizing.draw_interpolation(self.param, draws)
        sample.pixels = resizing.resize(sample.pixels, self.param, mode)
        sample.marks = resizing.resize(_marks_of(sample), self.param, cv2.INTER_NEAREST)


@dataclass(frozen=True)
class Zoom:
    """Resize both by one of the scale_factors, drawn at random; sizes are rounded down."""

    factors: Sequence[float]

    def __call__(self, sample: Sample, draws: Draws) -> None:
        factor = self.factors[draws.below(len(self.factors))]
        height, width = sample.pixels.shape[:2]
        size = (int(width * factor), int(height * factor))
        sample.pixels = resizing.resize_plain(sample.pixels, *size, cv2.INTER_LINEAR)
        sample.marks = resizing.resize_plain(_marks_of(sample), *size, cv2.INTER_NEAREST)


@dataclass(frozen=True)
class Rotate:
    """Rotate both about the centre, by up to max_rotation_angle degrees either way.

    probability  of doing so (apply_probability)
    The size stays; what comes from outside has the mean's colour and `ignore_label`.
    """

    max_angle: int
    probability: float
    mean: Mean

    def __call__(self, sample: Sample, draws: Draws) -> None:
        if not draws.chance(self.probability):
            return
        angle = draws.uniform(-self.max_angle, self.max_angle)
        height, width, channels = sample.pixels.shape
        matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), angle, 1)
        fill = (*self.mean.fill(channels), 0, 0, 0)[:4]     # OpenCV takes four values
        marks = _marks_of(sample)
        sample.pixels = cv2.warpAffine(
            np.ascontiguousarray(sample.pixels), matrix, (width, height), flags=cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_CONSTANT, borderValue=fill).reshape(sample.pixels.shape)
        sample.marks = cv2.warpAffine(
            np.ascontiguousarray(marks), matrix, (width, height), flags=cv2.INTER_NEAREST,
            borderMode=cv2.BORDER_CONSTANT, borderValue=sample.ignore_label).reshape(marks.shape)


@dataclass(frozen=True)
class PadToCrop:
    """Add what a crop lacks on the right and below, in the mean's colour and `ignore_label`.

    size  (height, width) of the crop; 0, 0: none
    """

    size: tuple[int, int]
    mean: Mean

    def __call__(self, sample: Sample, draws: Draws) -> None:
        sample.pixels = self._padded(sample.pixels, self.mean.fill(sample.pixels.shape[2]))
        sample.marks = self._padded(_marks_of(sample), (sample.ignore_label,))

    def _padded(self, pixels: Pixels, fill: tuple[float, ...]) -> Pixels:
        height, width, channels = pixels.shape
        below = max(self.size[0] - height, 0)
        right = max(self.size[1] - width, 0)
        if not (below or right):
            return pixels
        padded = cv2.copyMakeBorder(pixels, 0, below, 0, right, cv2.BORDER_CONSTANT,
                                    value=(*fill, 0, 0, 0)[:4])     # OpenCV takes four values
        return padded.reshape(height + below, width + right, channels)


def cut_marks(sample: Sample, draws: Draws) -> None:
    """Crop and mirror the label map as the image was."""
    marks = cut(_marks_of(sample), sample.crop)
    sample.marks = marks[:, ::-1] if sample.is_mirrored else marks


def _marks_of(sample: Sample) -> Pixels:
    assert sample.marks is not None
    return sample.marks
