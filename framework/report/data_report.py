"""Print statistics of a database: bad records, classes, sizes of images and boxes."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2

from framework.data.loading.bad_records import MAX_BAD_SHARE
from framework.data.records.database import open_database
from framework.data.records.label_map import (
    names_by_label,
    notes_on_capitals,
    object_labels,
    read,
)
from framework.errors import DataError
from framework.report.data_charts import draw_survey
from framework.report.data_survey import (
    ASPECT_EDGES,
    SIZE_EDGES,
    Survey,
    histogram,
    label_counts,
    survey_database,
)
from framework.system.atomic import write_file
from framework.system.wording import counted

MAX_LISTED = 10
BAR_WIDTH = 40


def report(path: str, label_map_file: str = "", color: bool | None = None,
           priors: Callable[[Survey, dict[int, str]], None] | None = None,
           size: tuple[int, int] | None = None, plot: Path | None = None,
           problems: Callable[[Survey, Any], list[str]] | None = None,
           is_strict: bool = False) -> int:
    """Print what is in a database; 1 if too many records are bad, or training would refuse it.

    priors    prints what a net's priors make of the Survey; it gets the classes' names
    problems  what a net would refuse of the Survey and its label map (Any: a message)
    is_strict  one bad record is too many
    size    (width, height) to which the net resizes the images; None: it does not
    plot    where to draw it
    """
    database = open_database(path)
    label_map = read(label_map_file) if label_map_file and os.path.exists(label_map_file) else None
    if label_map_file and label_map is None:
        print(f"label_map_file {label_map_file} is absent: the labels are not checked")
    labels = object_labels(label_map) if label_map is not None else None
    found = survey_database(database, path, color, labels)
    names = names_by_label(label_map) if label_map is not None else {}
    for sentence in notes_on_capitals(names.values()):
        print(f"{label_map_file}: {sentence}")
    print(f"\n{path}: {counted(len(found.names), 'record')}, {len(found.bad)} of them bad")
    for name, reason in found.bad:
        print(f"  bad: {name}: {reason}")
    if found.is_annotated:
        first = f", the first is {found.empty[0]}" if found.empty else ""
        print(f"boxes: {len(found.boxes) - found.num_odd_boxes} can be used, "
              f"{found.num_bad_boxes + found.num_odd_boxes} are in bad records; "
              f"{counted(len(found.empty), 'image')} without a box{first}")
    print_images(found, names)
    if len(found.boxes):
        print_boxes(found, size)
        if priors is not None:
            priors(found, names)
    if plot is not None:
        write_plot(found, names, size, plot)
    wrong = problems(found, label_map) if problems is not None else []
    for text in wrong:
        print(f"  bad for training: {text}")
    return int(bool(wrong) or len(found.bad) > most_bad(len(found.names), is_strict))


def most_bad(number: int, is_strict: bool) -> float:
    """How many of `number` records may be bad: those that training goes on without."""
    return 0 if is_strict else max(1, MAX_BAD_SHARE * number)


def write_plot(found: Survey, names: dict[int, str], size: tuple[int, int] | None,
               path: Path) -> None:
    """Draw a Survey into a file. DataError if it cannot be written."""
    image = draw_survey(found, names, size)
    try:
        done, content = cv2.imencode(path.suffix, image)
    except cv2.error:
        done = False
    if not done:
        raise DataError(f"{path}: cannot be written; its name must end in .png or .jpg")
    write_file(path, content.tobytes())
    print(f"{path}: drawn")


def print_images(found: Survey, names: dict[int, str]) -> None:
    """Sizes of the images and counts of the classes."""
    sizes = found.sizes.most_common()
    listed = ", ".join(f"{width} x {height}: {count}"
                       for (width, height), count in sizes[:MAX_LISTED])
    print(f"images (width x height): {listed}"
          + (f" and {len(sizes) - MAX_LISTED} other sizes" if len(sizes) > MAX_LISTED else ""))
    print("classes:")
    for label, boxes, images in label_counts(found):
        name = f" {names[label]}" if label in names else ""
        print(f"  {label:4}{name}: " + (f"{counted(boxes, 'box')} in " if boxes else "")
              + counted(images, "image"))


def print_boxes(found: Survey, size: tuple[int, int] | None) -> None:
    """Histograms of the boxes; `size` as in `report`."""
    corners = found.corners
    passing = int(((corners < 0) | (corners > 1)).any(1).sum())
    flat = int((corners[:, 2:] <= corners[:, :2]).any(1).sum())
    print(f"boxes: {len(corners)}, {len(corners) / len(set(found.records.tolist())):.1f} an "
          f"image; {passing} pass the border, {flat} have no area")
    print("box size, side of a square as large, in % of the image:")
    print_bars([(f"{100 * low:g} - {100 * high:g}", count)
                for low, high, count in histogram(found.sides(), SIZE_EDGES)])
    print("box width over height, in pixels" + (f" of {size[0]} x {size[1]}:" if size else ":"))
    print_bars([(f"{low:.2f} - {high:.2f}", count)
                for low, high, count in histogram(found.aspects(size), ASPECT_EDGES)])


def print_bars(rows: list[tuple[str, int]]) -> None:
    """Print a bar chart: a name and a count in each row."""
    most = max((count for _, count in rows), default=0) or 1
    for name, count in rows:
        print(f"  {name:>12} {count:7} " + "#" * round(BAR_WIDTH * count / most))
