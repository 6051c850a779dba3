"""Kinds of files by their first bytes, for messages about a file given in place of another."""

from __future__ import annotations

import codecs
import re

HDF5 = b"\x89HDF\r\n\x1a\n"
_KINDS = (
    (b"\xff\xd8\xff", "an image (JPEG)"), (b"\x89PNG", "an image (PNG)"),
    (b"GIF8", "an image (GIF)"), (b"\x1f\x8b", "compressed (gzip), and must be unpacked"),
    (b"\xfd7zXZ\0", "compressed (xz), and must be unpacked"),
    (b"BZh", "compressed (bzip2), and must be unpacked"),
    (b"7z\xbc\xaf", "an archive (7z), and must be unpacked"),
    (b"Rar!\x1a", "an archive (RAR), and must be unpacked"),
    (HDF5, "an HDF5 file"), (b"\x93NUMPY", "an array of NumPy (.npy)"),
    (b"\x80\2\x8a\nl\xfc\x9c", "a file of PyTorch (torch.save)"), (b"%PDF-", "a PDF"),
    (b"MATLAB 5.0 MAT-file", "a file of MATLAB"),
)
_ZIP = b"PK\3\4"
_OF_ZIPS = ((b"/data.pkl", "a file of PyTorch (torch.save)"),
            (b".npy", "a file of NumPy (.npz)"))
_TEXTS = (
    (re.compile(rb"[{\[]\s*[\"{\[]"), "JSON"), (re.compile(rb"<(\?xml|\w+[\s>/])"), "XML"),
    (re.compile(rb"\[\w+\]\s*(\n|$)"), "a configuration of Darknet, of which tools/import makes "
                                       "a net"),
)


def foreign_kind(head: bytes) -> str:
    """What a file is that begins so, as in "it is an image"; "" for files of other kinds."""
    if head.startswith(_ZIP):
        name = head[30:30 + int.from_bytes(head[26:28], "little")]      # of its first file
        return next((kind for end, kind in _OF_ZIPS if name.endswith(end)),
                    "an archive (ZIP), and must be unpacked")
    if head[257:262] == b"ustar":
        return "an archive (tar), and must be unpacked"
    if head[4:8] == b"TFL3":
        return "a model of TensorFlow Lite"
    return next((kind for mark, kind in _KINDS if head.startswith(mark)), "")


def foreign_text(head: bytes) -> str:
    """What a text of another program is that begins so; "" for others."""
    lines = head.removeprefix(codecs.BOM_UTF8).splitlines(keepends=True)
    begin = b"".join(line for line in lines if not line.startswith(b"#")).lstrip()
    return next((kind for form, kind in _TEXTS if form.match(begin)), "")


def stand_in(head: bytes) -> str:
    """What a file is that came in place of the one that was downloaded; "" for other files."""
    if head.startswith(b"version https://git-lfs"):
        return "a Git LFS pointer, not the file itself; run `git lfs pull`"
    text = head.removeprefix(codecs.BOM_UTF8).lstrip().lower()
    if text.startswith((b"<!doctype html", b"<html")):
        return ("a web page (HTML), not the file itself; the link for the download is another, "
                "that of \"Raw\" on GitHub")
    return ""


def other_kind(head: bytes) -> str:
    """As `stand_in` and `foreign_kind`, or "a text", for files in place of those in protobuf's
    binary form."""
    return stand_in(head) or ("a text" if is_text(head) else foreign_kind(head))


def is_weights(head: bytes) -> bool:
    """Whether a binary file that begins so may be a caffemodel: with its name, or a layer."""
    return head.startswith((b"\n", b"\xa2\x06"))


def is_text(head: bytes) -> bool:
    """Whether a file that begins so is a text: each binary form here has bytes that none has.

    The last letter may be cut.
    """
    try:
        text = codecs.getincrementaldecoder("utf-8-sig")().decode(head)
    except UnicodeDecodeError:
        return False
    return bool(text) and all(letter.isprintable() or letter.isspace() for letter in text)
