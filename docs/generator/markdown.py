"""Pieces of Markdown: escaped text, tables, docstrings."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

GENERATED = "<!-- Made by `make docs-pages`; do not edit. -->\n"
# "Bottom: ...", "Errors: ...", or a name before two or more spaces, at the start of a line
_LABEL = re.compile(r"(?:([A-Z]\w+(?:,? \w+){0,2}):\s+|(\S[^:.]{0,38}?)\s{2,})(?=\S)")
# underscores within words are plain
_SPECIAL = re.compile(r"([\\*<\[\]|~]|(?<!\w)_|_(?!\w))")
_CODE = re.compile(r"(`+[^`]*`+)")


def escape(text: str) -> str:
    """Text whose characters mean themselves; what is in backticks stays code."""
    parts = _CODE.split(text)
    return "".join(part if index % 2 else _SPECIAL.sub(r"\\\1", part)
                   for index, part in enumerate(parts))


def code(text: str) -> str:
    """Inline code, "" for an empty text."""
    return f"`{text}`" if text else ""


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; the cells are Markdown already."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(cell.replace("\n", " ") for cell in line) + " |"
                     for line in lines)


def shape(sizes: Sequence[int]) -> str:
    """2 x 3 x 5 x 4."""
    return " x ".join(map(str, sizes)) or "scalar"


def type_name(text: str) -> str:
    """A field's type; `enum: MAX, AVE` has its values as code."""
    kind, colon, values = text.partition(": ")
    return kind + colon + ", ".join(map(code, values.split(", "))) if colon else text


def blocks(text: str) -> list[tuple[str, str]]:
    """A docstring as (label, text): labelled lines with what is indented below them, and
    paragraphs without a label; text that is indented without a label has the label "::"."""
    found: list[tuple[str, list[str]]] = []
    fresh = True
    for line in text.split("\n"):
        if not line.strip():
            fresh = True
            continue
        match = _LABEL.match(line)
        if match:
            found.append((match[1] or match[2], [line[match.end():]]))
        elif line.startswith(" ") and found and found[-1][0] not in ("", "::"):
            found[-1][1].append(line.strip())
        elif line.startswith(" ") and found and found[-1][0] == "::":
            found[-1][1].append(line)
        elif line.startswith(" ") and fresh:
            found.append(("::", [line]))
        elif found and not found[-1][0] and not fresh:
            found[-1][1].append(line.strip())
        else:
            found.append(("", [line]))
        fresh = False
    return [(label, "\n".join(lines) if label == "::" else " ".join(lines))
            for label, lines in found]


def docstring(text: str) -> str:
    """A docstring as Markdown: paragraphs, and a list of what is labelled."""
    parts: list[str] = []
    listed = False
    for label, words in blocks(text):
        if label == "::":
            parts.append(f"\n```text\n{words}\n```\n")
        elif label:
            parts.append(f"{'' if listed else chr(10)}- **{escape(label)}**: {escape(words)}")
        else:
            parts.append(f"\n{escape(words)}\n")
        listed = label not in ("", "::")
    return re.sub(r"\n{3,}", "\n\n", "\n".join(parts)).strip("\n")
