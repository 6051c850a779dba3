"""COCO's JSON files: instances (ground truth) and results, read and written."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from framework.errors import DataError
from framework.evaluation.columns import Doubles, Found, Indices, Truth
from framework.system.atomic import replacing
from framework.system.json_text import parse_json
from framework.system.text import read_text
from framework.system.wording import shortened

Identity = int | str
JSON_ERRORS = (ValueError, KeyError, TypeError, AttributeError, OverflowError)


@dataclass(frozen=True)
class Instances:
    """The ground truth of an instances file.

    images      number of each image by its id, in the order of the ids
    file_names  of the images, by id
    categories  number of each class by its id, in the order of the ids
    names       of the classes, in that order
    warnings    what was left out, in sentences
    """

    path: str
    images: Mapping[Identity, int]
    file_names: Mapping[Identity, str]
    categories: Mapping[Identity, int]
    names: Sequence[str]
    truth: Truth
    warnings: list[str] = field(default_factory=list)


def read_instances(path: str | Path) -> Instances:
    """Read an instances file.

    Boxes whose image or category the file does not list are left out, as pycocotools does, with a
    warning. `area` is by default width times height, `iscrowd` 0. Difficult are crowds and boxes
    that have `ignore` or `difficult`.
    Raises DataError, with the entry, for what is not COCO's format.
    """
    tree = _read(path)
    if not isinstance(tree, dict):
        raise DataError(f"{path}: is {_kind(tree)}; an instances file is an object with images, "
                        "annotations and categories")
    parts = {name: _entries(path, tree, name) for name in ("images", "annotations", "categories")}
    file_names = dict(_each(path, "images", parts["images"], lambda item: (
        identity(item["id"]), str(item.get("file_name", item["id"])))))
    names = dict(_each(path, "categories", parts["categories"], lambda item: (
        identity(item["id"]), str(item.get("name", item["id"])))))
    images, categories = _numbers(file_names), _numbers(names)
    items = parts["annotations"]
    warnings: list[str] = []
    where = _numbers_of(path, "annotations", items, "image_id", images)
    what = _numbers_of(path, "annotations", items, "category_id", categories)
    known = _report_unknown(path, "annotations", items, {"image_id": where, "category_id": what},
                            warnings)
    items = [items[index] for index in known.tolist()]
    boxes = _boxes(path, "annotations", items)
    areas = _column(path, "annotations", items, "area", lambda item: float(
        item["area"] if "area" in item else item["bbox"][2] * item["bbox"][3]))
    crowd = _column(path, "annotations", items, "iscrowd", lambda item: float(
        item.get("iscrowd", 0))) != 0
    difficult = _column(path, "annotations", items, "ignore", lambda item: float(
        item.get("ignore", 0) or item.get("difficult", 0))) != 0
    truth = Truth(where[known], what[known], boxes, areas, crowd, crowd | difficult)
    return Instances(str(path), images, file_names, categories, [names[key] for key in categories],
                     truth, warnings)


def read_results(path: str | Path, instances: Instances) -> tuple[Found, list[str]]:
    """Detections of a results file, and warnings of what was left out.

    Detections of a category that the instances file does not list are left out with a warning, as
    pycocotools does. Raises DataError for another image, and for what is not COCO's format.
    """
    items = _read(path)
    if not isinstance(items, list):
        raise DataError(f"{path}: is {_kind(items)}; a results file is a list of objects with "
                        "image_id, category_id, bbox and score")
    where = _numbers_of(path, "", items, "image_id", instances.images)
    what = _numbers_of(path, "", items, "category_id", instances.categories)
    for index in np.flatnonzero(where < 0)[:1].tolist():
        raise DataError(f"{path}: [{index}].image_id is {_shown(items[index]['image_id'])}, "
                        f"which is not the id of an image of {instances.path}")
    warnings: list[str] = []
    known = _report_unknown(path, "", items, {"category_id": what}, warnings)
    items = [items[index] for index in known.tolist()]
    boxes = _boxes(path, "", items)
    scores = _column(path, "", items, "score", lambda item: float(item["score"]))
    return Found(where[known], what[known], boxes, scores), warnings


def write_results(path: str | Path, found: Found, images: Sequence[Identity],
                  categories: Sequence[Identity]) -> None:
    """Write detections as a results file; ids by number of image and of class.

    Numbers have as many digits as tell a float64 from its neighbours.
    """
    columns = (found.images.tolist(), found.classes.tolist(), found.boxes.tolist(),
               found.scores.tolist())
    lines = (json.dumps({"image_id": images[image], "category_id": categories[label],
                         "bbox": box, "score": score})
             for image, label, box, score in zip(*columns, strict=True))
    with replacing(path) as file:
        file.write_text("[" + ",\n".join(lines) + "]\n")


def _read(path: str | Path) -> Any:
    """Any: what JSON holds."""
    try:
        return parse_json(read_text(Path(path)))
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path}: is not JSON: {error}") from None


def _entries(path: str | Path, tree: dict[str, Any], name: str) -> list[Any]:
    if not isinstance(tree.get(name), list):
        found = f"is {_kind(tree[name])}" if name in tree else "is missing"
        raise DataError(f"{path}: {name} {found}; it must be a list")
    entries: list[Any] = tree[name]
    return entries


def _each(path: str | Path, part: str, items: Sequence[Any], take: Callable[[Any], Any],
          what: str = "", must: str = "") -> list[Any]:
    """`take` of every item. DataError that names the first from which it cannot be taken.

    must   what the value must be, in words, where the error of `take` is not ours
    """
    try:
        return [take(item) for item in items]
    except JSON_ERRORS:
        pass
    for index, item in enumerate(items):
        try:
            take(item)
        except JSON_ERRORS as error:
            reason = f"has no {error}" if isinstance(error, KeyError) else \
                f"is not COCO's format ({must or error})"
            raise DataError(f"{path}: {part}[{index}]{what} {reason}: {_shown(item)}") from None
    raise AssertionError("an item that was wrong is right")


def _column(path: str | Path, part: str, items: Sequence[Any], name: str,
            take: Callable[[Any], float]) -> Doubles:
    """Real numbers of every item."""
    values = np.array(_each(path, part, items, take, f".{name}", "it must be a number"), np.float64)
    _check_finite(path, part, items, values[:, None], name)
    return values


def _boxes(path: str | Path, part: str, items: Sequence[Any]) -> Doubles:
    """(K, 4) the bbox of every item."""
    def take(item: Any) -> tuple[float, float, float, float]:
        x, y, width, height = item["bbox"]
        return float(x), float(y), float(width), float(height)

    rows = _each(path, part, items, take, ".bbox", "it must be four numbers: x, y, width, height")
    values = np.array(rows, np.float64).reshape(-1, 4)
    _check_finite(path, part, items, values, "bbox")
    return values


def _check_finite(path: str | Path, part: str, items: Sequence[Any], values: Doubles, name: str
                  ) -> None:
    wrong = np.flatnonzero(~np.isfinite(values).all(1))
    if len(wrong):
        raise DataError(f"{path}: {part}[{wrong[0]}].{name} is {_shown(items[wrong[0]][name])}; "
                        "it must be finite")


def _numbers_of(path: str | Path, part: str, items: Sequence[Any], name: str,
                known: Mapping[Identity, int]) -> Indices:
    """(K,) the number of the id `name` of every item; -1 for an id that is not known."""
    try:
        values = [item[name] for item in items]
        numbers = {value: known.get(identity(value), -1) for value in set(values)}
        return np.array([numbers[value] for value in values], np.int64)
    except JSON_ERRORS:     # the slow way finds the first item that is wrong
        keys = _each(path, part, items, lambda item: identity(item[name]), f".{name}")
        return np.array([known.get(key, -1) for key in keys], np.int64)


def _report_unknown(path: str | Path, part: str, items: Sequence[Any],
                    numbers: Mapping[str, Indices], warnings: list[str]) -> Indices:
    """Indices of the items whose ids, by name, all have a number; a warning for each other kind."""
    is_known = np.ones(len(items), bool)
    for name, own in numbers.items():
        lost = np.flatnonzero(is_known & (own < 0))
        is_known[lost] = False
        if len(lost):
            warnings.append(f"{path}: {len(lost)} entries are left out: their {name} is not one of "
                            f"the ground truth; the first is {part}[{lost[0]}] with "
                            f"{_shown(items[lost[0]][name])}")
    return np.flatnonzero(is_known)


def identity(value: Any) -> Identity:
    """An id as a number where it is one: 1, 1.0 and "1" are the same, some programs write them so.

    Any: what JSON holds. Raises ValueError for what cannot be an id.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError(f"an id is {_kind(value)}")
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        if not value.is_integer():
            raise ValueError(f"an id is {value}")
        return int(value)
    is_number = value.isascii() and value.isdigit() and str(int(value)) == value
    return int(value) if is_number else value


def _numbers(names: Mapping[Identity, str]) -> dict[Identity, int]:
    """0, 1, 2, ... for each id, numbers before texts."""
    ordered = sorted(names, key=lambda key: (isinstance(key, str), key))
    return {key: number for number, key in enumerate(ordered)}


def _kind(value: Any) -> str:
    kinds = {dict: "an object", list: "a list", str: "a text", bool: "true or false",
             type(None): "null"}
    return kinds.get(type(value), "a number")


def _shown(value: Any) -> str:
    return shortened(json.dumps(value))
