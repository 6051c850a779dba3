"""KITTI's label files, which NVIDIA's DIGITS takes too: a line of text for each object, in pixels.

Source: the readme of KITTI's object development kit, and DIGITS' documentation of object detection
data: type, truncated, occluded, alpha, left, top, right, bottom, then 7 numbers of the box in
space. Regions of the type DontCare are where nobody labelled.
"""

from __future__ import annotations

from pathlib import Path

from framework.data.datasets.file_tree import FileTree
from framework.data.datasets.label_files import (
    Box,
    Labels,
    class_name,
    filled_lines,
    finite_number,
)
from framework.data.datasets.named_labels import text_files
from framework.data.records.account import BadEntry, Note
from framework.system.wording import shortened

NUM_VALUES = 14             # after the type
NOT_OBJECTS = "dontcare"    # in lower case


def label_files(tree: FileTree) -> list[str]:
    """The text files of KITTI's lines in a folder, as `text_files` finds them."""
    return text_files(tree, _box)


def read(path: Path) -> Labels:
    """The boxes of a label file. BadEntry names the first line that is not one."""
    lines = filled_lines(path)
    boxes = []
    for index, line in lines:
        try:
            boxes.append(_box(line))
        except ValueError:
            raise BadEntry(f"{path}:{index}: a line must be: type truncated occluded alpha left "
                           f"top right bottom, and {NUM_VALUES - 7} numbers: "
                           f"'{shortened(line.strip())}'", len(lines)) from None
    objects = tuple(box for box in boxes if str(box.name).lower() != NOT_OBJECTS)
    count = len(boxes) - len(objects)
    notes = (Note("a region of the type DontCare is not an object", str(path), boxes=count),)
    return Labels(objects, notes=notes if count else ())


def _box(line: str) -> Box:
    """The box of a line. ValueError for a line that is not one."""
    words = line.split()
    values = [finite_number(word) for word in words[-NUM_VALUES:]]
    name = class_name(" ".join(words[:-NUM_VALUES]))
    last = name.rpartition(" ")[2]
    if len(values) != NUM_VALUES or last.replace(".", "").lstrip("-").isdigit():
        raise ValueError(line)      # 15 numbers: a result, with its score
    x1, y1, x2, y2 = values[3:7]
    return Box(name, (x1, y1, x2, y2))
