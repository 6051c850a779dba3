"""Loops over pixels and boxes, compiled by numba on first use and kept on disk for the next run.

Importing numba takes a quarter of a second, so that modules of compiled loops are imported by the
functions that call them, not at the top of a file. What is on disk is made anew when the loop's own
file changes, and only then: a loop calls none of another file, and after a change here, or of a
constant that loops import, the files `__pycache__/*.nb[ci]` have to go.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar, overload

from numba import njit

_Loop = TypeVar("_Loop", bound=Callable[..., Any])

# What the compiler may change: sums in another order, one rounding for a * b + c. No number here is
# infinite or NaN.
_FREEDOMS = {"contract", "reassoc", "nsz", "nnan", "ninf"}


@overload
def compiled(loop: _Loop) -> _Loop: ...
@overload
def compiled(*, exact: bool) -> Callable[[_Loop], _Loop]: ...


def compiled(loop: Callable[..., Any] | None = None, *, exact: bool = False) -> Any:
    """The function as machine code of this processor, which runs without Python's lock.

    exact  each sum and product is rounded as it stands there, as in numpy and in Caffe; without it
           the last bit of floats may be another
    It divides by 0 without an exception, as numpy does, and checks no index.
    """
    if loop is None:
        return functools.partial(_compile, exact=exact)
    return _compile(loop, exact)


def _compile(loop: _Loop, exact: bool) -> _Loop:
    options: dict[str, Any] = {"nogil": True, "error_model": "numpy",
                               "fastmath": False if exact else _FREEDOMS}
    try:
        made: _Loop = njit(cache=True, **options)(loop)
    except RuntimeError:          # no folder can be written, neither beside the file nor at home
        made = njit(**options)(loop)
    return made
