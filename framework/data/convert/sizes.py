"""Image size lists: the name_size_file of DetectionEvaluate and DetectionOutput."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from framework.data.convert.conversion import in_order
from framework.data.convert.datum import read_image
from framework.definition.values import whole_number
from framework.errors import DataError
from framework.system.progress import Progress
from framework.system.text import is_there, read_lines
from framework.system.wording import shortened


def size_lines(
    root: Path, images: Sequence[str], ids: Mapping[str, int] | None = None
) -> list[str]:
    """`name height width` of each image: the file's name without folder and suffix, or its id.

    DataError if an image cannot be read, or a name has no id. Source: get_image_size.cpp.
    """

    def line(path: str) -> str:
        name = Path(path).stem
        if ids and name not in ids:
            raise DataError(f"{path}: the name '{name}' has no id in the name_id_file")
        _, image = read_image(root / path)
        return f"{ids[name] if ids else name} {image.shape[0]} {image.shape[1]}"

    return list(Progress(len(images), "measure").over(in_order(line, images)))


def read_ids(path: Path) -> dict[str, int]:
    """Lines of `name id`. DataError, with the line, for anything else or a name that repeats."""
    if not is_there(path):
        raise DataError(f"{path}: no such file of names and ids")
    ids: dict[str, int] = {}
    for index, line in enumerate(read_lines(path), start=1):
        words = line.split()
        if not words:
            continue
        number = whole_number(words[-1])
        if len(words) != 2 or number is None:
            raise DataError(f"{path}:{index}: '{shortened(line.strip())}'; a line must be: name id")
        if words[0] in ids:
            raise DataError(f"{path}:{index}: the name '{words[0]}' is there twice")
        ids[words[0]] = number
    return ids
