"""Accept flags in gflags' syntax, as the original's tools do, with argparse.

gflags takes `-shuffle`, `--shuffle`, `--shuffle=true`, `--noshuffle`, `-backend lmdb`,
`--resize_height=3`, and (through SSD's Python scripts) `--resize-height 3`.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Sequence

from framework.errors import CaffeError
from framework.system.wording import shortened

TRUE = ("true", "t", "yes", "y", "1")
FALSE = ("false", "f", "no", "n", "0")
INT32_MAX = 2**31 - 1       # the largest count that gflags' DEFINE_int32 takes


def boolean(text: str) -> bool:
    """true, t, yes, y, 1 or false, f, no, n, 0, in any case: gflags' words."""
    if text.lower() in TRUE:
        return True
    if text.lower() in FALSE:
        return False
    raise argparse.ArgumentTypeError(f"'{text}' is not true or false")


def whole(text: str) -> int:
    """A whole number, as a type for argparse, whose own word for others is "invalid int value"."""
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{shortened(text)}' is not a whole number") from None


def real(text: str) -> float:
    """A number, as a type for argparse."""
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{shortened(text)}' is not a number") from None


def whole_number(low: int, high: int) -> Callable[[str], int]:
    """The type of a flag that takes whole numbers from `low` to `high`."""

    def number(text: str) -> int:
        value = whole(text)
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"{text} is not from {low} to {high}")
        return value

    return number


def check_count(flag: str, value: int | None, low: int = 1) -> None:
    """Raise CaffeError for a count below `low`, or beyond what the original's flags take."""
    if value is not None and not low <= value <= INT32_MAX:
        raise CaffeError(f"{flag} is {value}; it must be from {low} to {INT32_MAX}")


def tolerance(text: str) -> float:
    """A difference allowed: a number from 0, as a type for argparse."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value < math.inf:
        raise argparse.ArgumentTypeError(f"'{text}' must be a number from 0")
    return value


def add_flag(parser: argparse.ArgumentParser, name: str, text: str, default: bool = False) -> None:
    """A boolean flag `--name`, `--name=true`, `--noname`; see `normalise`."""
    parser.add_argument(
        f"--{name}", type=boolean, default=default, metavar="BOOL",
        help=f"{text} (default: {str(default).lower()})",
    )  # fmt: skip


def underscored(name: str) -> str:
    """The name of a flag without the dashes before it, with `_` for those in it."""
    return name.lstrip("-").replace("-", "_")


def normalise(parser: argparse.ArgumentParser, arguments: Sequence[str]) -> list[str]:
    """Rewrite gflags' spellings to those of the parser; unknown arguments are not changed."""
    actions = parser._option_string_actions
    known = {underscored(name): name for name in actions if name[:2] == "--"}
    flags = {name for name, action in actions.items() if action.type is boolean}
    result: list[str] = []
    for position, argument in enumerate(arguments):
        if argument == "--":
            return result + list(arguments[position:])
        name, equals, value = argument.partition("=")
        plain = underscored(name)
        if not name.startswith("-") or argument in actions:
            plain_name = None if not name.startswith("-") else argument
        elif plain in known:
            plain_name = known[plain]
        elif plain.startswith("no") and known.get(plain[2:], "") in flags:
            plain_name = known[plain[2:]]
            equals = "="
            value = "false"
        else:
            plain_name = None
        if plain_name in flags and not equals:
            equals = "="
            value = "true"
        result.append(f"{plain_name}{equals}{value}" if plain_name else argument)
    return result
