"""Data sets whose label files name their images, which are anywhere below the root."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from framework.data.datasets.dataset import Dataset, Description
from framework.data.datasets.file_tree import UNDIVIDED, FileTree, split_of
from framework.data.datasets.label_files import Box, Labels, errors_in, sound_labels
from framework.data.records.account import NAMED_BEFORE, BadEntry, Note
from framework.data.records.list_file import Entry
from framework.definition.values import shortened
from framework.errors import DataError
from framework.system.unique_names import unique_name


@dataclass(frozen=True)
class Named:
    """An image as a label file has it.

    table   the label file, relative to the root
    names   of the image: the first of them that is below the root counts
    labels  its boxes, or what is wrong with them
    split   that the file says; UNDIVIDED: the one that the file's or the image's folder says
    """

    table: str
    names: tuple[str, ...]
    labels: Labels | DataError
    split: str = UNDIVIDED


def gather(tree: FileTree, rows: Iterable[Named], reason: str, names: Sequence[str] = (),
           losses: Sequence[Note] = ()) -> Dataset:
    """The dataset of such images.

    reason  why an image that no row names is left out
    names   the classes; none: those that boxes have
    losses  what the label files have that belongs to no image
    An image that a second row of its split gives the same boxes, as a project and what was exported
    from it do, is stored once. DataError if not one image is there.
    """
    splits: dict[str, list[Entry]] = {}
    labels: dict[Entry, Labels | DataError] = {}
    used: set[str] = set()
    known: set[tuple[str, str, tuple[Box, ...] | str]] = set()
    taken: set[str] = set()
    again: list[Note] = []
    for row in rows:
        split = row.split if row.split != UNDIVIDED else split_of(row.table, with_name=True)
        near = os.path.dirname(row.table)
        found = [tree.image_named(name, near, split) for name in row.names]
        image = next(filter(None, found), None)
        label = unique_name(f"{row.table}#{row.names[0]}", taken)
        if image is not None:
            split = split if split != UNDIVIDED else split_of(image)
            same = (image, split, row.labels.boxes if isinstance(row.labels, Labels) else label)
            if same in known:
                again.append(Note("the same boxes of an image again; they are stored once", label,
                                  is_loss=False))
                continue
            if image in used:
                again.append(Note(NAMED_BEFORE, label, is_loss=False))
            known.add(same)
            used.add(image)
        entry = Entry(image or row.names[0] or label, label)
        labels[entry] = row.labels if any(row.names) or isinstance(row.labels, DataError) \
            else BadEntry(f"{tree.root / label}: an image without a name", len(row.labels.boxes))
        splits.setdefault(split, []).append(entry)
    if not used:
        tables = ", ".join(dict.fromkeys(entry.label.partition("#")[0] for entry in labels))
        first = next(iter(labels)).image if labels else "nothing"
        raise DataError(f"{tree.root}: none of the {len(labels)} images that {shortened(tables)} "
                        f"names is below this folder; the first is {shortened(first) or 'nothing'}")
    lost = [*losses, *again]
    lost += [Note(reason, image, images=1) for image in tree.images if image not in used]
    found_names = {str(box.name) for entry in labels.values() if isinstance(entry, Labels)
                   for box in entry.boxes}
    classes = Description(tree.root, {}, str(tree.root)).names(names or sorted(found_names),
                                                               errors_in(labels))
    return Dataset(tree.root, splits, classes, partial(sound_labels, labels),
                   losses={next(iter(splits)): lost})
