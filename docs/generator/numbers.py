"""Measured numbers in texts: `<!-- number: demo.mAP -->0.955<!-- end -->` is what numbers.json has.

docs/numbers.json has for each program the runs that were measured, and where. A number with
several runs is shown as the range over them. `benchmarks/recipes.py` adds a run.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
RECORD = ROOT / "docs" / "numbers.json"
TEXTS = ("README.md", "docs/own_data.md", "docs/benchmarks.md")
MARK = re.compile(r"(<!-- number: (\S+) -->)(.*?)(<!-- end -->)", re.DOTALL)
Record = dict[str, Any]         # Any: what JSON holds


def read() -> Record:
    """What was measured."""
    record: Record = json.loads(RECORD.read_text(encoding="utf-8"))
    return record


def shown(record: Record, name: str) -> str:
    """The number `program.key` as text, over all runs that have it. KeyError if none has."""
    program, _, key = name.partition(".")
    values = [run[key] for run in record[program]["runs"] if key in run]
    if not values:
        raise KeyError(name)
    form = _minutes if key.endswith("seconds") else "{:.3f}".format
    low, high = form(min(values)), form(max(values))
    return low if low == high else f"{low} to {high}"


def _minutes(seconds: float) -> str:
    return f"{int(seconds) // 60} min {int(seconds) % 60} s"


def filled(text: str, record: Record) -> str:
    """The text with every marked number as the record has it."""
    return MARK.sub(lambda mark: mark[1] + shown(record, mark[2]) + mark[4], text)


def write(record: Record) -> None:
    """Fill the marked numbers of all texts."""
    for name in TEXTS:
        path = ROOT / name
        path.write_text(filled(path.read_text(encoding="utf-8"), record), encoding="utf-8")
