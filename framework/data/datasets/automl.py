"""Google's CSV of AutoML Vision and Vertex AI: no header, corners in parts of the image.

Source: the documentation of AutoML Vision object detection, "Formatting a training data CSV", and
of Vertex AI, "Prepare image data": the set, the image's address, the label, then x and y of four
corners, of which the second and fourth may be empty. A row without a label is of an image without
boxes. The set may be left out.
"""

from __future__ import annotations

from collections.abc import Sequence

from framework.data.datasets.dataset import Dataset, is_image
from framework.data.datasets.file_tree import SPLIT_WORDS, UNDIVIDED, FileTree
from framework.data.datasets.label_files import (
    Box,
    Labels,
    are_parts,
    class_name,
    finite_number,
)
from framework.data.datasets.named_images import Named, gather
from framework.data.datasets.tables import TableRows
from framework.data.records.account import BadEntry
from framework.data.records.boxes import box_around
from framework.errors import DataError
from framework.system.text import open_text
from framework.system.wording import counted, shortened

SETS = (*SPLIT_WORDS, "validate", "unassigned", "")
NUM_CORNERS = 8
LEAST_CORNERS = 6       # cells, since the last two may be left out
Rows = dict[tuple[str, str], list[tuple[str, Box | str | None]]]
"""By the image's name and its split: where a row is, and its box, what is wrong with it, or None
for a row that says that there is no box."""


def is_table(row: Sequence[str]) -> bool:
    """Is this the first row of such a table?"""
    start = _image_column(row)
    if start is None or len(row) < start + 2 + LEAST_CORNERS:
        return False
    try:
        _box(row, start)
    except ValueError:
        return False
    return True


def _image_column(row: Sequence[str]) -> int | None:
    """The index of the image's address; None if there is none where it must be."""
    if row and is_image(row[0].strip()):
        return 0
    is_second = len(row) > 1 and row[0].strip().lower() in SETS and is_image(row[1].strip())
    return 1 if is_second else None


def load(tree: FileTree, tables: Sequence[str]) -> Dataset:
    """The dataset of such tables. The set of a row (TRAIN, VALIDATION, TEST) is the image's split.
    A row that is not a box makes its image a bad record. DataError if not one image is there, and
    for a row without an image.
    """
    rows = (Named(table, (name,), _labels(found), split) for table in tables
            for (name, split), found in _read(tree, table).items())
    return gather(tree, rows, "an image that no row names")


def _read(tree: FileTree, table: str) -> Rows:
    """The rows of each image."""
    found: Rows = {}
    path = tree.root / table
    with open_text(path) as file:
        rows = TableRows(file)
        for row in rows:
            place = f"{path}:{rows.line_num}"
            start = _image_column(row)
            if start is None:
                raise DataError(f"{place}: '{shortened(','.join(row))}'; a row must be: TRAIN, "
                                "VALIDATION, TEST or UNASSIGNED, an image, its label, and x and y "
                                "of its corners")
            word = row[0].strip().lower() if start else ""
            split = "val" if word == "validate" else SPLIT_WORDS.get(word, UNDIVIDED)
            box: Box | str | None
            try:
                box = _box(row, start)
            except ValueError as error:
                box = str(error)
            found.setdefault((row[start].strip(), split), []).append((place, box))
    return found


def _box(row: Sequence[str], start: int) -> Box | None:
    """The box of a row, or None if it says that there is none. ValueError for what is neither."""
    cells = [cell.strip() for cell in row[start + 1:]]
    if not any(cells):
        return None
    name = class_name(cells[0])
    cells = cells[1:]
    if len(cells) < LEAST_CORNERS or any(cells[NUM_CORNERS:]):
        raise ValueError(f"it has {counted(len(row), 'cell')}")
    pairs = zip(cells[:NUM_CORNERS:2], cells[1:NUM_CORNERS:2], strict=False)
    points = [(finite_number(x), finite_number(y)) for x, y in pairs if x or y]
    if len(points) < 2 or not are_parts([number for point in points for number in point]):
        raise ValueError("its corners must be at least two, in parts of the image, from 0 to 1")
    xs, ys = zip(*points, strict=True)
    return Box(name, box_around(xs, ys))


def _labels(rows: Sequence[tuple[str, Box | str | None]]) -> Labels | BadEntry:
    """The boxes of one image, or what is wrong with them."""
    for place, box in rows:
        if isinstance(box, str):
            return BadEntry(f"{place}: is not the row of a box: '{box}'", len(rows))
    return Labels(tuple(box for _, box in rows if isinstance(box, Box)), relative=True)
