"""VisDrone's label files of images: a line of 8 numbers with commas for each object, in pixels.

Source: the readme of VisDrone2018-DET-toolkit: left, top, width, height, score, category,
truncation, occlusion; a score of 0 means that an object is not counted in evaluation. Category 0
is a region where nobody labelled, 11 are objects of none of the ten classes.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from framework.data.datasets.file_tree import FileTree
from framework.data.datasets.label_files import Box, Labels, filled_lines, finite_number
from framework.data.datasets.named_labels import text_files
from framework.data.records.account import BadEntry, Note
from framework.system.wording import shortened

NAMES = ("pedestrian", "people", "bicycle", "car", "van", "truck", "tricycle", "awning-tricycle",
         "bus", "motor")
NOT_OBJECTS = {0: "an ignored region is not an object",
               11: "an object of the category `others` is of none of the ten classes"}
NUM_VALUES = 8


def label_files(tree: FileTree) -> list[str]:
    """The text files of VisDrone's lines in a folder, as `text_files` finds them."""
    return text_files(tree, _values)


def read(path: Path) -> Labels:
    """The boxes of a label file. BadEntry names the first line that is not one."""
    lines = filled_lines(path)
    boxes = []
    others: Counter[int] = Counter()
    for index, line in lines:
        try:
            left, top, width, height, score, category = _values(line)
        except ValueError:
            raise BadEntry(f"{path}:{index}: a line must be: left,top,width,height,score,category,"
                           f"truncation,occlusion: '{shortened(line.strip())}'", len(lines)
                           ) from None
        if category in NOT_OBJECTS:
            others[int(category)] += 1
            continue
        boxes.append(Box(NAMES[int(category) - 1], (left, top, left + width, top + height),
                         difficult=score == 0))
    return Labels(tuple(boxes), notes=tuple(
        Note(NOT_OBJECTS[category], str(path), boxes=count)
        for category, count in others.items()))


def _values(line: str) -> list[float]:
    """The box, score and category of a line. ValueError for a line that is not one."""
    values = [finite_number(word) for word in line.strip().rstrip(",").split(",")]
    if len(values) != NUM_VALUES or values[4] not in (0, 1) \
            or values[5] not in range(len(NAMES) + 2):
        raise ValueError(line)
    return values[:6]
