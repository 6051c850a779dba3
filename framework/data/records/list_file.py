"""List files: their lines, and the `image label` lines of the original's converters."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from framework.data.records.account import NAMED_BEFORE, OTHER_CLASS, SAME_CLASS, Note
from framework.definition.values import whole_number
from framework.errors import DataError
from framework.system.text import is_there, read_lines
from framework.system.wording import shortened

MAX_BAD_SHARE = 0.05


class Entry(NamedTuple):
    """A line of a list file: the image and its label (a file, or a number as text).

    Both paths are relative to the root folder.
    """

    image: str
    label: str


def numbered_lines(path: str, place: str = "") -> list[tuple[int, str]]:
    """The lines of a data layer's list that are not blank, with their numbers, from 1 on.

    DataError, which begins with `place`, for a list that is absent or empty.
    """
    try:
        lines = read_lines(Path(path))
    except DataError as error:
        raise DataError(f"{place}{error}") from None
    found = [(number, line) for number, line in enumerate(lines, 1) if line.strip()]
    if not found:
        raise DataError(f"{place}{path}: the list is empty")
    return found


def is_comment(line: str) -> bool:
    """Does a line begin with # and a blank, or is it #? `#1.jpg 0` is an image."""
    return line.split()[:1] == ["#"]


def read(path: Path, root: Path) -> list[Entry]:
    """The lines of a list file; names with spaces work where the image exists under `root`, and
    lines that begin with # and a blank are comments.

    DataError, with the line, if there is no such file or a line has one word.
    """
    if not is_there(path):
        raise DataError(f"{path}: no such list file; a line must be: image label")
    entries = []
    for index, line in enumerate(read_lines(path), start=1):
        words = [] if is_comment(line) else line.split()
        if len(words) == 1:
            raise DataError(f"{path}:{index}: '{shortened(words[0])}'; a line must be: "
                            "image label")
        if words:
            image, label = _entry(line.strip(), words, root)
            entries.append(Entry(_on_disk(image, root), _on_disk(label, root)))
    if not entries:
        raise DataError(f"{path}: is empty; a line must be: image label")
    return entries


def _entry(line: str, words: Sequence[str], root: Path) -> Entry:
    if len(words) > 2:
        for position, letter in enumerate(line):
            if letter.isspace() and os.path.isfile(root / line[:position].strip()):
                return Entry(line[:position].strip(), line[position:].strip())
    return Entry(" ".join(words[:-1]), words[-1])


def _on_disk(file: str, root: Path) -> str:
    """The name, or that which is there where it is not: with / for Windows' own sign, and below
    the root though it begins with /, as the original's programs put both together."""
    if "\\" not in file and not file.startswith("/"):
        return file
    names = (file, file.replace("\\", "/"), file.lstrip("/"))
    return next((name for name in names if os.path.isfile(root / name)), file)


def repeats(entries: Sequence[Entry], has_label_files: bool = False) -> list[Note]:
    """Notes on the images that a list names again, and on label files of several images."""
    notes: list[Note] = []
    labels: dict[str, set[str]] = {}
    owners: dict[str, str] = {}
    for image, label in entries:
        if image in labels:
            same = SAME_CLASS if label in labels[image] else OTHER_CLASS
            is_class = whole_number(label) is not None
            notes.append(Note(same if is_class else NAMED_BEFORE, image, is_loss=False))
        elif has_label_files and owners.setdefault(label, image) != image:
            notes.append(Note("the labels of another image too, which has the same name but for "
                              "its ending", label, is_loss=False))
        labels.setdefault(image, set()).add(label)
    return notes


def class_number(entry: Entry) -> int:
    """The label of an entry. DataError if it is not a whole number of 32 bits."""
    number = whole_number(entry.label)
    if number is None:
        raise DataError(f"{entry.image}: the label is not a class number of 32 bits: "
                        f"'{shortened(entry.label)}'")
    return number


def check_numbers(entries: Sequence[Entry], path: Path) -> None:
    """DataError if too many labels are not numbers that the list must be one of another kind.

    entries  all of the list, in its order
    """
    wrong = [index for index, entry in enumerate(entries) if whole_number(entry.label) is None]
    if len(wrong) > MAX_BAD_SHARE * len(entries):
        image, label = entries[wrong[0]]
        line = numbered_lines(str(path))[wrong[0]][0]
        raise DataError(f"{path}:{line}: the label '{shortened(label)}' of {image} is not a class "
                        f"number; {_way_out(label)}")


def _way_out(label: str) -> str:
    """What takes a list whose labels are such ones: fractions, several numbers, or files."""
    try:
        numbers = [float(word) for word in label.split()]
    except ValueError:
        return "lists of annotation files need convert_annoset --anno_type=detection"
    if len(numbers) > 1:
        return ("several labels for an image go into an HDF5 file (type: \"HDF5Data\"), a second "
                "database, or a list for type: \"MultiLabelImageData\"")
    return ("a database stores whole numbers of 32 bits; other labels go into an HDF5 file, which "
            "type: \"HDF5Data\" reads")
