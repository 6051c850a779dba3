"""Parts of image files: the chunks of a PNG and a WebP, the directories of a TIFF.

Source: the specifications of PNG, the container of WebP, TIFF 6 and BigTIFF.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

PNG = b"\x89PNG\r\n\x1a\n"


class Chunk(NamedTuple):
    """A chunk of a PNG or a WebP.

    at      the offset of its header, which has 8 bytes; its data are after it
    length  of its data; the file may end before
    """

    kind: bytes
    at: int
    length: int


def png_chunks(content: bytes) -> Iterator[Chunk]:
    """The chunks of a PNG, up to where the file ends."""
    at = len(PNG)
    while at + 8 <= len(content):
        length, kind = struct.unpack_from(">I4s", content, at)
        yield Chunk(kind, at, length)
        at += length + 12               # with length, kind and checksum


def webp_chunks(content: bytes) -> Iterator[Chunk]:
    """The chunks of a WebP, up to where the file ends."""
    at = 12
    while at + 8 <= len(content):
        kind, length = struct.unpack_from("<4sI", content, at)
        yield Chunk(kind, at, length)
        at += 8 + length + length % 2


class TiffLayout(NamedTuple):
    """How a TIFF or BigTIFF is laid out.

    order        of its bytes, as `struct` has it
    offset_form  of an offset, as `struct` has it
    count_form   of the number of entries of a directory
    entry_size   bytes of an entry
    value_at     where in an entry its value is
    first        the offset of the first directory
    """

    order: str
    offset_form: str
    count_form: str
    entry_size: int
    value_at: int
    first: int


def tiff_layout(content: bytes) -> TiffLayout:
    """The layout that the header of a TIFF says. struct.error if it ends within the header."""
    order = "<" if content[:2] == b"II" else ">"
    is_big = struct.unpack_from(f"{order}H", content, 2)[0] == 43
    offset, count, entry_size, value_at = ("Q", "Q", 20, 12) if is_big else ("I", "H", 12, 8)
    first = struct.unpack_from(order + offset, content, 8 if is_big else 4)[0]
    return TiffLayout(order, offset, count, entry_size, value_at, first)
