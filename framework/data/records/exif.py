"""EXIF orientation: the direction in which viewers show a stored image, and boxes drawn on it.

Cameras store what the sensor saw and say how to turn it. All decoders here give the stored pixels,
as the original's `cv::imdecode` with IMREAD_UNCHANGED does; annotation tools show the image turned.
JPEG, WebP, PNG and AVIF are read, as browsers, Pillow and OpenCV 5 read them; the decoder of TIFF
turns the pixels itself.
Source: EXIF 2.32 (CIPA DC-008), tag 274; WebP container specification, EXIF chunk; PNG 3, eXIf;
ISO 23008-12, irot and imir, of which the orientations are those that libavif writes.
"""

from __future__ import annotations

import struct
import zlib

import numpy as np

from framework.data.records.boxes import Corners
from framework.data.records.containers import PNG, png_chunks, webp_chunks
from framework.data.records.jpeg import segments
from framework.data.records.records import Pixels

_TAG = 274
_SHORT = 3
_MOST_FIELDS = 1 << 12
_APP1 = 0xE1
_HEAD = b"Exif\0\0"
_AVIF_PATH = (b"meta", b"iprp", b"ipco")
# Of AVIF: quarter turns against the clock, then a mirror (0: up and down, 1: left and right).
_AVIF_TURNS = {(0, None): 1, (0, 1): 2, (2, 0): 2, (2, None): 3, (0, 0): 4, (2, 1): 4, (1, 0): 5,
               (3, 1): 5, (3, None): 6, (3, 0): 7, (1, 1): 7, (1, None): 8}
SWAPPED = (5, 6, 7, 8)          # orientations that swap width and height

Size = tuple[int, int]


def orientation_of(content: bytes) -> int:
    """1 to 8, as EXIF numbers them: 1, as it is stored, for a file that says nothing."""
    if content[4:8] == b"ftyp":
        angle, mirror = (content[at + 8] if at else None for at in _avif_turns(content))
        return _AVIF_TURNS.get(((angle or 0) & 3, None if mirror is None else mirror & 1), 1)
    found = _find(content)
    return found[1] if found else 1


def upright(content: bytes) -> bytes:
    """The file with orientation 1, so that every decoder gives the stored pixels."""
    if content[4:8] == b"ftyp":
        for at in filter(None, _avif_turns(content)):
            content = content[:at + 4] + b"irot\0" + content[at + 9:]
        return content
    found = _find(content)
    if found is None or found[1] == 1:
        return content
    at, _, order = found
    content = content[:at] + struct.pack(f"{order}H", 1) + content[at + 2:]
    return _with_checksum(content) if content.startswith(PNG) else content


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


def pixels_as_stored(pixels: Pixels, orientation: int) -> Pixels:
    """What viewers show, (height, width) or with channels, in the direction it is stored in."""
    return pixels_as_shown(pixels, _back(orientation))


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
        for kind, at, _ in webp_chunks(content):
            if kind == b"EXIF":
                return at + 14 if content[at + 8:at + 14] == _HEAD else at + 8
    elif content.startswith(PNG):
        at, _ = _png_chunk(content)
        return at + 8 if at else None
    return None


def _png_chunk(content: bytes) -> tuple[int, int]:
    """Where the eXIf chunk of a PNG begins, and the length of its data; (0, 0) if it has none."""
    return next(((at, length) for kind, at, length in png_chunks(content) if kind == b"eXIf"),
                (0, 0))


def _with_checksum(content: bytes) -> bytes:
    """A PNG with the checksum that the data of its eXIf chunk have."""
    at, length = _png_chunk(content)
    end = at + 8 + length
    checksum = struct.pack(">I", zlib.crc32(content[at + 4:end]))
    return content[:end] + checksum + content[end + 4:]


def _avif_turns(content: bytes) -> tuple[int, int]:
    """Where the boxes irot and imir of an AVIF file begin, each with one byte; 0: not there."""
    start = 0
    end = len(content)
    for name in _AVIF_PATH:
        start, end = _boxes(content, start, end).get(name, (end, end))
        start += 4 if name == b"meta" else 0        # its version and flags
    found = _boxes(content, start, end)
    irot, imir = (found[name][0] - 8 if name in found and found[name][0] < found[name][1] else 0
                  for name in (b"irot", b"imir"))
    return irot, imir


def _boxes(content: bytes, start: int, end: int) -> dict[bytes, tuple[int, int]]:
    """Where the first box of each kind in this range has its data, of boxes with plain lengths."""
    found: dict[bytes, tuple[int, int]] = {}
    while start + 8 <= end:
        length, name = struct.unpack_from(">I4s", content, start)
        if not 8 <= length <= end - start:
            break
        found.setdefault(name, (start + 8, start + length))
        start += length
    return found
