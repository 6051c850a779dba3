"""Colour jitter, compiled: brightness, contrast, saturation and hue, one row at a time.

Each row goes through all steps while it is in the cache, so that the image is read and written
once. The results are OpenCV's to the bit: after each step values are whole levels, held as floats.
Source: convertTo, and BGR2HSV and HSV2BGR for 8 bits, of OpenCV (imgproc/color_hsv), as called by
im_transforms.cpp of weiliu89/caffe, branch ssd. HSV2BGR follows the scalar code, the one that
OpenCV had when Caffe was written; its later vector code rounds differently. Each product is
rounded, as it was then: with a fused multiply-add, which OpenCV now uses where the processor has
it, one level in 80,000 differs. So an image is the same on every processor.
"""

from __future__ import annotations

import numpy as np

from framework.system.arrays import Floats, Levels
from framework.system.compiled import compiled, compiled_exactly

_f = np.float32


@compiled
def distort(memory: Levels, step: int, contrast_first: bool, brightness: float, contrast: float,
            saturation: float, has_hue: bool, hue: float, planes: Levels) -> None:
    """Change the colours of an image; three channels are blue, green, red.

    memory                its bytes, `step` of them from one row to the next
    contrast, saturation  factors, negative where there is no change
    brightness, hue       levels to add; has_hue with 0 still converts to HSV and back, which rounds
    saturation, has_hue   negative and False for an image that does not have three channels
    planes                (channels, height, width) uint8, the output
    """
    channels, height, width = planes.shape
    work = np.empty((channels, width), _f)      # one row, by channel; reused for every row
    for y in range(height):
        _load(memory[y * step:y * step + width * channels], work)
        for channel in range(channels):
            if brightness != 0:
                _add(work[channel], _f(brightness))
            if contrast >= 0 and contrast_first:
                _scale(work[channel], _f(contrast))
        if saturation >= 0:
            _to_hsv(work)
            _scale(work[1], _f(saturation))
            _to_bgr(work)
        if has_hue:
            _to_hsv(work)
            _add(work[0], _f(hue))
            _to_bgr(work)
        for channel in range(channels):
            if contrast >= 0 and not contrast_first:
                _scale(work[channel], _f(contrast))
            _store(work[channel], planes[channel, y])


@compiled
def _load(levels: Levels, work: Floats) -> None:
    if len(work) == 3:              # a constant step of 3, which the compiler reads in vectors
        blues = work[0]
        greens = work[1]
        reds = work[2]
        for x in range(work.shape[1]):
            blues[x] = levels[3 * x]
            greens[x] = levels[3 * x + 1]
            reds[x] = levels[3 * x + 2]
    else:
        for channel in range(len(work)):
            for x in range(work.shape[1]):
                work[channel, x] = levels[x * len(work) + channel]


@compiled
def _store(row: Floats, levels: Levels) -> None:
    for x in range(len(row)):
        levels[x] = np.uint8(np.int32(row[x]))


@compiled
def _add(row: Floats, levels: np.float32) -> None:
    for x in range(len(row)):
        row[x] = min(max(np.rint(row[x] + levels), _f(0)), _f(255))


@compiled
def _scale(row: Floats, factor: np.float32) -> None:
    for x in range(len(row)):
        row[x] = min(np.rint(row[x] * factor), _f(255))


@compiled_exactly
def _to_hsv(work: Floats) -> None:
    """BGR to HSV in place: hue 0 ... 179 in steps of 2 degrees, saturation and value 0 ... 255.

    OpenCV divides by a table of quotients with 12 bits after the point; they are computed here.
    A black pixel has value 0, a grey one span 0: then 1 is the divisor, and the product is 0.
    """
    blues = work[0]
    greens = work[1]
    reds = work[2]
    for x in range(work.shape[1]):
        blue = blues[x]
        green = greens[x]
        red = reds[x]
        value = max(max(blue, green), red)
        span = value - min(min(blue, green), red)
        of_value = np.rint(_f(255 << 12) / max(value, _f(1)))
        of_span = np.rint(_f((180 << 12) / 6) / max(span, _f(1)))
        # A later line overrides an earlier one, instead of branches: the compiler makes
        # vector selections of it. Red goes last, since OpenCV asks for it first.
        turn = red - green + _f(4) * span
        if value == green:
            turn = blue - red + _f(2) * span
        if value == red:
            turn = green - blue
        hue = np.floor(turn * of_span * _f(1 / 4096) + _f(0.5))
        blues[x] = hue + _f(180) if hue < 0 else hue
        greens[x] = np.floor(span * of_value * _f(1 / 4096) + _f(0.5))
        reds[x] = value


@compiled_exactly
def _to_bgr(work: Floats) -> None:
    """HSV back to BGR in place; a hue above 179 begins a second turn of the circle.

    The hue's circle has six sectors. In each, one channel has the value's level, one the lowest,
    and the third rises or falls between them.
    """
    hues = work[0]
    saturations = work[1]
    values = work[2]
    for x in range(work.shape[1]):
        hue = hues[x] * _f(6 / 180)
        saturation = saturations[x] * _f(1 / 255)
        level = values[x]
        value = level * _f(1 / 255)
        sector = np.floor(hue)
        part = hue - sector
        sector = sector if sector < _f(6) else sector - _f(6)
        low = np.rint(value * (_f(1) - saturation) * _f(255))
        falling = np.rint(value * (_f(1) - saturation * part) * _f(255))
        rising = np.rint(value * (_f(1) - saturation * (_f(1) - part)) * _f(255))
        # By sectors from 5 down to 0, the later line overriding, as in `_to_hsv`.
        blue = falling
        green = low
        red = level
        if sector < _f(5):
            blue = level
            red = rising
        if sector < _f(4):
            green = falling
            red = low
        if sector < _f(3):
            blue = rising
            green = level
        if sector < _f(2):
            blue = low
            red = falling
        if sector < _f(1):
            green = rising
            red = level
        hues[x] = blue
        saturations[x] = green
        values[x] = red
