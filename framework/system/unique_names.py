"""Names that are not taken yet."""

from __future__ import annotations


def unique_name(name: str, taken: set[str]) -> str:
    """The name, with a number after it if it is taken; adds it to `taken`."""
    found, number = name, 1
    while found in taken:
        number += 1
        found = f"{name}_{number}"
    taken.add(found)
    return found
