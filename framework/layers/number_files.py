"""Numbers of a text file, with blanks between them."""

from __future__ import annotations

from framework.errors import reason_of
from framework.system.regular import read_regular

LARGEST = 64        # bytes of a number and its blank
SPARE = 1 << 20     # bytes that a file may have beside the numbers that are asked for


def read_numbers(path: str, count: int, owners: str) -> list[float]:
    """The first `count` numbers of the file.

    owners   what has a number each, in the plural
    Errors:  ValueError, a clause that goes on after the file's name. It does not show what is in
             the file.
    """
    numbers = _numbers(_words(path, count)[:count])
    if len(numbers) < count:
        raise ValueError(f"which has {len(numbers)} numbers; there are {count} {owners}")
    return numbers


def read_rows(path: str, columns: int, most: int) -> list[list[float]]:
    """All numbers of the file, in rows of `columns`: at least one row, and at most `most`.

    Errors:  ValueError, as read_numbers.
    """
    numbers = _numbers(_words(path, most * columns))
    if not numbers or len(numbers) % columns or len(numbers) > most * columns:
        raise ValueError(f"which has {len(numbers)} numbers; it must have {columns} a row, and up "
                         f"to {most} rows")
    return [numbers[start:start + columns] for start in range(0, len(numbers), columns)]


def _words(path: str, count: int) -> list[bytes]:
    try:
        return read_regular(path, count * LARGEST + SPARE).split()
    except OSError as error:
        raise ValueError(f"which cannot be read: {reason_of(error)}") from None


def _numbers(words: list[bytes]) -> list[float]:
    try:
        return [float(word) for word in words]
    except ValueError:
        raise ValueError("which has other than numbers in it") from None
