"""Label files that have their images' names, in any folders: beside the images, or elsewhere."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path, PurePath

from framework.data.datasets.dataset import Dataset, Description
from framework.data.datasets.file_tree import FileTree, split_of
from framework.data.datasets.label_files import Labels, filled_lines
from framework.data.datasets.shared_labels import shared_labels
from framework.data.records.account import BadEntry, Note
from framework.data.records.list_file import Entry
from framework.errors import DataError
from framework.system.letters import composed
from framework.system.text import is_there

NUM_LOOKED_INTO = 50        # text files, of which one must be of the kind that is looked for


def text_files(tree: FileTree, read_line: Callable[[str], object],
               lines_of: Callable[[Path], list[tuple[int, str]]] = filled_lines) -> list[str]:
    """The text files of a folder that have the name of an image, or lines of one format alone;
    none, if not one of the first has such lines.

    read_line  raises ValueError for a line of another format
    lines_of   the lines of a file that are of objects, and their numbers
    """
    def has_the_format(name: str) -> bool:
        try:
            lines = lines_of(tree.root / name)
            for _, line in lines:
                read_line(line)
        except (DataError, ValueError):
            return False
        return bool(lines)

    texts = tree.ending(".txt")
    if not any(map(has_the_format, texts[:NUM_LOOKED_INTO])):
        return []
    stems = {PurePath(image).stem for image in tree.images}
    return [name for name in texts if PurePath(name).stem in stems or has_the_format(name)]


def load(tree: FileTree, files: Sequence[str], read: Callable[[Path], Labels]) -> Dataset:
    """The images that have one of these files of their name: beside them, as labelImg writes it,
    or in any other folder. Folders called train, test, val and the like are splits.

    read  the labels of a file, or DataError
    Images without an annotation, and annotations without an image, are losses. DataError if no
    annotation has an image.
    """
    root = tree.root
    by_stem: dict[str, list[str]] = {}
    for label in files:
        by_stem.setdefault(composed(PurePath(label).stem), []).append(label)
    splits: dict[str, list[Entry]] = {}
    losses: dict[str, list[Note]] = {}
    used: set[str] = set()
    for image in tree.images:
        split = split_of(image)
        labels = by_stem.get(composed(PurePath(image).stem), [])
        if not labels:
            losses.setdefault(split, []).append(Note("no annotation of its name", image, images=1))
            continue
        label = _nearest(image, labels)
        used.add(label)
        splits.setdefault(split, []).append(Entry(image, label))
    if not splits:
        first = next(iter(by_stem.values()))[0]
        raise DataError(f"{root}: none of its {len(by_stem)} annotations has an image of its name "
                        f"among the {len(tree.images)} images; {first}, say, has none")
    losses.setdefault(next(iter(splits)), []).extend(
        Note("an annotation without an image", label, boxes=_num_boxes(root / label, read))
        for labels in by_stem.values() for label in labels if label not in used)
    known = [_read(root / name, read) for name in sorted(used)]
    classes = {str(box.name) for labels in known if isinstance(labels, Labels)
               for box in labels.boxes}
    names = Description(root, {}, str(root)).names(
        sorted(classes), (error for error in known if isinstance(error, DataError)))
    foreign = shared_labels(root, (entry for split in splits.values() for entry in split),
                            lambda entry: [-part for part in _nearness(entry.image, entry.label)],
                            lambda path: _num_boxes(path, read))
    splits = _without_foreign(splits, foreign, losses)

    def read_labels(entry: Entry) -> Labels | None:
        problem = foreign.get(entry)
        if problem is not None:
            raise problem
        path = root / entry.label
        return read(path) if is_there(path) else None

    return Dataset(root, splits, names, read_labels, losses=losses, has_label_files=True)


def _without_foreign(splits: dict[str, list[Entry]], foreign: Mapping[Entry, BadEntry | None],
                     losses: dict[str, list[Note]]) -> dict[str, list[Entry]]:
    """The splits without the images whose annotation is another's, which go into `losses`."""
    others = [(split, entry) for split, own in splits.items() for entry in own
              if entry in foreign and foreign[entry] is None]
    left = {entry for _, entry in others}
    kept = {split: rest for split, own in splits.items()
            if (rest := [entry for entry in own if entry not in left])}
    for split, entry in others:
        note = Note("no annotation of its name", entry.image, images=1)
        losses.setdefault(split if split in kept else next(iter(kept)), []).append(note)
    return kept


def _read(path: Path, read: Callable[[Path], Labels]) -> Labels | DataError:
    try:
        return read(path)
    except DataError as error:
        return error


def _num_boxes(path: Path, read: Callable[[Path], Labels]) -> int:
    found = _read(path, read)
    return len(found.boxes) if isinstance(found, Labels) else getattr(found, "num_boxes", 0)


def _nearest(image: str, labels: list[str]) -> str:
    """Of several annotations of an image's name the nearest."""
    return max(labels, key=lambda label: _nearness(image, label))


def _nearness(image: str, label: str) -> tuple[int, bool, bool]:
    """How many folders an image and an annotation have in common, whether their split is one, and
    whether their folders end in one number, as KITTI's image_2 and label_2 do."""
    folder = os.path.dirname(image)
    other = os.path.dirname(label)
    common = os.path.commonpath([folder, other]) if folder and other else ""
    return (len(PurePath(common).parts), split_of(label) == split_of(image),
            _number_of(folder) == _number_of(other))


def _number_of(folder: str) -> str:
    return folder[len(folder.rstrip("0123456789")):]
