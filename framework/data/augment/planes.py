"""Image memory layouts: interleaved (height, width, channels), and planar, one plane a channel.

The compiled loops work on planes. Transposed planes are an image for numpy, without a copy; OpenCV
would have to copy them, so that this is done only at the end.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from framework.data.records.records import Pixels


def planes_of(pixels: Pixels) -> Pixels:
    """(height, width, channels) uint8 -> (channels, height, width), copied."""
    height, width, channels = pixels.shape
    planes = np.empty((channels, height, width), np.uint8)
    write_planes(pixels, planes)
    return planes


def write_planes(pixels: Pixels, planes: Pixels) -> None:
    """Copy (height, width, channels) to (channels, height, width)."""
    if pixels.shape[2] == 3 and pixels.dtype == np.uint8 and pixels.strides[1:] == (3, 1):
        cv2.split(pixels, list(planes))
    else:
        np.copyto(planes, pixels.transpose(2, 0, 1))


def as_pixels(planes: Pixels) -> Pixels:
    """(channels, height, width) -> (height, width, channels), a view."""
    return planes.transpose(1, 2, 0)


def whole(planes: Pixels) -> Pixels:
    """(channels, height, width) uint8 -> (height, width, channels), copied."""
    return cv2.merge(list(planes)).reshape(*planes.shape[1:], len(planes))


def mirrored(pixels: Pixels) -> Pixels:
    """(height, width, channels) mirrored horizontally, in the memory layout that it has."""
    planes = pixels.transpose(2, 0, 1)
    if not all(plane.strides[1] == plane.itemsize for plane in planes):
        return cv2.flip(pixels, 1).reshape(pixels.shape)
    result = np.empty(planes.shape, planes.dtype)
    for plane, target in zip(planes, result, strict=True):
        cv2.flip(plane, 1, target)
    return as_pixels(result)


def memory_of(pixels: Pixels) -> tuple[NDArray[np.uint8], int]:
    """The memory of an image (uint8) as one run of bytes, and how many lead from row to row."""
    height, width, channels = pixels.shape
    if pixels.strides[1:] != (channels, 1):
        pixels = np.ascontiguousarray(pixels)
    step = pixels.strides[0]
    return as_strided(pixels, ((height - 1) * step + width * channels,), (1,)), step
