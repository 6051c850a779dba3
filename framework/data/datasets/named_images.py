"""Data sets whose label files name their images, which are anywhere below the root."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from framework.data.datasets.dataset import Dataset, Description
from framework.data.datasets.file_tree import UNDIVIDED, FileTree, split_of
from framework.data.datasets.image_names import Match, apart, match, refuse_of_other_splits
from framework.data.datasets.label_files import Box, Labels, errors_in, sound_labels
from framework.data.records.account import NAMED_BEFORE, BadEntry, Note
from framework.data.records.list_file import Entry
from framework.errors import DataError
from framework.system.unique_names import unique_name
from framework.system.wording import shortened


@dataclass(frozen=True)
class Named:
    """An image as a label file has it.

    table   the label file, relative to the root
    names   of the image: the first of them that is below the root counts
    labels  its boxes, or what is wrong with them
    split   that the file says; UNDIVIDED: the one that the file's or the image's folder says
    absent  what to say if the image is not there, where the file knows more
    """

    table: str
    names: tuple[str, ...]
    labels: Labels | DataError
    split: str = UNDIVIDED
    absent: str = ""


def in_listed_order(listed: Iterable[str], rows: Iterable[Named]) -> list[str]:
    """The classes that boxes of the rows have: in the order in which a file lists its classes, and
    then those that it does not list."""
    used = {str(box.name) for row in rows if isinstance(row.labels, Labels)
            for box in row.labels.boxes}
    return list(dict.fromkeys([*(name for name in listed if name in used), *sorted(used)]))


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
    rows = list(rows)
    for row, found in zip(rows, apart([_match(tree, row) for row in rows]), strict=True):
        split = _split(row)
        image = found.image
        label = unique_name(f"{row.table}#{row.names[0]}", taken)
        split = split if split != UNDIVIDED else split_of(image or row.names[0])
        if image:
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
        labels[entry] = row.labels
        problem = _problem(row, found)
        if problem and isinstance(row.labels, Labels):
            labels[entry] = BadEntry(f"{tree.root / label}: {problem}", len(row.labels.boxes))
        splits.setdefault(split, []).append(entry)
    refuse_of_other_splits(splits, labels)
    _join_undivided(splits, used)
    if not used:
        raise _not_one(tree, labels, losses)
    lost = [*losses, *_without_refused(again, labels)]
    lost += [Note(reason, image, images=1) for image in tree.images if image not in used]
    found_names = {str(box.name) for entry in labels.values() if isinstance(entry, Labels)
                   for box in entry.boxes}
    classes = Description(tree.root, {}, str(tree.root)).names(names or sorted(found_names),
                                                               errors_in(labels))
    return Dataset(tree.root, splits, classes, partial(sound_labels, labels),
                   losses={next(iter(splits)): lost})


def _problem(row: Named, found: Match) -> str:
    """Why the image of a row cannot be used; "" if it can, or if reading it will say so."""
    if not any(row.names):
        return "an image without a name"
    return found.problem or ("" if found.image else row.absent)


def _without_refused(again: Sequence[Note], labels: Mapping[Entry, Labels | DataError]
                     ) -> list[Note]:
    """The notes on what is stored again, without those on labels that cannot be used."""
    refused = {entry.label for entry, found in labels.items() if isinstance(found, DataError)}
    return [note for note in again if note.where not in refused]


def _join_undivided(splits: dict[str, list[Entry]], used: set[str]) -> None:
    """Give images that are nowhere, and in no split, to the first split, if there are splits."""
    left = splits.get(UNDIVIDED, [])
    if len(splits) > 1 and left and not any(entry.image in used for entry in left):
        del splits[UNDIVIDED]
        splits[next(iter(splits))] += left


def _not_one(tree: FileTree, labels: Mapping[Entry, Labels | DataError], losses: Sequence[Note]
             ) -> DataError:
    """The error of label files without one image that is there."""
    if not labels and losses:
        return DataError(f"{losses[0].text()}; not one image of {tree.root} has labels")
    if not labels:
        return DataError(f"{tree.root}: its label files name no image")
    tables = ", ".join(dict.fromkeys(entry.label.partition("#")[0] for entry in labels))
    first = next(iter(labels)).image
    reason = next((f"; {error}" for error in errors_in(labels)), "")
    return DataError(f"{tree.root}: none of the {len(labels)} images that {shortened(tables)} "
                     f"names is below this folder; the first is {shortened(first) or 'nothing'}"
                     f"{reason}")


def _split(row: Named) -> str:
    """The split that a row's own word, or its table, says."""
    return row.split if row.split != UNDIVIDED else split_of(row.table, with_name=True)


def _match(tree: FileTree, row: Named) -> Match:
    """The image of a row by the first of its names that is there; else why the first is not."""
    near = os.path.dirname(row.table)
    found = [match(tree, name, near, _split(row)) for name in row.names]
    best = next((one for one in found if one.image), None)
    best = best or next((one for one in found if one.problem), found[0])
    return replace(best, table=row.table, whole=row.names[0])
