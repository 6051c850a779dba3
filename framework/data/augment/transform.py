"""Augmentation pipeline (transform_param): from a record's image and boxes to those of a batch.

The plain order of Caffe defines the result: distort, expand, sample, resize, noise, crop, mirror,
mean, scale. The steps here go in that order, but those before `Render` only decide, on the boxes:
that tells what part of the image is seen; no row below it is decoded, and only that part is
distorted and copied. Colour changes are made pixel by pixel, so the result is the same. Unlike in
the original, nothing is compressed as a JPEG between two steps.
Source: data_transformer.cpp, annotated_data_layer.cpp of weiliu89/caffe, branch ssd. The sizes that
NVIDIA's and Intel's branches draw are in random_sizes.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import cv2
from google.protobuf.message import Message

from framework.data.augment import (
    distortion,
    geometry,
    noise,
    random_sizes,
    resizing,
    sampler,
    steps,
)
from framework.data.augment.draws import Draws
from framework.data.augment.geometry import Rectangle
from framework.data.augment.mean import Mean
from framework.data.augment.steps import Sample, Step
from framework.data.records.image_size import FLAG, max_pixels
from framework.data.records.records import BadRecord, Pixels, Record
from framework.proto import TransformationParameter, has_field
from framework.system.arrays import Floats

REFUSED = ("flow",)
MAX_EXPAND_RATIO = 100          # of a side: SSD has 4


class Transformer:
    """A transform_param (and batch_samplers) as lists of steps.

    param      TransformationParameter
    is_train   random crops in TRAIN, central ones in TEST
    samplers   BatchSampler messages of an AnnotatedData layer
    Not for several threads at once: it keeps memory for decoded and expanded images.
    """

    def __init__(self, param: TransformationParameter, is_train: bool, mean: Mean,
                 samplers: Sequence[Any] = ()):
        self.param = param
        self.mean = mean
        self.crop_size = (param.crop_h, param.crop_w)
        if param.crop_size:
            self.crop_size = (param.crop_size, param.crop_size)
        emit = geometry.emit_rule(_given(param, "emit_constraint"))
        is_stretched = random_sizes.is_stretched(param)
        self._crop = steps.Crop(self.crop_size, is_train, emit)
        self._subtract = steps.Subtract(mean, self.crop_size, is_stretched)
        size = self._size_steps(emit)
        finish = self._finishing_steps()

        self.view_steps: list[Step] = []        # those that decide what of the image is seen
        if param.HasField("distort_param"):
            self.view_steps.append(steps.Distort(param.distort_param))
        if param.HasField("expand_param"):
            self.view_steps.append(steps.Expand(param.expand_param, emit))
        self.view_steps.append(steps.SampleWindow(sampler.BatchSamplers(samplers), emit))
        render = steps.Render(mean, param.HasField("expand_param"))
        self._steps = [*self.view_steps, *size, render, *finish]

        stretch = [steps.Stretch(param, self.crop_size)] if is_stretched else []
        self._plain_steps = [*stretch, *size, steps.resize_decoded, *finish]

    def _size_steps(self, emit: tuple[int, float]) -> list[Step]:
        """What decides the size that images are resized to."""
        if any(has_field(self.param, name) for name in random_sizes.INTEL):
            return [steps.DrawSize(self.param, emit)]
        if self.param.HasField("resize_param"):
            return [steps.ChooseSize(self.param.resize_param)]
        return []

    def _finishing_steps(self) -> list[Step]:
        """Noise, crop, mirror, and a mean_file's mean."""
        finish: list[Step] = []
        if self.param.HasField("noise_param"):
            finish.append(steps.Degrade(self.param.noise_param))
        finish.append(self._crop)
        if self.param.mirror:
            finish.append(steps.mirror)
        if geometry.extrapolates(_given(self.param, "resize_param")):
            finish.append(steps.extrapolate)
        finish.append(self._subtract)
        return finish

    def __call__(self, record: Record, draws: Draws) -> tuple[Pixels, Floats | None]:
        """The image (height, width, channels) and boxes for the batch.

        The pixels are uint8, still without mean and scale; or float32, with a mean_file's mean and
        scale applied; or float32 without, if the record holds floats. They may be in memory that
        the next call uses. Raises BadRecord.
        """
        image = record.image
        sample = Sample(record.boxes, Rectangle(0, 0, image.width, image.height), image)
        steps.run(self._steps, sample, draws)
        return sample.pixels, sample.boxes

    def without_boxes(self, pixels: Pixels, draws: Draws) -> Pixels:
        """As a call, for the layers that neither distort nor expand: Data, ImageData, ..."""
        height, width = pixels.shape[:2]
        sample = Sample(None, Rectangle(0, 0, width, height), pixels=pixels)
        return steps.run(self._plain_steps, sample, draws).pixels

    def pair(self, pixels: Pixels, marks: Pixels, draws: Draws,
             ignore_label: int) -> tuple[Pixels, Pixels]:
        """Augment an image and its label map (height, width, 1) alike.

        What a crop lacks is added on the right and below, in the mean's colour and `ignore_label`.
        Source: TransformImgAndSeg in DeepLab's and PSPNet's data_transformer.cpp.
        """
        if pixels.shape[:2] != marks.shape[:2]:
            raise BadRecord(f"the image is {pixels.shape[1]} x {pixels.shape[0]}, its label map "
                            f"{marks.shape[1]} x {marks.shape[0]}")
        resize_param = _given(self.param, "resize_param")
        if resize_param is not None:
            mode = resizing.draw_interpolation(resize_param, draws)
            pixels = resizing.resize(pixels, resize_param, mode)
            marks = resizing.resize(marks, resize_param, cv2.INTER_NEAREST)
        factors = self.param.scale_factors
        if factors:
            factor = factors[draws.below(len(factors))]
            width = int(pixels.shape[1] * factor)
            height = int(pixels.shape[0] * factor)
            pixels = resizing.resize_plain(pixels, width, height, cv2.INTER_LINEAR)
            marks = resizing.resize_plain(marks, width, height, cv2.INTER_NEAREST)
        pixels = self._pad_to_crop(pixels, self.mean.fill(pixels.shape[2]))
        marks = self._pad_to_crop(marks, (ignore_label,))
        height, width = pixels.shape[:2]
        crop = self._crop.choose(height, width, draws)
        is_mirrored = self.param.mirror and draws.below(2) == 1
        marks = steps.cut(marks, crop)
        if is_mirrored:
            marks = marks[:, ::-1]
        return self._subtract.apply(pixels, crop, is_mirrored), marks

    def _pad_to_crop(self, pixels: Pixels, fill: tuple[float, ...]) -> Pixels:
        height, width, channels = pixels.shape
        below = max(self.crop_size[0] - height, 0)
        right = max(self.crop_size[1] - width, 0)
        if not (below or right):
            return pixels
        padded = cv2.copyMakeBorder(pixels, 0, below, 0, right, cv2.BORDER_CONSTANT,
                                    value=(*fill, 0, 0, 0)[:4])     # OpenCV takes four values
        return padded.reshape(height + below, width + right, channels)


def check_transform(param: TransformationParameter, error: Callable[[str, str], Exception]) -> None:
    """Raise `error(field, message)` for settings of a transform_param that cannot be followed."""
    if param.force_color and param.force_gray:
        raise error("transform_param.force_gray", "cannot be set together with force_color")
    if param.HasField("mean_file") and param.mean_value:
        raise error("transform_param.mean_file", "cannot be given together with mean_value")
    if param.HasField("resize_param"):
        resizing.check_resize(param.resize_param, error)
    if param.HasField("noise_param"):
        noise.check_noise(param.noise_param, error)
    if param.HasField("distort_param"):
        distortion.check_distortion(param.distort_param, error)
    if param.HasField("expand_param") \
            and not 1 < param.expand_param.max_expand_ratio <= MAX_EXPAND_RATIO:
        raise error("transform_param.expand_param.max_expand_ratio",
                    f"is {param.expand_param.max_expand_ratio:g}; it must be above 1, and at most "
                    f"{MAX_EXPAND_RATIO}")
    _check_crop(param, error)
    random_sizes.check_stretching(param, error)
    for name in REFUSED:
        if random_sizes.is_set(param, name):
            raise error(f"transform_param.{name}", "is not supported: leave it out")


def _check_crop(param: TransformationParameter, error: Callable[[str, str], Exception]) -> None:
    """Raise `error` for a crop of more pixels than an image may have."""
    for field, height, width in (("crop_size", param.crop_size, param.crop_size),
                                 ("crop_h", param.crop_h, param.crop_w)):
        if height * width > max_pixels():
            raise error(f"transform_param.{field}", f"makes images of {width} x {height} pixels, "
                        f"more than {max_pixels()}, which {FLAG} allows")


def _given(param: Message, field: str) -> Any:
    """A message within a message, or None if it is not set. Any: the one in that field."""
    return getattr(param, field) if has_field(param, field) else None
