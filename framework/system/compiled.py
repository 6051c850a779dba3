"""Just-in-time compilation of loops over pixels and boxes by numba, cached on disk.

Importing numba takes a quarter of a second, so that modules of compiled loops are imported by the
functions that call them, not at the top of a file. A cached loop is compiled again when its own
file changes, and only then: so a loop calls no loop of another file, and after a change of this
file, or of a constant that loops import, the files `__pycache__/*.nb[ci]` must be deleted.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from numba import njit

_Loop = TypeVar("_Loop", bound=Callable[..., Any])

# The compiler may reorder sums, and round a * b + c once. No number is infinite or NaN.
_FREEDOMS = {"contract", "reassoc", "nsz", "nnan", "ninf"}


def compiled(loop: _Loop) -> _Loop:
    """Compile a function to machine code of this processor, which runs without Python's lock.

    The last bit of its floats may differ from numpy's. Division by 0 is not an exception, as in
    numpy, and indices are not checked.
    """
    return _compile(loop, _FREEDOMS)


def compiled_in_order(loop: _Loop) -> _Loop:
    """As `compiled`, in the order written; but a * b + c may be rounded once, as OpenCV's is."""
    return _compile(loop, {"contract"})


def compiled_exactly(loop: _Loop) -> _Loop:
    """As `compiled`, each sum and product rounded as it is written, as in numpy and in Caffe."""
    return _compile(loop, set())


def _compile(loop: _Loop, freedoms: set[str]) -> _Loop:
    options: dict[str, Any] = {"nogil": True, "error_model": "numpy", "fastmath": freedoms}
    try:
        made: _Loop = njit(cache=True, **options)(loop)
    except RuntimeError:        # numba can write its cache neither beside the file nor at home
        made = njit(**options)(loop)
    return made
