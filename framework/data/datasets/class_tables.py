"""Tables of images and their classes: CSV files, and the list files of Caffe's converters."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from framework.data.datasets import csv_table
from framework.data.datasets.class_folders import Found, in_order, is_names_file, shown_names
from framework.data.datasets.dataset import is_image
from framework.data.datasets.file_tree import SPLIT_WORDS, UNDIVIDED, FileTree, each_has, split_of
from framework.data.datasets.image_names import Match, apart, match
from framework.data.datasets.tables import TableRows
from framework.data.records.account import Note
from framework.data.records.list_file import Entry
from framework.errors import DataError
from framework.system.letters import composed
from framework.system.text import open_text, read_lines
from framework.system.wording import counted, shortened

IMAGE_WORDS = ("filename", "filenames", "filepath", "filepaths", "file", "image", "imagename",
               "imagepath", "imageid", "path", "name", "id", "img", "imgname")
CLASS_WORDS = ("label", "labels", "class", "classes", "classname", "classid", "category", "target",
               "breed", "species", "diagnosis")
"""Words of headers, without capitals and punctuation."""
NUM_LOOKED_INTO = 20        # rows or lines, half of which must name an image
Lines = list[tuple[str, list[str]]]     # of a table: where each is, and its cells


@dataclass(frozen=True)
class Row:
    """A row: where it is, the image and the class that it names, and its split, if it says one."""

    where: str
    image: str
    name: str
    split: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", composed(self.name))


def find_table(tree: FileTree) -> Found | None:
    """CSV tables of images and classes; None if there is none."""
    tables = {}
    for name in tree.ending(".csv"):
        try:
            lines = _lines(tree, name)
        except DataError as error:      # not text
            tree.unread[name] = str(error)
            continue
        rows = _rows(tree, name, lines)
        if rows is not None:
            tables[name] = rows
    if not tables:
        return None
    return _gather(tree, tables, "CSV with an image a row",
                   f"{each_has(tables)} the names of images and their classes")


def find_lists(tree: FileTree) -> Found | None:
    """List files, `image number` in each line; None if there is none."""
    lists = {}
    for name in tree.ending(".txt"):
        if is_names_file(name):
            continue
        try:
            rows = [Row(f"{name}:{number}", *_words(line)) for number, line
                    in enumerate(read_lines(tree.root / name), 1) if line.strip()]
        except DataError:       # not text
            continue
        if _names_images(tree, name, [row.image for row in rows]):
            lists[name] = rows
    if not lists:
        return None
    return _gather(tree, lists, "list files of Caffe",
                   f"the lines of {', '.join(lists)} are images and classes")


def check_named(tree: FileTree) -> None:
    """DataError for a table or list whose images are all somewhere else."""
    for path in tree.ending(".csv", ".txt"):
        if is_names_file(path):
            continue
        try:
            cells = [re.split(r"[,;\s]", line.strip(), maxsplit=1)[0].strip('"')
                     for line in read_lines(tree.root / path) if line.strip()]
        except DataError:       # not text
            continue
        named = [cell for cell in cells if is_image(cell)]
        is_list = 2 * len(named) >= len(cells) > 0
        if is_list and not any(_is_known(tree, path, name) for name in named):
            raise DataError(f"{tree.root}: none of the {counted(len(named), 'image')} that {path} "
                            f"names is below this folder; the first is {shortened(named[0])}")


def _words(line: str) -> tuple[str, str]:
    image, *rest = line.strip().rsplit(None, 1)
    return image, "".join(rest)


def _lines(tree: FileTree, path: str) -> Lines:
    """The lines of a table; [] of one with boxes. DataError for one with more than its header has.
    """
    with open_text(tree.root / path) as file:
        reader = TableRows(file)
        lines: Lines = []
        for row in reader:
            if not lines and csv_table.columns_in(row) is not None:
                return []
            if problem := reader.surplus(row):
                raise DataError(f"{tree.root / path}:{reader.line_num}: {problem}")
            lines.append((f"{path}:{reader.line_num}", [cell.strip() for cell in row]))
    return lines


def _rows(tree: FileTree, path: str, lines: Lines) -> list[Row] | None:
    """The rows of a table of images and classes; None if it is of another kind."""
    if not lines:
        return None
    header = [re.sub(r"[^a-z0-9]", "", cell.lower()) for cell in lines[0][1]]
    image = next((header.index(word) for word in IMAGE_WORDS if word in header), 0)
    has_header = not _names_images(tree, path, [lines[0][1][image]])
    body = lines[1:] if has_header else lines
    if not _names_images(tree, path, [row[image] for _, row in body if len(row) > image]):
        return None
    split = next((index for index, word in enumerate(header)
                  if word in csv_table.SPLIT["split"]), -1)
    name = next((header.index(word) for word in CLASS_WORDS if word in header), -1)
    if has_header:
        csv_table.check_header(tree.root / path, lines[0][1],
                               [index for index in (image, split, name) if index >= 0])
    others = [index for index in range(len(header)) if index not in (image, split)]
    if name < 0 and len(others) == 1:
        name = others[0]
    if name < 0 and has_header and others:
        return list(_one_hot(lines[0][1], body, image, split, others))
    if name < 0:
        return None
    width = max(image, name, split) + 1
    return [Row(where, *_cells(row, width, image, name, split)) for where, row in body]


def _cells(row: Sequence[str], width: int, image: int, name: int, split: int
           ) -> tuple[str, str, str]:
    row = [*row, *[""] * width]
    return row[image], row[name], row[split] if split >= 0 else ""


def _one_hot(header: Sequence[str], body: Iterable[tuple[str, Sequence[str]]], image: int,
             split: int, others: Sequence[int]) -> Iterator[Row]:
    """Rows with a column for each class, 1 in one of them. DataError for other numbers."""
    for where, row in body:
        set_in = [index for index in others if index < len(row) and row[index] in ("1", "1.0")]
        rest = [row[index] for index in others if index < len(row) and index not in set_in]
        if len(set_in) != 1 or not all(cell in ("0", "0.0", "") for cell in rest):
            raise DataError(f"{where}: has no column `label` or `class`, and 1 in "
                            f"{len(set_in)} of the {len(others)} columns of classes; an image must "
                            "have one class")
        yield Row(where, row[image], header[set_in[0]], row[split] if split >= 0 else "")


def _names_images(tree: FileTree, path: str, names: Sequence[str]) -> bool:
    """Do half of the first of these names name images?"""
    first = names[:NUM_LOOKED_INTO]
    found = sum(_is_known(tree, path, name) for name in first)
    return bool(first) and 2 * found >= len(first)


def _match(tree: FileTree, table: str, name: str, split: str = "") -> Match:
    """The image that a table names."""
    split = split or split_of(table, with_name=True)
    return replace(match(tree, name, os.path.dirname(table), split), table=table)


def _is_known(tree: FileTree, table: str, name: str) -> bool:
    """Is there an image of this name, though it may be another one's?"""
    found = _match(tree, table, name)
    return bool(found.image or found.problem)


def _gather(tree: FileTree, tables: dict[str, list[Row]], kind: str, reason: str) -> Found:
    """The images of all rows. Rows without an image or a class, and images of no row, are losses.

    DataError for an image with two classes.
    """
    splits: dict[str, list[Entry]] = {}
    losses: dict[str, list[Note]] = {}
    known: dict[str, Row] = {}
    named: set[str] = set()
    for table, rows in tables.items():
        parts = [SPLIT_WORDS.get(row.split.lower(), "") or split_of(table, with_name=True)
                 for row in rows]
        found = apart([_match(tree, table, row.image, split)
                       for row, split in zip(rows, parts, strict=True)])
        for row, split, one in zip(rows, parts, found, strict=True):
            image = one.image
            named.add(image)
            if not image or not row.name:
                what = "a row with no class" if image else \
                    one.problem or "a row with an image that is not there"
                losses.setdefault(split, []).append(
                    Note(what, f"{row.where}, '{shortened(row.image)}'", images=1))
                continue
            if split == UNDIVIDED:
                split = split_of(image)
            before = known.setdefault(image, row)
            if before.name != row.name:
                raise DataError(f"{row.where}: {shortened(image)} is '{shortened(row.name)}', and "
                                f"{before.where} says '{shortened(before.name)}'; an image must "
                                "have one class")
            if before is row:
                splits.setdefault(split, []).append(Entry(image, row.name))
    if not known:
        loss = next(note for notes in losses.values() for note in notes)
        raise DataError(f"{tree.root / loss.where}: {loss.reason}; not one image is left")
    names = in_order({row.name for row in known.values()})
    first = next(iter(splits), UNDIVIDED)
    losses.setdefault(first, []).extend(Note("an image that no row names", image, images=1)
                                        for image in tree.images if image not in named)
    return Found(kind, reason, splits, names, shown_names(tree, names),
                 {split: tuple(notes) for split, notes in losses.items()})
