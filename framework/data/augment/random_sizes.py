"""Random resizing, stretching and random-area crops of NVIDIA's and Intel's transform_param.

NVIDIA: img_rand_resize_*, rand_resize_ratio_*, vertical_stretch_*, horizontal_stretch_* change the
size before the crop; allow_upscale and interpolation_algo_* say how.
Intel: random_resize_param draws the shorter side; random_aspect_ratio_param draws a window that
becomes the crop. Both make a ResizeParameter of their own for each image.
Source: image_random_resize in data_transformer.cpp of NVIDIA/caffe (0.16, 0.17); RandomResizeImage
and RandomAlterAspectRatio in data_transformer.cpp of intel/caffe.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from google.protobuf.message import Message

from framework.data.augment import resizing
from framework.data.augment.draws import Draws
from framework.data.augment.geometry import Rectangle
from framework.data.records.image_size import FLAG, max_pixels
from framework.data.records.records import BadRecord, Pixels
from framework.proto import (
    RandomAspectRatioParameter,
    ResizeParameter,
    TransformationParameter,
    has_field,
)

SIZES = ("img_rand_resize_lower", "img_rand_resize_upper")
RATIOS = ("rand_resize_ratio_lower", "rand_resize_ratio_upper")
STRETCHES = ("vertical_stretch_lower", "vertical_stretch_upper", "horizontal_stretch_lower",
             "horizontal_stretch_upper")
MANNERS = ("allow_upscale", "interpolation_algo_down", "interpolation_algo_up")
NVIDIA = (*SIZES, *RATIOS, *STRETCHES, *MANNERS)
INTEL = ("random_resize_param", "random_aspect_ratio_param")
MAX_ATTEMPTS = 1000
Error = Callable[[str, str], Exception]


def is_set(param: Message, name: str) -> bool:
    """Is a field of a message given, with a value other than its default?"""
    field = param.DESCRIPTOR.fields_by_name[name]
    return param.HasField(name) and bool(field.message_type
                                         or getattr(param, name) != field.default_value)


def is_stretched(param: TransformationParameter) -> bool:
    """Does a TransformationParameter ask for NVIDIA's change of size?"""
    return any(getattr(param, name) for name in SIZES) \
        or any(has_field(param, name) for name in (*RATIOS, *STRETCHES))


def stretch(pixels: Pixels, param: TransformationParameter, crop: tuple[int, int],
            draws: Draws) -> Pixels:
    """Resize an image (height, width, channels) to a random size, at least `crop`.

    crop  (height, width)
    Without allow_upscale no side grows, not even to the crop.
    """
    height, width = pixels.shape[:2]
    new_width, new_height = _stretched_size(param, width, height, draws)
    new_height = max(new_height, crop[0], 1)
    new_width = max(new_width, crop[1], 1)
    if not param.allow_upscale:
        new_height = min(new_height, height)
        new_width = min(new_width, width)
    is_smaller = new_height <= height and new_width <= width
    mode = param.interpolation_algo_down if is_smaller else param.interpolation_algo_up
    return resizing.resize_plain(pixels, new_width, new_height, mode)   # OpenCV's own numbers


def _stretched_size(param: TransformationParameter, width: int, height: int,
                    draws: Draws) -> tuple[int, int]:
    """(width, height) before the bounds. In float32, rounded half up, as the original."""
    shorter = min(width, height)
    if _is_effective(param, SIZES, 0):
        low = param.img_rand_resize_lower
        high = param.img_rand_resize_upper
        shorter = low + draws.below(high - low + 1)
    scale = np.float32(shorter) / np.float32(min(width, height))
    new_width = scale * np.float32(width)
    new_height = scale * np.float32(height)
    if _has_ratio(param):
        ratio = _between(param, RATIOS, draws)
        is_wide = draws.below(2) == 1 if new_width == new_height else new_width > new_height
        if is_wide:
            new_width = new_height * ratio
        else:
            new_height = new_width * ratio
    if _is_effective(param, STRETCHES[:2], 0):
        new_height = new_height * _between(param, STRETCHES[:2], draws)
    if _is_effective(param, STRETCHES[2:], 0):
        new_width = new_width * _between(param, STRETCHES[2:], draws)
    return math.floor(float(new_width) + 0.5), math.floor(float(new_height) + 0.5)


def _is_effective(param: Message, names: tuple[str, ...], bound: float) -> bool:
    return all(getattr(param, name) > bound for name in names)


def _has_ratio(param: TransformationParameter) -> bool:
    return param.rand_resize_ratio_lower >= 1 and param.rand_resize_ratio_upper > 1


def _between(param: Message, names: tuple[str, ...], draws: Draws) -> np.float32:
    """A number between two fields, whichever is the lower."""
    low, high = sorted(getattr(param, name) for name in names)
    return np.float32(low if low == high else draws.uniform(low, high))


def draw_resize(param: TransformationParameter, width: int, height: int,
                draws: Draws) -> tuple[Rectangle, ResizeParameter]:
    """Draw the part of an image of that size that is taken, and the ResizeParameter for it.

    param  TransformationParameter with one of Intel's two messages
    Raises BadRecord if the image's own sides leave no size to draw.
    """
    whole = Rectangle(0, 0, width, height)
    if not param.HasField("random_resize_param"):
        return _draw_aspect(param.random_aspect_ratio_param, param.crop_size, whole, draws)
    sizes = param.random_resize_param
    low = sizes.min_size or min(width, height)
    high = sizes.max_size or max(width, height)
    if low > high:
        raise BadRecord(f"the image is {width} x {height}: random_resize_param would draw its "
                        f"shorter side from {low} to {high}")
    shorter = low + draws.below(high - low + 1)
    return whole, _with_shorter_side(sizes.resize_param, width, height, shorter)


def _draw_aspect(param: RandomAspectRatioParameter, crop_size: int, whole: Rectangle,
                 draws: Draws) -> tuple[Rectangle, ResizeParameter]:
    """Draw a window of random area and aspect ratio, to be resized to a square of `crop_size`.

    If no attempt fits, the whole image is resized so that its shorter side has `crop_size`.
    The numbers are drawn in steps of a thousandth, as in the original.
    """
    area = np.float32(whole.width * whole.height)
    change = param.aspect_ratio_change
    for _ in range(param.max_attempt):
        side = np.sqrt(_thousandth(param.min_area_ratio, param.max_area_ratio, draws) * area)
        stretched = _thousandth(change, 1 / change, draws)
        height = max(int(side * stretched), 1)
        width = max(int(side / stretched), 1)
        if draws.below(1001) < 500:
            height, width = width, height
        if height <= whole.height and width <= whole.width:
            y = draws.below(whole.height - height + 1)
            x = draws.below(whole.width - width + 1)
            return Rectangle(x, y, width, height), _sized(param.resize_param, crop_size, crop_size)
    return whole, _with_shorter_side(param.resize_param, whole.width, whole.height, crop_size)


def _thousandth(low: float, high: float, draws: Draws) -> np.float32:
    count = int(np.float32(high - low) * np.float32(1000) + np.float32(1))
    return np.float32(draws.below(count) + low * 1000) / np.float32(1000)


def _with_shorter_side(param: ResizeParameter, width: int, height: int,
                       shorter: int) -> ResizeParameter:
    ratio = np.float32(max(width, height)) / np.float32(min(width, height))
    longer = int(ratio * np.float32(shorter))
    return _sized(param, longer, shorter) if height < width else _sized(param, shorter, longer)


def _sized(param: ResizeParameter, width: int, height: int) -> ResizeParameter:
    sized = type(param)()
    sized.CopyFrom(param)
    sized.width = width
    sized.height = height
    return sized


def check_stretching(param: TransformationParameter, error: Error) -> None:
    """Raise `error(field, message)` for random sizes that cannot be followed."""
    given = [name for name in INTEL if has_field(param, name)]
    if is_stretched(param):
        _check_nvidia(param, error)
        given = [_first(param), *given]
    if given and param.HasField("resize_param"):
        raise error(f"transform_param.{given[0]}", "cannot be given together with resize_param: "
                    "the branch of Caffe that has it does not resize by both")
    if is_stretched(param) and len(given) > 1:
        raise error(f"transform_param.{given[1]}", f"cannot be given together with {given[0]}: no "
                    "branch of Caffe has both")
    if given and not (param.crop_size or (is_stretched(param) and param.crop_h and param.crop_w)):
        raise error(f"transform_param.{given[0]}", "needs crop_size, since its images differ in "
                    "size")
    if "random_aspect_ratio_param" in given:
        _check_aspect(param.random_aspect_ratio_param, error)
    for name, most in (("img_rand_resize_upper", param.img_rand_resize_upper),
                       ("random_resize_param.max_size", param.random_resize_param.max_size),
                       ("random_resize_param.min_size", param.random_resize_param.min_size)):
        if most**2 > max_pixels():
            raise error(f"transform_param.{name}", f"is {most}: a shorter side, so that images "
                        f"have more than {max_pixels()} pixels, which {FLAG} allows")
    sizes = param.random_resize_param
    if sizes.min_size and sizes.max_size and sizes.min_size > sizes.max_size:
        raise error("transform_param.random_resize_param.max_size", f"is {sizes.max_size}; it must "
                    f"be at least min_size {sizes.min_size}")


def _check_nvidia(param: TransformationParameter, error: Error) -> None:
    low = param.img_rand_resize_lower
    high = param.img_rand_resize_upper
    if low and high and low > high:
        raise error("transform_param.img_rand_resize_upper", f"is {high}; it must be at least "
                    f"img_rand_resize_lower {low}")


def _check_aspect(param: RandomAspectRatioParameter, error: Error) -> None:
    field = "transform_param.random_aspect_ratio_param"
    if not 0 < param.min_area_ratio <= param.max_area_ratio:
        raise error(f"{field}.min_area_ratio", f"and max_area_ratio are {param.min_area_ratio:g} "
                    f"and {param.max_area_ratio:g}; they must be above 0 and rise")
    if not 0 < param.aspect_ratio_change <= 1:
        raise error(f"{field}.aspect_ratio_change", f"is {param.aspect_ratio_change:g}; it must be "
                    "above 0 and at most 1")
    if param.max_attempt > MAX_ATTEMPTS:
        raise error(f"{field}.max_attempt", f"is {param.max_attempt}; it may be at most "
                    f"{MAX_ATTEMPTS}: each image tries as often")


def _first(param: TransformationParameter) -> str:
    """The first of NVIDIA's fields that is given."""
    return next(name for name in (*SIZES, *RATIOS, *STRETCHES) if has_field(param, name))


def idle_settings(param: TransformationParameter) -> list[tuple[str, str]]:
    """Fields that are given but have no effect in the original either, and why."""
    if not is_stretched(param):
        idle = [(name, "without a random size or stretch") for name in MANNERS]
    else:
        idle = []
        for names in (SIZES, STRETCHES[:2], STRETCHES[2:]):
            if not _is_effective(param, names, 0):
                idle += [(name, "unless both bounds are above 0") for name in names]
        if not _has_ratio(param):
            idle += [(name, "unless the lower bound is at least 1 and the upper one above 1")
                     for name in RATIOS]
    if param.HasField("random_resize_param"):
        idle.append(("random_aspect_ratio_param", "beside random_resize_param"))
    return [(name, why) for name, why in idle if is_set(param, name)]
