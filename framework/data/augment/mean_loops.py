"""Mean subtraction and scaling, compiled: bytes of pixels to floats."""

from __future__ import annotations

import numpy as np

from framework.data.records.records import Pixels
from framework.system.arrays import Floats
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
            source = pixels[image, channel]
            target = result[image, channel]
            for index in range(source.size):
                target[index] = (np.float32(source[index]) - mean[channel]) * factor
