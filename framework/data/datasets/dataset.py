"""Dataset on disk: the images of each split, their labels, and the classes."""

from __future__ import annotations

import reprlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from framework.data.datasets.label_files import Labels, is_text
from framework.data.records.account import BadEntry, Note
from framework.data.records.list_file import Entry
from framework.errors import DataError
from framework.system.letters import composed
from framework.system.text import is_there, name_lines
from framework.system.wording import shortened

IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff", ".jpe", ".jp2",
                  ".dib", ".pbm", ".pgm", ".ppm", ".pnm", ".avif", ".gif", ".jfif",
                  ".pjpeg", ".pjp")
"""Endings of image files, in lower case; OpenCV decodes them. Browsers save JPEGs as .jfif."""


UNDECODED = (".heic", ".heif", ".svg", ".psd", ".jxl", ".tga", ".ico", ".dng", ".cr2", ".nef",
             ".arw", ".dcm")
"""Endings of other image files, in lower case."""


def is_undecoded(name: str) -> bool:
    """Has a file the ending of an image that is not read?"""
    return name.lower().endswith(UNDECODED)


def is_image(name: str) -> bool:
    """Has a file the ending of an image, in any case of letters?"""
    return name.lower().endswith(IMAGE_SUFFIXES)


def images_by_stem(names: Iterable[str]) -> dict[str, str]:
    """The images among these files by their names without ending; .jpg before other endings."""
    found: dict[str, str] = {}
    for name in sorted(names, key=lambda name: (not name.endswith(".jpg"), name)):
        if is_image(name):
            found.setdefault(name.rpartition(".")[0], name)
    return found


def any_case(path: Path) -> Path:
    """The file, or one whose ending has other letters: programs of Windows write `.XML`, `.Txt`."""
    endings = (path.suffix, path.suffix.upper(), path.suffix.title())
    suffix = next((one for one in endings[1:] if exists(path.with_suffix(one))), path.suffix)
    return path if exists(path) else path.with_suffix(suffix)


def exists(path: Path) -> bool:
    """Is there such a file? No for a name that cannot be one: its record will say so."""
    try:
        return is_there(path)
    except DataError:
        return False


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


@dataclass(frozen=True)
class Dataset:
    """The dataset that a description describes.

    splits         the entries of each split, paths relative to `root`
    names          the classes as boxes name them, in the order of their labels from 1 on
    read_labels    the boxes of an entry; None if it has no label file; DataError if it is bad
    display_names  how to show a class, where that is not its name
    shuffle        splits whose order is to be shuffled before they are stored; None: not said
    skip_others    leave out boxes of other classes; else they make their record a bad one
    losses         of each split: what its files have that belongs to no entry
    has_label_files  the label of an entry is a file of its own
    """

    root: Path
    splits: dict[str, list[Entry]]
    names: list[str]
    read_labels: Callable[[Entry], Labels | None]
    display_names: Mapping[str, str] = field(default_factory=dict)
    shuffle: tuple[str, ...] | None = None
    skip_others: bool = False
    losses: Mapping[str, Sequence[Note]] = field(default_factory=dict)
    has_label_files: bool = False

    def check_label_files(self, splits: Iterable[str]) -> None:
        """DataError if not one image of these splits has a label file: they are somewhere else."""
        entries = [entry for split in splits for entry in self.splits[split]]
        if not self.has_label_files or not entries or any(
                exists(self.root / entry.label) for entry in entries):
            return
        first = entries[0]
        beside = str(Path(first.image).with_suffix(".txt"))
        tried = [first.label, beside] if first.label.endswith(".txt") else [first.label]
        raise DataError(f"{self.root}: none of the {len(entries)} images has a label file; for "
                        f"{shortened(first.image)} it would be "
                        f"{shortened(' or '.join(dict.fromkeys(tried)))} in this folder")

    def with_losses(self, notes: Iterable[Note]) -> Dataset:
        """The data set with further losses, which are of no split: the first one has them."""
        first = next(iter(self.splits))
        losses = {**self.losses, first: [*self.losses.get(first, ()), *notes]}
        return replace(self, losses=losses)

    def _shown(self) -> list[str]:
        """The classes as people know them."""
        return [self.display_names.get(name, name) for name in self.names]

    def labels(self, entry: Entry) -> Labels | None:
        """The boxes of an entry; those of other classes are left out, with a note for each class.

        BadEntry for a box of another class, unless such are left out.
        """
        labels = self.read_labels(entry)
        if labels is None:
            return None
        kept = tuple(box for box in labels.boxes if box.name in self.names)
        others = Counter(str(box.name) for box in labels.boxes if box.name not in self.names)
        if others and not self.skip_others:
            first = next(iter(others))
            raise BadEntry(f"{self.root / entry.label}: "
                           f"'{shortened(self.display_names.get(first, first))}' is not "
                           f"one of the classes ({shortened(', '.join(self._shown()))}); "
                           "`others: skip` in the YAML leaves boxes of other classes out",
                           len(labels.boxes))
        notes = tuple(Note(f"'{shortened(self.display_names.get(name, name))}' is not one of the "
                           "classes that were asked for", entry.label, boxes=count)
                      for name, count in others.items())
        return replace(labels, boxes=kept, notes=labels.notes + notes)


@dataclass(frozen=True)
class Description:
    """The keys of a YAML file, each checked when it is asked for.

    `place`     what errors begin with: the file's name
    is_divided  the images are divided into splits later: no lists of them are needed
    chosen      the splits that are wanted; none: all
    """

    root: Path
    tree: Mapping[str, Any]  # Any: what YAML holds is known only when it is read
    place: str
    is_divided: bool = False
    chosen: Sequence[str] = ()

    def splits(self) -> dict[str, Any]:
        """The key `splits`, {name: what the format wants}, as far as they are wanted.

        DataError if the key is missing, or has not what is wanted.
        """
        splits = self.tree.get("splits")
        if not isinstance(splits, dict) or not splits:
            raise DataError(f"{self.place}: splits is {shown(splits)}; it must map names to data")
        found = self.named("splits", splits)
        self.check_chosen(found)
        return {name: value for name, value in found.items()
                if not self.chosen or name in self.chosen}

    def check_chosen(self, splits: Iterable[str]) -> None:
        """DataError if a wanted split is not one of these."""
        known = list(splits)
        for name in self.chosen:
            if name not in known:
                raise DataError(f"{self.place}: no split {shortened(name)}; it has "
                                f"{shortened(', '.join(known))}")

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
        if value == "":
            words = []
        if not all(isinstance(word, str) for word in words):
            raise DataError(f"{self.place}: {key} is {shown(value)}; it must be a name or a list")
        return [self._word(key, word) for word in words]

    def _word(self, key: str, value: object) -> str:
        """A name. DataError for a list, a map, what a tag made of a word, and no letter at all."""
        if isinstance(value, str) and value:
            return value
        raise DataError(f"{self.place}: {key} has {shown(value)}; a name must be text")

    def names(self, found: Iterable[str], errors: Iterable[DataError] = ()) -> list[str]:
        """The key `names`: a list, {0: name, 1: name}, or a file with a name on each line, below
        the root or beside the YAML file; else those found in the data.

        errors  of the labels that could not be read
        DataError if there are none, or one is there twice.
        """
        names = self.tree.get("names")
        if isinstance(names, dict) and set(names) == set(map(str, range(len(names)))):
            names = [names[str(number)] for number in range(len(names))]
        if isinstance(names, str) and names.endswith((".txt", ".names")):
            names = self._lines(names)
        if isinstance(names, dict) and all(number.isdecimal() for number in map(str, names)):
            raise DataError(f"{self.place}: names is {shown(names)}; its numbers must be 0 to "
                            f"{len(names) - 1}, one for each class")
        if isinstance(names, str) and "," in names:
            raise DataError(f"{self.place}: names is {shown(names)}, one name with a comma; a list "
                            "of names is in brackets, [cat, dog], or has a line for each, `- cat`")
        given = self.words("names", names)
        names = [composed(name).strip() for name in given or found]
        if not names:
            reason = next((f", and the first error is: {error}" for error in errors), "")
            raise DataError(f"{self.place}: no class name in any annotation{reason}")
        whose = "names has" if given else "the data have the class"
        for name, count in Counter(names).items():
            if count > 1:
                raise DataError(f"{self.place}: {whose} '{shortened(name)}' twice")
            if not is_text(name):
                raise DataError(f"{self.place}: {whose} {shown(name)}, which is not text")
        return names

    def _lines(self, name: str) -> list[str]:
        beside = Path(self.place).parent / name
        path = beside if is_there(beside) and not is_there(self.root / name) else self.root / name
        try:
            return name_lines(path)
        except DataError as error:
            raise DataError(f"{self.place}: names is {shortened(name)}, which cannot be read below "
                            f"{self.root}: {error}") from None

    def finish(self, data: Dataset) -> Dataset:
        """The dataset with the keys that all formats have: `shuffle` and `others`."""
        shuffle = tuple(self.words("shuffle")) if "shuffle" in self.tree else None
        for name in shuffle or ():
            if name not in data.splits and not self.chosen:
                known = ", ".join(data.splits)
                raise DataError(f"{self.place}: shuffle names {shortened(name)}; the splits are "
                                f"{shortened(known)}")
        others = self.tree.get("others", "refuse")
        if others not in ("refuse", "skip"):
            raise DataError(f"{self.place}: others is {shown(others)}; it must be refuse or skip")
        return replace(data, shuffle=shuffle, skip_others=others == "skip")
