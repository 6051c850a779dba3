"""The comments of a .proto file by the message, enum or field that they describe.

A comment describes the declaration on the line after it. One that ends with a colon ("intel:") is
the heading of a group of fields, and one with an empty line after it that of a part of the file:
neither describes a declaration.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

_OPENED = re.compile(r"(?:message|enum)\s+(\w+)\s*\{")
SHORT = 60      # characters; a line that goes on is longer
_FIELD = re.compile(r"(?:optional|required|repeated)\s+[\w.]+\s+(\w+)\s*=")


@cache
def schema_comments() -> dict[str, str]:
    """The comments of caffe.proto, read once."""
    return comments(Path(__file__).with_name("caffe.proto").read_text(encoding="utf-8"))


def comments(text: str) -> dict[str, str]:
    """Comments by name: "SolverParameter", "SolverParameter.base_lr", "Outer.Inner.field"."""
    found: dict[str, str] = {}
    open_names: list[str] = []
    pending: list[str] = []
    for line in map(str.strip, text.splitlines()):
        if line.startswith("//"):
            words = line.removeprefix("//").strip()
            pending = [] if words.endswith(":") else [*pending, words]
            continue
        opened = _OPENED.match(line)
        field = _FIELD.match(line)
        if opened:
            open_names.append(opened[1])
        name = list(open_names)
        if field and not opened:
            name += field.groups()
        if pending and (opened or field):
            found[".".join(name)] = _joined(pending)
        if line.endswith("}") and open_names:
            open_names.pop()
        pending = []
    return found


def _joined(lines: list[str]) -> str:
    """Comment lines as one text: a short line before a capital letter ended a sentence."""
    text = lines[0]
    for before, line in zip(lines, lines[1:], strict=False):
        ended = len(before) < SHORT and before[-1] not in ".,;:" and line[:1].isupper()
        text += f". {line}" if ended else f" {line}"
    return text
