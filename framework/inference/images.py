"""What a caller gives as an image: paths, arrays, images of PIL; pixels in BGR come out."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from framework.data.convert.datum import read_image
from framework.errors import CaffeError

Image = NDArray[Any] | str | Path       # Any: of uint8, else it is refused; and images of PIL
Images = Image | Sequence[Image]
BYTE_MODES = ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr", "HSV")
"""Modes of PIL whose values are bytes."""
URL = re.compile(r"[a-z][a-z0-9+.-]+:/|data:", re.IGNORECASE)


def is_one(images: Any) -> bool:        # Any: whatever a caller has
    """Whether it is one image alone, not several."""
    if isinstance(images, np.ndarray):
        return images.ndim != 4
    return isinstance(images, str | Path) or _is_of_pil(images)


def as_several(images: Any) -> Sequence[Any]:       # Any: as above
    """The images as a sequence; one alone becomes the only one of it."""
    if is_one(images):
        return [images]
    if not isinstance(images, Sequence | np.ndarray):
        raise CaffeError(f"detect takes images, and was given a {type(images).__name__}")
    return list(images)


def as_pixels(image: Any) -> NDArray[Any]:      # Any: as above
    """The pixels of an image, uint8 (height, width, 3) in BGR or (height, width) in grey.

    CaffeError for anything but an image, and for a URL, which is not fetched.
    """
    if isinstance(image, str | Path):
        if URL.match(str(image)) and not os.path.exists(image):
            raise CaffeError(f"{str(image)[:200]}: is a URL, and nothing is fetched from the "
                             "network; give the path of an image file")
        return read_image(Path(image))[1]
    if _is_of_pil(image):
        return _pixels_of_pil(image)
    if not isinstance(image, np.ndarray) or image.ndim not in (2, 3) or image.dtype != np.uint8 \
            or (image.ndim == 3 and image.shape[2] not in (1, 3)) or not image.size:
        found = f"{image.dtype} {image.shape}" if isinstance(image, np.ndarray) else \
            type(image).__name__
        raise CaffeError(f"an image must be a path, an image of PIL or a uint8 array (height, "
                         f"width, 3) in BGR or (height, width) in grey; it is {found}")
    return image


def _is_of_pil(image: Any) -> bool:
    """Whether it is an image of PIL; nobody has one without having imported it."""
    module = sys.modules.get("PIL.Image")
    return module is not None and isinstance(image, module.Image)


def _pixels_of_pil(image: Any) -> NDArray[Any]:
    """Grey stays grey; colours, of which transparency is dropped, become BGR."""
    if image.mode not in BYTE_MODES:
        raise CaffeError(f"an image of PIL must have one of the modes {', '.join(BYTE_MODES)}; "
                         f"it has {image.mode}")
    if image.mode in ("1", "L", "LA"):
        return np.array(image.convert("L"), np.uint8)
    return np.ascontiguousarray(np.array(image.convert("RGB"), np.uint8)[:, :, ::-1])
