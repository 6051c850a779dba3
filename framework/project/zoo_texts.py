"""Texts of the zoo's net files, as they are copied into a new folder."""

from __future__ import annotations

import os
import re
from pathlib import Path

from framework.definition.zoo import FOLDER as ZOO

_FILE = re.compile(r'\bfile:\s*"([^"]+)"')      # of a NetFile layer


def text_of(path: Path) -> str:
    """The text of a file of the zoo, whose blocks of other folders are then the zoo's.

    A block's name may hold a $name, which only the net that brings it in gives a value.
    """
    def of_zoo(match: re.Match[str]) -> str:
        inner = os.path.relpath(path.parent / match[1], ZOO)
        return f'file: "zoo:{inner}"' if "/" in match[1] else match[0]

    return _FILE.sub(of_zoo, path.read_text(encoding="utf-8"))


def inside(path: Path) -> dict[str, str]:
    """Names and texts of the files that a file of the zoo brings in from its own folder."""
    found: dict[str, str] = {}
    for name in _FILE.findall(path.read_text(encoding="utf-8")):
        if "/" not in name:
            inner = path.parent / name
            found |= {name: text_of(inner), **inside(inner)}
    return found
