"""Open Images tables: a CSV with the boxes of a split, and a folder of images."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from framework.data.datasets.dataset import Dataset, Description
from framework.data.datasets.label_files import Box, Labels, are_parts, sound_labels
from framework.data.records.account import BadEntry
from framework.data.records.list_file import Entry
from framework.definition.values import shortened
from framework.errors import DataError
from framework.system.text import is_there, open_text

COLUMNS = ("ImageID", "LabelName", "XMin", "XMax", "YMin", "YMax")


def load(description: Description) -> Dataset:
    """An Open Images data set:

        splits: {trainval: {images: train, boxes: train-annotations-bbox.csv}}
        names: {/m/01g317: Person, /m/0k4j: Car}     # or a list, or left out: all, sorted

    A row is a box in parts of the image <images>/<ImageID>.jpg; other columns than
    ImageID, LabelName, XMin, XMax, YMin, YMax and IsGroupOf (difficult) are ignored.
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
        shown = {name: str(title) for name, title in titles.items()}
    chosen = list(shown) or description.names(used)
    data = Dataset(description.root, splits, chosen, partial(sound_labels, labels), shown)
    return description.finish(data)


def _labels(description: Description, folder: str, path: str) -> dict[Entry, Labels | DataError]:
    """The boxes of each image; a row that cannot be read makes its image a bad record."""
    table = description.root / path
    if not is_there(table):
        raise DataError(f"{description.place}: splits names {table}: no such table")
    boxes: dict[str, list[Box]] = {}
    wrong: dict[str, tuple[str, int]] = {}         # by image: what is wrong, and in how many rows
    with open_text(table) as file:
        rows = csv.reader(file)
        columns = _columns(table, rows)
        for row in table_rows(rows):
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
            wrong[name] = (text or f"{place}: {reason}: {shortened(repr(row))}", count + 1)
    found: dict[Entry, Labels | DataError] = {}
    for name in dict.fromkeys([*boxes, *wrong]):
        entry = Entry(f"{folder}/{name}.jpg", f"{path}#{name}")
        own = boxes.get(name, [])
        found[entry] = Labels(tuple(own), relative=True)
        if name in wrong:
            text, count = wrong[name]
            found[entry] = BadEntry(text, len(own) + count)
    return found


def _columns(table: Path, rows: Any) -> dict[str, int]:
    """The index of each column. DataError if one is missing. Any: the csv module's reader."""
    header = next(table_rows(rows), [])
    for name in COLUMNS:
        if name not in header:
            raise DataError(f"{table}: has no column {name}; needed are {', '.join(COLUMNS)}")
    return {name: index for index, name in enumerate(header)}


def table_rows(rows: Any) -> Iterator[list[str]]:
    """The rows; one that the csv module refuses, as with a field of 131,072 letters, is empty.

    Any: the csv module's reader.
    """
    while True:
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error:
            yield [""]
            continue
        if row:
            yield row


def _box(row: Sequence[str], columns: Mapping[str, int]) -> Box:
    """Raises IndexError or ValueError for a row that is not a box."""
    corners = [float(row[columns[name]]) for name in ("XMin", "YMin", "XMax", "YMax")]
    group = columns.get("IsGroupOf", len(row))
    return Box(row[columns["LabelName"]], (corners[0], corners[1], corners[2], corners[3]),
               group < len(row) and row[group] == "1")
