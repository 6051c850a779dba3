"""Label Studio's exports JSON and JSON-MIN: a list of tasks, rectangles in percent of the image.

Source: Label Studio's documentation, "Label Studio Task Format", "Export annotations" and
"RectangleLabels": x and y are the top left corner before the rotation, which is about that corner.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from framework.data.datasets import turned_box
from framework.data.datasets.dataset import Dataset, is_image
from framework.data.datasets.file_tree import FileTree
from framework.data.datasets.label_files import (
    JSON_ERRORS,
    Box,
    Labels,
    class_name,
    finite_number,
    json_words,
    stated_size,
)
from framework.data.datasets.named_images import Named, gather
from framework.data.records.account import BadEntry, Note
from framework.data.records.boxes import Corners
from framework.system.wording import shortened

RECTANGLES = ("rectanglelabels", "labels")      # of RectangleLabels, and of Labels with Rectangle
SHAPE = "rectangle"     # the type of the tag Rectangle, whose class another result of its id has
NOT_REGIONS = ("relation", "choices", "rating", "textarea", "number", "datetime", "taxonomy",
               "pairwise", "ranker")
"""Results of a task that are of no region: what links regions, and what is said of the image."""
UPLOADED = re.compile(r"[0-9a-f]{8}-(.+)")      # what an upload puts before the file's name
Json = Any      # what JSON holds is known only when it is read


def is_export(content: Json) -> bool:
    """Is this a list of tasks with annotations?"""
    return (isinstance(content, list) and bool(content)
            and any(isinstance(task, dict) and _is_task(task) for task in content))


def _is_task(task: Mapping[str, Json]) -> bool:
    if isinstance(task.get("data"), dict):
        return "annotations" in task or "completions" in task
    return bool(_image_names(task)) and any(map(_is_region, _minimal_regions(task)))


def load(tree: FileTree, exports: Mapping[str, Json]) -> Dataset:
    """The dataset of such files, by their names relative to the root.

    Of several annotations of a task the ground truth counts, else the first that was not skipped.
    What is not a rectangle, and what other annotators drew, is left out, with a note. A task
    without an annotation is a loss: nobody said that its image is empty.
    DataError if not one image is there.
    """
    rows: list[Named] = []
    losses: list[Note] = []
    for file, tasks in exports.items():
        for index, task in enumerate(tasks):
            found = task if isinstance(task, dict) else {}
            place = f"{tree.root / file}#task {found.get('id', index)}"
            names = _image_names(found.get("data", found))
            if not names:
                losses.append(Note("a task without an image", place, images=1))
                continue
            labels = _labels(task, place)
            if labels is not None:
                rows.append(Named(file, names, labels))
            else:
                losses.append(Note("a task without an annotation", f"{place}, {names[-1]}"))
    return gather(tree, rows, "an image without an annotated task", losses=losses)


def _image_names(data: Json) -> tuple[str, ...]:
    """What the image of a task may be called on this disk, the likeliest first."""
    for value in data.values() if isinstance(data, dict) else ():
        if not isinstance(value, str):
            continue
        url = urlsplit(value.replace("\\", "/")) if "://" in value or "?" in value else None
        path = value if url is None else parse_qs(url.query).get("d", [unquote(url.path)])[0]
        if is_image(path):
            name = PurePosixPath(unquote(path)).name
            uploaded = UPLOADED.fullmatch(name)
            return (path.lstrip("/"), name, *([uploaded[1]] if uploaded else []))
    return ()


def _minimal_regions(task: Mapping[str, Json]) -> list[Json]:
    """The regions of a task of JSON-MIN: they are under the names of the labelling tags."""
    return [region for value in task.values() if isinstance(value, list) for region in value
            if isinstance(region, dict)]


def _is_region(region: Mapping[str, Json]) -> bool:
    return any(key in region for key in RECTANGLES)


def _labels(task: Mapping[str, Json], place: str) -> Labels | BadEntry | None:
    """The boxes of a task, or what is wrong with them; None if nobody annotated it."""
    if "data" not in task:
        return _read(_minimal_regions(task), place, (), is_nested=False)
    annotations = [one for one in task.get("annotations", task.get("completions")) or ()
                   if isinstance(one, dict) and not one.get("was_cancelled")]
    if not annotations:
        return None
    chosen = next((one for one in annotations if one.get("ground_truth")), annotations[0])
    others = sum(len(_results(one)) for one in annotations if one is not chosen)
    notes = (Note("another annotation of the same image", place, boxes=others),) if others else ()
    return _read(_results(chosen), place, notes)


def _results(annotation: Mapping[str, Json]) -> list[Json]:
    """The regions of an annotation, without relations, ratings and choices."""
    found = annotation.get("result")
    return [one for one in found if not isinstance(one, dict)
            or one.get("type") not in NOT_REGIONS] if isinstance(found, list) else []


def _read(regions: Sequence[Json], place: str, notes: tuple[Note, ...], is_nested: bool = True
          ) -> Labels | BadEntry:
    """The rectangles of a task's regions, in parts of the image.

    is_nested  a region's numbers are in its `value`
    """
    others: Counter[str] = Counter()
    boxes: list[Box] = []
    size = (0, 0)
    is_turned = False
    try:
        labelled = {region.get("id") for region in regions if is_nested
                    and _is_rectangle(region["value"])}
        for region in regions:
            value = region["value"] if is_nested else region
            if region.get("type") == SHAPE and region.get("id") in labelled:
                continue            # a region of the tags Rectangle and Labels is written twice
            if not _is_rectangle(value):
                others[str(region.get("type", "region"))] += 1
                continue
            size = stated_size(region.get("original_width", 0), region.get("original_height", 0))
            is_turned |= bool(value.get("rotation"))
            boxes += _boxes(region, value, size)
    except JSON_ERRORS as error:
        return BadEntry(f"{place}: is not the task of an image: {json_words(error)}",
                        len(regions))
    notes += tuple(Note(f"a region of type {shortened(kind)} is not a rectangle with a label",
                        place, boxes=count) for kind, count in others.items())
    if is_turned:
        notes += (Note(turned_box.REASON, place, is_loss=False),)
    return Labels(tuple(boxes), *size, relative=True, notes=notes)


def _is_rectangle(value: Mapping[str, Json]) -> bool:
    return {"x", "y", "width", "height"} <= value.keys() and any(
        value.get(key) for key in RECTANGLES)


def _boxes(region: Mapping[str, Json], value: Mapping[str, Json], size: tuple[int, int]
           ) -> Iterator[Box]:
    """A box for each label of a rectangle. ValueError for what is not one."""
    if region.get("image_rotation"):
        raise ValueError("the image was turned in Label Studio, and its file was not")
    x, y, w, h = (finite_number(value[key]) / 100 for key in ("x", "y", "width", "height"))
    corners: Corners = (x, y, x + w, y + h)
    if degrees := finite_number(value.get("rotation") or 0):
        width, height = size
        if not width:
            raise ValueError("a turned rectangle of an image whose size is not stated")
        pixels = (x * width, y * height, (x + w) * width, (y + h) * height)
        x1, y1, x2, y2 = turned_box.around(pixels, pixels[:2], degrees)
        corners = (x1 / width, y1 / height, x2 / width, y2 / height)
    for name in next(value[key] for key in RECTANGLES if value.get(key)):
        yield Box(class_name(name), corners)
