"""Loops over pixels and boxes, compiled by numba on first use and kept on disk for the next run.

Importing numba takes a quarter of a second, so that modules of compiled loops are imported by the
functions that call them, not at the top of a file. What is on disk is made anew when the loop's own
file changes, and only then: a loop calls none of another file, and after a change here, or of a
constant that loops import, the files `__pycache__/*.nb[ci]` have to go.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from numba import njit

_Loop = TypeVar("_Loop", bound=Callable[..., Any])

# What the compiler may change: sums in another order, one rounding for a * b + c. No number here is
# infinite or NaN.
_FREEDOMS = {"contract", "reassoc", "nsz", "nnan", "ninf"}


def compiled(loop: _Loop) -> _Loop:
    """The function as machine code of this processor, which runs without Python's lock.

    The last bit of its floats may be another than in numpy. It divides by 0 without an exception,
    as numpy does, and checks no index.
    """
    return _compile(loop, _FREEDOMS)


def compiled_in_order(loop: _Loop) -> _Loop:
    """As `compiled`, in the order written; but a * b + c may be rounded once, as OpenCV's is."""
    return _compile(loop, {"contract"})


def compiled_exactly(loop: _Loop) -> _Loop:
    """As `compiled`, each sum and product rounded as it stands there, as in numpy and in Caffe."""
    return _compile(loop, set())


def _compile(loop: _Loop, freedoms: set[str]) -> _Loop:
    options: dict[str, Any] = {"nogil": True, "error_model": "numpy", "fastmath": freedoms}
    try:
        made: _Loop = njit(cache=True, **options)(loop)
    except RuntimeError:          # no folder can be written, neither beside the file nor at home
        made = njit(**options)(loop)
    return made
