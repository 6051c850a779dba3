"""Parse training logs, ours, the original's and those of its forks, into tables.

Source: the lines of solver.cpp in weiliu89/caffe (branch ssd), BVLC and NVIDIA/caffe (branch
caffe-0.17, whose lines have epochs before the loss); parse_log.py in BVLC's tools/extra for the
columns; LogMessage::Init in google/glog's logging.cc for what begins a line: since version 0.5 with
the year.
"""

from __future__ import annotations

import calendar
import csv
import io
import math
import os
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from framework.errors import DataError
from framework.system.atomic import write_file
from framework.system.regular import read_regular
from framework.system.text import encoding_of

# after what mpirun and docker write before a line: [0] or 2024-01-31T10:00:00Z
PREFIX = re.compile(r"(?<!\w)[IWEF](\d{4})?(\d\d)(\d\d) (\d\d):(\d\d):(\d\d)(\.\d+)? +\d+ "
                    r"\S+?\] ?(.*)")
CREATED = re.compile(r"Log file created at: (\d{4})/")
COLOUR = re.compile("\x1b\\[[0-9;]*m")
# with what C of Windows writes for nan and infinity: 1.#QNAN, -1.#IND, 1.#INF, -nan(ind)
NUMBER = r"([-+]?(?:1\.#[A-Z]+\d*|\d+\.?\d*(?:[eE][-+]?\d+)?|nan(?:\(\w*\))?|inf))"
LOSS = re.compile(rf"Iteration (\d+)(?: \(.*?\))?(?:, \S+ep)?, loss = {NUMBER}")
RATE = re.compile(rf"Iteration (\d+), lr = {NUMBER}")
TESTING = re.compile(r"Iteration (\d+), Testing net \(#(\d+)\)")
OUTPUT = re.compile(rf"\s*(Train|Test) net output #\d+: (.+?) = {NUMBER}(?= \(\*|\s*$)")
CLASS = re.compile(rf"(class\d+): {NUMBER}$")
FORMULA = ("=", "+", "-", "@")    # what begins a formula in a spreadsheet
TEST_LOSS = re.compile(rf"Test loss: {NUMBER}$")
LEAP_YEAR = 2000            # it has every day

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
        content = read_regular(path)
    except OSError as error:
        raise DataError(f"{path}: {error.strerror}") from None
    text = COLOUR.sub("", content.decode(encoding_of(content), errors="replace"))
    created = CREATED.search(text)
    reader = _Reader(int(created[1]) if created else LEAP_YEAR)
    for number, line in enumerate(text.splitlines(), start=1):
        if match := PREFIX.search(line):
            try:
                reader.time(match)
            except ValueError as error:
                raise DataError(f"{path}:{number}: has a time that is not one: {error}") from None
            reader.line(match[8])
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
    """The rows of the lines that it is given.

    year  of the first line, where lines do not say it
    """

    def __init__(self, year: int) -> None:
        self.readings = Readings()
        self.year = year
        self.start: datetime | None = None
        self.seconds = 0.0
        self.row: Row | None = None         # the row that output lines belong to

    def time(self, match: re.Match[str]) -> None:
        """Seconds since the first line; a prefix without a year may be of the next one.

        ValueError for a time that no clock shows.
        """
        month, day, hour, minute, second = (int(match[index]) for index in range(2, 7))
        year = int(match[1] or self.year)
        is_next = (month, day) == (2, 29) and not calendar.isleap(year)
        now = datetime(year + is_next, month, day, hour, minute, second)
        self.start = self.start or now
        if now < self.start and not match[1]:
            now += timedelta(days=366 if calendar.isleap(year) else 365)
        self.seconds = (now - self.start).total_seconds() + float(match[7] or 0)

    def line(self, text: str) -> None:
        if match := TESTING.match(text):
            self.row = self._add(self.readings.test, int(match[1]), int(match[2]))
        elif match := LOSS.match(text):
            self.row = self._add(self.readings.train, int(match[1]))
            self.row["loss"] = _float(match[2])
            self.readings.smoothed.append((int(match[1]), _float(match[2])))
        elif match := RATE.match(text):
            rows = self.readings.train
            row = rows[-1] if rows and rows[-1]["NumIters"] == int(match[1]) else \
                self._add(rows, int(match[1]))
            row["LearningRate"] = _float(match[2])
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
            name, value = match[2], _float(match[3])
            self.readings.has_loss |= match[1] == "Train" and name == "loss"
        elif match := CLASS.match(text):
            name, value = match[1], _float(match[2])
        elif match := TEST_LOSS.match(text):
            name, value = "test_loss", _float(match[1])
        else:
            return
        column = name
        number = 1
        while column in row and column != "loss":     # an output of several values
            column = f"{name}_{number}"
            number += 1
        row[column] = value


def _float(text: str) -> float:
    """The number of a log."""
    if "#" not in text:
        return float(text.partition("(")[0])
    return math.copysign(math.inf if "INF" in text else math.nan, float(text.partition(".")[0]))


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
