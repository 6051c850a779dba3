"""The words of messages: near names, counts, columns, texts that are not too long."""

from __future__ import annotations

import difflib
import itertools
import re
from collections.abc import Collection, Iterable, Sequence

NEAR = 0.84               # share of equal letters (difflib's ratio) from which a name is suggested
NEAR_IF_SHORT = 0.75      # of names up to SHORT letters: one wrong letter is a larger share
SHORT = 6
MOST_COMPARED = 20_000    # names, 50 ms
LONGEST_SHOWN = 200       # letters of a name or value in a message
PARAM = re.compile(r"_?(?:params?|parma?|pram|prm|para|parameters?)$")


def nearest(name: str, known: Iterable[str]) -> str:
    """`; did you mean 'num_output'?` if a known name is near, else nothing.

    The `_param` that many names end in makes none of them near: yolov3_param is not log_param.
    """
    if len(name) > LONGEST_SHOWN:
        return ""
    by_folded = {_folded(word): word for word in itertools.islice(known, MOST_COMPARED)}
    folded = _folded(name)
    cutoff = NEAR_IF_SHORT if len(folded) <= SHORT else NEAR
    close = difflib.get_close_matches(folded, by_folded, n=1, cutoff=cutoff)
    return f"; did you mean '{by_folded[close[0]]}'?" if close else ""


def _folded(name: str) -> str:
    """A name in small letters without its `_param`, however that is spelled: `_parm`, `params`."""
    lower = name.lower().strip("_")
    return PARAM.sub("", lower) or lower


def shortened(text: str) -> str:
    """Truncate a text for a message: a name or value in a file can be megabytes long."""
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}..."


def printable(path: object) -> str:
    """A path as a message shows it, with NUL and line ends as escapes."""
    return str(path) if str(path).isprintable() else repr(str(path))


def human(number: int) -> str:
    """Three digits and a letter: 26.3 M."""
    value = float(number)
    for unit in ("", " k", " M", " G"):
        if value < 999.5:
            return f"{value:.3g}{unit}"
        value /= 1000
    return f"{value:.3g} T"


def counted(number: int, unit: str) -> str:
    """A number and its unit, as messages say it: `1 image`, `2 images`, `1,200 boxes`."""
    plural = f"{unit}es" if unit.endswith(("x", "ch", "ss")) else f"{unit}s"
    return f"{number:,} {unit if number == 1 else plural}"


def aligned(rows: Sequence[Sequence[str]], right: Collection[int]) -> list[str]:
    """Lines of cells in columns; the cells of the columns `right` end together."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.rjust(width) if index in right else cell.ljust(width)
                      for index, (cell, width) in enumerate(zip(row, widths, strict=True))
                      ).rstrip() for row in rows]
