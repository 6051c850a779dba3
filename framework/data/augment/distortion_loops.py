"""The colour changes of `distortion`, compiled: a row at a time, in one pass over memory.

Source: convertTo, and BGR2HSV and HSV2BGR for 8 bits, of OpenCV (imgproc/color_hsv), as called by
im_transforms.cpp of weiliu89/caffe, branch ssd. Of HSV2BGR the plain form is followed, the one that
OpenCV had when Caffe was written; its vector form since rounds otherwise. Each product is rounded,
as it was then: a processor's fused multiply-add, which OpenCV uses today where there is one, moves
one level in 80,000. So an image is the same on every processor.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from framework.system.compiled import compiled, compiled_exactly

_f = np.float32


@compiled
def distort(memory: Any, step: int, contrast_first: bool, brightness: float, contrast: float,
            saturation: float, has_hue: bool, hue: float, planes: Any) -> None:
    """Change an image, if of three channels then blue first.

    memory                its bytes, from row to row `step`
    contrast, saturation  factors, below 0 for none
    brightness, hue       levels to add; with has_hue even 0 means a way through HSV, which rounds
    saturation, has_hue   none for an image that is not of three channels
    planes                (channels, height, width) uint8, where the result goes
    """
    channels, height, width = planes.shape
    work = np.empty((channels, width), _f)
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
def _load(levels: Any, work: Any) -> None:
    if len(work) == 3:                      # as a constant step, it is read in vectors
        blues, greens, reds = work[0], work[1], work[2]
        for x in range(work.shape[1]):
            blues[x] = levels[3 * x]
            greens[x] = levels[3 * x + 1]
            reds[x] = levels[3 * x + 2]
    else:
        for channel in range(len(work)):
            for x in range(work.shape[1]):
                work[channel, x] = levels[x * len(work) + channel]


@compiled
def _store(row: Any, levels: Any) -> None:
    for x in range(len(row)):
        levels[x] = np.uint8(np.int32(row[x]))


@compiled
def _add(row: Any, levels: Any) -> None:
    for x in range(len(row)):
        row[x] = min(max(np.rint(row[x] + levels), _f(0)), _f(255))


@compiled
def _scale(row: Any, factor: Any) -> None:
    for x in range(len(row)):
        row[x] = min(np.rint(row[x] * factor), _f(255))


@compiled_exactly
def _to_hsv(work: Any) -> None:
    """Blue, green, red to hue (0 ... 179, of 2 degrees), saturation, value; by 12-bit quotients."""
    blues, greens, reds = work[0], work[1], work[2]
    for x in range(work.shape[1]):
        blue, green, red = blues[x], greens[x], reds[x]
        value = max(max(blue, green), red)
        span = value - min(min(blue, green), red)
        of_value = np.rint(_f(255 << 12) / max(value, _f(1)))
        of_span = np.rint(_f((180 << 12) / 6) / max(span, _f(1)))
        turn = green - blue if value == red else \
            (blue - red + _f(2) * span if value == green else red - green + _f(4) * span)
        hue = np.floor(turn * of_span * _f(1 / 4096) + _f(0.5))
        blues[x] = hue + _f(180) if hue < 0 else hue
        greens[x] = np.floor(span * of_value * _f(1 / 4096) + _f(0.5))
        reds[x] = value


@compiled_exactly
def _to_bgr(work: Any) -> None:
    """Back again; a hue above 179 begins a second turn."""
    hues, saturations, values = work[0], work[1], work[2]
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
        hues[x] = low if sector < _f(2) else \
            (rising if sector < _f(3) else (level if sector < _f(5) else falling))
        saturations[x] = rising if sector < _f(1) else \
            (level if sector < _f(3) else (falling if sector < _f(4) else low))
        values[x] = level if sector < _f(1) or sector >= _f(5) else \
            (falling if sector < _f(2) else (low if sector < _f(4) else rising))
