"""Conversion journal: progress kept beside the database, so that an interrupted call resumes."""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import astuple, dataclass, field
from pathlib import Path
from typing import Any

from framework.data.records.account import Account, Note
from framework.data.records.list_file import Entry
from framework.system.letters import as_on_disk

FORM = 4          # version of the records; journals of another version are not resumed
_LISTS = ("sizes", "bad", "digests")
_COUNTS = ("images", "boxes", "stored_images", "stored_boxes", "empty_images")


@dataclass
class Report:
    """The result of a conversion: the account, and what is needed to go on with it.

    bad         the message of each image left out
    sizes       image, height, width of each record written, before any resizing
    digests     image, and the hash of what is stored of it, of each record written
    done        entries that were processed
    data_bytes  of the first record
    """

    account: Account = field(default_factory=Account)
    sizes: list[tuple[str, int, int]] = field(default_factory=list)
    bad: list[str] = field(default_factory=list)
    digests: list[tuple[str, str]] = field(default_factory=list)
    done: int = 0
    data_bytes: int = 0


class Journal:
    """A file of JSON lines: the fingerprint, then what each commit added to the report.

    A line is written after its records are on the disk. So there may be records without a line;
    they are made again. A line that a crash cut short is ignored.
    """

    def __init__(self, path: Path, fingerprint: str):
        self.path = path
        self._fingerprint = fingerprint
        self._noted = _lengths(Report())

    def resume(self) -> Report | None:
        """The report of an interrupted call for the same conversion; None if there is none."""
        report = Report()
        try:
            lines = self.path.read_bytes().splitlines(keepends=True)
        except OSError:
            return None
        good = 0
        for index, line in enumerate(lines):
            try:
                entry = json.loads(line) if line.endswith(b"\n") else None
            except ValueError:
                entry = None
            if not isinstance(entry, dict) or (
                    index == 0 and entry.get("fingerprint") != self._fingerprint):
                break
            try:
                if index:
                    self._add(report, entry)
            except (KeyError, TypeError, ValueError):       # of another program, or damaged
                break
            good += len(line)
        if not good:
            return None
        os.truncate(self.path, good)
        self._noted = _lengths(report)
        return report

    def start(self) -> None:
        """Start a new journal."""
        self._noted = _lengths(Report())
        self.path.write_text(json.dumps({"fingerprint": self._fingerprint}) + "\n")

    def note(self, report: Report) -> None:
        """Write what was added to the report since the last note."""
        account = report.account
        entry: dict[str, Any] = {
            name: getattr(report, name)[self._noted[name]:] for name in _LISTS}
        entry["notes"] = [astuple(note) for note in account.notes[self._noted["notes"]:]]
        entry["classes"] = account.classes
        entry["kinds"] = account.kinds
        entry["first_of_kind"] = account.first_of_kind
        entry |= {name: getattr(account, name) for name in _COUNTS}
        entry |= {name: getattr(report, name) for name in ("done", "data_bytes")}
        with self.path.open("a") as file:
            file.write(json.dumps(entry) + "\n")
        self._noted = _lengths(report)

    @staticmethod
    def _add(report: Report, entry: dict[str, Any]) -> None:
        """Any: what JSON holds."""
        account = report.account
        report.sizes += [(name, height, width) for name, height, width in entry["sizes"]]
        report.bad += entry["bad"]
        report.digests += [(name, digest) for name, digest in entry["digests"]]
        account.notes += [Note(*values) for values in entry["notes"]]
        account.classes = Counter(entry["classes"])
        account.kinds = Counter(entry["kinds"])
        account.first_of_kind = dict(entry["first_of_kind"])
        for name in _COUNTS:
            setattr(account, name, entry[name])
        report.done = entry["done"]
        report.data_bytes = entry["data_bytes"]


def _lengths(report: Report) -> dict[str, int]:
    lengths = {name: len(getattr(report, name)) for name in _LISTS}
    return {**lengths, "notes": len(report.account.notes)}


def fingerprint(root: Path, entries: Iterable[Entry], flags: object) -> str:
    """A hash of a conversion's flags, and of its files' names, times and sizes.

    flags  whatever else the records depend on, by its repr
    A label `table.json#5` means an entry of the file `table.json`.
    """
    digest = hashlib.sha256(repr((FORM, str(root.absolute()), flags)).encode())
    known: dict[str, str] = {}
    for entry in entries:
        for name in entry:
            file = name if "#" not in name else name.rpartition("#")[0]
            state = known.get(file) if file != name else _state(root / file)
            if state is None:
                state = known[file] = _state(root / file)
            digest.update(f"{name}\0{state}\n".encode(errors="backslashreplace"))
    return digest.hexdigest()


def _state(path: Path) -> str:
    try:
        status = as_on_disk(path).stat()
    except (OSError, ValueError):
        return "absent"
    return f"{status.st_size} {status.st_mtime_ns}"
