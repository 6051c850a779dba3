"""Open Images tables: a CSV with the boxes of a split, and a folder of images."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path, PurePath

from framework.data.datasets.dataset import Dataset, Description, images_by_stem, is_image
from framework.data.datasets.file_tree import FileTree, split_of
from framework.data.datasets.label_files import (
    Box,
    Labels,
    are_parts,
    class_name,
    errors_in,
    sound_labels,
)
from framework.data.datasets.tables import TableRows
from framework.data.records.account import BadEntry
from framework.data.records.list_file import Entry
from framework.errors import DataError
from framework.system.letters import ByName, as_on_disk, composed
from framework.system.text import is_there, open_text
from framework.system.wording import shortened

COLUMNS = ("ImageID", "LabelName", "XMin", "XMax", "YMin", "YMax")
CLASS_TABLES = ("class-descriptions-boxable.csv", "class-descriptions.csv",
                "oidv7-class-descriptions-boxable.csv", "oidv7-class-descriptions.csv",
                "classes.csv")
"""The last is that of FiftyOne's exports (fiftyone/utils/openimages.py)."""


def load(description: Description) -> Dataset:
    """An Open Images data set:

        splits: {trainval: {images: train, boxes: train-annotations-bbox.csv}}
        names: {/m/01g317: Person, /m/0k4j: Car}     # or a list, or left out: all, sorted

    A row is a box in parts of the image <images>/<ImageID>.jpg, or of another kind of image. Other
    columns than ImageID, LabelName, XMin, XMax, YMin, YMax and IsGroupOf (difficult) are ignored.
    """
    place = description.place
    splits: dict[str, list[Entry]] = {}
    labels: dict[Entry, Labels | DataError] = {}
    for split, value in description.splits().items():
        if not isinstance(value, dict) or set(value) != {"images", "boxes"}:
            raise DataError(f"{place}: splits.{split} must hold images (a folder) and boxes")
        found = _labels(description, str(value["images"]), str(value["boxes"]))
        splits[split] = list(found)
        labels |= found
    used = sorted({str(box.name) for entry in labels.values() if isinstance(entry, Labels)
                   for box in entry.boxes})
    names = description.tree.get("names")
    shown: Mapping[str, str] = {}
    if isinstance(names, dict):
        titles = description.named("names", names)
        description.words("names", list(titles.values()))
        shown = {composed(name): str(title) for name, title in titles.items()}
    chosen = list(shown) or description.names(used, errors_in(labels))
    data = Dataset(description.root, splits, chosen, partial(sound_labels, labels), shown)
    return description.finish(data)


def in_folder(tree: FileTree, tables: Sequence[str]) -> Dataset:
    """The data set of a folder's tables, one for each split, which their names or folders say.

    The images of a split are in the folder that has most of them; a table of class descriptions
    says how classes are shown. DataError for two tables of one split, and without images.
    """
    splits: dict[str, dict[str, str]] = {}
    folders = [os.path.dirname(image) or "." for image in tree.images]
    for path in tables:
        split = split_of(path, with_name=True)
        if split in splits:
            raise DataError(f"{tree.root}: {splits[split]['boxes']} and {path} are both tables of "
                            f"one split ({split}); give one of them, or put `train` and `val` "
                            "into the names")
        own = [folder for folder in folders if split_of(f"{folder}/image") == split] or folders
        if not own:
            raise DataError(f"{tree.root}: has no image, which {path} wants: <ImageID>.jpg")
        splits[split] = {"images": max(set(own), key=own.count), "boxes": path}
    description = Description(tree.root, {"splits": splits}, str(tree.root))
    data = load(description)
    titles = next((name for name in tree.ending(".csv")
                   if PurePath(name).name in CLASS_TABLES), None)
    if titles is None:
        return data
    with open_text(tree.root / titles) as file:
        rows = {row[0]: row[1] for row in TableRows(file) if len(row) > 1}
    shown = description.words("names", [rows.get(name, name) for name in data.names])
    return replace(data, display_names=dict(zip(data.names, shown, strict=True)))


def _labels(description: Description, folder: str, path: str) -> dict[Entry, Labels | DataError]:
    """The boxes of each image; a row that cannot be read makes its image a bad record."""
    table = description.root / path
    if not is_there(table):
        raise DataError(f"{description.place}: splits names {table}: no such table")
    image_folder = as_on_disk(description.root / folder)
    images = ByName(images_by_stem(os.listdir(image_folder) if os.path.isdir(image_folder) else ()))
    boxes: dict[str, list[Box]] = {}
    wrong: dict[str, tuple[str, int]] = {}         # by image: what is wrong, and in how many rows
    with open_text(table) as file:
        rows = TableRows(file)
        columns = _columns(table, rows)
        for row in rows:
            place = f"{table}:{rows.line_num}"
            name = row[columns["ImageID"]] if len(row) > columns["ImageID"] else ""
            try:
                box = _box(row, columns)
            except (IndexError, ValueError):
                reason = "is not the row of a box"
            else:
                if are_parts(box.corners):
                    boxes.setdefault(name, []).append(box)
                    continue
                reason = "its values must be parts of the image, from 0 to 1"
            text, count = wrong.get(name, ("", 0))
            wrong[name] = (text or f"{place}: {reason}: '{shortened(','.join(row))}'", count + 1)
    found: dict[Entry, Labels | DataError] = {}
    for name in dict.fromkeys([*boxes, *wrong]):
        stem = name.rpartition(".")[0] if is_image(name) else name
        image = images.get(name) or images.get(stem) or f"{stem}.jpg"
        entry = Entry(f"{folder}/{image}", f"{path}#{name}")
        own = boxes.get(name, [])
        found[entry] = Labels(tuple(own), relative=True)
        if name in wrong:
            text, count = wrong[name]
            found[entry] = BadEntry(text, len(own) + count)
    return found


def _columns(table: Path, rows: TableRows) -> dict[str, int]:
    """The index of each column. DataError if one is missing."""
    header = next(rows, [])
    for name in COLUMNS:
        if name not in header:
            raise DataError(f"{table}: has no column {name}; needed are {', '.join(COLUMNS)}")
    return {name: index for index, name in enumerate(header)}


def _box(row: Sequence[str], columns: Mapping[str, int]) -> Box:
    """Raises IndexError or ValueError for a row that is not a box."""
    x1, y1, x2, y2 = (float(row[columns[name]]) for name in ("XMin", "YMin", "XMax", "YMax"))
    group = columns.get("IsGroupOf", len(row))
    return Box(class_name(row[columns["LabelName"]]), (x1, y1, x2, y2),
               group < len(row) and row[group].strip().lower() in ("1", "true"))
