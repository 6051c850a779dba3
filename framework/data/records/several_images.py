"""Image files that hold several images: pages of a TIFF, frames of an animation.

Decoders give the first one. Source: TIFF 6.0, section 2 and NewSubfileType; GIF89a; the container
specification of WebP, ANMF chunks; PNG 3, acTL; ISO 14496-12, the brand avis.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from itertools import islice

from framework.data.records.account import Note
from framework.data.records.containers import PNG, png_chunks, tiff_layout, webp_chunks

MOST_PARTS = 10_000     # that are looked at in a file
_SUBFILE_TYPE = 254
_SMALLER_OR_MASK = 5    # bits of NewSubfileType: no page of its own


def notes_on_pages(content: bytes, where: str) -> list[Note]:
    """A note on a file that has more than one image; `where` is its name."""
    has_more = has_several(content)
    return [Note("the file has several images (pages or frames); the first is stored", where,
                 is_loss=False)] if has_more else []


def has_several(content: bytes) -> bool:
    """Has a file more than one image? No for a damaged one."""
    read = next((read for mark, read in _READERS if content.startswith(mark)), None)
    try:
        return read(content) if read else content[4:12] == b"ftypavis"
    except (struct.error, IndexError):
        return False


def _of_png(content: bytes) -> bool:
    for kind, at, _ in islice(png_chunks(content), MOST_PARTS):
        if kind == b"acTL":
            return bool(struct.unpack_from(">I", content, at + 8)[0] > 1)
        if kind == b"IDAT":
            return False
    return False


def _of_webp(content: bytes) -> bool:
    chunks = islice(webp_chunks(content), MOST_PARTS)
    frames = (chunk for chunk in chunks if chunk.kind == b"ANMF")
    return len(list(islice(frames, 2))) > 1


def _of_gif(content: bytes) -> bool:
    at = 13 + _table_bytes(content[10])
    frames = 0
    for _ in range(MOST_PARTS):
        kind = content[at]
        if kind == 0x2C:
            frames += 1
            if frames > 1:
                return True
            at += 11 + _table_bytes(content[at + 9])
        elif kind == 0x21:
            at += 2
        else:
            return False
        while content[at]:          # blocks of data, each with its length
            at += content[at] + 1
        at += 1
    return False


def _table_bytes(flags: int) -> int:
    """The bytes of the table of colours that flags announce."""
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _of_tiff(content: bytes) -> bool:
    order, offset, count_form, entry_size, value_at, at = tiff_layout(content)
    pages = 0
    for _ in range(MOST_PARTS):
        if not at:
            break
        count = struct.unpack_from(order + count_form, content, at)[0]
        at += struct.calcsize(order + count_form)
        tag = struct.unpack_from(f"{order}H", content, at)[0]      # the tags are in order
        value = struct.unpack_from(f"{order}I", content, at + value_at)[0]
        pages += not (tag == _SUBFILE_TYPE and value & _SMALLER_OR_MASK)
        if pages > 1:
            return True
        at = struct.unpack_from(order + offset, content, at + count * entry_size)[0]
    return False


_READERS: tuple[tuple[bytes, Callable[[bytes], bool]], ...] = (
    (PNG, _of_png), (b"GIF8", _of_gif), (b"RIFF", _of_webp),
    (b"II*", _of_tiff), (b"II+", _of_tiff), (b"MM\0*", _of_tiff), (b"MM\0+", _of_tiff))
