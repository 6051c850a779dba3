"""Image degradation (noise_param): blur, equalization, JPEG artefacts, salt and pepper.

Source: ApplyNoise, colorReduce, constantNoise in im_transforms.cpp of weiliu89/caffe, branch ssd,
and of jolibrain/caffe.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from framework.data.augment.draws import Draws
from framework.data.records.records import BadRecord, Pixels
from framework.proto import NoiseParameter, SaltPepperParameter
from framework.system.wording import counted

EFFECTS = ("decolorize", "gauss_blur", "hist_eq", "clahe", "erode", "posterize", "inverse",
           "saltpepper", "convert_to_hsv", "convert_to_lab")
_POSTERIZED = (np.arange(256) // 64 * 64 + 32).astype(np.uint8)
# OpenCV 2's 3 x 3 ellipse, which is a cross.
_CROSS = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], np.uint8)


def apply_noise(pixels: Pixels, param: NoiseParameter, draws: Draws) -> Pixels:
    """Degrade an image by all changes that a NoiseParameter names, in the original's order.

    `prob`, if given, is the probability of that; without it noise is always applied. (The original
    ignores `prob`.) With `all_effects` of jolibrain/caffe each change is made with probability
    `prob`, salt and pepper only if its values are given; Lab then comes as whole levels.
    convert_to_lab alone gives float32: L 0 ... 100, a and b about -127 ... 127, where the original
    reads the bytes of these numbers as pixels.
    """
    if param.all_effects:
        return _some_effects(pixels, param, draws)
    if param.HasField("prob") and not draws.chance(param.prob):
        return pixels
    if pixels.dtype != np.uint8:
        raise BadRecord("noise_param needs pixels of 8 bits")
    shape = pixels.shape
    pixels = np.ascontiguousarray(pixels)
    if param.decolorize and shape[2] == 3:
        pixels = cv2.cvtColor(cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    if param.gauss_blur:
        pixels = cv2.GaussianBlur(pixels, (7, 7), 1.5)
    if param.hist_eq:
        pixels = _on_brightness(pixels, cv2.equalizeHist)
    if param.clahe:
        pixels = _on_brightness(pixels, cv2.createCLAHE(clipLimit=4, tileGridSize=(8, 8)).apply)
    if param.jpeg > 0:
        pixels = _through_jpeg(pixels, int(param.jpeg))
    if param.erode:
        pixels = cv2.erode(pixels, _CROSS)
    if param.posterize:
        pixels = cv2.LUT(pixels, _POSTERIZED)
    if param.inverse:
        pixels = cv2.bitwise_not(pixels)
    pixels = pixels.reshape(shape)
    if param.saltpepper:
        pixels = _salt_and_pepper(pixels, param.saltpepper_param, draws)
    return _convert(pixels, param)


def _some_effects(pixels: Pixels, param: NoiseParameter, draws: Draws) -> Pixels:
    """Each change by itself with probability `prob`, as `all_effects` asks."""
    if param.prob <= 0:
        return pixels
    chosen = NoiseParameter(jpeg=param.jpeg, saltpepper_param=param.saltpepper_param)
    for name in EFFECTS:
        setattr(chosen, name, draws.chance(param.prob))
    chosen.saltpepper = chosen.saltpepper and bool(param.saltpepper_param.value)
    to_lab = chosen.convert_to_lab and pixels.shape[2] == 3
    chosen.convert_to_lab = False
    chosen.convert_to_hsv = chosen.convert_to_hsv and pixels.shape[2] == 3
    pixels = apply_noise(pixels, chosen, draws)
    if not to_lab:
        return pixels
    lab = _convert(pixels, NoiseParameter(convert_to_lab=True))
    return np.clip(np.rint(lab), 0, 255).astype(np.uint8)


def check_noise(param: NoiseParameter, error: Callable[[str, str], Exception]) -> None:
    """Raise `error(field, message)` for settings that make no image."""
    field = "transform_param.noise_param"
    salt = param.saltpepper_param
    if param.saltpepper and not salt.value:
        raise error(f"{field}.saltpepper_param.value", "is missing; give one value, or one for "
                    "each channel")
    if not 0 <= salt.fraction <= 1:
        raise error(f"{field}.saltpepper_param.fraction", f"is {salt.fraction:g}; it must be "
                    "0 to 1")
    if param.jpeg > 100:
        raise error(f"{field}.jpeg", f"is {param.jpeg:g}; it is a quality of 1 to 100")
    if param.convert_to_hsv and param.convert_to_lab:
        raise error(f"{field}.convert_to_lab", "cannot be set together with convert_to_hsv")


def _on_brightness(pixels: Pixels, change: Callable[[Pixels], Pixels]) -> Pixels:
    """Change the Y plane of a colour image, or a grey image itself."""
    if pixels.ndim == 2 or pixels.shape[2] == 1:
        return change(pixels.reshape(pixels.shape[:2]))
    planes = cv2.cvtColor(pixels, cv2.COLOR_BGR2YCrCb)
    cv2.insertChannel(change(cv2.extractChannel(planes, 0)), planes, 0)
    return cv2.cvtColor(planes, cv2.COLOR_YCrCb2BGR)


def _through_jpeg(pixels: Pixels, quality: int) -> Pixels:
    mode = cv2.IMREAD_COLOR if pixels.ndim == 3 and pixels.shape[2] == 3 else cv2.IMREAD_GRAYSCALE
    done, content = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise BadRecord("the image cannot be written as a JPEG")
    return np.asarray(cv2.imdecode(content, mode))


def _salt_and_pepper(pixels: Pixels, param: SaltPepperParameter, draws: Draws) -> Pixels:
    """Set a fraction of the pixels to one value; some may be drawn twice, as in the original."""
    height, width, channels = pixels.shape
    values = np.array(param.value, np.float32).astype(np.uint8)
    if len(values) not in (1, channels):
        raise BadRecord(f"the image has {counted(channels, 'channel')}, but "
                        f"saltpepper_param.value is given {len(values)} times")
    count = int(np.floor(np.float32(param.fraction) * width * height))
    columns = draws.generator.integers(0, width, count)
    rows = draws.generator.integers(0, height, count)
    salted = pixels.copy()
    salted[rows, columns] = values
    return salted


def _convert(pixels: Pixels, param: NoiseParameter) -> Pixels:
    if not (param.convert_to_hsv or param.convert_to_lab):
        return pixels
    if pixels.shape[2] != 3:
        raise BadRecord("a grey image cannot be converted to HSV or Lab")
    if param.convert_to_hsv:
        return cv2.cvtColor(pixels, cv2.COLOR_BGR2HSV)
    return cv2.cvtColor(pixels.astype(np.float32) / np.float32(255), cv2.COLOR_BGR2Lab)
