"""Square images of one size, each with a class, for Data layers that cut their input out of them.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import cv2

from framework.data.augment.resizing import resize_plain
from framework.data.convert.datum import Converted, read_image
from framework.data.records.exif import orientation_of, pixels_as_shown
from framework.data.records.several_images import notes_on_pages
from framework.errors import DataError
from framework.proto import Datum

MOST_LOSSLESS = 96      # pixels of a side; larger images are stored as JPEG


def square_record(path: Path, label: int, name: str, side: int) -> Converted:
    """The record of an image, turned as it is shown (EXIF) and stretched to side x side pixels.

    name  of its class, for the account
    DataError if it is not an image that can be read.
    """
    content, image = read_image(path)
    image = pixels_as_shown(image, orientation_of(content))
    pixels = resize_plain(image, side, side, cv2.INTER_AREA)
    done, encoded = cv2.imencode(".png" if side <= MOST_LOSSLESS else ".jpg", pixels)
    if not done:
        raise DataError(f"{path}: cannot be encoded")
    datum = Datum(label=label, channels=3, height=side, width=side, encoded=True,
                  data=encoded.tobytes())
    return Converted(datum, image.shape[:2], classes=Counter([name]),
                     notes=notes_on_pages(content, str(path)))
