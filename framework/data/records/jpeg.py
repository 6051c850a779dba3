"""JPEG header parsing: whether a file is complete, its size and components, before decoding.

libjpeg decodes half a file into half an image and says nothing to its caller.
Source: ITU-T T.81, annex B.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

_START = b"\xff\xd8"
_END = b"\xff\xd9"
_SCAN = b"\xff\xda"
# Frames of Huffman codes.
_BASELINE = 0xC0
_EXTENDED = 0xC1
_PROGRESSIVE = 0xC2
_ALONE = frozenset((0x00, 0x01, *range(0xD0, 0xDA)))       # markers without a segment
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


class BadJpeg(Exception):
    """A JPEG that is cut short or has four inks."""


@dataclass(frozen=True)
class Frame:
    """The frame header of a JPEG.

    height, width  of the image, in pixels; the height is 0 if it is only stated after the scan
    components     the number of colour components
    height_at      the offset of the height in the file: two bytes, the higher one first
    is_usual       Huffman codes of 8 bits, sequential or progressive: every decoder knows them
    is_in_order    all components of a row before those of the next: decodable from the top down
    """

    height: int
    width: int
    components: int
    height_at: int
    is_usual: bool
    is_in_order: bool


def check_jpeg(content: bytes) -> Frame | None:
    """The frame header of a JPEG; None for other files, and for a JPEG whose header is not found.

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
    """The first frame header of a JPEG's bytes; None without one before the first scan."""
    at = 0                      # offset of the frame header
    num_in_scan = 0             # components in the first scan
    for marker, segment_at in segments(content):
        if marker == _SCAN[1]:
            num_in_scan = content[segment_at + 4] if segment_at + 4 < len(content) else 0
            break
        if marker in _FRAMES and not at:
            at = segment_at
    if not at or at + 9 >= len(content):
        return None
    # Marker (2 bytes), length (2), bits a sample (1), height (2), width (2), components (1)
    marker = content[at + 1]
    height = int.from_bytes(content[at + 5:at + 7], "big")
    width = int.from_bytes(content[at + 7:at + 9], "big")
    components = content[at + 9]
    is_usual = marker in (_BASELINE, _EXTENDED, _PROGRESSIVE) and content[at + 4] == 8
    # A scan of one component alone, or a progressive one, gives all rows before the next scan.
    is_in_order = is_usual and marker != _PROGRESSIVE and num_in_scan == components
    return Frame(height, width, components, at + 5, is_usual, is_in_order)


def with_height(content: bytes, frame: Frame, height: int) -> bytes:
    """A JPEG whose header states a smaller height: decoders stop there and ignore the rest.

    For frames with `is_in_order`. The last row may differ from that of the whole image, where
    colours of a lower resolution are smoothed over rows.
    """
    at = frame.height_at
    return b"".join((content[:at], height.to_bytes(2, "big"), content[at + 2:]))


def segments(content: bytes) -> Iterator[tuple[int, int]]:
    """The markers after the first, and the offset of each, up to one without a segment."""
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
