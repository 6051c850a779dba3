"""Read tables: CSV with commas, semicolons or tabs."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from typing import Any, TextIO

from framework.errors import DataError
from framework.system.wording import counted


class TableRows:
    """The rows of an open table, one by one; empty ones are left out.

    A row that the csv module refuses, as with a field of 131,072 letters, is [""]. DataError for a
    cell in quotes that has other rows of the table in it: a quote is not closed, and those rows
    would be lost without a word.

    line_num  the line on which the last row ends
    header    the first row, once it is read
    """

    def __init__(self, file: TextIO):
        first = next(filter(str.strip, iter(file.readline, "")), "")      # not an empty line
        file.seek(0)
        delimiter = max(",;\t", key=first.count)
        self._delimiters = (delimiter, first.count(delimiter))
        self._path = file.name
        self._rows: Any = csv.reader(file, delimiter=delimiter)     # Any: its type has no name
        self.header: list[str] = []

    @property
    def line_num(self) -> int:
        number: int = self._rows.line_num
        return number

    def __iter__(self) -> Iterator[list[str]]:
        return self

    def __next__(self) -> list[str]:
        row: list[str] = []
        while not row:
            start = self.line_num + 1
            try:
                row = next(self._rows)
            except csv.Error:
                row = [""]
                if self.line_num > start:
                    raise self._open_quote(start) from None
        if self.line_num > start and any(map(self._has_rows, row)):
            raise self._open_quote(start)
        self.header = self.header or row
        return row

    def surplus(self, row: Sequence[str]) -> str:
        """What is wrong with a row that has something in more cells than the header has: a comma
        in a name that is not in quotes moves the rest. "" for other rows."""
        if any(cell.strip() for cell in row[len(self.header):]):
            return (f"it has {counted(len(row), 'cell')}, the header {len(self.header)}; a name "
                    f"with the sign {self._delimiters[0]!r} must be in quotes")
        return ""

    def _has_rows(self, cell: str) -> bool:
        """Has a cell a line with as many commas as a row?"""
        delimiter, least = self._delimiters
        lines = cell.splitlines()
        return len(lines) > 1 and least > 0 and any(line.count(delimiter) >= least
                                                    for line in lines)

    def _open_quote(self, start: int) -> DataError:
        return DataError(f"{self._path}:{start}: a quote is not closed: the cell goes on to line "
                         f"{self.line_num}, over other rows")
