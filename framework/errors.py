"""Exception classes for user errors; the programs print each as one line, without a traceback."""

import importlib
import sysconfig
import traceback
from pathlib import Path


def failure(error: BaseException) -> str:
    """Describe an exception raised by the user's code in one line: `NameError: ... (mine.py:3)`."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{type(error).__name__}: {error.msg} ({error.filename}:{error.lineno})"
    frames = traceback.extract_tb(error.__traceback__)
    not_theirs = ("<", str(Path(__file__).parent), str(Path(importlib.__file__).parent))
    found = [frame for frame in frames if not frame.filename.startswith(not_theirs)]
    library = sysconfig.get_paths()["stdlib"]
    theirs = [frame for frame in found if not frame.filename.startswith(library)
              and "site-packages" not in Path(frame.filename).parts] or found
    place = f" ({theirs[-1].filename}:{theirs[-1].lineno})" if theirs else ""
    text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return text.splitlines()[0] + place


def reason_of(error: Exception) -> str:
    """What is wrong, without the number and the file that an OSError's text has."""
    return error.strerror if isinstance(error, OSError) and error.strerror else str(error)


def first_line(error: BaseException) -> str:
    """The first line of an exception's text, or its type if it has none."""
    return (str(error) or type(error).__name__).splitlines()[0]


class CaffeError(RuntimeError):
    """Base class of errors that the user can put right. The text says where, and what to do.

    A RuntimeError, since that is what scripts written for pycaffe expect.
    """


class SpecError(CaffeError):
    """A prototxt that cannot be built: file:line, layer, field, what was found, what is allowed.

    `layer` is the beginning of messages about the layer; empty if it is not of a single layer.
    """

    def __init__(self, text: str, layer: str = ""):
        super().__init__(text)
        self.layer = layer


class DataError(CaffeError):
    """A database, image or label that cannot be used."""


class IndexRangeError(DataError):
    """A label or index outside of its range. `blob` holds it; `item` of the batch, -1: unknown."""

    def __init__(self, text: str, blob: str = "", item: int = -1):
        super().__init__(text)
        self.blob = blob
        self.item = item


class WriteError(CaffeError):
    """A file that the disk does not take."""


class WeightsError(CaffeError):
    """A weight or state file that cannot be read, or belongs to another net."""
