"""COCO's JSON files: instances (ground truth) and results, read and written."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from framework.definition.values import shortened
from framework.errors import DataError
from framework.evaluation.columns import Doubles, Found, Indices, Truth
from framework.system.atomic import replacing
from framework.system.text import read_text

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
    where = _known(path, "annotations", items, images, categories, warnings)
    items = [items[index] for index in where.tolist()]
    boxes = _boxes(path, "annotations", items)
    areas = _column(path, "annotations", items, "area", lambda item: float(
        item["area"] if "area" in item else item["bbox"][2] * item["bbox"][3]))
    crowd = _column(path, "annotations", items, "iscrowd", lambda item: float(
        item.get("iscrowd", 0))) != 0
    difficult = _column(path, "annotations", items, "ignore", lambda item: float(
        item.get("ignore", 0) or item.get("difficult", 0))) != 0
    truth = Truth(_ids(items, "image_id", images), _ids(items, "category_id", categories), boxes,
                  areas, crowd, crowd | difficult)
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
    warnings: list[str] = []
    where = _known(path, "", items, None, instances.categories, warnings)
    items = [items[index] for index in where.tolist()]
    for index, item in enumerate(items):
        if identity(item["image_id"]) not in instances.images:
            raise DataError(f"{path}: [{where[index]}].image_id is {_shown(item['image_id'])}, "
                            f"which is not the id of an image of {instances.path}")
    boxes = _boxes(path, "", items)
    scores = _column(path, "", items, "score", lambda item: float(item["score"]))
    return Found(_ids(items, "image_id", instances.images),
                 _ids(items, "category_id", instances.categories), boxes, scores), warnings


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
        return json.loads(read_text(Path(path)))
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path}: is not JSON: {error}") from None


def _entries(path: str | Path, tree: dict[str, Any], name: str) -> list[Any]:
    if not isinstance(tree.get(name), list):
        found = f"is {_kind(tree[name])}" if name in tree else "is missing"
        raise DataError(f"{path}: {name} {found}; it must be a list")
    entries: list[Any] = tree[name]
    return entries


def _each(path: str | Path, part: str, items: Sequence[Any], take: Callable[[Any], Any],
          what: str = "") -> list[Any]:
    """`take` of every item. DataError that names the first from which it cannot be taken."""
    try:
        return [take(item) for item in items]
    except JSON_ERRORS:
        pass
    for index, item in enumerate(items):
        try:
            take(item)
        except JSON_ERRORS as error:
            reason = f"has no {error}" if isinstance(error, KeyError) else \
                f"is not COCO's format ({error})"
            raise DataError(f"{path}: {part}[{index}]{what} {reason}: {_shown(item)}") from None
    raise AssertionError("an item that was wrong is right")


def _column(path: str | Path, part: str, items: Sequence[Any], name: str,
            take: Callable[[Any], float]) -> Doubles:
    """Real numbers of every item."""
    values = np.array(_each(path, part, items, take, f".{name}"), np.float64)
    _check_finite(path, part, items, values[:, None], name)
    return values


def _boxes(path: str | Path, part: str, items: Sequence[Any]) -> Doubles:
    """(K, 4) the bbox of every item."""
    def take(item: Any) -> tuple[float, float, float, float]:
        x, y, width, height = item["bbox"]
        return float(x), float(y), float(width), float(height)

    values = np.array(_each(path, part, items, take, ".bbox"), np.float64).reshape(-1, 4)
    _check_finite(path, part, items, values, "bbox")
    return values


def _check_finite(path: str | Path, part: str, items: Sequence[Any], values: Doubles, name: str
                  ) -> None:
    wrong = np.flatnonzero(~np.isfinite(values).all(1))
    if len(wrong):
        raise DataError(f"{path}: {part}[{wrong[0]}].{name} is {_shown(items[wrong[0]][name])}; "
                        "it must be finite")


def _known(path: str | Path, part: str, items: Sequence[Any],
           images: Mapping[Identity, int] | None, categories: Mapping[Identity, int],
           warnings: list[str]) -> Indices:
    """Indices of the items whose category, and image if `images` are given, is known."""
    where = np.arange(len(items))
    for name, known in (("image_id", images), ("category_id", categories)):
        keys = _each(path, part, [items[index] for index in where.tolist()],
                     partial(_id_of, name), f".{name}")
        if known is None:
            continue
        inside = np.array([key in known for key in keys], bool)
        if not inside.all():
            lost = where[~inside]
            warnings.append(f"{path}: {len(lost)} entries are left out: their {name} is not one of "
                            f"the ground truth; the first is {part}[{lost[0]}] with "
                            f"{_shown(items[lost[0]][name])}")
        where = where[inside]
    return where


def _ids(items: Sequence[Any], name: str, numbers: Mapping[Identity, int]) -> Indices:
    return np.array([numbers[identity(item[name])] for item in items], np.int64)


def _id_of(name: str, item: Any) -> Identity:
    return identity(item[name])


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
