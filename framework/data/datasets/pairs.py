"""Lists of pairs of images, the same person or not: LFW's pairs.txt, or two paths and 0 or 1."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

from framework.data.records.list_file import numbered_lines
from framework.errors import DataError

NUM_FOLDS = 10


@dataclass(frozen=True)
class Pair:
    """Two images, by their names without folder and ending; its fold, and its line in the list."""

    first: str
    second: str
    is_same: bool
    fold: int
    line: int


def read_pairs(path: str) -> list[Pair]:
    """The pairs of a file.

    LFW's has the number of folds and of pairs of each kind in a fold in its first line, then lines
    `NAME 1 4` (NAME_0001 and NAME_0004) and `NAME 1 OTHER 2`. Any other one has lines
    `IMAGE IMAGE 1` (the same person) or 0, and ten folds by position.
    Raises DataError for a line of another form, or a number of lines that is not the first one's.
    """
    lines = numbered_lines(path)
    header = lines[0][1].split()
    if all(word.isdigit() for word in header) and len(header) in (1, 2):
        return _of_lfw(path, lines[1:], [int(word) for word in header])
    pairs = []
    for index, (number, text) in enumerate(lines):
        words = text.split()
        if len(words) != 3 or words[2] not in ("0", "1"):
            raise DataError(f"{path}:{number}: '{text.strip()}' is not two images and 0 or 1")
        pairs.append(Pair(image_name(words[0]), image_name(words[1]), words[2] == "1",
                          index * NUM_FOLDS // len(lines), number))
    return pairs


def _of_lfw(path: str, lines: list[tuple[int, str]], header: list[int]) -> list[Pair]:
    num_folds, size = header if len(header) == 2 else (1, header[0])
    if len(lines) != 2 * num_folds * size:
        raise DataError(f"{path}: has {len(lines)} pairs; its first line, "
                        f"'{' '.join(map(str, header))}', says {2 * num_folds * size}")
    pairs = []
    for index, (number, text) in enumerate(lines):
        words = text.split()
        if len(words) == 3:
            words = [words[0], words[1], words[0], words[2]]
        if len(words) != 4 or not (words[1].isdigit() and words[3].isdigit()):
            raise DataError(f"{path}:{number}: '{text.strip()}' is neither `NAME 1 4` nor "
                            "`NAME 1 OTHER 2`")
        first, second = (f"{name}_{int(word):04d}" for name, word in (words[:2], words[2:]))
        pairs.append(Pair(first, second, words[0] == words[2], index // (2 * size), number))
    return pairs


def image_name(path: str) -> str:
    """`a/b_0001.jpg` and `00000012_a/b_0001.jpg` (a key of a database) as `b_0001`."""
    return PurePosixPath(path).stem
