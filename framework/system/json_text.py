"""JSON parsing: objects have each key once."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any


def parse_json(text: str | bytes, parse_constant: Callable[[str], Any] | None = None) -> Any:
    """The value of a JSON text, as `json.loads`, which keeps the last of equal keys in silence.

    parse_constant  makes a value of NaN and Infinity, or raises ValueError
    ValueError for text that is not JSON, or an object with a key twice; RecursionError for one that
    is nested too deeply. Any: what JSON holds.
    """
    return json.loads(text, object_pairs_hook=_with_each_key_once, parse_constant=parse_constant)


def _with_each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Any: what JSON holds."""
    entries = dict(pairs)
    if len(entries) == len(pairs):
        return entries
    keys = [key for key, _ in pairs]
    repeated = next(key for key in keys if keys.count(key) > 1)
    others = ", ".join(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in pairs
                       if isinstance(value, str | int | float))
    raise ValueError(f"an object has the key {_short(json.dumps(repeated))} twice"
                     + (f": {{{_short(others)}}}" if others else ""))


def _short(text: str) -> str:
    return text if len(text) <= 100 else f"{text[:97]}..."
