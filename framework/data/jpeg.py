"""What a JPEG's markers tell before it is decoded: whether it is whole, and its inks.

libjpeg decodes half a file into half a picture and says nothing to its caller.
Source: ITU-T T.81, annex B.
"""

from __future__ import annotations

_START, _END, _SCAN = b"\xff\xd8", b"\xff\xd9", b"\xff\xda"
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


class BadJpeg(Exception):
    """A JPEG that is cut short or has four inks."""


def check_jpeg(content: bytes) -> None:
    """Raise BadJpeg if the bytes are a JPEG that ends too early or is CMYK; others pass."""
    if content[:2] != _START:
        return
    if content[-2:] != _END and content.rfind(_END) < content.rfind(_SCAN):
        raise BadJpeg("the JPEG is cut short")
    if components(content) == 4:
        raise BadJpeg("the JPEG has four inks (CMYK); convert it to RGB")


def components(content: bytes) -> int:
    """The number of colour components of a JPEG; 0 if it has no frame header."""
    at = 2
    while at + 9 < len(content) and content[at] == 0xFF:
        marker = content[at + 1]
        if marker in _FRAMES:
            return content[at + 9]
        if marker == 0xFF:                     # fill byte
            at += 1
            continue
        at += 2 + int.from_bytes(content[at + 2:at + 4], "big")
    return 0
