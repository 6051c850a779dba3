"""Label images: PNGs whose values, palette entries or colours are the classes of the pixels.

Source: PNG (Portable Network Graphics) Specification, chunks IHDR, PLTE, tRNS, IDAT; the colours of
PASCAL VOC are those of VOClabelcolormap in its development kit.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence

import cv2
import numpy as np

from framework.data.records.image_size import TooLarge, check_size
from framework.data.records.images import BadRecord, failing_as_bad
from framework.system.arrays import Array, Levels

Colour = tuple[int, int, int]           # red, green, blue
SIGNATURE = b"\x89PNG\r\n\x1a\n"
GREY, PALETTE = 0, 3                    # colour types of PNG
COLOUR_TYPE, DEPTH = 9, 8               # their positions in IHDR
MOST_LABELS = 256


def read_values(content: bytes, as_colours: bool = False) -> Array:
    """The values (height, width) of a label image, or its colours (height, width, 3), RGB uint8.

    Of a PNG with a palette the values are the numbers of its entries, or with `as_colours` their
    colours. An image whose red, green and blue are equal everywhere has values, unless
    `as_colours`. Raises BadRecord.
    """
    if not content:
        raise BadRecord("it has no bytes")
    try:
        check_size(content)
    except TooLarge as error:
        raise BadRecord(str(error)) from None
    scale = 1
    if content.startswith(SIGNATURE) and not as_colours and len(content) > 33 \
            and content[16 + COLOUR_TYPE] == PALETTE:
        depth = content[16 + DEPTH]
        scale = 255 // ((1 << depth) - 1) if depth in (1, 2, 4) else 1     # OpenCV widens grey
        content = _with_numbers_for_colours(content)
    with failing_as_bad():
        pixels: Array | None = cv2.imdecode(np.frombuffer(content, np.uint8),
                                             cv2.IMREAD_UNCHANGED)
    if pixels is None:
        raise BadRecord("it cannot be decoded")
    if pixels.ndim == 2:
        return pixels // scale if not as_colours else np.repeat(pixels[..., None], 3, axis=2)
    colours = pixels[..., 2::-1]
    if not as_colours and (colours == colours[..., :1]).all():
        return colours[..., 0]
    if colours.dtype != np.uint8:
        raise BadRecord("it has colours of 16 bits; label images have 8")
    return colours


def encode(labels: Levels, palette: Sequence[Colour]) -> bytes:
    """A PNG with a palette, whose entries' numbers are the labels (height, width)."""
    grey = cv2.imencode(".png", labels)[1].tobytes()
    parts = [SIGNATURE]
    for kind, data in _chunks(grey):
        if kind == b"IHDR":
            header = bytearray(data)
            header[COLOUR_TYPE] = PALETTE
            parts += [_chunk(kind, bytes(header)), _chunk(b"PLTE", bytes(sum(palette, ())))]
        else:
            parts.append(_chunk(kind, data))
    return b"".join(parts)


def voc_palette() -> list[Colour]:
    """The 256 colours of PASCAL VOC: the bits of a number, by threes, from the highest bit down."""
    return [_voc_colour(number) for number in range(MOST_LABELS)]


def overlay(pixels: Levels, labels: Levels, palette: Levels) -> Levels:
    """The image (height, width, 3) BGR, half covered by the colours (256, 3) of its classes.

    Class 0 is left as it is.
    """
    colours = palette[labels][..., ::-1]
    mixed = cv2.addWeighted(pixels, 0.45, np.ascontiguousarray(colours), 0.55, 0)
    return np.asarray(np.where(labels[..., None] > 0, mixed, pixels), np.uint8)


def _voc_colour(number: int) -> Colour:
    levels = [sum((number >> (3 * step + channel) & 1) << (7 - step) for step in range(3))
              for channel in range(3)]
    return levels[0], levels[1], levels[2]


def _with_numbers_for_colours(content: bytes) -> bytes:
    """The PNG without its palette, as a grey one: decoders then give the numbers of the entries."""
    parts = [SIGNATURE]
    for kind, data in _chunks(content):
        if kind == b"IHDR":
            header = bytearray(data)
            header[COLOUR_TYPE] = GREY
            parts.append(_chunk(kind, bytes(header)))
        elif kind in (b"IDAT", b"IEND"):
            parts.append(_chunk(kind, data))
    return b"".join(parts)


def _chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Kind and data of each chunk of a PNG, up to a cut one."""
    start = len(SIGNATURE)
    while start + 12 <= len(content):
        length, kind = struct.unpack(">I4s", content[start:start + 8])
        yield kind, content[start + 8:start + 8 + length]
        start += 12 + length


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
