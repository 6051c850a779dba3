"""Check the flags of a command line that argparse takes without a word: those that are given twice,
empty names of files, numbers that are not finite."""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Sequence

from framework.definition.values import shortened
from framework.errors import CaffeError

FILES = ("model", "solver", "weights", "snapshot")


def check(parser: argparse.ArgumentParser, words: Sequence[str]) -> None:
    """Raise CaffeError for a file's flag that is given with two values, of which argparse would
    keep the last, for an empty --weights, as a script's empty variable makes it, and for nan.

    Of other flags the last value counts, as with gflags, which a line on stderr says.
    words  the command line, with flags as the parser has them
    """
    for action, values in _given(parser, words):
        name = next(name for name in action.option_strings if name.startswith("--"))
        if len(set(values)) > 1 and action.dest not in FILES:
            print(f"warning: {name} is given {len(values)} times; the last, "
                  f"{shortened(values[-1])}, counts", file=sys.stderr)
        elif len(set(values)) > 1:
            hint = ", several files with commas between them" \
                if str(action.metavar).endswith(",...") else ""
            raise CaffeError(f"{name} is given {len(values)} times, as "
                             f"{' and as '.join(map(shortened, dict.fromkeys(values)))}; it must "
                             f"be given once{hint}")
        if action.dest in FILES and "" in values:
            raise CaffeError(f"{name} is empty; it must be the name of a file")
        if action.type is float:
            _check_finite(name, values[-1])


def _given(parser: argparse.ArgumentParser, words: Sequence[str]
           ) -> list[tuple[argparse.Action, list[str]]]:
    """The flags that take one value, and what they are given."""
    actions = {name: action for name, action in parser._option_string_actions.items()
               if action.nargs is None and isinstance(action, argparse._StoreAction)}
    found: dict[str, tuple[argparse.Action, list[str]]] = {}
    left = iter(words)
    for word in left:
        if word == "--":
            break
        name, equals, value = word.partition("=")
        action = actions.get(name)
        if action is not None:
            _, values = found.setdefault(action.dest, (action, []))
            values.append(value if equals else next(left, ""))
    return list(found.values())


def _check_finite(name: str, text: str) -> None:
    try:
        is_finite = math.isfinite(float(text))
    except ValueError:              # argparse says so
        return
    if not is_finite:
        raise CaffeError(f"{name} is {shortened(text)}; it must be a finite number")
