"""Folders by class: `cat/1.jpg`, below folders of splits or not, as torchvision's ImageFolder."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import PurePath

from framework.data.datasets.file_tree import UNDIVIDED, FileTree, split_of
from framework.data.records.account import Note
from framework.data.records.list_file import Entry
from framework.errors import DataError
from framework.system.letters import composed
from framework.system.text import read_lines
from framework.system.wording import counted, shortened

NAMES_FILES = ("labels.txt", "classes.txt", "class_names.txt", "names.txt", "label.txt",
               "synset_words.txt", "synsets.txt")


@dataclass(frozen=True)
class Found:
    """What a form of data gives, as `ClassData` has it."""

    format: str
    reason: str
    splits: dict[str, list[Entry]]
    names: tuple[str, ...]
    shown: dict[str, str] = field(default_factory=dict)
    losses: dict[str, tuple[Note, ...]] = field(default_factory=dict)


def is_names_file(name: str) -> bool:
    """Has a file the name, or the ending, of a list of class names?"""
    return PurePath(name).name.lower() in NAMES_FILES or name.endswith(".names")


def find(tree: FileTree) -> Found | None:
    """The images of folders by class; None if there are not two, or if all are named as splits.

    A class is the first folder below that of a split, else the first one below those that all
    images share. Folders without images, and images in no class's folder, are losses.
    """
    folders = _folders(tree)
    is_split = _has_split_folders(list(folders.values()))
    splits: dict[str, list[Entry]] = {}
    losses: dict[str, list[Note]] = {}
    for image, parts in folders.items():
        split, name = _split_and_class(parts, is_split)
        if name:
            splits.setdefault(split, []).append(Entry(image, composed(name)))
        else:
            losses.setdefault(split, []).append(Note("an image in no class's folder", image,
                                                     images=1))
    names = {entry.label for entries in splits.values() for entry in entries}
    if len(names) < 2 or (not is_split and all(map(_split_word, names))):
        return None
    losses.setdefault(next(iter(splits)), []).extend(
        Note("a folder without images", folder) for folder in _empty_folders(tree))
    ordered = in_order(names)
    where = f"below {', '.join(splits)}" if is_split else "one for each class"
    return Found("folders by class", f"{counted(len(ordered), 'folder')} with images, {where}",
                 splits, ordered, shown_names(tree, ordered),
                 {split: tuple(notes) for split, notes in losses.items()})


def _folders(tree: FileTree) -> dict[str, tuple[str, ...]]:
    """The folders of each image, without those that all images share."""
    parts = {image: PurePath(image).parent.parts for image in tree.images}
    shared = len(os.path.commonprefix(list(parts.values())))
    return {image: own[shared:] for image, own in parts.items()}


def _split_word(folder: str) -> str:
    """The split that a folder's name says; "" if it says none."""
    split = split_of(f"{folder}/image")
    return "" if split == UNDIVIDED else split


def _has_split_folders(folders: list[tuple[str, ...]]) -> bool:
    """Are the first folders splits? `train` with two folders below it is one; a class may have
    that name."""
    below: dict[str, set[str]] = {}
    for parts in folders:
        if parts and _split_word(parts[0]).startswith("train"):
            below.setdefault(parts[0], set()).update(_below_split(parts)[:1])
    return any(len(names) > 1 for names in below.values())


def _below_split(parts: tuple[str, ...]) -> tuple[str, ...]:
    """The folders below that of a split, which may be there twice: seg_train/seg_train/sea."""
    rest = parts[1:]
    is_again = len(rest) > 1 and _split_word(rest[0]) == _split_word(parts[0])
    return rest[1:] if is_again else rest


def _split_and_class(parts: tuple[str, ...], is_split: bool) -> tuple[str, str]:
    """The split and the class of an image, "" if it is in no class's folder."""
    if not is_split:
        return UNDIVIDED, parts[0] if parts else ""
    split = _split_word(parts[0]) if parts else ""
    if not split:
        return UNDIVIDED, ""
    rest = _below_split(parts)
    return split, rest[0] if rest else ""


def _empty_folders(tree: FileTree) -> list[str]:
    """Folders without an image in them or below them, beside folders that have some."""
    filled = {parent for image in tree.images for parent in PurePath(image).parents}
    found = []
    for folder in sorted(filled):
        with os.scandir(tree.root / folder) as entries:
            found += [str(folder / entry.name) for entry in entries
                      if entry.is_dir() and not entry.name.startswith(".")
                      and folder / entry.name not in filled]
    return sorted(found)


def in_order(names: set[str]) -> tuple[str, ...]:
    """Classes in the order of their labels: as numbers if all are, else as ImageFolder's."""
    if all(re.fullmatch(r"[0-9]{1,9}", name) for name in names):
        return tuple(sorted(names, key=lambda name: (int(name), name)))
    return tuple(sorted(names))


def shown_names(tree: FileTree, classes: tuple[str, ...]) -> dict[str, str]:
    """What a file of names says of the classes.

    Each line begins with a class (`n01440764 tench`), or the lines name the classes 0, 1, ... or,
    if none is called 0 and there are as many lines, 1, 2, ... DataError if a class is not in it.
    """
    name = next((file for file in tree.files if is_names_file(file)), None)
    if name is None:
        return {}
    lines = [line.strip() for line in read_lines(tree.root / name) if line.strip()]
    firsts = {line.split()[0]: line.partition(" ")[2].strip() for line in lines if " " in line}
    if set(classes) <= set(firsts):
        return {word: firsts[word] for word in classes}
    if not all(word.isdecimal() for word in classes):
        return {}
    first = 1 if "0" not in classes and int(classes[-1]) == len(lines) else 0
    if int(classes[-1]) - first >= len(lines):
        raise DataError(f"{tree.root / name}: has {counted(len(lines), 'name')}, but there is a "
                        f"class {shortened(classes[-1])}")
    return {word: lines[int(word) - first] for word in classes}
