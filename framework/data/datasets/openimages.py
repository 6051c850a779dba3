"""Open Images' tables: a CSV of the boxes of a split, and a folder of pictures."""

from __future__ import annotations

import csv
from collections.abc import Mapping

from framework.data.datasets.dataset import Dataset, Description
from framework.data.datasets.label_files import Box, Labels
from framework.data.records.list_file import Entry
from framework.errors import DataError

COLUMNS = ("ImageID", "LabelName", "XMin", "XMax", "YMin", "YMax")


def load(description: Description) -> Dataset:
    """An Open Images data set:

        splits: {trainval: {images: train, boxes: train-annotations-bbox.csv}}
        names: {/m/01g317: Person, /m/0k4j: Car}     # or a list, or left out: all, sorted

    A row is a box in parts of the picture <images>/<ImageID>.jpg; other columns than
    ImageID, LabelName, XMin, XMax, YMin, YMax and IsGroupOf (difficult) are passed over.
    """
    place = description.place
    splits: dict[str, list[Entry]] = {}
    labels: dict[Entry, Labels] = {}
    for split, value in description.splits().items():
        if not isinstance(value, dict) or set(value) != {"images", "boxes"}:
            raise DataError(f"{place}: splits.{split} must hold images (a folder) and boxes")
        found = _labels(description, str(value["images"]), str(value["boxes"]))
        splits[split] = list(found)
        labels |= found
    used = sorted({str(box.name) for entry in labels.values() for box in entry.boxes})
    names = description.tree.get("names")
    shown: Mapping[str, str] = {}
    if isinstance(names, dict):
        shown = {str(name): str(text) for name, text in names.items()}
    chosen = list(shown) or description.names(used)
    data = Dataset(description.root, splits, chosen, labels.__getitem__, shown)
    return description.finish(data)


def _labels(description: Description, folder: str, path: str) -> dict[Entry, Labels]:
    table = description.root / path
    if not table.is_file():
        raise DataError(f"{description.place}: splits names {table}: no such table")
    boxes: dict[str, list[Box]] = {}
    with table.open(newline="") as file:
        reader = csv.DictReader(file)
        missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
        if missing:
            raise DataError(f"{table}: has no column {missing[0]}; needed are {', '.join(COLUMNS)}")
        for index, row in enumerate(reader, start=2):
            try:
                corners = (float(row["XMin"]), float(row["YMin"]),
                           float(row["XMax"]), float(row["YMax"]))  # fmt: skip
            except (TypeError, ValueError):
                raise DataError(f"{table}:{index}: a corner is not a number") from None
            box = Box(row["LabelName"], corners, row.get("IsGroupOf") == "1")
            boxes.setdefault(row["ImageID"], []).append(box)
    return {
        Entry(f"{folder}/{name}.jpg", f"{path}#{name}"): Labels(tuple(found), relative=True)
        for name, found in boxes.items()
    }
