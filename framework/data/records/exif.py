"""EXIF orientation: the direction in which viewers show a stored image, and boxes drawn on it.

Cameras store what the sensor saw and say how to turn it. All decoders here give the stored pixels,
as the original's `cv::imdecode` with IMREAD_UNCHANGED does; annotation tools show the image turned.
JPEG and WebP are read; of a PNG few viewers look at it, and the decoder of TIFF turns the pixels.
Source: EXIF 2.32 (CIPA DC-008), tag 274; WebP container specification, EXIF chunk.
"""

from __future__ import annotations

import struct

import numpy as np

from framework.data.records.boxes import Corners
from framework.data.records.jpeg import segments
from framework.data.records.records import Pixels

_TAG = 274
_SHORT = 3
_MOST_FIELDS = 1 << 12
_APP1 = 0xE1
_HEAD = b"Exif\0\0"
SWAPPED = (5, 6, 7, 8)          # orientations that swap width and height

Size = tuple[int, int]


def orientation_of(content: bytes) -> int:
    """1 to 8, as EXIF numbers them: 1, as it is stored, for a file that says nothing."""
    found = _find(content)
    return found[1] if found else 1


def upright(content: bytes) -> bytes:
    """The file with orientation 1, so that every decoder gives the stored pixels."""
    found = _find(content)
    if found is None or found[1] == 1:
        return content
    at, _, order = found
    return content[:at] + struct.pack(f"{order}H", 1) + content[at + 2:]


def shown_size(orientation: int, size: Size) -> Size:
    """The width and height of the shown image; of the shown one: those of the stored one."""
    width, height = size
    return (height, width) if orientation in SWAPPED else size


def are_for_shown(orientation: int, stored: Size, stated: Size) -> bool:
    """Are boxes drawn on the image as it is shown?

    A stated width and height that are swapped, or not, tell it. Where both have the same, or none
    is stated, it is the shown one: browsers, and with them CVAT, Label Studio and Roboflow, and
    labelImg since 2020 turn images, and so does Ultralytics when it trains.

    stored, stated  (width, height) of the pixels and in the label file; (0, 0): not stated
    """
    if orientation == 1:
        return False
    is_told = orientation in SWAPPED and stored[0] != stored[1] and stated[0] != stated[1]
    return not is_told or (stated[0] > stated[1]) != (stored[0] > stored[1])


def turned(corners: Corners, orientation: int, size: Size) -> Corners:
    """A box of the shown image, of that (width, height), as a box of the stored one."""
    x1, y1, x2, y2 = corners
    width, height = size
    if orientation in (2, 3, 6, 7):
        x1, x2 = width - x2, width - x1
    if orientation in (3, 4, 7, 8):
        y1, y2 = height - y2, height - y1
    return (y1, x1, y2, x2) if orientation in SWAPPED else (x1, y1, x2, y2)


def as_shown(corners: Corners, orientation: int, size: Size) -> Corners:
    """A box of the stored image, of that (width, height), as a box of the shown one."""
    return turned(corners, _back(orientation), size)


def pixels_as_shown(pixels: Pixels, orientation: int) -> Pixels:
    """The stored (height, width, channels) as viewers show them."""
    back = _back(orientation)
    if back in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    if back in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return np.ascontiguousarray(pixels.swapaxes(0, 1) if back in SWAPPED else pixels)


def _back(orientation: int) -> int:
    """The orientation that undoes another one: the quarter turns undo each other."""
    return {6: 8, 8: 6}.get(orientation, orientation)


def _find(content: bytes) -> tuple[int, int, str] | None:
    """Where the orientation is in the file, its value, and the order of its bytes."""
    start = _exif_start(content)
    if start is None:
        return None
    order = {b"II": "<", b"MM": ">"}.get(content[start:start + 2], "")
    try:
        if not order or struct.unpack_from(f"{order}H", content, start + 2)[0] != 42:
            return None
        table = start + struct.unpack_from(f"{order}I", content, start + 4)[0]
        count = struct.unpack_from(f"{order}H", content, table)[0]
        for index in range(min(count, _MOST_FIELDS)):
            at = table + 2 + 12 * index
            tag, kind = struct.unpack_from(f"{order}HH", content, at)
            if (tag, kind) == (_TAG, _SHORT):
                value = struct.unpack_from(f"{order}H", content, at + 8)[0]
                return (at + 8, value, order) if 1 <= value <= 8 else None
    except struct.error:                # cut short
        pass
    return None


def _exif_start(content: bytes) -> int | None:
    """Where the EXIF data begin, after their own header; None if there are none."""
    if content[:2] == b"\xff\xd8":
        for marker, at in segments(content):
            if marker == _APP1 and content[at + 4:at + 10] == _HEAD:
                return at + 10
    elif content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        at = 12
        while at + 8 <= len(content):
            name, length = struct.unpack_from("<4sI", content, at)
            if name == b"EXIF":
                return at + 14 if content[at + 8:at + 14] == _HEAD else at + 8
            at += 8 + length + length % 2
    return None
