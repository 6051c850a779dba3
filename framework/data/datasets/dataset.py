"""Dataset on disk: the images of each split, their labels, and the classes."""

from __future__ import annotations

import reprlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from framework.data.datasets.label_files import Labels
from framework.data.records.list_file import Entry
from framework.definition.values import shortened
from framework.errors import DataError
from framework.system.text import read_lines

IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".JPG", ".JPEG", ".PNG")


def shown(value: object) -> str:
    """A value from a file as messages show it: shortened, if it is large or deeply nested."""
    short = reprlib.Repr()
    short.maxlevel = 2
    short.maxdict = 6
    short.maxlist = 6
    short.maxstring = 100
    try:
        return short.repr(value)
    except ValueError:                  # a number of more digits than Python writes
        return f"a {type(value).__name__}"


def _is_text(name: str) -> bool:
    try:
        return "\0" not in name and bool(name.encode())
    except UnicodeEncodeError:
        return False


@dataclass(frozen=True)
class Dataset:
    """The dataset that a description describes.

    splits         the entries of each split, paths relative to `root`
    names          the classes as boxes name them, in the order of their labels from 1 on
    read_labels    the boxes of an entry; None if it has no label file; DataError if it is bad
    display_names  how to show a class, where that is not its name
    shuffle        splits whose order is to be shuffled before they are stored
    skip_others    leave out boxes of other classes; else they make their record a bad one
    """

    root: Path
    splits: dict[str, list[Entry]]
    names: list[str]
    read_labels: Callable[[Entry], Labels | None]
    display_names: Mapping[str, str] = field(default_factory=dict)
    shuffle: tuple[str, ...] = ()
    skip_others: bool = False

    def labels(self, entry: Entry) -> tuple[Labels | None, int]:
        """The boxes of an entry, and how many of other classes were left out.

        DataError for a box of another class, unless such are left out.
        """
        labels = self.read_labels(entry)
        if labels is None:
            return labels, 0
        kept = tuple(box for box in labels.boxes if box.name in self.names)
        if len(kept) < len(labels.boxes) and not self.skip_others:
            other = next(box.name for box in labels.boxes if box.name not in self.names)
            raise DataError(f"{self.root / entry.label}: '{shortened(str(other))}' is not one of "
                            f"the classes ({shortened(', '.join(self.names))}); `others: skip` in "
                            "the YAML leaves boxes of other classes out")
        return replace(labels, boxes=kept), len(labels.boxes) - len(kept)


@dataclass(frozen=True)
class Description:
    """The keys of a YAML file, each checked when it is asked for.

    `place`     what errors begin with: the file's name
    is_divided  the images are divided into splits later: no lists of them are needed
    """

    root: Path
    tree: Mapping[str, Any]  # Any: what YAML holds is known only when it is read
    place: str
    is_divided: bool = False

    def splits(self) -> dict[str, Any]:
        """The key `splits`, {name: what the format wants}. DataError if it is missing."""
        splits = self.tree.get("splits")
        if not isinstance(splits, dict) or not splits:
            raise DataError(f"{self.place}: splits is {shown(splits)}; it must map names to data")
        return self.named("splits", splits)

    def named(self, key: str, tree: Mapping[Any, Any]) -> dict[str, Any]:
        """What a key maps names to. DataError for a name that is not text, or is there twice.

        Any: what YAML holds.
        """
        found: dict[str, Any] = {}
        for name, value in tree.items():
            word = self._word(key, name)
            if word in found:
                raise DataError(f"{self.place}: {key} has the name {shown(name)} twice")
            found[word] = value
        return found

    def words(self, key: str, value: object = None) -> list[str]:
        """A name or a list of names: of the key, or of `value`, found below it."""
        value = self.tree.get(key, []) if value is None else value
        words = value if isinstance(value, list) else [value]
        if not all(isinstance(word, str | int) for word in words):
            raise DataError(f"{self.place}: {key} is {shown(value)}; it must be a name or a list")
        return [self._word(key, word) for word in words]

    def _word(self, key: str, value: object) -> str:
        """A name as text. DataError for true, false, and what YAML made of other words."""
        if isinstance(value, str):
            return value
        if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 1 << 63:
            return str(value)
        raise DataError(f"{self.place}: {key} has {shown(value)}; a name must be text or a whole "
                        "number: put it in quotes")

    def names(self, found: Iterable[str]) -> list[str]:
        """The key `names`: a list, {0: name, 1: name}, or a file with a name on each line, below
        the root; else those found in the data.

        DataError if there are none, or one is there twice.
        """
        names = self.tree.get("names")
        if isinstance(names, dict) and set(names) == set(range(len(names))):
            names = [names[number] for number in range(len(names))]
        if isinstance(names, str) and names.endswith((".txt", ".names")):
            names = self._lines(names)
        names = self.words("names", names) or list(found)
        if not names:
            raise DataError(f"{self.place}: no class name in any annotation")
        for name, count in Counter(names).items():
            if count > 1:
                raise DataError(f"{self.place}: names has '{shortened(name)}' twice")
            if not _is_text(name):
                raise DataError(f"{self.place}: names has {shown(name)}, which is not text")
        return names

    def _lines(self, name: str) -> list[str]:
        try:
            lines = read_lines(self.root / name)
        except DataError as error:
            raise DataError(f"{self.place}: names is {shortened(name)}, which cannot be read below "
                            f"{self.root}: {error}") from None
        return [line.strip() for line in lines if line.strip()]

    def finish(self, data: Dataset) -> Dataset:
        """The dataset with the keys that all formats have: `shuffle` and `others`."""
        shuffle = tuple(self.words("shuffle"))
        for name in shuffle:
            if name not in data.splits:
                known = ", ".join(data.splits)
                raise DataError(f"{self.place}: shuffle names {shortened(name)}; the splits are "
                                f"{shortened(known)}")
        others = self.tree.get("others", "refuse")
        if others not in ("refuse", "skip"):
            raise DataError(f"{self.place}: others is {shown(others)}; it must be refuse or skip")
        return replace(data, shuffle=shuffle, skip_others=others == "skip")
