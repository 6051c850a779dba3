"""A data set on disk, described in YAML or found by its layout -> pictures, labels, names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from framework.data import voc
from framework.data.list_file import Entry
from framework.errors import DataError

KEYS = ("format", "root", "splits", "names", "shuffle")


@dataclass(frozen=True)
class Dataset:
    """The pictures of each split, the classes in the order of their labels (background aside).

    shuffle  splits whose order is to be mixed before they are stored
    """

    root: Path
    splits: dict[str, list[Entry]]
    names: list[str]
    shuffle: tuple[str, ...] = ()
    label_type: str = "xml"


def load(path: Path, root: Path | None = None) -> Dataset:
    """A folder in VOC's layout, or a YAML file:

        format: voc
        root: ../VOCdevkit          # relative to this file; `root`, if given, replaces it
        splits:                     # lists below <root>/<folder>/ImageSets/Main
          trainval: [VOC2007/trainval, VOC2012/trainval]
          test: VOC2007/test
        names: [cat, dog]           # may be left out: all names in the XML files, sorted
        shuffle: [trainval]         # may be left out

    DataError says which key is wrong and what is allowed.
    """
    if path.is_dir():
        return _load_voc(path, {"splits": {name: name for name in _splits_of(path)}}, str(path))
    if not path.is_file():
        raise DataError(f"{path}: no such folder (VOC layout) or YAML file")
    try:
        tree = yaml.safe_load(path.read_text())
    except yaml.YAMLError as error:
        raise DataError(f"{path}: is not YAML: {' '.join(str(error).split())}") from None
    if not isinstance(tree, dict):
        raise DataError(f"{path}: must hold keys: {', '.join(KEYS)}")
    unknown = [str(key) for key in tree if key not in KEYS]
    if unknown:
        raise DataError(f"{path}: unknown key {unknown[0]}; known are {', '.join(KEYS)}")
    if tree.get("format", "voc") not in FORMATS:
        known = ", ".join(FORMATS)
        raise DataError(f"{path}: format is {tree['format']!r}; it must be one of: {known}")
    if root is None:
        root = path.parent / Path(str(tree.get("root", "."))).expanduser()
    if not root.is_dir():
        raise DataError(f"{path}: root is {root}: no such folder; --root names another")
    return FORMATS[tree.get("format", "voc")](root, tree, str(path))


def _splits_of(root: Path) -> list[str]:
    names = voc.split_names(root)
    if not names:
        raise DataError(
            f"{root}: has no ImageSets/Main/*.txt; a VOC folder holds JPEGImages, Annotations "
            "and lists of names for each split"
        )
    return names


def _load_voc(root: Path, tree: Mapping[str, Any], place: str) -> Dataset:
    """A VOC data set. Any: what YAML holds is known only when it is read."""
    splits = tree.get("splits")
    if not isinstance(splits, dict):
        chosen = _words(splits, "splits", place) if splits else _splits_of(root)
        splits = {name: name for name in chosen}
    entries = {
        str(name): [entry for part in _words(parts, "splits", place) for entry in _part(root, part)]
        for name, parts in splits.items()
    }
    shuffle = tuple(_words(tree.get("shuffle", []), "shuffle", place))
    for name in shuffle:
        if name not in entries:
            raise DataError(f"{place}: shuffle names {name}; the splits are {', '.join(entries)}")
    names = _words(tree.get("names", []), "names", place)
    if not names:
        labels = {entry.label for split in entries.values() for entry in split}
        names = voc.class_names(root / label for label in sorted(labels))
    if not names:
        raise DataError(f"{place}: no class name in any annotation")
    return Dataset(root, entries, names, shuffle)


def _words(value: object, key: str, place: str) -> list[str]:
    """One name or a list of names."""
    words = value if isinstance(value, list) else [value]
    if not all(isinstance(word, str | int) for word in words):
        raise DataError(f"{place}: {key} is {value!r}; it must be a name or a list of names")
    return [str(word) for word in words]


def _part(root: Path, part: str) -> list[Entry]:
    """`trainval`, or `VOC2007/trainval` for a folder below the root."""
    folder, _, split = part.rpartition("/")
    prefix = f"{folder}/" if folder else ""
    found = voc.read_split(root / folder, split)
    return [Entry(prefix + image, prefix + label) for image, label in found]


FORMATS: dict[str, Callable[[Path, Mapping[str, Any], str], Dataset]] = {"voc": _load_voc}
