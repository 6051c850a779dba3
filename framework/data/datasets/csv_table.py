"""CSV tables with a box a row: filename, width, height, class, xmin, ymin, xmax, ymax (pixels)."""

from __future__ import annotations

import contextlib
import csv
import os
import re
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from framework.data.datasets.dataset import Dataset, Description
from framework.data.datasets.file_tree import UNDIVIDED, FileTree, split_of
from framework.data.datasets.label_files import Box, Labels, sound_labels, stated_size
from framework.data.datasets.openimages import table_rows
from framework.data.records.account import BadEntry, Note
from framework.data.records.list_file import Entry
from framework.definition.values import shortened
from framework.errors import DataError
from framework.system.text import open_text

NEEDED = {"filename": ("filename", "image", "imagename", "file", "path", "imagepath", "imageid"),
          "class": ("class", "label", "classname", "category", "name"),
          "xmin": ("xmin", "x1"), "ymin": ("ymin", "y1"),
          "xmax": ("xmax", "x2"), "ymax": ("ymax", "y2")}
"""Column -> the words that headers have for it, without capitals and punctuation."""
SIZE = {"width": ("width", "imagewidth"), "height": ("height", "imageheight")}
Rows = dict[str, list[tuple[str, Box | None, tuple[int, int]]]]


def columns_of(path: Path) -> dict[str, int] | None:
    """The index of each column of a table's header; None if a needed one is not there."""
    with open_text(path) as file:
        header = next(table_rows(csv.reader(file)), [])
    words = [re.sub(r"[^a-z0-9]", "", word.lower()) for word in header]
    found = {name: words.index(word) for name, names in (NEEDED | SIZE).items()
             for word in reversed(names) if word in words}
    return found if set(NEEDED) <= set(found) else None


def load(tree: FileTree, tables: Sequence[str]) -> Dataset:
    """The dataset of such tables, each with one header line, as Roboflow and the tutorials of
    TensorFlow's object detection have them.

    An image is found by its name, wherever it is below the root. Its split is the one that the
    name or folder of its table says, else that of its own folder. Columns `width` and `height` may
    be missing. A row that is not a box makes its image a bad record; images of no row are losses.
    DataError if not one image is there.
    """
    splits: dict[str, list[Entry]] = {}
    labels: dict[Entry, Labels | DataError] = {}
    losses: list[Note] = []
    named: set[str] = set()
    first = ""
    for table in tables:
        for name, rows in _read(tree.root / table).items():
            first = first or name
            split = split_of(table, with_name=True)
            image = tree.image_named(name, os.path.dirname(table), split)
            if image is not None:
                named.add(image)
                split = split if split != UNDIVIDED else split_of(image)
            entry = Entry(image or name, f"{table}#{name}")
            labels[entry] = _labels(rows)
            splits.setdefault(split, []).append(entry)
    if not named:
        raise DataError(f"{tree.root}: none of the {len(labels)} images that "
                        f"{shortened(', '.join(tables))} names is below this folder; the first is "
                        f"{shortened(first) or 'nothing'}")
    losses += [Note("an image that no row names", image, images=1)
               for image in tree.images if image not in named]
    used = {str(box.name) for entry in labels.values() if isinstance(entry, Labels)
            for box in entry.boxes}
    names = Description(tree.root, {}, str(tree.root)).names(sorted(used))
    return Dataset(tree.root, splits, names, partial(sound_labels, labels),
                   losses={next(iter(splits)): losses})


def _read(path: Path) -> Rows:
    """Of each image: file and line of each row, its box (None: it is not one), its stated size."""
    columns = columns_of(path)
    if columns is None:
        raise DataError(f"{path}: its header must have the columns {', '.join(NEEDED)}")
    found: Rows = {}
    with open_text(path) as file:
        rows = csv.reader(file)
        for index, row in enumerate(table_rows(rows)):
            if not index:
                continue
            box: Box | None = None
            size = (0, 0)
            with contextlib.suppress(IndexError, ValueError, OverflowError):
                box, size = _box(row, columns)
            position = columns["filename"]
            name = row[position].strip() if len(row) > position else ""
            found.setdefault(name, []).append((f"{path}:{rows.line_num}", box, size))
    return found


def _box(row: Sequence[str], columns: Mapping[str, int]) -> tuple[Box, tuple[int, int]]:
    """Raises IndexError, ValueError or OverflowError for a row that is not a box."""
    x1, y1, x2, y2 = (float(row[columns[name]]) for name in ("xmin", "ymin", "xmax", "ymax"))
    name = row[columns["class"]].strip()
    if not name:
        raise ValueError("no class")
    sides = [float(row[columns[side]] or 0) if side in columns else 0.0 for side in SIZE]
    return Box(name, (x1, y1, x2, y2)), stated_size(*sides)


def _labels(rows: Sequence[tuple[str, Box | None, tuple[int, int]]]) -> Labels | DataError:
    """The boxes of one image, or what is wrong with them. Any row states the size."""
    for place, box, _ in rows:
        if box is None:
            return BadEntry(f"{place}: is not the row of a box", len(rows))
    boxes = tuple(box for _, box, _ in rows if box is not None)
    return Labels(boxes, *rows[0][2])
