"""Unicode normalisation: names that look alike are equal, however their accents are encoded.

macOS and its archives write e and an accent as two characters (NFD) where other systems have one
(NFC).
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Generic, TypeVar

Value = TypeVar("Value")


def composed(name: str) -> str:
    """A name in the form NFC: each accent joined to its letter."""
    return unicodedata.normalize("NFC", name)


def as_on_disk(path: str | Path) -> Path:
    """The path as it is spelled on the disk; the path itself if it is there in no spelling."""
    if str(path).isascii() or os.path.lexists(path):
        return Path(path)
    found = Path()
    for part in Path(path).parts:
        spellings = (part, composed(part), unicodedata.normalize("NFD", part))
        existing = (found / spelling for spelling in spellings if os.path.lexists(found / spelling))
        found = next(existing, found / part)
    return found if os.path.lexists(found) else Path(path)


class ByName(Generic[Value]):
    """A table whose names are found in any spelling; the very name first."""

    def __init__(self, table: Mapping[str, Value]):
        self._table = table
        self._composed = {composed(name): value for name, value in table.items()}

    def get(self, name: str) -> Value | None:
        """The value of a name; None if it is not there."""
        found = self._table.get(name)
        return found if found is not None else self._composed.get(composed(name))
