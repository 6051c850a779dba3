"""YOLO layout: a text file of boxes for each image, in a folder `labels` beside `images`."""

from __future__ import annotations

import os
from pathlib import Path

from framework.data.datasets.dataset import IMAGE_SUFFIXES, Dataset, Description
from framework.data.datasets.label_files import Box, Labels
from framework.data.records.list_file import Entry
from framework.definition.values import shortened
from framework.errors import DataError
from framework.system.text import is_there, read_lines


def load(description: Description) -> Dataset:
    """A YOLO data set:

        splits: {trainval: images/train, test: images/val}   # folders, or lists of images
        names: [cat, dog]              # or {0: cat, 1: dog}, or classes.txt, a name on each line

    The labels of images/a/b.jpg are in labels/a/b.txt: lines of `class x y width height`, the
    centre and size in parts of the image. An image without a label file has no objects.
    """
    root = description.root
    splits: dict[str, list[Entry]] = {}
    for split, value in description.splits().items():
        splits[split] = []
        for part in description.words("splits", value):
            splits[split] += [Entry(image, _label_path(image))
                              for image in _images(description, part)]
    if "names" not in description.tree:
        raise DataError(f"{description.place}: names is not given; YOLO's labels are numbers")
    names = description.names([])

    def read_labels(entry: Entry) -> Labels:
        path = root / entry.label
        return _read(path, names) if is_there(path) else Labels((), relative=True)

    return description.finish(Dataset(root, splits, names, read_labels))


def _images(description: Description, part: str) -> list[str]:
    """The images of a folder, sorted, or those a list names, relative to the root."""
    root = description.root
    path = root / part
    if path.is_dir():
        images = [str(item.relative_to(root)) for item in _images_under(path)]
    elif is_there(path):
        lines = [line.strip() for line in read_lines(path) if line.strip()]
        images = [line.removeprefix("./") for line in lines]
    else:
        raise DataError(f"{description.place}: splits names {path}: no such folder or list")
    if not images:
        raise DataError(f"{description.place}: splits names {path}, which has no image")
    return images


def _images_under(folder: Path) -> list[Path]:
    """All images in a folder and those in it, sorted. DataError for one that cannot be listed."""

    def stop(error: OSError) -> None:
        raise DataError(f"{error.filename}: cannot be listed: {error.strerror}")

    return sorted(Path(place, name) for place, _, names in os.walk(folder, onerror=stop)
                  for name in names if Path(name).suffix in IMAGE_SUFFIXES)


def _label_path(image: str) -> str:
    """The last folder `images` becomes `labels`; a line without a name, as `.`, stays."""
    if not Path(image).name:
        return image
    parts = list(Path(image).with_suffix(".txt").parts)
    for index in range(len(parts) - 2, -1, -1):
        if parts[index] == "images":
            parts[index] = "labels"
            break
    return str(Path(*parts))


def _read(path: Path, names: list[str]) -> Labels:
    boxes = []
    for index, line in enumerate(read_lines(path), start=1):
        words = line.split()
        if not words:
            continue
        try:
            number = int(words[0])
            x, y, width, height = (float(word) for word in words[1:])
        except ValueError:
            raise DataError(
                f"{path}:{index}: '{shortened(line.strip())}'; a line must be: "
                "class x y width height"
            ) from None
        if not 0 <= number < len(names):
            raise DataError(f"{path}:{index}: class {words[0]:.20}; names has {len(names)}, "
                            "from 0 on")
        corners = (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
        boxes.append(Box(names[number], corners))
    return Labels(tuple(boxes), relative=True)
