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
    perspective,
    random_sizes,
    resizing,
    sampler,
    steps,
    yolo,
)
from framework.data.augment.draws import Draws
from framework.data.augment.geometry import Rectangle
from framework.data.augment.mean import Mean
from framework.data.augment.steps import Sample, Step
from framework.data.records.image_size import FLAG, max_pixels
from framework.data.records.records import BadRecord, Pixels, Record
from framework.proto import ResizeParameter, TransformationParameter, has_field
from framework.system.arrays import Floats

REFUSED = ("flow",)
MAX_EXPAND_RATIO = 100          # of a side: SSD has 4


class Transformer:
    """A transform_param (and batch_samplers) as lists of steps.

    param      TransformationParameter
    is_train   random crops in TRAIN, central ones in TEST
    samplers   BatchSampler messages of an AnnotatedData layer
    jitter     of MobileNet-YOLO's windows, in place of samplers; 0: none
    Not for several threads at once: it keeps memory for decoded and expanded images.
    """

    def __init__(self, param: TransformationParameter, is_train: bool, mean: Mean,
                 samplers: Sequence[Any] = (), jitter: float = 0):
        self.param = param
        self.mean = mean
        self._is_train = is_train
        self.crop_size = (param.crop_h, param.crop_w)
        if param.crop_size:
            self.crop_size = (param.crop_size, param.crop_size)
        emit = geometry.emit_rule(_given(param, "emit_constraint"))
        is_stretched = random_sizes.is_stretched(param)
        self._crop = steps.Crop(self.crop_size, is_train, emit)
        self._subtract = steps.Subtract(mean, self.crop_size, is_stretched)
        self._sizes = yolo.sizes_of(param)

        self.view_steps: list[Step] = []        # those that decide what of the image is seen
        if param.HasField("distort_param"):
            self.view_steps.append(steps.Distort(param.distort_param))
        if param.HasField("expand_param"):
            self.view_steps.append(steps.Expand(param.expand_param, emit))
        self._render = steps.Render(mean, param.HasField("expand_param"))
        self._is_rendered = param.geometry_param.prob > 0 or param.rotate
        if self._is_rendered:       # boxes are sampled in what the warped pixels show
            self.view_steps += [self._render, *self._reshaping_steps(), steps.see_all]
        self._jitter = jitter
        self._emit = emit
        self.view_steps.append(steps.SampleWindow(sampler.BatchSamplers(samplers), emit))
        self._stretch = [steps.Stretch(param, self.crop_size)] if is_stretched else []
        self.use_size(0)

    def use_size(self, number: int) -> None:
        """Resize from now on by the resize_param of this number, where there are several."""
        param = self._sizes[number] if self._sizes else None
        size = self._size_steps(param)
        finish = self._finishing_steps(param)
        show = steps.resize_decoded if self._is_rendered else self._render
        if self._jitter:
            fits = param is not None and param.resize_mode == param.FIT_LARGE_SIZE_AND_PAD
            window = steps.SampleWindow(yolo.Jitter(self._jitter, fits), self._emit)
            self.view_steps[-1] = window
        self._steps = [*self.view_steps, *size, show, *finish]
        plain = self._finishing_steps(param, is_plain=True)
        self._plain_steps = [*self._stretch, *size, steps.resize_decoded, *plain]

    def start_batch(self, seed: int, batch_index: int) -> None:
        """Take the size of a batch, where there are several."""
        if len(self._sizes) > 1:
            probabilities = [size.prob for size in self._sizes]
            self.use_size(yolo.choose_size(probabilities, seed, batch_index))

    def _size_steps(self, resize_param: ResizeParameter | None) -> list[Step]:
        """What decides the size that images are resized to."""
        if any(has_field(self.param, name) for name in random_sizes.INTEL):
            return [steps.DrawSize(self.param, self._emit)]
        return [] if resize_param is None else [steps.ChooseSize(resize_param)]

    def _reshaping_steps(self) -> list[Step]:
        """Warps and turns of whole images with their boxes."""
        found: list[Step] = []
        if self.param.geometry_param.prob > 0:
            found.append(steps.TakePerspective(self.param.geometry_param))
        if self.param.rotate:
            found.append(steps.turn)
        return found

    def _finishing_steps(self, resize_param: ResizeParameter | None, is_plain: bool = False
                         ) -> list[Step]:
        """Noise, crop, mirror, and a mean_file's mean; of images without boxes warps and turns too.
        """
        finish: list[Step] = []
        if self.param.HasField("noise_param"):
            finish.append(steps.Degrade(self.param.noise_param))
        if is_plain and self.param.geometry_param.prob > 0:
            finish.append(steps.TakePerspective(self.param.geometry_param))
        finish.append(self._crop)
        if is_plain and self.param.rotate and self._is_train:
            finish.append(steps.turn_crop)
        if self.param.mirror:
            finish.append(steps.mirror)
        if geometry.extrapolates(resize_param):
            finish.append(steps.extrapolate)
        finish.append(self._subtract)
        return finish

    def __call__(self, record: Record, draws: Draws) -> tuple[Pixels, Floats | None]:
        """The image (height, width, channels) and boxes for the batch.

        The pixels are uint8, still without mean and scale; or float32, with a mean_file's mean and
        scale applied; or float32 without, if the record holds floats. They may be in memory that
        the next call uses. Raises BadRecord.
        """
        sample = self.sample(record, draws)
        return sample.pixels, sample.boxes

    def sample(self, record: Record, draws: Draws) -> Sample:
        """As a call: all that the steps left, the window and the mirror too."""
        image = record.image
        sample = Sample(record.boxes, Rectangle(0, 0, image.width, image.height), image)
        return steps.run(self._steps, sample, draws)

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
        for one in yolo.sizes_of(param):
            resizing.check_resize(one, error)
        yolo.check_sizes(param, error)
    if param.HasField("noise_param"):
        noise.check_noise(param.noise_param, error)
    if param.HasField("geometry_param"):
        perspective.check_geometry(param.geometry_param, error)
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
