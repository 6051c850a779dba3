"""What else a log is written to, beside its lines: files for dashboards."""

from __future__ import annotations

import json
import math
import time
from pathlib import Path
from typing import Any, Protocol

from framework.errors import WriteError
from framework.logs.outlet import append_to_file


class Recorder(Protocol):
    """Takes the events of a run. Methods may raise OSError: the log counts what is lost.

    name   what messages call it
    """

    name: str

    def values(self, iteration: int, values: dict[str, float]) -> None:
        """Numbers by name: losses, rates, scores."""

    def message(self, level: str, source: str, text: str) -> None:
        """A line of the log: I or W, the file and line that logs, and its text."""

    def close(self) -> None:
        """The run has ended well."""


class JsonLines:
    """Writes a line of JSON for each event: time (seconds since 1970) and event, then

        scalars   iteration, values by name; NaN and the infinities as text, as protobuf has it
        message   level (I or W), source, text

    Lines are appended to what the file holds. Raises WriteError if it cannot be written.
    """

    def __init__(self, path: str | Path):
        self.name = str(path)
        self.path = Path(path)
        self.cut = ""               # ends a line that a full disk may have left unfinished
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with open(self.path, "ab"):
                pass
        except OSError as error:
            raise WriteError(f"{path}: cannot be written: {error.strerror}") from None

    def values(self, iteration: int, values: dict[str, float]) -> None:
        """Write the event `scalars`."""
        self._write("scalars", iteration=iteration,
                    values={name: _in_json(value) for name, value in values.items()})

    def message(self, level: str, source: str, text: str) -> None:
        """Write the event `message`."""
        self._write("message", level=level, source=source, text=text)

    def close(self) -> None:
        """Nothing is open."""

    def _write(self, event: str, **fields: Any) -> None:
        """Any: what JSON holds."""
        line = json.dumps({"time": round(time.time(), 6), "event": event, **fields})
        cut, self.cut = self.cut, "\n"
        append_to_file(self.path, cut + line)
        self.cut = ""


def _in_json(value: float) -> float | str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return value
