"""Format recognition: which data set a folder or file holds, found by looking into it."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from pathlib import Path, PurePath

from framework.data.datasets import description, openimages
from framework.data.datasets.dataset import Dataset, exists
from framework.data.datasets.file_formats import LOOKED_FOR
from framework.data.datasets.file_tree import UNDIVIDED, FileTree, list_files, split_of
from framework.data.datasets.finders import FINDERS, OF_FILES, Finder, Recognised, described
from framework.data.records.account import Note
from framework.errors import DataError
from framework.system.letters import composed
from framework.system.text import is_there
from framework.system.wording import counted


def recognise(path: Path) -> Recognised:
    """The data set of a folder, or of a YAML, .data, JSON or CSV file.

    DataError, which says what was looked for, if its format is not known.
    """
    if os.path.isdir(path):
        return _in_folder(_inner(path))
    if not is_there(path):
        raise DataError(f"{path}: there is no such folder or file")
    kind = path.suffix.lower()
    if kind in (".yaml", ".yml", ".data"):
        return described(path)
    tree = list_files(path.parent)
    only = FileTree(tree.root, tuple(name for name in tree.files
                                     if name == path.name or name in tree.images))
    for find in OF_FILES:
        found = find(only)
        if found is not None:
            return found
    if path.name in only.unread:
        raise DataError(only.unread[path.name])
    raise DataError(f"{path}: its format is not known. Files are: .yaml (Ultralytics, or ours), "
                    ".data (Darknet), .json of COCO, Label Studio, labelme, Create ML, VIA, "
                    "Datumaro, Supervisely or VoTT, .xml of CVAT, .csv with a header, of makesense "
                    "or of AutoML, .txt of WIDER FACE; or give the folder; archives must be "
                    "unpacked")


def _inner(path: Path) -> Path:
    """The folder, or the only one in it, as archives often have one more."""
    while True:
        entries = [entry for entry in path.iterdir() if not entry.name.startswith(".")]
        if len(entries) != 1 or not entries[0].is_dir() \
                or split_of(f"{entries[0].name}/image") != UNDIVIDED:
            return path
        path = entries[0]


def _in_folder(path: Path) -> Recognised:
    if os.path.isdir(path / "ImageSets" / "Main") and os.path.isdir(path / "JPEGImages"):
        data = with_unlisted(description.load(path), path)
        return Recognised(data, "VOC", "it has JPEGImages, Annotations and the lists of "
                          f"ImageSets/Main: {', '.join(data.splits)}")
    tree = list_files(path)
    for index, find in enumerate(FINDERS):
        found = find(tree)
        if found is not None:
            _check_one_format(tree, found, FINDERS[index + 1:])
            return _with_losses(tree, _with_unread(tree, found, FINDERS[index + 1:]))
    raise DataError(f"{path}: its format is not known: it has "
                    f"{counted(len(tree.images), 'image')} and "
                    f"{counted(len(tree.files) - len(tree.images), 'other file')}"
                    f"{tree.unread_words()}. Looked for were: {LOOKED_FOR}; images with a class "
                    "each, and no boxes, are for `caffe new classifier`")


def _check_one_format(tree: FileTree, found: Recognised,
                      finders: Sequence[Finder]) -> None:
    """DataError if images that this format leaves out have labels in another one."""
    root = found.data.root
    used = _paths(root, (entry.image for entries in found.data.splits.values() for entry in entries
                         if exists(root / entry.label.partition("#")[0])))
    left = _images_beside(tree, used)
    if not left:
        return
    taken = set(tree.images) - set(left)
    rest = replace(tree, files=tuple(name for name in tree.files if name not in taken))
    for other in _all_found(rest, finders):
        count = sum(exists(other.data.root / entry.label.partition("#")[0])
                    for entries in other.data.splits.values() for entry in entries
                    if exists(other.data.root / entry.image))
        if count:
            raise DataError(f"{tree.root}: holds two formats: {found.format} for {len(used)} "
                            f"images ({found.reason}), and {other.format} for {count} others "
                            f"({other.reason}); bring all into one, or give each its own folder")


def _with_unread(tree: FileTree, found: Recognised,
                 finders: Sequence[Finder]) -> Recognised:
    """The data set, with a reason that names labels of the same images in other formats."""
    read = _label_files(found)
    others = [f"{other.format} ({other.reason})" for other in _all_found(tree, finders)
              if not _label_files(other) <= read]
    if not others:
        return found
    return replace(found, reason=f"{found.reason}; the same images have labels in another format "
                   f"too, which are not read: {', '.join(others)}")


def _with_losses(tree: FileTree, found: Recognised) -> Recognised:
    """The data set with what of the folder is not in it: images, and labels that cannot be read."""
    data = found.data
    known = _known(data)
    lost = [Note("an image that no label names", name, images=1)
            for name in _images_beside(tree, known)]
    lost += [note for note in tree.undecoded
             if not _paths(tree.root, [note.where]) & known]
    lost += [Note("labels that cannot be read", error) for error in tree.unread.values()]
    lost += [Note("a file of no known format, which is not read", name, is_loss=False)
             for name, kind in tree.formats.items() if not kind and name not in tree.unread
             and PurePath(name).name not in openimages.CLASS_TABLES]
    return replace(found, data=data.with_losses(lost))


def with_unlisted(data: Dataset, folder: Path) -> Dataset:
    """The data set of a folder that says its splits, with notes on the images that none has. Those
    do not count as losses: lists choose, as VOC 2012's do. Of VOC's folder JPEGImages is looked at.
    """
    is_voc = os.path.isdir(folder / "JPEGImages")
    tree = list_files(folder / "JPEGImages" if is_voc else folder)
    known = _known(data)
    names = [os.path.relpath(tree.root / name, folder) for name in _images_beside(tree, known)]
    return data.with_losses(
        Note("an image that no split names", name, is_loss=False) for name in names)


def _known(data: Dataset) -> set[str]:
    """The images of the data set, and what its losses name."""
    return _paths(data.root, (
        *(entry.image for entries in data.splits.values() for entry in entries),
        *(note.where for notes in data.losses.values() for note in notes)))


def _label_files(found: Recognised) -> set[str]:
    """The files that its labels are read from."""
    return _paths(found.data.root, (entry.label.partition("#")[0]
                                    for entries in found.data.splits.values() for entry in entries))


def _paths(root: Path, names: Iterable[str]) -> set[str]:
    """Where files are; a root may be given in several ways: relative, absolute, by a link."""
    base = os.path.realpath(root)
    return {composed(os.path.normpath(os.path.join(base, name))) for name in names}


def _images_beside(tree: FileTree, used: Collection[str]) -> tuple[str, ...]:
    """The images of the folder that are at none of these paths."""
    base = os.path.realpath(tree.root)
    return tuple(name for name in tree.images
                 if composed(os.path.normpath(os.path.join(base, name))) not in used)


def _all_found(tree: FileTree, finders: Sequence[Finder]
               ) -> list[Recognised]:
    """The data sets that the files are of by one of `finders` each."""
    result = []
    for find in finders:
        try:
            other = find(tree)
        except DataError:       # no labels of these images, or no classes
            continue
        if other is not None:
            result.append(other)
    return result
