"""Parse a command line, and check what argparse takes without a word: flags that are given twice,
empty names of files, numbers that are not finite."""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Sequence

from framework.cli import gflags
from framework.errors import CaffeError
from framework.system.wording import nearest, shortened

FILES = ("model", "solver", "weights", "snapshot")


def check(parser: argparse.ArgumentParser, words: Sequence[str]) -> None:
    """Say on stderr that of a flag with several values the last counts, and that an empty name of a
    file, as a script's empty variable makes it, is none: both as with gflags. Raise CaffeError for
    a number that is not finite.

    words  the command line, with flags as the parser has them
    """
    for action, values in _given(parser, words):
        name = next(name for name in action.option_strings if name.startswith("--"))
        if len(set(values)) > 1:
            hint = "; several files have commas between them" \
                if str(action.metavar).endswith(",...") else ""
            warn(f"{name} is given {len(values)} times; the last, '{shortened(values[-1])}', "
                  f"counts{hint}")
        if action.dest in FILES and not values[-1]:
            warn(f"{name} is empty, which is as if it were not given")
        if action.type is float:
            _check_finite(name, values[-1])


def parse(parser: argparse.ArgumentParser, words: Sequence[str]) -> argparse.Namespace:
    """The options. Ends the program, as argparse does, for flags that are not known, and names a
    flag that is near the first of them."""
    parser.register("type", int, gflags.whole)
    parser.register("type", float, gflags.real)
    options, unknown = parser.parse_known_args(words)
    if unknown:
        name = unknown[0].partition("=")[0]
        known = [other for other in parser._option_string_actions if other.startswith("--")]
        near = nearest(f"--{name.lstrip('-')}", known) if name.startswith("-") else ""
        parser.error(f"unrecognized arguments: {' '.join(unknown)}{near}")
    return options


def warn(text: str) -> None:
    print(f"warning: {text}", file=sys.stderr)


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
