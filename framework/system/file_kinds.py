"""Kinds of files by their first bytes, for messages about a file given in place of another."""

from __future__ import annotations

import codecs

_KINDS = (
    (b"\xff\xd8\xff", "an image (JPEG)"), (b"\x89PNG", "an image (PNG)"),
    (b"GIF8", "an image (GIF)"), (b"\x1f\x8b", "compressed (gzip), and must be unpacked"),
    (b"PK\3\4", "an archive (ZIP), and must be unpacked"),
    (b"\xfd7zXZ\0", "compressed (xz), and must be unpacked"),
    (b"7z\xbc\xaf", "an archive (7z), and must be unpacked"),
)


def foreign_kind(head: bytes) -> str:
    """What a file is that begins so, as in "it is an image"; "" for files of other kinds."""
    return next((kind for mark, kind in _KINDS if head.startswith(mark)), "")


def other_kind(head: bytes) -> str:
    """As `foreign_kind`, or "a text", for files in place of those in protobuf's binary form."""
    return "a text" if is_text(head) else foreign_kind(head)


def is_text(head: bytes) -> bool:
    """Whether a file that begins so is a text: each binary form here has bytes that none has.

    The last letter may be cut.
    """
    try:
        text = codecs.getincrementaldecoder("utf-8-sig")().decode(head)
    except UnicodeDecodeError:
        return False
    return bool(text) and all(letter.isprintable() or letter.isspace() for letter in text)
