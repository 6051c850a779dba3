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


def stand_in(head: bytes) -> str:
    """What a file is that came in place of the one that was downloaded; "" for other files."""
    if head.startswith(b"version https://git-lfs"):
        return "a Git LFS pointer, not the file itself; run `git lfs pull`"
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if text.startswith((b"<!doctype html", b"<html")):
        return ("a web page (HTML), not the file itself; the link for the download is another, "
                "that of \"Raw\" on GitHub")
    return ""


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
