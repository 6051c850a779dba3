"""Data sets of images with one class each: folders by class, CSV tables, list files."""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from framework.data.datasets import class_folders, class_tables
from framework.data.datasets.class_folders import Found
from framework.data.datasets.dataset import is_image
from framework.data.datasets.file_tree import FileTree, list_files
from framework.data.datasets.splits import check_in_both, own_pair
from framework.data.records.account import Note
from framework.data.records.list_file import Entry
from framework.errors import DataError
from framework.system.text import is_there
from framework.system.wording import counted, shortened

LOOKED_FOR = ("a folder for each class with its images, below train/ and val/ or without them; a "
              "*.csv with the name of an image and its class in each row, or with a column of 0 "
              "and 1 for each class; a *.txt with `image number` in each line")


@dataclass(frozen=True)
class ClassData:
    """Images with a class each.

    splits  the entries of each split: the image, relative to `root`, and the name of its class
    names   the classes, in the order of their labels from 0 on
    shown   their names for people, where those are others
    losses  what is left out of each split
    """

    root: Path
    format: str
    reason: str
    splits: dict[str, list[Entry]]
    names: tuple[str, ...]
    shown: dict[str, str]
    losses: dict[str, tuple[Note, ...]]

    def display(self, name: str) -> str:
        """The name of a class as it is shown."""
        return self.shown.get(name, name)


def recognise_classes(path: Path) -> ClassData:
    """The data of a folder, or of a CSV table or a list with the images below its folder.

    DataError, which says what was looked for, if their form is not known.
    """
    if not is_there(path) and not os.path.isdir(path):
        raise DataError(f"{path}: there is no such folder or file")
    if not os.path.isdir(path) and path.suffix.lower() not in (".csv", ".txt"):
        raise DataError(f"{path}: is neither a folder nor a table (.csv) or list (.txt) of images "
                        "and their classes; archives must be unpacked")
    if os.path.isdir(path):
        tree = list_files(path)
        found = class_tables.find_table(tree) or class_tables.find_lists(tree)
        if found is not None:
            _check_one_form(tree, found)
        found = found or class_folders.find(tree)
    else:
        whole = list_files(path.parent)
        tree = FileTree(whole.root, tuple(
            name for name in whole.files
            if name == path.name or is_image(name) or class_folders.is_names_file(name)))
        found = class_tables.find_table(tree) or class_tables.find_lists(tree)
    if found is None:
        class_tables.check_named(tree)
        folders = {os.path.dirname(name) for name in tree.images}
        where = " in one folder" if len(folders) == 1 else ""
        raise DataError(f"{path}: has no images with a class each that are known: it has "
                        f"{counted(len(tree.images), 'image')}{where} and "
                        f"{counted(len(tree.files) - len(tree.images), 'other file')}"
                        f"{tree.unread_words()}. Looked for were: {LOOKED_FOR}; images "
                        "with boxes are for `caffe new detector`")
    known = {note.where for notes in found.losses.values() for note in notes}
    first = next(iter(found.splits))
    losses = {**found.losses, first: (*found.losses.get(first, ()), *(
        note for note in tree.undecoded if note.where not in known))}
    return ClassData(tree.root, found.format, found.reason, found.splits, found.names, found.shown,
                     losses)


def _check_one_form(tree: FileTree, found: Found) -> None:
    """DataError if images that a table or list does not name are in folders by class, of which it
    names none; others are losses."""
    used = {os.path.normpath(entry.image) for split in found.splits.values() for entry in split}
    folders = {os.path.dirname(image) for image in used}
    left = tuple(name for name in tree.images if os.path.normpath(name) not in used
                 and os.path.dirname(os.path.normpath(name)) not in folders)
    other = class_folders.find(FileTree(tree.root, left)) if left else None
    if other is not None:
        count = sum(map(len, other.splits.values()))
        raise DataError(f"{tree.root}: holds two forms: {found.format} for "
                        f"{counted(len(used), 'image')} ({found.reason}), and {other.format} for "
                        f"{count} others ({other.reason}); bring all into one, or give each its "
                        "own folder")


def without(data: ClassData, names: Sequence[str]) -> ClassData:
    """The data without the classes that are shown so. DataError for one that is not there."""
    every = {data.display(name): name for name in data.names}
    for name in names:
        if name not in every:
            raise DataError(f"--leave-out {shortened(name)}: is not a class; the classes are "
                            f"{shortened(', '.join(every))}")
    left = {name for name in data.names if data.display(name) in names}
    splits = {split: [entry for entry in entries if entry.label not in left]
              for split, entries in data.splits.items()}
    losses = dict(data.losses)
    for split, entries in data.splits.items():
        notes = tuple(Note(f"of the class '{shortened(data.display(entry.label))}' (--leave-out)",
                           entry.image, images=1) for entry in entries if entry.label in left)
        losses[split] = (*losses.get(split, ()), *notes)
    return replace(data, names=tuple(name for name in data.names if name not in left),
                   splits=splits, losses=losses)


def train_and_test(data: ClassData, share: float, seed: int) -> tuple[ClassData, str]:
    """The data with the splits `train` and `test` alone, and a sentence on where they are from.

    Its own splits are taken, as `splits.train_and_test` does; else the images of each class are
    divided by themselves, `share` of them for training and one at least for each split.
    """
    pair = own_pair(data.splits)
    if pair is not None:
        chosen, sentence = pair
        return replace(data, splits={new: data.splits[old] for new, old in chosen.items()},
                       losses={new: data.losses.get(old, ()) for new, old in chosen.items()}
                       ), sentence
    by_class: dict[str, list[Entry]] = {name: [] for name in data.names}
    for entries in data.splits.values():
        for entry in entries:
            by_class[entry.label].append(entry)
    drawn = random.Random(seed)
    splits: dict[str, list[Entry]] = {"train": [], "test": []}
    for entries in by_class.values():
        drawn.shuffle(entries)
        num_train = min(max(round(share * len(entries)), 1), max(len(entries) - 1, 1))
        splits["train"] += entries[:num_train]
        splits["test"] += entries[num_train:]
    losses = tuple(note for notes in data.losses.values() for note in notes)
    return replace(data, splits=splits, losses={"train": losses}), (
        f"divided at random with seed {seed}, each class by itself: {share:.0%} of its images to "
        "train on, the rest to test on, since the data have no two splits of their own")


def check(data: ClassData, place: Path, fewest: int) -> None:
    """DataError for too few images or classes, and for classes that a split lacks."""
    images = {split: Counter(entry.label for entry in entries)
              for split, entries in data.splits.items()}
    total = sum(sum(counts.values()) for counts in images.values())
    if total < fewest:
        raise DataError(f"{place}: has {counted(total, 'image')} with a class; a classifier needs "
                        f"{fewest} at least, and some hundred to be of use")
    if len(data.names) < 2:
        raise DataError(f"{place}: all images are of one class, "
                        f"'{shortened(data.display(data.names[0]))}'; a classifier needs two")
    check_in_both(images, {name: data.display(name) for name in data.names}, place)
