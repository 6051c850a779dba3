"""Compiled: bytes of pixels to floats without their mean."""

from __future__ import annotations

import numpy as np

from framework.data.augment.geometry import Floats
from framework.data.records.records import Pixels
from framework.system.compiled import compiled_exactly


@compiled_exactly
def subtract(pixels: Pixels, mean: Floats, scale: float, result: Floats) -> None:
    """Write (pixel - mean) * scale, in float32, into `result`.

    pixels, result  (images, channels, height * width)
    mean            (channels,)
    """
    factor = np.float32(scale)
    for image in range(pixels.shape[0]):
        for channel in range(pixels.shape[1]):
            source, target = pixels[image, channel], result[image, channel]
            for place in range(source.size):
                target[place] = (np.float32(source[place]) - mean[channel]) * factor
