"""transform_param: from a record's image and boxes to those of the batch.

The plain order of Caffe defines the result: distort, expand, sample, resize, noise, crop, mirror,
mean, scale. Here expansion and sampling are decided first, on the boxes, which tells what part of
the image is seen; no row below it is decoded, and only that part is distorted and copied. Colour
changes go pixel by pixel, so the result is the same. Unlike the original, nothing passes through a
JPEG between two steps.
Source: data_transformer.cpp, annotated_data_layer.cpp of weiliu89/caffe, branch ssd. The sizes that
NVIDIA's and Intel's branches draw stand in stretching.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import cv2
import numpy as np
from google.protobuf.message import Message

from framework.data.augment import distortion, geometry, noise, random_sizes, resizing, sampler
from framework.data.augment.draws import Draws
from framework.data.augment.geometry import WHOLE, Rectangle, Window
from framework.data.augment.mean import Mean
from framework.data.augment.planes import mirrored
from framework.data.augment.view import Viewer
from framework.data.records.boxes import CORNERS, Floats
from framework.data.records.images import Scratch
from framework.data.records.records import BadRecord, Pixels, Record
from framework.proto import BatchSampler, ResizeParameter, TransformationParameter, has_field

REFUSED = ("flow",)


class Transformer:
    """A transform_param (and batch_samplers), ready to work on records.

    param      TransformationParameter
    is_train   random crops in TRAIN, central ones in TEST
    samplers   BatchSampler messages of an AnnotatedData layer
    Not for several threads at once: it keeps memory for images decoded and expanded.
    """

    def __init__(self, param: TransformationParameter, is_train: bool, mean: Mean,
                 samplers: Sequence[BatchSampler] = ()):
        self.param, self.is_train, self.mean = param, is_train, mean
        self.samplers = sampler.BatchSamplers(samplers)
        self.crop = (param.crop_size, param.crop_size) if param.crop_size \
            else (param.crop_h, param.crop_w)
        self.resize_param = _given(param, "resize_param")
        self.distort_param = _given(param, "distort_param")
        self.expand_param = _given(param, "expand_param")
        self.noise_param = _given(param, "noise_param")
        self._emit = geometry.emit_rule(_given(param, "emit_constraint"))
        self._extrapolates = geometry.extrapolates(self.resize_param)
        self._is_stretched = random_sizes.is_stretched(param)
        self._draws_resize = any(has_field(param, name) for name in random_sizes.INTEL)
        self._viewer = Viewer()
        self._scratch = Scratch()

    def __call__(self, record: Record, draws: Draws) -> tuple[Pixels, Floats | None]:
        """The image (height, width, channels) and boxes for the batch.

        The pixels are uint8, still without mean and scale; or float32, with a mean_file's mean and
        scale applied; or float32 without, if the record holds floats. They may lie in memory that
        the next call uses. Raises BadRecord.
        """
        image, boxes = record.image, record.boxes
        changes = None if self.distort_param is None else \
            distortion.draw_distortion(self.distort_param, draws)
        view, boxes = self._choose_view(image.width, image.height, boxes, draws)
        part, resize_param, mode = self._choose_resize(view.width, view.height, draws)
        if part is not None:
            boxes = self._look_through(boxes, _window(part, view.width, view.height))
            view = Rectangle(view.x + part.x, view.y + part.y, part.width, part.height)
        fill = () if self.expand_param is None else self.mean.fill(image.channels)
        pixels = image.rows(min(view.y + view.height, image.height), self._scratch)
        pixels = self._viewer.show(pixels, view, changes, fill, resize_param, mode)
        return self._finish(pixels, boxes, view, draws)

    def without_boxes(self, pixels: Pixels, draws: Draws) -> Pixels:
        """As a call, for the layers that neither distort nor expand: Data, ImageData, ..."""
        if self._is_stretched:
            pixels = random_sizes.stretch(pixels, self.param, self.crop, draws)
        height, width = pixels.shape[:2]
        part, resize_param, mode = self._choose_resize(width, height, draws)
        if part is not None:
            pixels = pixels[part.y:part.y + part.height, part.x:part.x + part.width]
        if resize_param is not None:
            pixels = resizing.resize(pixels, resize_param, mode)
        return self._finish(pixels, None, Rectangle(0, 0, width, height), draws)[0]

    def pair(self, pixels: Pixels, marks: Pixels, draws: Draws,
             ignore_label: int) -> tuple[Pixels, Pixels]:
        """An image and its label map (height, width, 1), changed alike.

        What a crop lacks is added on the right and below, in the mean's colour and `ignore_label`.
        Source: TransformImgAndSeg in DeepLab's and PSPNet's data_transformer.cpp.
        """
        if pixels.shape[:2] != marks.shape[:2]:
            raise BadRecord(f"the image is {pixels.shape[1]} x {pixels.shape[0]}, its label map "
                            f"{marks.shape[1]} x {marks.shape[0]}")
        _, param, mode = self._choose_resize(pixels.shape[1], pixels.shape[0], draws)
        if param is not None:
            pixels = resizing.resize(pixels, param, mode)
            marks = resizing.resize(marks, param, cv2.INTER_NEAREST)
        factors = self.param.scale_factors
        if factors:
            factor = factors[draws.below(len(factors))]
            width, height = int(pixels.shape[1] * factor), int(pixels.shape[0] * factor)
            pixels = resizing.resize_plain(pixels, width, height, cv2.INTER_LINEAR)
            marks = resizing.resize_plain(marks, width, height, cv2.INTER_NEAREST)
        pixels = self._pad_to_crop(pixels, self.mean.fill(pixels.shape[2]))
        marks = self._pad_to_crop(marks, (ignore_label,))
        crop = self._choose_crop(pixels, draws)
        is_mirrored = self.param.mirror and draws.below(2) == 1
        window = np.s_[crop.y:crop.y + crop.height, crop.x:crop.x + crop.width]
        marks = marks[window][:, ::-1] if is_mirrored else marks[window]
        return self._finish_pixels(pixels, crop, is_mirrored), marks

    def _pad_to_crop(self, pixels: Pixels, fill: tuple[float, ...]) -> Pixels:
        height, width, channels = pixels.shape
        below, right = max(self.crop[0] - height, 0), max(self.crop[1] - width, 0)
        if not (below or right):
            return pixels
        padded = cv2.copyMakeBorder(pixels, 0, below, 0, right, cv2.BORDER_CONSTANT,
                                    value=(*fill, 0, 0, 0)[:4])
        return padded.reshape(height + below, width + right, channels)

    def _choose_resize(self, width: int, height: int,
                       draws: Draws) -> tuple[Rectangle | None, ResizeParameter | None, int]:
        """The part of an image that is resized, or None for all of it; its ResizeParameter, or
        None; and the interpolation."""
        part, param = None, self.resize_param
        if self._draws_resize:
            part, param = random_sizes.draw_resize(self.param, width, height, draws)
        return part, param, resizing.draw_interpolation(param, draws) if param is not None else 0

    def _finish(self, pixels: Pixels, boxes: Floats | None, view: Rectangle,
                draws: Draws) -> tuple[Pixels, Floats | None]:
        """Noise, crop, mirror, and a mean_file's mean; `view` is what was resized."""
        if self.noise_param is not None:
            pixels = noise.apply_noise(pixels, self.noise_param, draws)
        crop = self._choose_crop(pixels, draws)
        is_mirrored = self.param.mirror and draws.below(2) == 1
        if boxes is not None:
            window = _window(crop, pixels.shape[1], pixels.shape[0])
            boxes = self._finish_boxes(boxes, view, window, is_mirrored)
        return self._finish_pixels(pixels, crop, is_mirrored), boxes

    def _choose_view(self, width: int, height: int, boxes: Floats | None,
                     draws: Draws) -> tuple[Rectangle, Floats | None]:
        """Expand, then sample: by the boxes alone."""
        view = Rectangle(0, 0, width, height)
        window = self._expansion(width, height, draws)
        if window is not None:
            left, top, right, bottom = window.tolist()
            x, y = round(left * width), round(top * height)
            right, bottom = round(right * width), round(bottom * height)
            view = Rectangle(x, y, right - x, bottom - y)
            boxes = self._look_through(boxes, window)
        corners = np.empty((0, 4), np.float32) if boxes is None else boxes[:, CORNERS]
        window = self.samplers.draw(corners, draws)
        if window is not None:
            # lazy: numba costs 0.2 s
            from framework.data.augment import box_loops

            x, y, *size = box_loops.crop_rectangle(window, view.width, view.height)
            view = Rectangle(view.x + x, view.y + y, *size)
            boxes = self._look_through(boxes, window)
        return view, boxes

    def _expansion(self, width: int, height: int, draws: Draws) -> Window | None:
        """The window of expand_param: the image's place in a larger one; None if it is not."""
        param = self.expand_param
        if param is None or not draws.chance(param.prob) \
                or abs(param.max_expand_ratio - 1) < 1e-2:
            return None
        ratio = draws.uniform(1, param.max_expand_ratio)
        new_width, new_height = int(width * ratio), int(height * ratio)
        y = int(draws.uniform(0, new_height - height))
        x = int(draws.uniform(0, new_width - width))
        return np.array([-x / width, -y / height, (new_width - x) / width,
                         (new_height - y) / height], np.float32)

    def _look_through(self, boxes: Floats | None, window: Window) -> Floats | None:
        """The boxes seen in a window, in its units; those outside are dropped."""
        if boxes is None:
            return None
        # lazy: numba costs 0.2 s
        from framework.data.augment import box_loops

        return box_loops.look_through(boxes, window, *self._emit)

    def _choose_crop(self, pixels: Pixels, draws: Draws) -> Rectangle:
        """The crop of crop_size: at random in TRAIN, else central, rounded down."""
        height, width = pixels.shape[:2]
        crop_height, crop_width = self.crop
        if not (crop_height and crop_width):
            return Rectangle(0, 0, width, height)
        if crop_height > height or crop_width > width:
            raise BadRecord(f"the image is {width} x {height}, smaller than the crop of "
                            f"{crop_width} x {crop_height}")
        x, y = (width - crop_width) // 2, (height - crop_height) // 2
        if self.is_train:
            y, x = draws.below(height - crop_height + 1), draws.below(width - crop_width + 1)
        return Rectangle(x, y, crop_width, crop_height)

    def _finish_boxes(self, boxes: Floats, view: Rectangle, window: Window,
                      is_mirrored: bool) -> Floats:
        # lazy: numba costs 0.2 s
        from framework.data.augment import box_loops

        if self.resize_param is not None:
            frame = geometry.resized_frame(self.resize_param, view.width, view.height)
            boxes = box_loops.resize(boxes, *frame)
        seen = self._look_through(boxes, window)
        assert seen is not None
        if is_mirrored:
            seen = box_loops.mirror(seen)
        if self._extrapolates:
            seen[:, CORNERS] = geometry.extrapolate(seen[:, CORNERS], self.resize_param,
                                                    view.width, view.height, window)
        return seen

    def _finish_pixels(self, pixels: Pixels, crop: Rectangle, is_mirrored: bool) -> Pixels:
        height, width = pixels.shape[:2]
        part = pixels[crop.y:crop.y + crop.height, crop.x:crop.x + crop.width]
        mean = self.mean.image
        if mean is not None:
            is_other = all(self.crop) and mean.shape[1:] != (height, width)
            part = self.mean.subtract_middle(part) if self._is_stretched or is_other \
                else self.mean.subtract_image(part, crop.x, crop.y, height, width)
        return mirrored(part) if is_mirrored else part


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
    if param.HasField("expand_param") and not param.expand_param.max_expand_ratio > 1:
        raise error("transform_param.expand_param.max_expand_ratio",
                    f"is {param.expand_param.max_expand_ratio:g}; it must be above 1")
    random_sizes.check_stretching(param, error)
    for name in REFUSED:
        if random_sizes.is_set(param, name):
            raise error(f"transform_param.{name}", "is not supported: leave it out")


def _given(param: Message, field: str) -> Any:
    """A message within a message, or None if it is not set. Any: the one in that field."""
    return getattr(param, field) if param.HasField(field) else None


def _window(crop: Rectangle, width: int, height: int) -> Window:
    """A crop in parts of an image of that size."""
    if (crop.width, crop.height) == (width, height):
        return WHOLE
    low = np.array([crop.x, crop.y], np.float32)
    size = np.array([crop.width, crop.height], np.float32)
    whole = np.array([width, height], np.float32)
    return np.concatenate([low / whole, (low + size) / whole])
