"""PASCAL VOC layout: JPEGImages, Annotations, ImageSets/Main."""

from __future__ import annotations

import os
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from framework.data.datasets.dataset import (
    IMAGE_SUFFIXES,
    Dataset,
    Description,
    any_case,
    images_by_stem,
    is_image,
)
from framework.data.datasets.file_tree import files_below
from framework.data.datasets.label_files import Box, Labels, read_xml
from framework.data.records.account import Note
from framework.data.records.list_file import Entry, is_comment
from framework.errors import DataError
from framework.system.letters import ByName, composed
from framework.system.text import is_there, read_lines


def load(description: Description) -> Dataset:
    """A VOC data set:

        splits:                     # lists below <root>/<folder>/ImageSets/Main
          trainval: [VOC2007/trainval, VOC2012/trainval]
          test: VOC2007/test

    Splits may be a list of names, or be left out: then they are all lists of the folder, or, of
    images that are divided later, every image.
    """
    root = description.root
    losses: list[Note] = []
    entries = _splits(description, losses)
    labels = sorted({entry.label for split in entries.values() for entry in split})
    listed = bool(description.tree.get("names"))
    paths = [] if listed else [root / label for label in labels]
    names = description.names(class_names(paths), reading_errors(paths))

    def read_labels(entry: Entry) -> Labels | None:
        path = root / entry.label
        return read_xml(path) if is_there(path) else None

    return description.finish(Dataset(root, entries, names, read_labels,
                                      losses=dict.fromkeys(entries, losses),
                                      has_label_files=True))


def _splits(description: Description, losses: list[Note]) -> dict[str, list[Entry]]:
    root = description.root
    splits = description.tree.get("splits")
    if not splits and description.is_divided:
        return {"all": every_image(root, losses)}
    if not isinstance(splits, dict):
        chosen = description.words("splits") or split_names(root)
        if not chosen:
            raise DataError(
                f"{root}: has no ImageSets/Main/*.txt; a VOC folder holds JPEGImages, "
                "Annotations and a list of names for each split; without lists, "
                "--split trainval=0.8 divides the images at random"
            )
        splits = {name: name for name in chosen}
    description.check_chosen(splits)
    found: dict[str, list[Entry]] = {}
    for name, parts in description.named("splits", splits).items():
        if description.chosen and name not in description.chosen:
            continue
        found[name] = []
        for part in description.words("splits", parts):
            found[name] += _part(root, part)
    return found


def every_image(root: Path, losses: list[Note]) -> list[Entry]:
    """The images of JPEGImages that have an annotation, sorted; the others go into `losses`, and
    so do annotations without an image.

    DataError if there are none.
    """
    names = sorted(name for name in _names_below(root / "JPEGImages") if is_image(name))
    entries = [Entry(f"JPEGImages/{name}", _label(root, name.rpartition(".")[0]))
               for name in names]
    kept = [entry for entry in entries if is_there(root / entry.label)]
    if not kept:
        raise DataError(f"{root}: has no image in JPEGImages with an annotation of its name in "
                        "Annotations")
    losses += [Note("no annotation of its name", entry.image, images=1)
               for entry in entries if entry not in set(kept)]
    known = {composed(entry.label) for entry in entries}
    for name in sorted(_names_below(root / "Annotations")):
        label = f"Annotations/{name}"
        if name.lower().endswith(".xml") and composed(label) not in known:
            losses.append(Note("an annotation without an image", label,
                               boxes=num_boxes(root / label)))
    return kept


def _names_below(folder: Path) -> list[str]:
    """The files in a folder and those below it, relative to it; none if it is not there."""
    if not os.path.isdir(folder):
        return []
    return [os.path.relpath(path, folder) for path in files_below(folder)]


def num_boxes(path: Path) -> int:
    """How many boxes an annotation has, as far as it can be known."""
    try:
        return len(read_xml(path).boxes)
    except DataError as error:
        return getattr(error, "num_boxes", 0)


def _part(root: Path, part: str) -> list[Entry]:
    """`trainval`, or `VOC2007/trainval` for a folder below the root."""
    folder, _, split = part.rpartition("/")
    prefix = f"{folder}/" if folder else ""
    found = read_split(root / folder, split)
    return [Entry(prefix + image, prefix + label) for image, label in found]


def split_names(root: Path) -> list[str]:
    """The splits a folder has: the list files of ImageSets/Main, VOC's class lists left out."""
    folder = root / "ImageSets" / "Main"
    class_lists = ("_train", "_val", "_trainval", "_test")
    names = sorted(path.stem for path in folder.glob("*.txt"))
    return [name for name in names if not name.endswith(class_lists) and not name.startswith(".")]


def read_split(root: Path, split: str) -> list[tuple[str, str]]:
    """Image and annotation of each line of ImageSets/Main/<split>.txt, relative to `root`.

    A line is a file name without suffix; a second word (VOC's class lists: -1, 0, 1) is ignored,
    and so are comments, which begin with # and a blank.
    DataError if the list is missing or empty. Missing files are found when they are read.
    """
    path = root / "ImageSets" / "Main" / f"{split}.txt"
    if not is_there(path):
        found = ", ".join(split_names(root)) or "none"
        raise DataError(
            f"{path}: no such list; a VOC folder has ImageSets/Main/<split>.txt (found: {found})"
        )
    lines = [line.strip() for line in read_lines(path) if line.strip() and not is_comment(line)]
    if not lines:
        raise DataError(f"{path}: is empty; it must name one image a line, without .jpg")
    images = _images(root)
    entries = [_entry(root, line, images) for line in lines]
    _check_folders(root, path, entries)
    return entries


def _check_folders(root: Path, path: Path, entries: Sequence[tuple[str, str]]) -> None:
    """DataError without the folder of annotations, or if images of the list end in another way."""
    image, label = entries[0]
    if not (root / label).parent.is_dir() and not any(is_there(root / one) for _, one in entries):
        raise DataError(f"{(root / label).parent}: there is no such folder; VOC's layout has an "
                        f"annotation for each image there, {Path(label).name} for {path}:1")
    there = {item.stem: item.name for item in (root / "JPEGImages").glob("*.*")
             if not is_image(item.name)}
    for image, _ in entries:
        name = Path(image).stem
        if name in there and not is_there(root / image):
            raise DataError(f"{path}: '{name}' is JPEGImages/{there[name]}, and images must end in "
                            f"one of {', '.join(IMAGE_SUFFIXES)}; convert or rename them")


def _entry(root: Path, line: str, images: ByName[str]) -> tuple[str, str]:
    """Image and annotation of a line: `000012`, `000012 -1` (a class list), `000012.jpg`, or both
    files as in SSD's lists: `JPEGImages/000012.jpg Annotations/000012.xml`.

    Of `my cat 1` the number belongs to the name if an image is called so. Of a path of another
    machine, `D:\\VOC\\JPEGImages\\000012.jpg`, what follows JPEGImages is the name.
    """
    label = line.split()[-1]
    image = line[:-len(label)].strip()
    if label.lower().endswith(".xml") and image:
        return image, label
    is_of_class_list = image and label in ("-1", "0", "1") and images.get(line) is None
    name = image if is_of_class_list else line
    if images.get(name) is None:
        name = name.replace("\\", "/")
    if is_image(name):
        name = name.rpartition(".")[0]
    name = name.removeprefix("./").rpartition("JPEGImages/")[2]
    return f"JPEGImages/{images.get(name) or f'{name}.jpg'}", _label(root, name)


def _label(root: Path, name: str) -> str:
    """The annotation of a name, relative to the root."""
    return f"Annotations/{name}{any_case(root / 'Annotations' / f'{name}.xml').suffix}"


def _images(root: Path) -> ByName[str]:
    """The images of JPEGImages, and of folders in it, by their names without ending."""
    return ByName(images_by_stem(_names_below(root / "JPEGImages")))


def class_names(paths: Iterable[Path]) -> list[str]:
    """The names in these annotations, sorted; files that cannot be read are skipped."""
    names: set[str] = set()
    for path in paths:
        try:
            names.update(str(box.name) for box in read_xml(path).boxes)
        except (DataError, OSError):
            continue
    return sorted(names)


def reading_errors(paths: Iterable[Path]) -> Iterator[DataError]:
    """Why annotations cannot be read."""
    for path in paths:
        try:
            read_xml(path)
        except DataError as error:
            yield error


def annotation(
    file_name: str, width: int, height: int, boxes: Sequence[Box], depth: int = 3
) -> str:
    """The text of an annotation file; corners are rounded to whole pixels inside the image."""
    root = ElementTree.Element("annotation")
    _add(root, "filename", file_name)
    size = ElementTree.SubElement(root, "size")
    for tag, value in (("width", width), ("height", height), ("depth", depth)):
        _add(size, tag, value)
    for box in boxes:
        item = ElementTree.SubElement(root, "object")
        _add(item, "name", box.name)
        _add(item, "difficult", int(box.difficult))
        corners = ElementTree.SubElement(item, "bndbox")
        x1, y1, x2, y2 = box.corners
        for tag, corner, limit in (
            ("xmin", x1, width), ("ymin", y1, height), ("xmax", x2, width), ("ymax", y2, height)
        ):  # fmt: skip
            _add(corners, tag, min(max(round(corner), 0), limit))
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode") + "\n"


def _add(parent: ElementTree.Element, tag: str, value: object) -> None:
    ElementTree.SubElement(parent, tag).text = str(value)
