"""PASCAL VOC layout: JPEGImages, Annotations, ImageSets/Main."""

from __future__ import annotations

import os
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterable, Sequence
from pathlib import Path

from framework.data.datasets.dataset import IMAGE_SUFFIXES, Dataset, Description
from framework.data.datasets.label_files import Box, Labels, read_xml
from framework.data.records.list_file import Entry
from framework.errors import DataError
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
    entries = _splits(description)
    labels = sorted({entry.label for split in entries.values() for entry in split})
    listed = "names" in description.tree
    names = description.names([] if listed else class_names(root / label for label in labels))

    def read_labels(entry: Entry) -> Labels | None:
        path = root / entry.label
        return read_xml(path) if is_there(path) else None

    return description.finish(Dataset(root, entries, names, read_labels))


def _splits(description: Description) -> dict[str, list[Entry]]:
    root = description.root
    splits = description.tree.get("splits")
    if not splits and description.is_divided:
        return {"all": every_image(root)}
    if not isinstance(splits, dict):
        chosen = description.words("splits") or split_names(root)
        if not chosen:
            raise DataError(
                f"{root}: has no ImageSets/Main/*.txt; a VOC folder holds JPEGImages, "
                "Annotations and a list of names for each split; without lists, "
                "--split trainval=0.8 divides the images at random"
            )
        splits = {name: name for name in chosen}
    found: dict[str, list[Entry]] = {}
    for name, parts in description.named("splits", splits).items():
        found[name] = []
        for part in description.words("splits", parts):
            found[name] += _part(root, part)
    return found


def every_image(root: Path) -> list[Entry]:
    """The images of JPEGImages that have an annotation, sorted; the others are counted on stderr.

    DataError if there are none.
    """
    names = sorted(path.name for path in (root / "JPEGImages").glob("*")
                   if path.suffix in IMAGE_SUFFIXES)
    entries = [Entry(f"JPEGImages/{name}", f"Annotations/{Path(name).stem}.xml") for name in names]
    kept = [entry for entry in entries if is_there(root / entry.label)]
    if not kept:
        raise DataError(f"{root}: has no image in JPEGImages with an annotation of its name in "
                        "Annotations")
    if len(kept) < len(entries):
        print(f"{root}: {len(entries) - len(kept)} of {len(entries)} images have no annotation "
              "and are left out", file=sys.stderr)
    return kept


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
    return [name for name in names if not name.endswith(class_lists)]


def read_split(root: Path, split: str) -> list[tuple[str, str]]:
    """Image and annotation of each line of ImageSets/Main/<split>.txt, relative to `root`.

    A line is a file name without suffix; a second word (VOC's class lists: -1, 0, 1) is ignored.
    DataError if the list is missing or empty. Missing files are found when they are read.
    """
    path = root / "ImageSets" / "Main" / f"{split}.txt"
    if not is_there(path):
        found = ", ".join(split_names(root)) or "none"
        raise DataError(
            f"{path}: no such list; a VOC folder has ImageSets/Main/<split>.txt (found: {found})"
        )
    names = [_stem(path, number, line) for number, line in enumerate(read_lines(path), 1)
             if line.strip()]
    if not names:
        raise DataError(f"{path}: is empty; it must name one image a line, without .jpg")
    if not (root / "Annotations").is_dir():
        raise DataError(f"{root / 'Annotations'}: there is no such folder; VOC's layout has an "
                        f"annotation for each image there, {names[0]}.xml for {path}:1")
    _check_endings(root, path, names)
    return [(_image(root, name), f"Annotations/{name}.xml") for name in names]


def _check_endings(root: Path, path: Path, names: Sequence[str]) -> None:
    """DataError if images are not found since their files end in another way."""
    there = {item.stem: item.name for item in (root / "JPEGImages").glob("*.*")
             if item.suffix not in IMAGE_SUFFIXES}
    for name in names:
        if name in there and not is_there(root / _image(root, name)):
            raise DataError(f"{path}: '{name}' is JPEGImages/{there[name]}, and images must end in "
                            f"one of {', '.join(IMAGE_SUFFIXES)}; convert or rename them")


def _stem(path: Path, number: int, line: str) -> str:
    """`000012`, `000012 -1` (a class list) or `000012.jpg`: the name without suffix."""
    line = line.strip()
    if "Annotations/" in line or line.startswith("JPEGImages/"):
        raise DataError(f"{path}:{number}: '{line}' is a path or two, as tools/convert_annoset "
                        "takes them; a list in VOC's layout has a name without folder and suffix "
                        "on each line, as 000012")
    head, _, last = line.rpartition(" ")
    name = head.strip() if head and last in ("-1", "0", "1") else line
    for suffix in IMAGE_SUFFIXES:
        name = name.removesuffix(suffix)
    return name


def _image(root: Path, name: str) -> str:
    for suffix in IMAGE_SUFFIXES:
        if os.path.isfile(root / "JPEGImages" / f"{name}{suffix}"):
            return f"JPEGImages/{name}{suffix}"
    return f"JPEGImages/{name}.jpg"


def class_names(paths: Iterable[Path]) -> list[str]:
    """The names in these annotations, sorted; files that cannot be read are skipped."""
    names: set[str] = set()
    for path in paths:
        try:
            names.update(str(box.name) for box in read_xml(path).boxes)
        except (DataError, OSError):
            continue
    return sorted(names)


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
