"""COCO's instances files: one JSON for the pictures and boxes of a split."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from framework.data.datasets.dataset import Dataset, Description
from framework.data.datasets.label_files import Box, Labels
from framework.data.records.list_file import Entry
from framework.errors import DataError


def load(description: Description) -> Dataset:
    """A COCO data set:

        splits:
          trainval: {images: train2017, annotations: annotations/instances_train2017.json}

    Classes are named by the number of their category, as result files of COCO want it, and
    shown by its name; `names` chooses and orders categories by name. Pictures come in the order
    of the file; "iscrowd" makes a box difficult.
    """
    root, place = description.root, description.place
    splits: dict[str, list[Entry]] = {}
    labels: dict[Entry, Labels] = {}
    categories: dict[str, str] = {}
    for split, value in description.splits().items():
        if not isinstance(value, dict) or set(value) != {"images", "annotations"}:
            raise DataError(f"{place}: splits.{split} must hold images (a folder) and annotations")
        tree = _read(description, str(value["annotations"]))
        try:
            categories |= {str(item["id"]): str(item["name"]) for item in tree["categories"]}
            found = _labels(tree, str(value["images"]), str(value["annotations"]))
        except (KeyError, TypeError, ValueError) as error:
            raise DataError(f"{value['annotations']}: is not COCO's format: {error!r}") from None
        splits[split] = list(found)
        labels |= found
    names = _chosen(description, categories)
    data = Dataset(root, splits, names, labels.__getitem__, categories)
    return description.finish(data)


def _read(description: Description, path: str) -> Any:
    """Any: what JSON holds."""
    try:
        return json.loads((description.root / path).read_text())
    except OSError as error:
        raise DataError(f"{description.root / path}: cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise DataError(f"{description.root / path}: is not JSON: {error}") from None


def _labels(tree: Any, folder: str, path: str) -> dict[Entry, Labels]:
    """Any: what JSON holds."""
    boxes: dict[int, list[Box]] = {}
    for item in tree["annotations"]:
        x, y, width, height = (float(value) for value in item["bbox"])
        box = Box(str(item["category_id"]), (x, y, x + width, y + height),
                  bool(item.get("iscrowd", 0)))  # fmt: skip
        boxes.setdefault(item["image_id"], []).append(box)
    return {
        Entry(f"{folder}/{item['file_name']}", f"{path}#{item['id']}"): Labels(
            tuple(boxes.get(item["id"], ())), int(item["width"]), int(item["height"])
        )
        for item in tree["images"]
    }


def _chosen(description: Description, categories: Mapping[str, str]) -> list[str]:
    """The numbers of the chosen categories, as text."""
    numbers = {name: number for number, name in categories.items()}
    ordered = sorted(categories, key=int)
    names = description.names(categories[number] for number in ordered)
    for name in names:
        if name not in numbers:
            raise DataError(
                f"{description.place}: names has '{name}', which is no category; there are "
                + ", ".join(sorted(numbers))
            )
    return [numbers[name] for name in names]
