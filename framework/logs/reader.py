"""Parse training logs, ours or the original's, into tables.

Source: the lines of solver.cpp in weiliu89/caffe (branch ssd) and BVLC; parse_log.py in
BVLC's tools/extra for the columns.
"""

from __future__ import annotations

import csv
import io
import os
import re
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from framework.errors import DataError
from framework.system.atomic import write_file
from framework.system.regular import read_regular

PREFIX = re.compile(r"[IWEF](\d\d)(\d\d) (\d\d):(\d\d):(\d\d)(\.\d+)? +\d+ \S+?\] ?(.*)")
NUMBER = r"([-+]?(?:\d+\.?\d*(?:[eE][-+]?\d+)?|nan|inf))"
LOSS = re.compile(rf"Iteration (\d+)(?: \(.*\))?, loss = {NUMBER}")
RATE = re.compile(rf"Iteration (\d+), lr = {NUMBER}")
TESTING = re.compile(r"Iteration (\d+), Testing net \(#(\d+)\)")
OUTPUT = re.compile(rf"\s*(Train|Test) net output #\d+: (\S+) = {NUMBER}")
CLASS = re.compile(rf"(class\d+): {NUMBER}$")
FORMULA = ("=", "+", "-", "@")    # what begins a formula in a spreadsheet
TEST_LOSS = re.compile(rf"Test loss: {NUMBER}$")

Row = dict[str, float]


@dataclass
class Readings:
    """Rows by iteration, with the columns NumIters, Seconds, then what the log has.

    train     LearningRate, loss (the smoothed one; as in BVLC's tables, an output of this name if
              there is one), and the outputs of the training net
    test      the outputs of the test nets, classN, and test_loss; several test nets make a row each
    smoothed  the smoothed loss, as (iteration, value)
    has_loss  the training net has an output called loss
    """

    train: list[Row] = field(default_factory=list)
    test: list[Row] = field(default_factory=list)
    smoothed: list[tuple[float, float]] = field(default_factory=list)
    has_loss: bool = False


def read_log(path: str | Path) -> Readings:
    """Read a log file. Raises DataError if it cannot be read or has no iteration in it."""
    if os.path.isdir(path):
        raise DataError(_of_folder(Path(path)))
    try:
        text = read_regular(path).decode(errors="replace")
    except OSError as error:
        raise DataError(f"{path}: {error.strerror}") from None
    reader = _Reader()
    for line in text.splitlines():
        if match := PREFIX.match(line):
            reader.time(match)
            reader.line(match[7])
    if not reader.readings.train and not reader.readings.test:
        raise DataError(f"{path}: has no line of an iteration; is it the log of a training?")
    return reader.readings


def _of_folder(folder: Path) -> str:
    """What is wrong with a folder in place of a log: the log in it, if it has one, is to be given.
    """
    newest = [path for path in (folder / name / "caffe.INFO" for name in ("", "log", "logs"))
              if path.exists()]
    logs = newest or sorted(folder.glob("*.log*"))[-1:]
    advice = f"; the log in it is {logs[0]}" if logs else ", and has no log in it (caffe.INFO)"
    return f"{folder}: is a folder, not the log of a training{advice}"


class _Reader:
    def __init__(self) -> None:
        self.readings = Readings()
        self.start: datetime | None = None
        self.seconds = 0.0
        self.rate = float("nan")
        self.row: Row | None = None         # the row that output lines belong to

    def time(self, match: re.Match[str]) -> None:
        """Seconds since the first line; the prefix is without a year, which may have changed."""
        month, day, hour, minute, second = (int(match[index]) for index in range(1, 6))
        now = datetime(2000, month, day, hour, minute, second)
        self.start = self.start or now
        past = now if now >= self.start else now.replace(year=2001)
        self.seconds = (past - self.start).total_seconds() + float(match[6] or 0)

    def line(self, text: str) -> None:
        if match := TESTING.match(text):
            self.row = self._add(self.readings.test, int(match[1]), int(match[2]))
        elif match := LOSS.match(text):
            self.row = self._add(self.readings.train, int(match[1]))
            self.row["loss"] = float(match[2])
            self.readings.smoothed.append((int(match[1]), float(match[2])))
        elif match := RATE.match(text):
            rows = self.readings.train
            row = rows[-1] if rows and rows[-1]["NumIters"] == int(match[1]) else \
                self._add(rows, int(match[1]))
            row["LearningRate"] = float(match[2])
        elif self.row is not None:
            self._value(self.row, text)

    def _add(self, rows: list[Row], iteration: int, net: int = 0) -> Row:
        row: Row = {"NumIters": iteration, "Seconds": self.seconds}
        if net:
            row["net"] = net
        rows.append(row)
        return row

    def _value(self, row: Row, text: str) -> None:
        if match := OUTPUT.match(text):
            name, value = match[2], float(match[3])
            self.readings.has_loss |= match[1] == "Train" and name == "loss"
        elif match := CLASS.match(text):
            name, value = match[1], float(match[2])
        elif match := TEST_LOSS.match(text):
            name, value = "test_loss", float(match[1])
        else:
            return
        column = name
        number = 1
        while column in row and column != "loss":     # an output of several values
            column = f"{name}_{number}"
            number += 1
        row[column] = value


def columns(rows: list[Row]) -> list[str]:
    """All columns of the rows, in order of appearance."""
    return list(dict.fromkeys(name for row in rows for name in row))


def write_csv(path: str | Path, rows: list[Row], delimiter: str = ",") -> None:
    """One line a row; a value that a row lacks is empty. Atomic.

    A name that a spreadsheet would take for a formula gets an apostrophe before it.
    """
    file = io.StringIO(newline="")
    names = columns(rows)
    writer = csv.DictWriter(file, names, delimiter=delimiter)
    writer.writerow({name: f"'{name}" if name.startswith(FORMULA) else name for name in names})
    writer.writerows({name: f"{value:.10g}" for name, value in row.items()} for row in rows)
    write_file(Path(path), file.getvalue())
