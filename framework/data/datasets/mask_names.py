"""Names of the classes of label images: of well-known data sets, and as files list them.

Source: the VOC 2012 development kit; cityscapesScripts, labels.py; objectInfo150.txt of the MIT
scene parsing benchmark (ADE20K).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path, PurePath

from framework.data.datasets.mask_classes import (
    IGNORED,
    MOST_CLASSES,
    MaskClasses,
    by_colour,
    by_number,
)
from framework.data.datasets.tables import TableRows
from framework.data.records.label_image import Colour
from framework.definition.values import whole_number
from framework.errors import DataError
from framework.system.text import is_there, name_lines, open_text, read_lines
from framework.system.wording import shortened

VOC = ("background", "aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair",
       "cow", "diningtable", "dog", "horse", "motorbike", "person", "pottedplant", "sheep", "sofa",
       "train", "tvmonitor")
VOC_BORDER = (224, 224, 192)
CITYSCAPES = ("road", "sidewalk", "building", "wall", "fence", "pole", "traffic light",
              "traffic sign", "vegetation", "terrain", "sky", "person", "rider", "car", "truck",
              "bus", "train", "motorcycle", "bicycle")
CITYSCAPES_IDS = (7, 8, 11, 12, 13, 17, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 31, 32, 33)
CITYSCAPES_VALUES = {**dict.fromkeys((*range(34), IGNORED), IGNORED),
                     **{value: label for label, value in enumerate(CITYSCAPES_IDS)}}
NUM_ADE20K = 150
ADE20K_FILE = "objectInfo150.txt"


def of_ade20k(root: Path) -> list[str]:
    """The first names of objectInfo150.txt's last column; without the file numbers."""
    path = root / ADE20K_FILE
    if not is_there(path):
        return [f"class{number}" for number in range(1, NUM_ADE20K + 1)]
    rows = [line.split("\t") for line in read_lines(path) if line.strip()]
    names = [row[-1].split(",")[0].strip() for row in rows if row[0].strip().isdigit()]
    if len(names) != NUM_ADE20K:
        raise DataError(f"{path}: has {len(names)} lines that begin with a number; there are "
                        f"{NUM_ADE20K} classes")
    return _unlike(names)


def in_files(root: Path, files: Iterable[str]) -> tuple[str, MaskClasses] | None:
    """A file at the top, or in a folder of a split, that lists classes, and what it says."""
    readers = {"labelmap.txt": _of_cvat, "class_dict.csv": _of_class_dict,
               "_classes.csv": _of_roboflow, "label_colors.txt": _of_camvid,
               "classes.txt": _of_lines, "labels.txt": _of_lines}
    found = {PurePath(name).name.lower(): name for name in sorted(files, reverse=True)}
    for kind, read in readers.items():
        if kind in found:
            return found[kind], read(root / found[kind])
    return None


def _of_cvat(path: Path) -> MaskClasses:
    """Lines of `name:red,green,blue:parts:actions`, and comments."""
    names = []
    colours = []
    for number, line in enumerate(read_lines(path), 1):
        if line.strip() and not line.startswith("#"):
            name, _, rest = line.partition(":")
            names.append(name.strip())
            colours.append(_colour(path, number, rest.partition(":")[0].split(",")))
    return _coloured(path, names, colours)


def _of_class_dict(path: Path) -> MaskClasses:
    """A table of name, r, g, b, with a header."""
    rows = _rows_below_header(path)
    names = [row[0].strip() for _, row in rows]
    return _coloured(path, names, [_colour(path, number, row[1:4]) for number, row in rows])


def _rows_below_header(path: Path) -> list[tuple[int, list[str]]]:
    """The rows of a table with the numbers of their lines."""
    with open_text(path) as file:
        reader = TableRows(file)
        return [(reader.line_num, row) for row in reader][1:]


def _of_camvid(path: Path) -> MaskClasses:
    """Lines of `red green blue name`."""
    rows = [(number, line.split()) for number, line in enumerate(read_lines(path), 1)
            if line.strip()]
    names = [" ".join(words[3:]) for _, words in rows]
    return _coloured(path, names, [_colour(path, number, words[:3]) for number, words in rows])


def _of_roboflow(path: Path) -> MaskClasses:
    """A table of pixel value and class, with a header."""
    names: dict[int, str] = {}
    for number, row in _rows_below_header(path):
        value = whole_number(row[0].strip()) if len(row) == 2 else None
        if value is None or not 0 <= value < MOST_CLASSES:
            raise DataError(f"{path}:{number}: '{shortened(','.join(row))}'; a line must be: "
                            "value, class")
        names[value] = row[1].strip()
    if set(names) != set(range(len(names))):
        raise DataError(f"{path}: has the values {shortened(str(sorted(names)))}; they must go "
                        "from 0 on")
    return by_number(_checked(path, [names[value] for value in sorted(names)]))


def _of_lines(path: Path) -> MaskClasses:
    """A name on each line, of the values from 0 on."""
    return by_number(_checked(path, name_lines(path)))


def _coloured(path: Path, names: Sequence[str], colours: Sequence[Colour]) -> MaskClasses:
    names = _checked(path, names)
    for index, colour in enumerate(colours):
        if colour in colours[:index]:
            raise DataError(f"{path}: {shortened(names[colours.index(colour)])} and "
                            f"{shortened(names[index])} have the same colour, "
                            f"{' '.join(map(str, colour))}")
    ignored = [index for index, name in enumerate(names) if name.lower() in ("ignored", "void",
                                                                             "unlabelled")]
    kept = [index for index in range(len(names)) if index not in ignored]
    left = [colours[index] for index in ignored]
    border = [VOC_BORDER] if VOC_BORDER not in colours else []
    return by_colour([names[index] for index in kept], [colours[index] for index in kept],
                     [*left, *border])


def _colour(path: Path, number: int, words: Sequence[str]) -> Colour:
    levels = [whole_number(word.strip()) for word in words]
    red, green, blue = levels if len(levels) == 3 else (None, None, None)
    if red is None or green is None or blue is None or not all(
            0 <= level <= 255 for level in (red, green, blue)):
        raise DataError(f"{path}:{number}: '{shortened(' '.join(words))}' is not a colour: red, "
                        "green and blue from 0 to 255")
    return red, green, blue


def _checked(path: Path, names: Sequence[str]) -> list[str]:
    if not 1 <= len(names) <= MOST_CLASSES:
        raise DataError(f"{path}: has {len(names)} classes; there must be 1 to {MOST_CLASSES}")
    for index, name in enumerate(names):
        if not name:
            raise DataError(f"{path}: class {index} has no name")
        if name in names[:index]:
            raise DataError(f"{path}: has '{shortened(name)}' twice")
    return list(names)


def _unlike(names: Sequence[str]) -> list[str]:
    """The names, with a number where one is there twice."""
    return [name if name not in names[:index] else f"{name} {index + 1}"
            for index, name in enumerate(names)]
