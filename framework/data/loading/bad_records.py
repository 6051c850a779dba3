"""Bad record count: each is named once in the log, and too many end the run."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from framework.data.loading.batches import Bad
from framework.errors import DataError

MAX_BAD_SHARE = 0.05


class Ledger:
    """The bad records of one data layer.

    `place`  the source of the records, for messages
    size   the number of all records
    where  the source with its file and line, for the error that ends the run
    """

    def __init__(self, place: str, size: int, where: str = ""):
        self.place = place
        self.where = where or place
        self.size = size
        self.bad: dict[int, Bad] = {}

    def note(self, found: Iterable[Bad]) -> None:
        """Count what is new. DataError if more than 5 % are bad; one alone never is too many."""
        for record in found:
            if record.index in self.bad:
                continue
            self.bad[record.index] = record
            logging.getLogger("framework.data").warning(
                "%s: record %s is left out: %s", self.place, record.name, record.reason)
        count = len(self.bad)
        if count > max(1, MAX_BAD_SHARE * self.size):
            last = list(self.bad.values())[-1]
            raise DataError(f"{self.where}: {count} of {self.size} records cannot be used, more "
                            f"than {MAX_BAD_SHARE:.0%}; the last is {last.name}: {last.reason}; "
                            "tools/check_data lists them all")
