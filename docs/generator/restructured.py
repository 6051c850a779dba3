"""A docstring of this project as reStructuredText, which Sphinx's autodoc reads."""

from __future__ import annotations

import re

from docs.generator.markdown import blocks

_CODE = re.compile(r"`+([^`]+)`+")
# "::" would begin a literal block
_SPECIAL = re.compile(r"([\\*|]|(?<!\w)_|_(?!\w)|(?<=:):)")


def as_restructured(text: str) -> str:
    """Paragraphs, lists of what is labelled, and code, as `blocks` tells them apart."""
    parts = []
    for label, words in blocks(text):
        if label == "::":
            parts.append(f"::\n\n{words}")
        elif label:
            parts.append(f"- **{_inline(label)}**: {_inline(words)}")
        else:
            parts.append(_inline(words))
    return "\n\n".join(parts) + "\n"


def _inline(text: str) -> str:
    """Words with code in backticks; every other sign means itself."""
    pieces = _CODE.split(text)
    return "".join(f"``{piece.strip()}``" if index % 2 else _SPECIAL.sub(r"\\\1", piece)
                   for index, piece in enumerate(pieces))
