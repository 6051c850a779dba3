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
    try:
        words = read_regular(path, count * LARGEST + SPARE).split()
    except OSError as error:
        raise ValueError(f"which cannot be read: {reason_of(error)}") from None
    try:
        numbers = [float(word) for word in words[:count]]
    except ValueError:
        raise ValueError("which has other than numbers in it") from None
    if len(numbers) < count:
        raise ValueError(f"which has {len(numbers)} numbers; there are {count} {owners}")
    return numbers
