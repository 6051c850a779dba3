"""Pictures as planes, one a channel: what the compiled loops work on."""

from __future__ import annotations

import cv2
import numpy as np

from framework.data.records import Pixels


def planes_of(pixels: Pixels) -> Pixels:
    """(height, width, channels) uint8 -> (channels, height, width), copied."""
    height, width, channels = pixels.shape
    planes = np.empty((channels, height, width), np.uint8)
    cv2.split(pixels, list(planes))
    return planes


def whole(planes: Pixels) -> Pixels:
    """(channels, height, width) uint8 -> (height, width, channels)."""
    return cv2.merge(list(planes)).reshape(*planes.shape[1:], len(planes))
