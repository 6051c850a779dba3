"""Texts that every new folder's files share: sections of the README, names, transform fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from framework.project.choices import Choice


class Normalised(Protocol):
    """Settings of images: blue, green and red to subtract, and the factor after it."""

    @property
    def mean(self) -> tuple[float, ...]: ...

    @property
    def scale(self) -> float: ...


def transform(settings: Normalised) -> str:
    """The fields of transform_param for mean and scale."""
    mean = ", ".join(f"{value:g}" for value in settings.mean)
    return f"mean_value: [{mean}] scale: {settings.scale:g}"


def shown(names: Sequence[str]) -> str:
    """Names in one line, which are not to end a comment or a table's cell."""
    words = [" ".join(name.split()).replace("|", "/") for name in names[:8]]
    more = f" and {len(names) - 8} more" if len(names) > 8 else ""
    return ", ".join(words) + more


def data_section(origin: Sequence[str], account: Mapping[str, Sequence[str]]) -> str:
    """What the data were known by, and of each split what was stored and left out."""
    lines = [f"- {sentence}" for sentence in origin]
    lines += [f"- `data/{split}`: {line}" for split, found in account.items() for line in found]
    return "\n".join(["## The data", "", *lines, ""])


def numbers_section(choices: Sequence[Choice]) -> str:
    """The table of what was chosen."""
    rows = [f"| {one.name} | {one.value} | {one.reason} |" for one in choices]
    header = ["## The numbers, and why", "", "| setting | value | reason |", "|---|---|---|"]
    return "\n".join([*header, *rows, ""])
