"""List files: their lines, and those of the original's converters, `picture label` on each."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from framework.errors import DataError
from framework.files.regular import read_regular


class Entry(NamedTuple):
    """A line of a list file: the picture and its label (a file, or a number as text).

    Both paths are relative to the root folder.
    """

    image: str
    label: str


def numbered_lines(path: str, place: str = "") -> list[tuple[int, str]]:
    """The lines of a data layer's list that are not blank, with their numbers, from 1 on.

    DataError, which begins with `place`, for a list that is absent or empty.
    """
    try:
        lines = read_regular(path).decode().splitlines()
    except OSError as error:
        raise DataError(f"{place}{path}: the list cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise DataError(f"{place}{path}: the list is not UTF-8 at byte {error.start}") from None
    found = [(number, line) for number, line in enumerate(lines, 1) if line.strip()]
    if not found:
        raise DataError(f"{place}{path}: the list is empty")
    return found


def read(path: Path, root: Path) -> list[Entry]:
    """The lines of a list file; names with spaces work where the picture exists under `root`.

    DataError, with the line, if there is no such file or a line has one word.
    """
    if not path.is_file():
        raise DataError(f"{path}: no such list file; a line must be: picture label")
    entries = []
    for index, line in enumerate(path.read_text().splitlines(), start=1):
        words = line.split()
        if len(words) == 1:
            raise DataError(f"{path}:{index}: '{line.strip()}'; a line must be: picture label")
        if words:
            entries.append(_entry(line.strip(), words, root))
    if not entries:
        raise DataError(f"{path}: is empty; a line must be: picture label")
    return entries


def _entry(line: str, words: Sequence[str], root: Path) -> Entry:
    if len(words) > 2:
        for position, letter in enumerate(line):
            if letter.isspace() and (root / line[:position].strip()).is_file():
                return Entry(line[:position].strip(), line[position:].strip())
    return Entry(" ".join(words[:-1]), words[-1])


def check_numbers(entries: Sequence[Entry], path: Path) -> None:
    """DataError for a label that is not a whole number."""
    for entry in entries:
        if not entry.label.lstrip("-").isdigit():
            raise DataError(
                f"{path}: the label '{entry.label}' of {entry.image} is not a class number; "
                "lists of annotation files need convert_annoset --anno_type=detection"
            )
