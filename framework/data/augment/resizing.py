"""Image resizing (resize_param): stretched, by the shorter side, or letterboxed.

Source: ApplyResize, InferNewSize in im_transforms.cpp of weiliu89/caffe, branch ssd.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import cv2
import numpy as np

from framework.data.augment.draws import Draws
from framework.data.augment.fast_resize import can_resample, resample
from framework.data.augment.geometry import Rectangle, fitted_size
from framework.data.augment.planes import planes_of, whole
from framework.data.records.image_size import FLAG, max_pixels
from framework.data.records.records import BadRecord, Pixels
from framework.proto import ResizeParameter
from framework.system.wording import counted


def resize_plain(pixels: Pixels, width: int, height: int, mode: int) -> Pixels:
    """Resize an image by an OpenCV interpolation, without regard to its aspect ratio.

    Intel's library, which OpenCV may use for CUBIC, rounds differently and is not used. Raises
    BadRecord for more pixels than an image may have.
    """
    old_height, old_width, channels = pixels.shape
    if (old_width, old_height) == (width, height):
        return pixels
    if width * height > max_pixels():
        raise BadRecord(f"the image, {old_width} x {old_height}, would be resized to {width} x "
                        f"{height} pixels, more than {max_pixels()}, which {FLAG} allows")
    if pixels.dtype == np.uint8 and can_resample(old_width, old_height, width, height, mode):
        place = Rectangle(0, 0, old_width, old_height)
        return whole(resample(planes_of(pixels), place, old_width, old_height, width, height, mode))
    resized = cv2.resize(pixels, (width, height), interpolation=mode)
    return resized.reshape(height, width, channels)


def draw_interpolation(param: ResizeParameter, draws: Draws) -> int:
    """OpenCV's number of one of the interp_modes, each equally likely; LINEAR if none is given."""
    index = draws.below(len(param.interp_mode)) if len(param.interp_mode) > 1 else 0
    return interpolation(param, index)


def interpolation(param: ResizeParameter, index: int = 0) -> int:
    """OpenCV's number of the interp_mode with that index; LINEAR if none is given."""
    if not param.interp_mode:
        return cv2.INTER_LINEAR
    return {param.LINEAR: cv2.INTER_LINEAR, param.AREA: cv2.INTER_AREA,
            param.NEAREST: cv2.INTER_NEAREST, param.CUBIC: cv2.INTER_CUBIC,
            param.LANCZOS4: cv2.INTER_LANCZOS4}[param.interp_mode[index]]


def resized_size(param: ResizeParameter, width: int, height: int) -> tuple[int, int]:
    """(width, height) of an image of that size after ResizeParameter."""
    if param.resize_mode != param.FIT_SMALL_SIZE:
        return param.width, param.height
    new_width, new_height = fitted_size(param, np.float32(width) / np.float32(height))
    return max(int(new_width), 1), max(int(new_height), 1)


def resize(pixels: Pixels, param: ResizeParameter, mode: int) -> Pixels:
    """Resize an image as ResizeParameter says, with `mode` from `draw_interpolation`."""
    height, width = pixels.shape[:2]
    if param.resize_mode != param.FIT_LARGE_SIZE_AND_PAD:
        return resize_plain(pixels, *resized_size(param, width, height), mode)
    aspect = np.float32(width) / np.float32(height)
    inner_width = param.width
    inner_height = param.height
    if aspect > np.float32(param.width) / np.float32(param.height):
        inner_height = max(math.floor(np.float32(param.width) / aspect), 1)
    else:
        inner_width = max(math.floor(aspect * np.float32(param.height)), 1)
    resized = resize_plain(pixels, inner_width, inner_height, mode)
    left = (param.width - inner_width) // 2
    top = (param.height - inner_height) // 2
    border = {param.CONSTANT: cv2.BORDER_CONSTANT, param.MIRRORED: cv2.BORDER_REFLECT_101,
              param.REPEAT_NEAREST: cv2.BORDER_REPLICATE}[param.pad_mode]
    padded = cv2.copyMakeBorder(resized, top, param.height - inner_height - top, left,
                                param.width - inner_width - left, border,
                                value=_pad_values(param, pixels.shape[2]))
    return padded.reshape(param.height, param.width, pixels.shape[2])


def check_resize(param: ResizeParameter, error: Callable[[str, str], Exception]) -> None:
    """Raise `error(field, message)` for a size of 0 and for odd pad values."""
    field = "transform_param.resize_param"
    for name in ("height", "width"):
        if getattr(param, name) == 0:
            raise error(f"{field}.{name}", "is 0; it must be at least 1")
    if param.height * param.width > max_pixels():
        raise error(f"{field}.height", f"and width make images of {param.width} x {param.height} "
                    f"pixels, more than {max_pixels()}, which {FLAG} allows")
    if param.longest_side and param.resize_mode != param.FIT_SMALL_SIZE:
        raise error(f"{field}.longest_side", f"is {param.longest_side}; it belongs to resize_mode "
                    "FIT_SMALL_SIZE")
    if param.longest_side and param.longest_side < min(param.height, param.width):
        raise error(f"{field}.longest_side", f"is {param.longest_side}; it must be at least the "
                    f"size of the shorter side, {min(param.height, param.width)}")
    if len(param.pad_value) not in (0, 1, 3, 4):
        raise error(f"{field}.pad_value", f"is given {len(param.pad_value)} times; it must be "
                    "once, or once for each channel")


def _pad_values(param: ResizeParameter, channels: int) -> tuple[float, ...]:
    values = list(param.pad_value) or [0]
    if len(values) not in (1, channels):
        raise BadRecord(f"the image has {counted(channels, 'channel')}, but pad_value is given "
                        f"{len(values)} times")
    return tuple(values * (4 if len(values) == 1 else 1))
