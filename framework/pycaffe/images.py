"""Image loading, resizing and cropping as in caffe.io: floats in RGB.

Source: the behaviour of python/caffe/io.py in BVLC/caffe, and of the scikit-image (0.9 to 0.13)
and SciPy it called.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from framework.data.records.image_size import TooLarge, check_size
from framework.data.records.images import MAX_FILE_BYTES
from framework.errors import DataError
from framework.layers.python.blob import Array
from framework.system.regular import read_regular
from framework.system.wording import shortened

Sizes = Sequence[int] | Array
GREY_OF_RGB = (0.2125, 0.7154, 0.0721)
"""The weights of scikit-image's rgb2gray."""
ONE = {"uint8": 255.0, "uint16": 65535.0}
"""The pixel value that becomes 1.0, by the type of the file's pixels."""


def load_image(filename: str, color: bool = True) -> Array:
    """The image in a file: float32 (height, width, 3) in RGB, or (height, width, 1) in grey.

    Values are 0 to 1. The alpha channel is left out, and the orientation in EXIF is not
    applied. Raises OSError for a file that cannot be read, or DataError if it is not an image that
    OpenCV reads, or one with too many pixels.
    """
    flags = cv2.IMREAD_UNCHANGED | cv2.IMREAD_IGNORE_ORIENTATION
    content = read_regular(filename, MAX_FILE_BYTES)
    try:
        check_size(content)
        pixels: Array | None = None
        if content:     # OpenCV refuses an empty buffer
            pixels = cv2.imdecode(np.frombuffer(content, np.uint8), flags)
    except TooLarge as error:
        raise DataError(f"{filename}: {error}") from None
    except cv2.error:
        pixels = None
    if pixels is None:
        raise DataError(f"{filename}: is not an image that can be decoded")
    values = pixels.astype(np.float64) / ONE.get(pixels.dtype.name, 1.0)
    if values.ndim == 3 and values.shape[2] >= 3:
        values = values[:, :, 2::-1]
        if not color:
            values = (values @ np.array(GREY_OF_RGB))[:, :, np.newaxis]
    else:
        values = values.reshape(*values.shape[:2], -1)[:, :, :1]
        values = np.tile(values, (1, 1, 3)) if color else values
    return values.astype(np.float32)


def resize_image(im: Array, new_dims: Sizes, interp_order: int = 1) -> Array:
    """The image (height, width, channels) in the size `new_dims`, (height, width), as float32.

    interp_order is 1, linear, or 0, the nearest pixel. No pixels are averaged where the image
    gets smaller.

    One or three channels: the centre of pixel i of n is at (i + 0.5) * old / n - 0.5. Where
    that is outside the centres of the outermost pixels, the edge is mixed with the image's
    smallest value (skimage.transform.resize, mode "constant", on values scaled to 0 to 1).
    Other numbers of channels: pixel i is at i * (old - 1) / (n - 1), so that the corners stay
    (scipy.ndimage.zoom). Raises ValueError for another order or shape.
    """
    if np.ndim(im) != 3:
        raise ValueError(f"the image's shape is {np.shape(im)}; it must be (height, width, "
                         "channels)")
    if interp_order not in (0, 1):
        raise ValueError(f"interp_order is {interp_order}; it must be 0 (nearest) or 1 (linear)")
    check_sizes("new_dims", new_dims)
    values = np.asarray(im, np.float64)
    centred = im.shape[-1] in (1, 3)
    lowest = values.min()
    values = values - lowest    # 0, which fills the outside, is then the smallest value
    for axis, size in enumerate(new_dims):
        values = _resized_axis(values, axis, int(size), interp_order, centred)
    return (values + lowest).astype(np.float32)


def check_sizes(name: str, sizes: Sizes) -> None:
    """ValueError for what is not a height and a width, from 1 on."""
    found = np.asarray(sizes)
    if found.shape != (2,) or found.dtype.kind not in "fiu" or not (found >= 1).all() \
            or (found % 1).any():
        raise ValueError(f"{name} is {shortened(repr(sizes))}; it must be (height, width), from 1 "
                         "on")


def _resized_axis(values: Array, axis: int, size: int, order: int, centred: bool) -> Array:
    """Linear or nearest interpolation along one axis to `size` entries; 0 outside.

    centred  the coordinates of scikit-image, else those of SciPy's zoom: see `resize_image`
    """
    old = values.shape[axis]
    if centred:
        positions = (np.arange(size) + 0.5) * (old / size) - 0.5
    else:
        positions = np.arange(size) * ((old - 1) / max(size - 1, 1))
    if order == 0:
        nearest = np.floor(positions + 0.5).astype(int).clip(0, old - 1)
        return values.take(nearest, axis)
    low = np.floor(positions).astype(int)
    shape = [1] * values.ndim
    shape[axis] = size
    share = (positions - low).reshape(shape)
    first = values.take(low.clip(0, old - 1), axis)
    second = values.take((low + 1).clip(0, old - 1), axis)
    first_share = (1 - share) * _is_inside(low, old).reshape(shape)
    second_share = share * _is_inside(low + 1, old).reshape(shape)
    return first * first_share + second * second_share


def _is_inside(index: Array, size: int) -> Array:
    return (index >= 0) & (index < size)


def oversample(images: Sequence[Array] | Array, crop_dims: Sizes) -> Array:
    """Ten crops of each image, float32 (10 * N, height, width, channels).

    The corners (upper left, upper right, lower left, lower right), the centre, and the five
    mirrored, of images (height, width, channels) of one size; crop_dims is (height, width).
    Raises ValueError if the crop is larger than the images.
    """
    if not len(images):
        raise ValueError("there is no image to take crops of")
    check_sizes("crop_dims", crop_dims)
    height, width, channels = images[0].shape
    crop_height, crop_width = (int(size) for size in crop_dims)
    down, right = height - crop_height, width - crop_width
    if down < 0 or right < 0:
        raise ValueError(f"the crop {crop_height} x {crop_width} does not fit into the image "
                         f"{height} x {width}")
    corners = [(0, 0), (0, right), (down, 0), (down, right), (down // 2, right // 2)]
    crops = np.empty((len(images), 10, crop_height, crop_width, channels), np.float32)
    for image, own in zip(images, crops, strict=True):
        for crop, (top, left) in zip(own, corners, strict=False):
            crop[:] = image[top:top + crop_height, left:left + crop_width]
        own[5:] = own[:5, :, ::-1]
    return crops.reshape(-1, crop_height, crop_width, channels)
