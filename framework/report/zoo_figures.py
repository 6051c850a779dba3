"""Figures of the zoo's nets: kind, parameters, multiply-adds and input of each.

They are kept in zoo_figures.json, which zoo_counting writes: counting takes 20 s, and torch.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

TABLE = Path(__file__).with_suffix(".json")


@dataclass(frozen=True)
class Figures:
    """Of one net of the zoo.

    kind            "detector", "classifier", "segmenter", "edges", or "backbone": no recipe
    parameters      that learn
    multiply_adds   of one image
    input           channels, height and width
    """

    name: str
    kind: str
    parameters: int
    multiply_adds: int
    input: tuple[int, ...]


def recorded() -> list[Figures]:
    """What zoo_figures.json holds, by kind and name."""
    rows = json.loads(TABLE.read_text(encoding="utf-8"))
    return [Figures(**{**row, "input": tuple(row["input"])}) for row in rows]
