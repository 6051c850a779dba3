"""Read tables: CSV with commas, semicolons or tabs."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Any, TextIO


def table_reader(file: TextIO) -> Any:
    """The csv module's reader of a table with commas, or the semicolons or tabs that spreadsheets
    write. Any: its type has no name."""
    header = next(filter(str.strip, iter(file.readline, "")), "")      # not an empty line
    file.seek(0)
    return csv.reader(file, delimiter=max(",;\t", key=header.count))


def table_rows(rows: Any) -> Iterator[list[str]]:
    """The rows; one that the csv module refuses, as with a field of 131,072 letters, is empty.

    Any: the csv module's reader.
    """
    while True:
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error:
            yield [""]
            continue
        if row:
            yield row
