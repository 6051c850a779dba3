"""File listing of a folder of data: which images, label files and splits are in it."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePath

from framework.data.datasets.dataset import is_image, is_undecoded
from framework.data.records.account import Note
from framework.errors import DataError
from framework.system.letters import ByName, composed
from framework.system.wording import shortened

UNDIVIDED = "all"       # the split of images that no folder or file name puts into one
SPLIT_WORDS = {"train": "train", "training": "train", "trainval": "trainval", "test": "test",
               "testing": "test", "val": "val", "valid": "val", "validation": "val"}


@dataclass(frozen=True)
class FileTree:
    """The files below `root`, sorted, with paths relative to it; hidden ones are left out.

    unread   files that looked like labels and could not be read, and why
    formats  of the label files that were looked into; "" of those that are of none
    holding  of those that are of none: what they hold, in words
    """

    root: Path
    files: tuple[str, ...]
    unread: dict[str, str] = field(default_factory=dict)
    formats: dict[str, str] = field(default_factory=dict)
    holding: dict[str, str] = field(default_factory=dict)

    def unread_words(self) -> str:
        """The end of a clause that counts the files, with the first of those that cannot be read,
        or that are of no known format."""
        words = [f", of which this cannot be read: {error}" for error in self.unread.values()]
        words += [f"; {shortened(name)} {held}" for name, held in self.holding.items()]
        return next(iter(words), "")

    @cached_property
    def images(self) -> tuple[str, ...]:
        return tuple(name for name in self.files if is_image(name))

    @cached_property
    def undecoded(self) -> tuple[Note, ...]:
        """Notes on the image files of formats that are not read: they are in no data set."""
        return tuple(Note("an image of a format that is not read; convert it", name, images=1)
                     for name in self.files if is_undecoded(name))

    @cached_property
    def images_by_name(self) -> ByName[list[str]]:
        """The images of each file name, in whatever folders."""
        found: dict[str, list[str]] = {}
        for image in self.images:
            found.setdefault(PurePath(image).name, []).append(image)
        return ByName(found)

    @cached_property
    def images_in_any_case(self) -> dict[str, list[str]]:
        """The images of each file name in small letters, in whatever folders."""
        found: dict[str, list[str]] = {}
        for image in self.images:
            found.setdefault(composed(PurePath(image).name).lower(), []).append(image)
        return found

    def ending(self, *suffixes: str) -> list[str]:
        """The files with one of these endings, in any case of letters."""
        return [name for name in self.files if name.lower().endswith(suffixes)]


def list_files(root: Path) -> FileTree:
    """The files of a folder. DataError if it, or a folder in it, cannot be listed."""
    return FileTree(root, tuple(sorted(os.path.relpath(path, root) for path in files_below(root))))


def files_below(root: Path) -> Iterator[str]:
    """The files in a folder and in those below it, also in those that links there lead to.

    A folder that is reached in two ways is listed once, by its own name rather than by a link.
    Hidden files, as macOS's ._1.jpg, hidden folders, and links to one that `root` is in, are left
    out.
    DataError for a folder that cannot be listed.
    """

    def stop(error: OSError) -> None:
        raise DataError(f"{error.filename}: cannot be listed: {error.strerror}")

    top = os.path.join(os.path.realpath(root), "")
    known: set[str] = set()
    waiting = [str(root)]
    while waiting:
        links: list[str] = []
        for start in waiting:
            if os.path.realpath(start) in known:
                continue
            for parent, folders, names in os.walk(start, onerror=stop):
                known.add(os.path.realpath(parent))
                yield from (os.path.join(parent, name) for name in names
                            if not name.startswith("."))
                shown = sorted(name for name in folders if not name.startswith("."))
                links += (path for name in shown
                          if os.path.islink(path := os.path.join(parent, name)))
                folders[:] = [name for name in shown
                              if os.path.realpath(os.path.join(parent, name)) not in known]
        waiting = [link for link in links
                   if not top.startswith(os.path.join(os.path.realpath(link), ""))]


def split_of(path: str, with_name: bool = False) -> str:
    """The split that the folders of a path say, the last of them first; UNDIVIDED if none does.

    with_name  the file's own name counts too: `train_labels.csv`, `instances_val2017.json`
    """
    pure = PurePath(path)
    for part in reversed((*pure.parent.parts, pure.stem) if with_name else pure.parent.parts):
        for word in re.split(r"[^a-z]+", part.lower()):
            if word in SPLIT_WORDS:
                return SPLIT_WORDS[word]
    return UNDIVIDED


def each_has(names: Collection[str]) -> str:
    """`a.csv has`, or `a.csv, b.csv have`."""
    return f"{', '.join(names)} {'has' if len(names) == 1 else 'have'}"
