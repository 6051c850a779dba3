"""Validation of names that become file names."""

from __future__ import annotations

import unicodedata

LONGEST = 255        # bytes, on the file systems that Linux has


def wrong_name(name: str, longest_suffix: str = "") -> str:
    """Why a name cannot be that of one file or folder, as words after "is"; "" if it can.

    A name with a `/`, or `..`, would be outside the folder that it is written into.
    longest_suffix  what is appended to it
    """
    if not name or name in (".", ".."):
        return "not the name of a file"
    if "/" in name:
        return "a path: it has a /"
    if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in name):
        return "not text: it has control characters, or bytes that are not letters"
    if len((name + longest_suffix).encode()) > LONGEST:
        return f"longer than the {LONGEST} bytes that a file's name may have"
    return ""
