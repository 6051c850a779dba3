"""Interrupt an iteration that waits for data, and weak callbacks for that."""

from __future__ import annotations

import weakref
from collections.abc import Callable


class Interrupted(Exception):       # noqa: N818  # no error: a signal asked for it
    """Ends an iteration or a test that waits for data. It leaves the run where it was before."""


def weakly(method: Callable[[], None]) -> Callable[[], None]:
    """A call of a method that does not hold its object: a solver's nets must not hold it."""
    reference = weakref.WeakMethod(method)

    def call() -> None:
        found = reference()
        if found is not None:
            found()

    return call
