"""Arguments of public functions: what is wrong with one is a line with its name, what it is and
what it may be, where Python would say it of some line inside.
"""

from __future__ import annotations

import functools
import inspect
import math
import os
from collections.abc import Callable, Mapping, Sequence
from numbers import Integral, Real
from typing import Any, NamedTuple, ParamSpec, TypeVar

import numpy as np

from framework.errors import CaffeError
from framework.system.wording import nearest

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")
LONGEST_SHOWN = 80              # characters of a value in a message


class Kind(NamedTuple):
    """What an argument may be, in words that follow "it must be", and whether a value is that.

    Any: values of a caller, of whatever type.
    """

    words: str
    fits: Callable[[Any], bool]


def checked(**kinds: Kind) -> Callable[[Callable[Arguments, Result]],
                                       Callable[Arguments, Result]]:
    """Decorator: CaffeError for an argument that is not of the kind which is given by its name.

    Defaults are not looked at.
    """
    def decorate(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
        signature = inspect.signature(function)
        where = function.__qualname__.removesuffix(".__init__")
        known = [name for name in signature.parameters if name != "self"]

        @functools.wraps(function)
        def call(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
            try:
                bound = signature.bind(*args, **kwargs)
            except TypeError as error:
                raise TypeError(f"{where}: {_misnamed(kwargs, known) or error}") from None
            for name, value in bound.arguments.items():
                if name in kinds and not kinds[name].fits(value):
                    raise CaffeError(f"{where}: {name} is {_shown(value)}; it must be "
                                     f"{kinds[name].words}")
            return function(*args, **kwargs)

        return call

    return decorate


def _misnamed(given: Mapping[str, object], known: Sequence[str]) -> str:
    """What is wrong with the first of these keywords that no argument is called; "" if none is."""
    other = next((name for name in given if name not in known), None)
    if other is None:
        return ""
    return (f"there is no argument {other}{nearest(other, known)}; the arguments are "
            f"{', '.join(known)}")


def either(first: Kind, second: Kind) -> Kind:
    """One of two kinds."""
    return Kind(f"{first.words} or {second.words}",
                lambda value: first.fits(value) or second.fits(value))


def or_none(kind: Kind) -> Kind:
    """The kind, or None."""
    return either(kind, Kind("None", lambda value: value is None))


def instance(words: str, kind: type) -> Kind:
    """An object of a type."""
    return Kind(words, lambda value: isinstance(value, kind))


def whole(least: int) -> Kind:
    """A whole number from `least` on."""
    return Kind(f"a whole number from {least} on",
                lambda value: _is_whole(value) and int(value) >= least)


def _shown(value: Any) -> str:
    """A short value as Python writes it, with its type where that does not show; else the type."""
    kind = type(value).__name__
    if value is None or isinstance(value, str | bool | int | float):
        text = repr(value)
        return text if len(text) <= LONGEST_SHOWN else text[:LONGEST_SHOWN] + "..."
    text = repr(value) if isinstance(value, tuple | list | os.PathLike | bytes) else ""
    return text if text and len(text) <= LONGEST_SHOWN else f"of the type {kind}"


def _is_whole(value: Any) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool)


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)


def _is_path(value: Any) -> bool:
    return isinstance(value, str | os.PathLike) and os.fspath(value) not in ("", b"")


def _are(values: Any, fits: Callable[[Any], bool]) -> bool:
    """Whether they are a list, a tuple or an array of such values."""
    return isinstance(values, list | tuple | np.ndarray) and all(fits(value) for value in values)


def _is_size(value: Any) -> bool:
    return _are(value, _is_whole) and len(value) == 2 and min(value) > 0


def _is_device(value: Any) -> bool:
    # lazy: torch costs 1.9 s, which the command line's --help does without
    import torch

    try:
        device = torch.device(value)
    except (RuntimeError, TypeError):
        return False
    return device.type != "cuda" or (device.index or 0) < torch.cuda.device_count()


NUMBER = Kind("a number", _is_number)
INTEGER = Kind("a whole number", _is_whole)
FLAG = Kind("True or False", lambda value: isinstance(value, bool | np.bool_))
TEXT = Kind("text", lambda value: isinstance(value, str))
TEXTS = Kind("a list of texts", lambda value: _are(value, TEXT.fits))
PATH = Kind("a path", _is_path)
# an empty name among several is said by what reads them
PATHS = Kind("a path, a list of paths", lambda value: isinstance(value, str | os.PathLike)
             or (_are(value, _is_path) and len(value) > 0))
SIZE = Kind("(height, width), whole numbers from 1 on", _is_size)
MEAN = Kind("a list of numbers, a mean file's path",
            lambda value: _is_path(value) or _are(value, _is_number))
DEVICE = Kind("a device that PyTorch has here: 'cpu', or 'cuda:0' with a GPU", _is_device)
FUNCTION = Kind("a function", callable)
MAPPING = Kind("a dict", lambda value: isinstance(value, Mapping))
