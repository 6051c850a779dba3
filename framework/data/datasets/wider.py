"""WIDER FACE's lists: the name of each image, the number of its faces, and a line for each.

Source: the readme of wider_face_split: x, y, width, height, blur, expression, illumination,
invalid, occlusion, pose; an image without faces has one line of zeros, as tensorflow/datasets reads
it (datasets/wider_face).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from framework.data.datasets.dataset import Dataset, is_image
from framework.data.datasets.file_tree import FileTree
from framework.data.datasets.label_files import Box, Labels, filled_lines, finite_number
from framework.data.datasets.named_images import Named, gather
from framework.data.records.account import BadEntry
from framework.definition.values import whole_number
from framework.errors import DataError
from framework.system.wording import counted, shortened

NAME = "face"
NUM_VALUES = 10
INVALID = 7         # the index of the value that says that a face is not to be counted
NUM_LOOKED_INTO = 50        # text files, of which one must be of this kind
Lines = Sequence[tuple[int, str]]


def lists(tree: FileTree) -> list[str]:
    """The text files of a folder that are lists of images, each with a number of faces."""
    return [name for name in tree.ending(".txt")[:NUM_LOOKED_INTO] if _is_list(tree, name)]


def _is_list(tree: FileTree, name: str) -> bool:
    try:
        lines = [line.strip() for _, line in filled_lines(tree.root / name)[:3]]
        return len(lines) == 3 and is_image(lines[0]) and whole_number(lines[1]) is not None \
            and len(_values(lines[2])) == NUM_VALUES
    except (DataError, ValueError):
        return False


def load(tree: FileTree, files: Sequence[str]) -> Dataset:
    """The dataset of such lists, whose one class is `face`. A face that is said to be invalid is
    difficult. DataError if a list cannot be followed, and if not one image is there.
    """
    rows = (row for file in files for row in _rows(tree, file))
    return gather(tree, rows, "an image that no list names", [NAME])


def _rows(tree: FileTree, file: str) -> Iterator[Named]:
    """The images of a list. DataError, with the line, where a name or a number must be."""
    path = tree.root / file
    lines = filled_lines(path)
    position = 0
    while position < len(lines):
        number, line = lines[position]
        name = line.strip()
        if not is_image(name):
            raise DataError(f"{path}:{number}: '{shortened(name)}'; here the name of an image must "
                            "be: the count of faces before it is wrong, or its ending is unknown")
        number, line = lines[position + 1] if position + 1 < len(lines) else (number + 1, "")
        count = whole_number(line.strip())
        if count is None or count < 0:
            raise DataError(f"{path}:{number}: '{shortened(line.strip())}'; after the name of an "
                            "image the number of its faces must be")
        found = lines[position + 2:position + 2 + max(count, 1)]
        if not count and found and is_image(found[0][1].strip()):
            found = []              # no line of zeros
        position += 2 + len(found)
        yield Named(file, (name,), _labels(f"{path}", found, count))


def _labels(path: str, found: Lines, count: int) -> Labels | BadEntry:
    """The faces of an image, or what is wrong with them."""
    boxes = []
    for number, line in found if count else ():
        try:
            values = _values(line)
        except ValueError:
            return BadEntry(f"{path}:{number}: a line must be: x y width height and "
                            f"{NUM_VALUES - 4} numbers: '{shortened(line.strip())}'", count)
        x, y, width, height = values[:4]
        boxes.append(Box(NAME, (x, y, x + width, y + height), bool(values[INVALID])))
    if len(boxes) != count:
        return BadEntry(f"{path}: the list ends after {len(boxes)} of {counted(count, 'face')}",
                        count)
    return Labels(tuple(boxes))


def _values(line: str) -> list[float]:
    """ValueError for a line that has not the numbers of a face."""
    values = [finite_number(word) for word in line.split()]
    if len(values) != NUM_VALUES:
        raise ValueError(line)
    return values
