"""Label Studio's exports JSON and JSON-MIN: a list of tasks, regions in percent of the image.

Source: Label Studio's documentation, "Label Studio Task Format", "Export annotations" and
"RectangleLabels": x and y are the top left corner before the rotation, which is about that corner;
"PolygonLabels": points; "EllipseLabels": the centre and two radii, turned about the centre.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from framework.data.datasets import around, turned_box
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

LABELS = ("rectanglelabels", "polygonlabels", "ellipselabels", "labels")
"""The keys of classes: those of RectangleLabels and the like, and of Labels beside Rectangle."""
SHAPES = ("rectangle", "polygon", "ellipse")
"""The types of the tags Rectangle and the like, whose class another result of their id has."""
GEOMETRIES = ({"x", "y", "width", "height"}, {"points"}, {"x", "y", "radiusX", "radiusY"})
"""The keys of a rectangle, a polygon and an ellipse."""
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
    Polygons and ellipses become the boxes around them, which is noted; other regions, and what
    other annotators drew, are left out, with a note. A task
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
    return any(key in region for key in LABELS)


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
    """The boxes of a task's regions, in parts of the image.

    is_nested  a region's numbers are in its `value`
    """
    others: Counter[str] = Counter()
    boxes: list[Box] = []
    size = (0, 0)
    is_turned = False
    num_shapes = 0
    try:
        labelled = {region.get("id") for region in regions if is_nested
                    and _is_labelled(region["value"])}
        for region in regions:
            value = region["value"] if is_nested else region
            if region.get("type") in SHAPES and region.get("id") in labelled:
                continue            # a region of the tags Rectangle and Labels is written twice
            if not _is_labelled(value):
                others[str(region.get("type", "region"))] += 1
                continue
            size = stated_size(region.get("original_width", 0), region.get("original_height", 0))
            is_shape = "width" not in value
            is_turned |= not is_shape and bool(value.get("rotation"))
            num_shapes += is_shape
            boxes += _boxes(region, value, size)
    except JSON_ERRORS as error:
        return BadEntry(f"{place}: is not the task of an image: {json_words(error)}",
                        len(regions))
    notes += tuple(Note(f"a region of type {shortened(kind)} is not a box with a label",
                        place, boxes=count) for kind, count in others.items())
    if is_turned:
        notes += (Note(turned_box.REASON, place, is_loss=False),)
    notes += around.noted(around.REASON, place, num_shapes)
    return Labels(tuple(boxes), *size, relative=True, notes=notes)


def _is_labelled(value: Mapping[str, Json]) -> bool:
    """Is this a shape that a box can be put around, with a label?"""
    return any(keys <= value.keys() for keys in GEOMETRIES) and any(
        value.get(key) for key in LABELS)


def _boxes(region: Mapping[str, Json], value: Mapping[str, Json], size: tuple[int, int]
           ) -> Iterator[Box]:
    """A box for each label of a shape. ValueError for what is not one."""
    if region.get("image_rotation"):
        raise ValueError("the image was turned in Label Studio, and its file was not")
    corners = _corners(value, size)
    for name in next(value[key] for key in LABELS if value.get(key)):
        yield Box(class_name(name), corners)


def _corners(value: Mapping[str, Json], size: tuple[int, int]) -> Corners:
    """The box around a shape, in parts of the image."""
    if "points" in value:
        points = [(finite_number(x) / 100, finite_number(y) / 100) for x, y in value["points"]]
        return around.of_polygon("", points).corners
    degrees = finite_number(value.get("rotation") or 0)
    if "radiusX" in value:
        x, y, half_width, half_height = (finite_number(value[key]) / 100
                                         for key in ("x", "y", "radiusX", "radiusY"))
        scale = _stated(size) if degrees else (1, 1)
        x1, y1, x2, y2 = around.of_ellipse(
            (x * scale[0], y * scale[1]), (half_width * scale[0], half_height * scale[1]),
            math.radians(degrees))
        return x1 / scale[0], y1 / scale[1], x2 / scale[0], y2 / scale[1]
    x, y, w, h = (finite_number(value[key]) / 100 for key in ("x", "y", "width", "height"))
    if not degrees:
        return x, y, x + w, y + h
    width, height = _stated(size)
    pixels = (x * width, y * height, (x + w) * width, (y + h) * height)
    x1, y1, x2, y2 = turned_box.around(pixels, pixels[:2], degrees)
    return x1 / width, y1 / height, x2 / width, y2 / height


def _stated(size: tuple[int, int]) -> tuple[int, int]:
    """The size of the image. ValueError if it is not stated."""
    if not size[0]:
        raise ValueError("a turned rectangle of an image whose size is not stated")
    return size
