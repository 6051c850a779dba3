"""YOLO layout: a text file of boxes for each image, in a folder `labels` or beside the image."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from framework.data.datasets.dataset import (
    Dataset,
    Description,
    any_case,
    exists,
    is_image,
    is_undecoded,
)
from framework.data.datasets.file_tree import files_below
from framework.data.datasets.label_files import Box, Labels, are_parts, filled_lines
from framework.data.datasets.shared_labels import shared_labels
from framework.data.datasets.yolo_files import ends, pose_values
from framework.data.datasets.yolo_poses import values_after_box
from framework.data.records.account import BadEntry, Note
from framework.data.records.boxes import Corners, box_around
from framework.data.records.list_file import Entry
from framework.errors import DataError
from framework.system.letters import as_on_disk, composed
from framework.system.text import is_there, read_lines
from framework.system.wording import shortened

IMAGE_FOLDERS = ("images", "jpegimages", "raw", "image", "img", "imgs")
"""Folders of images, in lower case, that Darknet and Ultralytics replace by `labels`."""
LABEL_FOLDERS = ("Labels", "LABELS")
"""Other spellings of the folder `labels`, which disks of Linux tell apart."""
NOT_LABELS = ("classes.txt", "obj.txt", "notes.txt", "readme.txt", "readme.roboflow.txt",
              "readme.dataset.txt", "_darknet.labels")


def load(description: Description) -> Dataset:
    """A YOLO data set:

        splits: {trainval: images/train, test: images/val}   # folders, or lists of images
        names: [cat, dog]              # or {0: cat, 1: dog}, or classes.txt, a name on each line

    The labels of images/a/b.jpg are in labels/a/b.txt, or in images/a/b.txt if that is not there:
    lines of `class x y width height`, the centre and size in parts of the image, or of
    `class x1 y1 x2 y2 x3 y3 ...`, a polygon, which becomes the box around it. An image without a
    label file has no objects. Images of a list are relative to the root or to the list's folder.
    """
    root = description.root
    splits: dict[str, list[Entry]] = {}
    losses: dict[str, list[Note]] = {}
    for split, value in description.splits().items():
        splits[split] = []
        losses[split] = []
        for part in description.words("splits", value):
            images = _images(description, part, losses[split])
            splits[split] += [Entry(image, label_path(root, image)) for image in images]
    for split, value in description.splits().items():
        parts = description.words("splits", value)
        if any(os.path.isdir(as_on_disk(root / part)) for part in parts):
            losses[split] += _without_image(root, splits[split], splits, losses[split])
    losses[next(iter(splits))] += [
        Note("a split that is not there was left out", where, is_loss=False)
        for where in description.tree.get("absent", ())]
    if "names" not in description.tree:
        raise DataError(f"{description.place}: names is not given; YOLO's labels are numbers")
    names = description.names([])
    num_extra = pose_values(description.tree, description.place) or values_after_box(
        root / entry.label for entries in splits.values() for entry in entries)

    foreign = _foreign(root, (entry for split in splits.values() for entry in split))

    def read_labels(entry: Entry) -> Labels:
        path = root / entry.label
        problem = foreign.get(entry)
        if problem is not None:
            raise problem
        if entry in foreign or not is_there(path):
            note = Note("no label file, so it has no boxes", entry.image, is_loss=False)
            return Labels((), relative=True, notes=(note,))
        return read_labels_of(path, names, num_extra)

    return description.finish(Dataset(root, splits, names, read_labels, losses=losses,
                                      has_label_files=True))


def _images(description: Description, part: str, losses: list[Note]) -> list[str]:
    """The images of a folder, sorted, or those a list names, relative to the root.

    Files of a folder that are neither images nor text are noted in `losses`.
    """
    root = description.root
    path = as_on_disk(root / part)
    if os.path.isdir(path):
        files = sorted(map(Path, files_below(path)))
        images = [os.path.relpath(item, root) for item in files if is_image(item.name)]
        losses += _unknown_images(root, files, images)
    elif is_there(path):
        lines = [line.strip() for line in read_lines(path) if line.strip()]
        images = [_listed(root, path, line) for line in lines]
    else:
        raise DataError(f"{description.place}: splits names {path}: no such folder or list")
    if not images:
        raise DataError(f"{description.place}: splits names {path}, which has no image")
    return images


def _unknown_images(root: Path, files: Sequence[Path], images: Sequence[str]) -> list[Note]:
    """The files that are not images by their endings, though they have labels, or may be some of
    another kind. Labels that an image has too are not theirs."""
    others = [item for item in files if not is_image(item.name)
              and item.suffix.lower() not in (".txt", ".xml", ".json")]
    known = {composed(label_path(root, image)) for image in images} if others else set()
    notes = []
    for item in others:
        name = os.path.relpath(item, root)
        label = label_path(root, name)
        has_labels = composed(label) not in known and exists(root / label)
        if has_labels or is_undecoded(name):
            notes.append(Note("not known as the ending of an image", name, images=1,
                              boxes=num_boxes(root / label) if has_labels else 0))
    return notes


def _listed(root: Path, list_path: Path, line: str) -> str:
    """The image of a line, relative to the root, to the folder of its list, or of Windows.

    A path of another machine, or from a folder that is not there, is looked for by its end.
    """
    plain = line.removeprefix("./")
    folders = (root, list_path.parent)
    for name in (plain, *(end for folder in folders for end in ends(folder, plain))):
        for folder in folders:
            path = as_on_disk(folder / name)
            if os.path.isfile(path):
                is_so_named = path == root / name
                return name if is_so_named else os.path.relpath(path, root)
    return plain


def label_path(root: Path, image: str) -> str:
    """The label file of an image: the first of these that is there.

    The last folder `images` (or another of IMAGE_FOLDERS) becomes `labels`, or an earlier one; the
    folder `labels` beside the image, or above it; the text file beside the image. If none is there,
    the first. A line without a name, as `.`, is its own.
    """
    if not Path(image).name:
        return image
    tried = label_paths(image)
    found = (any_case(root / name) for name in tried)
    there = next((path for path in found if exists(path)), None)
    return str(tried[0]) if there is None else os.path.relpath(there, root)


def label_paths(image: str) -> list[Path]:
    """Where the label file of an image may be, the likeliest first; see `label_path`."""
    text = Path(image).with_suffix(".txt")
    parts = text.parts
    tried = [Path(*parts[:index], "labels", *parts[index + 1:])
             for index in range(len(parts) - 2, -1, -1) if parts[index].lower() in IMAGE_FOLDERS]
    tried += [text, text.parent / "labels" / text.name]
    if len(parts) > 1:
        tried.append(Path(*parts[:-2], "labels", *parts[-2:]))
        tried.append(Path(*parts[:-2], "labels", parts[-1]))
    return tried + [_with_folder(path, word) for word in LABEL_FOLDERS for path in tried
                    if "labels" in path.parts]


def _with_folder(path: Path, word: str) -> Path:
    """The path with the folder `labels` called so."""
    return Path(*(word if part == "labels" else part for part in path.parts))


def _foreign(root: Path, entries: Iterable[Entry]) -> dict[Entry, BadEntry | None]:
    """The images whose label file is another's, of one name and in another folder, as
    `shared_labels` returns them."""

    def rank(entry: Entry) -> int:
        tried = label_paths(entry.image) if Path(entry.image).name else []
        folders = [str(path.parent) for path in tried]
        folder = str(Path(entry.label).parent)
        return folders.index(folder) if folder in folders else len(folders)

    return shared_labels(root, entries, rank, num_boxes)


def _without_image(root: Path, entries: Sequence[Entry], splits: Mapping[str, Sequence[Entry]],
                   losses: Sequence[Note]) -> list[Note]:
    """The label files beside those of `entries` that belong to no image of any split, nor to a file
    that `losses` names."""
    known = {composed(entry.label) for split in splits.values() for entry in split}
    known |= {composed(label_path(root, note.where)) for note in losses if note.images}
    found = []
    for folder in sorted({str(Path(entry.label).parent) for entry in entries}):
        for path in sorted((root / folder).glob("*.*")):
            name = os.path.relpath(path, root)
            if path.suffix.lower() != ".txt" or path.name.lower() in NOT_LABELS \
                    or composed(name) in known:
                continue
            boxes = num_boxes(path)
            if boxes:
                found.append(Note("a label file without an image", name, boxes=boxes))
    return found


def num_boxes(path: Path) -> int:
    """How many lines a label file has; 0 for other files, whose first line is not the number of a
    class and a box."""
    try:
        lines = filled_lines(path)
    except DataError:
        return 0
    words = lines[0][1].split() if lines else []
    try:
        is_box = len(words) >= 5 and _class_number(words[0]) >= 0
        for word in words[1:]:
            float(word)         # KITTI's lines of tracks begin with two numbers and a type
    except ValueError:
        is_box = False
    return len(lines) if is_box else 0


def read_labels_of(path: Path, names: Sequence[str], num_extra: int = 0) -> Labels:
    """The boxes of a label file.

    num_extra  values of a pose that follow each box
    BadEntry names the first line that is not a box of the image.
    """
    lines = filled_lines(path)
    boxes = []
    num_polygons = 0
    for index, line in lines:
        words = line.split()
        try:
            number = _class_number(words[0])
            values = [float(word) for word in words[1:]]
            is_polygon = not num_extra and len(values) >= 6 and len(values) % 2 == 0
            if not is_polygon and len(values) != 4 + num_extra:
                raise ValueError
        except ValueError:
            raise BadEntry(f"{path}:{index}: a line must be: class x y width height"
                           f"{' and a pose' if num_extra else ''}: '{shortened(line.strip())}'",
                           len(lines)) from None
        if not 0 <= number < len(names):
            raise BadEntry(f"{path}:{index}: class {words[0]:.20}; names has {len(names)}, "
                           "from 0 on", len(lines))
        if not are_parts(values if is_polygon else values[:4]):
            raise BadEntry(f"{path}:{index}: its values must be parts of the image, from 0 to 1"
                           f": '{shortened(line.strip())}'", len(lines))
        num_polygons += is_polygon
        boxes.append(Box(names[number], box_around(values[::2], values[1::2])
                         if is_polygon else _box(values)))
    what = "polygons became the boxes around them" if num_polygons else "keypoints are not stored"
    notes = (Note(what, str(path), is_loss=False),) if num_polygons or num_extra and boxes else ()
    return Labels(tuple(boxes), relative=True, notes=notes)


def _class_number(word: str) -> int:
    """`3`, or `3.0` as some programs write it. ValueError for other words."""
    try:
        return int(word)
    except ValueError:
        value = float(word)
        if not value.is_integer():
            raise ValueError(word) from None
        return int(value)


def _box(values: Sequence[float]) -> Corners:
    x, y, width, height = values[:4]
    return x - width / 2, y - height / 2, x + width / 2, y + height / 2
