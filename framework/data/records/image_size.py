"""Image size: width and height from the header of an image file, before any pixel is decoded.

A file of a few bytes can announce an image that fills the memory.
Source: the specifications of PNG, GIF, BMP, WebP, Netpbm, TIFF 6, JPEG 2000 (T.800), AVIF
(ISO 23008-12), Radiance HDR and Sun raster.
"""

from __future__ import annotations

import os
import re
import struct
from collections.abc import Callable

from framework.data.records.containers import PNG, png_chunks, tiff_layout
from framework.data.records.jpeg import read_frame

MAX_PIXELS = 1 << 27
OPENCV_MAX_PIXELS = 1 << 30     # a limit of OpenCV's own
FLAG = "--max-pixels"           # of the programs, which set the variable for their workers too
LIMIT = "OPENCV_IO_MAX_IMAGE_PIXELS"
"""The environment variable that sets another limit; it sets OpenCV's too."""

_NETPBM = re.compile(rb"P[1-6Ff](?:\s|#[^\n]*\n)+(?P<width>\d+)(?:\s|#[^\n]*\n)+(?P<height>\d+)")
_PAM = re.compile(rb"P7\s(?=.*?WIDTH\s+(?P<width>\d+)).*?HEIGHT\s+(?P<height>\d+)", re.DOTALL)
_HDR = re.compile(rb"#\?.*?\n-Y\s+(?P<height>\d+)\s+\+X\s+(?P<width>\d+)", re.DOTALL)
_HEAD = 1 << 12                 # bytes within which the size must be found in a text header

_TIFF_WIDTH = 256               # tags of the fields
_TIFF_HEIGHT = 257
_TIFF_FORMS = {1: "B", 3: "H", 4: "I", 16: "Q"}
_MOST_TIFF_FIELDS = 1 << 12

Size = tuple[int, int]


class TooLarge(ValueError):
    """An image of more pixels than may be decoded, or of parts larger than its file."""


def check_size(content: bytes) -> None:
    """Raise TooLarge if the file announces more pixels than may be decoded, or a chunk of a PNG
    more bytes than the file has.

    A file of another format passes: OpenCV, too, has a limit, 2^30 pixels.
    """
    check_pixels(*image_size(content))
    if content.startswith(PNG):
        _check_chunks(content)


def _check_chunks(content: bytes) -> None:
    """Raise TooLarge for a chunk of a PNG that is longer than the file.

    OpenCV allocates a chunk before it reads it, up to 4 GB.
    """
    for chunk in png_chunks(content):
        if chunk.length > len(content):
            raise TooLarge(f"a chunk of the PNG has {chunk.length} bytes; the whole file has "
                           f"{len(content)}")
        if chunk.kind == b"IEND":
            return


def check_pixels(width: int, height: int) -> None:
    """Raise TooLarge for more pixels than `MAX_PIXELS`, or than the variable `LIMIT` says."""
    limit = max_pixels()
    if width * height > limit:
        raise TooLarge(f"the image has {width} x {height} pixels, more than {limit}; {FLAG} "
                       f"(or {LIMIT} in the environment) allows more")


def max_pixels() -> int:
    """The most pixels that an image may have."""
    text = os.environ.get(LIMIT, "")
    return int(text) if text.isascii() and text.isdecimal() else MAX_PIXELS


def image_size(content: bytes) -> Size:
    """Width and height that the header announces; (0, 0) if none is found."""
    for mark, reader in _READERS:
        if content.startswith(mark):
            try:
                return reader(content)
            except struct.error:            # it ends within the header
                return 0, 0
    return _of_avif(content) if content[4:8] == b"ftyp" else (0, 0)


def _of_jpeg(content: bytes) -> Size:
    frame = read_frame(content)
    if frame is not None:
        return frame.width, frame.height
    import simplejpeg  # lazy: costs 0.1 s, in every program, for the limits alone

    try:                                        # libjpeg skips odd bytes between segments
        height, width, *_ = simplejpeg.decode_jpeg_header(content, strict=False)
    except (ValueError, KeyError):              # KeyError: of a subsampling that it does not know
        return 0, 0
    return width, height


def _of_png(content: bytes) -> Size:
    width, height = struct.unpack_from(">II", content, 16)
    return width, height


def _of_gif(content: bytes) -> Size:
    width, height = struct.unpack_from("<HH", content, 6)
    return width, height


def _of_bmp(content: bytes) -> Size:
    is_old = struct.unpack_from("<I", content, 14)[0] == 12
    width, height = struct.unpack_from("<HH" if is_old else "<ii", content, 18)
    return abs(width), abs(height)


def _of_webp(content: bytes) -> Size:
    kind = content[12:16]
    if content[8:12] != b"WEBP":
        return 0, 0
    if kind == b"VP8X":
        low_width, high_width, low_height, high_height = struct.unpack_from("<HBHB", content, 24)
        return (low_width | high_width << 16) + 1, (low_height | high_height << 16) + 1
    if kind == b"VP8L":
        bits = struct.unpack_from("<I", content, 21)[0]
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    width, height = struct.unpack_from("<HH", content, 26)
    return width & 0x3FFF, height & 0x3FFF


def _of_text(pattern: re.Pattern[bytes]) -> Callable[[bytes], Size]:
    def read(content: bytes) -> Size:
        found = pattern.match(content[:_HEAD])
        return (int(found["width"][:20]), int(found["height"][:20])) if found else (0, 0)

    return read


def _of_tiff(content: bytes) -> Size:
    """The sides in the first directory of a TIFF or BigTIFF; the larger of two values of a side."""
    layout = tiff_layout(content)
    order = layout.order
    count = struct.unpack_from(order + layout.count_form, content, layout.first)[0]
    at = layout.first + struct.calcsize(order + layout.count_form)
    sides = {_TIFF_WIDTH: 0, _TIFF_HEIGHT: 0}
    for index in range(min(count, _MOST_TIFF_FIELDS)):
        entry_at = at + index * layout.entry_size
        tag, kind = struct.unpack_from(f"{order}HH", content, entry_at)
        if tag in sides and kind in _TIFF_FORMS:
            form = order + _TIFF_FORMS[kind]
            value = struct.unpack_from(form, content, entry_at + layout.value_at)[0]
            sides[tag] = max(sides[tag], value)
    return sides[_TIFF_WIDTH], sides[_TIFF_HEIGHT]


def _of_jpeg2000(content: bytes) -> Size:
    at = content.find(b"\xff\x4f\xff\x51")
    if at < 0:
        return 0, 0
    right, bottom, left, top = struct.unpack_from(">IIII", content, at + 8)
    return right - left, bottom - top


def _of_avif(content: bytes) -> Size:
    """The largest of the sizes of its items (`ispe` boxes)."""
    sizes = [struct.unpack_from(">II", content, found.end() + 4)
             for found in re.finditer(b"ispe", content[:-12])]
    return max(((width, height) for width, height in sizes), default=(0, 0),
               key=lambda size: size[0] * size[1])


def _of_sun_raster(content: bytes) -> Size:
    width, height = struct.unpack_from(">II", content, 4)
    return width, height


_READERS: tuple[tuple[bytes, Callable[[bytes], Size]], ...] = (
    (PNG, _of_png), (b"GIF8", _of_gif), (b"BM", _of_bmp), (b"RIFF", _of_webp),
    (b"II*", _of_tiff), (b"II+", _of_tiff), (b"MM\0*", _of_tiff), (b"MM\0+", _of_tiff),
    (b"P7", _of_text(_PAM)), (b"P", _of_text(_NETPBM)), (b"\xff\xd8", _of_jpeg),
    (b"\xff\x4f\xff\x51", _of_jpeg2000), (b"\x00\x00\x00\x0cjP", _of_jpeg2000),
    (b"#?", _of_text(_HDR)), (b"\x59\xa6\x6a\x95", _of_sun_raster),
)
