"""What a JPEG's markers tell before it is decoded: whether it is whole, its size and its inks.

libjpeg decodes half a file into half an image and says nothing to its caller.
Source: ITU-T T.81, annex B.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

_START, _END, _SCAN = b"\xff\xd8", b"\xff\xd9", b"\xff\xda"
_BASELINE, _EXTENDED, _PROGRESSIVE = 0xC0, 0xC1, 0xC2      # frames of Huffman codes
_ALONE = frozenset((0x00, 0x01, *range(0xD0, 0xDA)))       # markers without a segment
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


class BadJpeg(Exception):
    """A JPEG that is cut short or has four inks."""


@dataclass(frozen=True)
class Frame:
    """What the frame header of a JPEG tells.

    height, width  of the image, in pixels; a height of 0 is told only behind the first scan
    components     the number of colour components
    height_at      where in the file the height stands: two bytes, the higher one first
    is_usual       Huffman codes of 8 bits, all at once or progressive: what every decoder knows
    is_in_order    all components of a row before those of the next: rows can be had from the top
    """

    height: int
    width: int
    components: int
    height_at: int
    is_usual: bool
    is_in_order: bool


def check_jpeg(content: bytes) -> Frame | None:
    """The frame header of a JPEG; None of other files, and of a JPEG whose header is not found.

    Raises BadJpeg if the JPEG ends too early or is CMYK.
    """
    if content[:2] != _START:
        return None
    if content[-2:] != _END and content.rfind(_END) < content.rfind(_SCAN):
        raise BadJpeg("the JPEG is cut short")
    frame = read_frame(content)
    if frame is not None and frame.components == 4:
        raise BadJpeg("the JPEG has four inks (CMYK); convert it to RGB")
    return frame


def read_frame(content: bytes) -> Frame | None:
    """The first frame header of a JPEG's bytes; None if there is none where it must be."""
    at = num_in_scan = 0
    for marker, place in _segments(content):
        if marker == _SCAN[1]:
            num_in_scan = content[place + 4] if place + 4 < len(content) else 0
            break
        if marker in _FRAMES and not at:
            at = place
    if not at or at + 9 >= len(content):
        return None
    marker, components = content[at + 1], content[at + 9]
    is_usual = marker in (_BASELINE, _EXTENDED, _PROGRESSIVE) and content[at + 4] == 8
    return Frame(int.from_bytes(content[at + 5:at + 7], "big"),
                 int.from_bytes(content[at + 7:at + 9], "big"), components, at + 5, is_usual,
                 is_usual and marker != _PROGRESSIVE and num_in_scan == components)


def with_height(content: bytes, frame: Frame, height: int) -> bytes:
    """The JPEG as if it ended below that row: decoders stop there and leave the rest unread.

    For frames with `is_in_order`. The last row may differ from that of the whole image, where
    colours of a lower resolution are smoothed over rows.
    """
    at = frame.height_at
    return b"".join((content[:at], height.to_bytes(2, "big"), content[at + 2:]))


def _segments(content: bytes) -> Iterator[tuple[int, int]]:
    """The markers behind the first, and where each stands, until one has no segment."""
    at = 2
    while at + 3 < len(content) and content[at] == 0xFF:
        marker = content[at + 1]
        if marker == 0xFF:                     # fill byte
            at += 1
            continue
        if marker in _ALONE:
            return
        yield marker, at
        at += 2 + (content[at + 2] << 8 | content[at + 3])
