"""CSV tables with a box a row: filename, width, height, class, xmin, ymin, xmax, ymax (pixels).

Source of the tables of makesense.ai, with a header or without: SkalskiP/make-sense,
RectLabelsExporter.ts; of those without a header that begin with the image: fizyr/keras-retinanet's
readme, "CSV datasets".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from pathlib import Path

from framework.data.datasets.dataset import Dataset, is_image
from framework.data.datasets.file_tree import SPLIT_WORDS, UNDIVIDED, FileTree
from framework.data.datasets.label_files import Box, Labels, class_name, stated_size
from framework.data.datasets.named_images import Named, gather
from framework.data.datasets.tables import TableRows
from framework.data.records.account import BadEntry
from framework.errors import DataError
from framework.system.text import open_text
from framework.system.wording import counted, shortened

NEEDED = {"filename": ("filename", "image", "imagename", "file", "path", "imagepath", "imageid"),
          "class": ("class", "label", "classname", "category", "name",
                    "labelname"),
          "xmin": ("xmin", "x1"), "ymin": ("ymin", "y1"),
          "xmax": ("xmax", "x2"), "ymax": ("ymax", "y2")}
"""Column -> the words that headers have for it, without capitals and punctuation."""
SIDES = {"x": ("bboxx",), "y": ("bboxy",), "w": ("bboxwidth",), "h": ("bboxheight",)}
"""The columns that makesense.ai has in place of the corners."""
PLAIN = {8: ("class", "x", "y", "w", "h", "filename", "width", "height"),
         6: ("filename", "xmin", "ymin", "xmax", "ymax", "class")}
"""The columns of tables without a header, by their number: makesense.ai's, keras-retinanet's."""
SIZE = {"width": ("width", "imagewidth"), "height": ("height", "imageheight")}
SPLIT = {"split": ("split", "dataset", "subset", "set")}
OPTIONAL = SIZE | SPLIT
Cells = tuple[str, Box | str, tuple[int, int]]
"""Of a row: where it is, its box, or what is wrong with it, and the size that it states."""
Rows = dict[tuple[str, str], list[Cells]]
"""By the image's name and the split that the rows say; UNDIVIDED if they say none."""


def columns_in(header: Sequence[str]) -> dict[str, int] | None:
    """The index of each column of a table's header; None if a needed one is not there."""
    words = [re.sub(r"[^a-z0-9]", "", word.lower()) for word in header]
    found = {name: words.index(word) for name, names in (NEEDED | SIDES | OPTIONAL).items()
             for word in reversed(names) if word in words}
    if set(NEEDED) <= set(found):
        return {name: index for name, index in found.items() if name not in SIDES}
    return found if {"filename", "class", *SIDES} <= set(found) else None


def check_header(path: str | Path, header: Sequence[str], columns: Iterable[int]) -> None:
    """DataError if one of the columns that are read has the same name as another one."""
    words = [word.strip().lower() for word in header]
    for index in columns:
        if words[index] and words.count(words[index]) > 1:
            name = shortened(header[index].strip())
            raise DataError(f"{path}: its header has the column '{name}' "
                            f"{words.count(words[index])} times")


def columns_of_plain(row: Sequence[str]) -> dict[str, int] | None:
    """The index of each column of a table without a header, by its first row; None if that is not
    the row of a box."""
    names = PLAIN.get(len(row), ())
    columns = {name: index for index, name in enumerate(names)}
    if not columns or not is_image(row[columns["filename"]].strip()):
        return None
    try:
        _box(row, columns)
    except (ValueError, OverflowError):
        return None
    return columns


def load(tree: FileTree, tables: Sequence[str]) -> Dataset:
    """The dataset of such tables, each with one header line, as Roboflow and the tutorials of
    TensorFlow's object detection have them, or with one of the forms of PLAIN.

    An image is found by its name, wherever it is below the root. Its split is the one that the
    name or folder of its table says, else that of its own folder; a column `split` goes before
    both. Columns `width` and `height` may be missing. A row with an image and neither a class nor a
    number says that the image has no box; another that is not a box makes its image a bad record,
    and so do rows of several sizes. Images of no row are losses.
    DataError if not one image is there.
    """
    rows = (Named(table, (name,), _labels(found), split) for table in tables
            for (name, split), found in _read(tree.root / table).items())
    return gather(tree, rows, "an image that no row names")


def _read(path: Path) -> Rows:
    """The rows of each image."""
    found: Rows = {}
    with open_text(path) as file:
        rows = TableRows(file)
        first = next(rows, [])
        columns = columns_in(first)
        is_plain = columns is None
        columns = columns_of_plain(first) if columns is None else columns
        if columns is None:
            raise DataError(f"{path}: its header must have the columns {', '.join(NEEDED)}")
        if not is_plain:
            check_header(path, first, columns.values())
        for row in chain([first] if is_plain else [], rows):
            box: Box | str
            size = (0, 0)
            try:
                box, size = _box(row, columns)
                box = rows.surplus(row) or box
            except IndexError:
                box = f"it has {counted(len(row), 'column')}"
            except (ValueError, OverflowError) as error:
                box = str(error)
            position = columns["filename"]
            name = row[position].strip() if len(row) > position else ""
            own = found.setdefault((name, _split(row, columns)), [])
            if not name or not _is_empty(row, columns):
                own.append((f"{path}:{rows.line_num}", box, size))
    return found


def _split(row: Sequence[str], columns: Mapping[str, int]) -> str:
    """The split that a row says: TRAIN, val, validation and the like."""
    position = columns.get("split", len(row))
    word = row[position].strip().lower() if position < len(row) else ""
    return SPLIT_WORDS.get(word, UNDIVIDED)


def _is_empty(row: Sequence[str], columns: Mapping[str, int]) -> bool:
    """Has a row neither a class nor a number of a box, as keras-retinanet writes images without
    objects?"""
    cells = [columns[name] for name in (*NEEDED, *SIDES) if name in columns and name != "filename"]
    return max(cells) < len(row) and not any(row[index].strip() for index in cells)


def _box(row: Sequence[str], columns: Mapping[str, int]) -> tuple[Box, tuple[int, int]]:
    """Raises IndexError, ValueError or OverflowError for a row that is not a box."""
    if "xmin" in columns:
        x1, y1, x2, y2 = (_number(row, columns, side) for side in ("xmin", "ymin", "xmax", "ymax"))
    else:
        x1, y1, x2, y2 = (_number(row, columns, side) for side in SIDES)
        x2, y2 = x1 + x2, y1 + y2
    name = class_name(row[columns["class"]].strip())
    sides = [_number(row, columns, side) if side in columns and row[columns[side]] else 0.0
             for side in SIZE]
    return Box(name, (x1, y1, x2, y2)), stated_size(*sides)


def _number(row: Sequence[str], columns: Mapping[str, int], name: str) -> float:
    cell = row[columns[name]]
    try:
        return float(cell)
    except ValueError:
        raise ValueError(f"{name} is '{shortened(cell)}', which is not a number") from None


def _labels(rows: Sequence[Cells]) -> Labels | DataError:
    """The boxes of one image, or what is wrong with them. All rows state one size."""
    for place, box, (width, height) in rows:
        if isinstance(box, str):
            return BadEntry(f"{place}: is not the row of a box: {box}", len(rows))
        first = rows[0][2]
        if (width, height) != first:
            return BadEntry(f"{place}: the rows of an image state several sizes: '{width} x "
                            f"{height}, and {first[0]} x {first[1]} before'", len(rows))
    boxes = tuple(box for _, box, _ in rows if isinstance(box, Box))
    return Labels(boxes, *rows[0][2]) if rows else Labels(())
