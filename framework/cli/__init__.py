"""Command-line programs: parse arguments, make one call, print the result."""

from __future__ import annotations

import sys
from types import TracebackType

NEEDED = ("torch", "google", "yaml", "numpy", "lmdb", "cv2", "numba", "simplejpeg")


def missing_package(error: BaseException) -> str:
    """The words for a package of ours that this Python has not; "" for any other error."""
    if isinstance(error, ModuleNotFoundError) and (error.name or "").split(".")[0] in NEEDED:
        return (f"this Python ({sys.executable}) has no {error.name}: `source .venv/bin/activate` "
                "after `make`, or `pip install .`")
    return ""


def _say(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    words = missing_package(error)
    if words:
        print(f"error: {words}", file=sys.stderr)
    else:
        sys.__excepthook__(kind, error, trace)


sys.excepthook = _say       # a program's own imports may be what fails, before app.run
