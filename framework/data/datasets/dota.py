"""DOTA's label files: a line of 4 corners, a class and a difficulty for each object, in pixels.

Source: the page of DOTA, "Annotation format": x1 y1 x2 y2 x3 y3 x4 y4 category difficult, after the
lines `imagesource:` and `gsd:`, which version 1.0 has.
"""

from __future__ import annotations

from pathlib import Path

from framework.data.datasets import turned_box
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
from framework.data.records.boxes import box_around
from framework.system.wording import shortened

HEADERS = ("imagesource:", "gsd:")
NUM_CORNERS = 8


def label_files(tree: FileTree) -> list[str]:
    """The text files of DOTA's lines in a folder, as `text_files` finds them."""
    return text_files(tree, _box, _object_lines)


def _object_lines(path: Path) -> list[tuple[int, str]]:
    return [(index, line) for index, line in filled_lines(path)
            if not line.strip().lower().startswith(HEADERS)]


def read(path: Path) -> Labels:
    """The upright boxes of a label file. BadEntry names the first line that is not an object."""
    lines = _object_lines(path)
    boxes = []
    num_turned = 0
    for index, line in lines:
        try:
            box, is_turned = _box(line)
        except ValueError:
            raise BadEntry(f"{path}:{index}: a line must be: x1 y1 x2 y2 x3 y3 x4 y4 category "
                           f"difficult: '{shortened(line.strip())}'", len(lines)) from None
        boxes.append(box)
        num_turned += is_turned
    return Labels(tuple(boxes), notes=(Note(turned_box.REASON, str(path), is_loss=False),)
                  * num_turned)


def _box(line: str) -> tuple[Box, bool]:
    """The upright box around the object of a line, and whether that is another quadrilateral.

    ValueError for a line that is not an object.
    """
    words = line.split()
    values = [finite_number(word) for word in words[:NUM_CORNERS]]
    if len(words) < NUM_CORNERS + 2 or words[-1] not in ("0", "1", "2"):
        raise ValueError(line)
    name = class_name(" ".join(words[NUM_CORNERS:-1]))
    if name.replace(".", "").lstrip("-").isdigit():
        raise ValueError(line)
    xs, ys = values[::2], values[1::2]
    corners = box_around(xs, ys)
    is_upright = set(xs) <= {corners[0], corners[2]} and set(ys) <= {corners[1], corners[3]}
    return Box(name, corners, difficult=words[-1] != "0"), not is_upright
