"""Parallel conversion of images to an LMDB: in order, resumable, replaced atomically."""

from __future__ import annotations

import os
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TypeVar

from framework.data.convert.copies import note_copies
from framework.data.convert.datum import UNFORESEEN, Converted
from framework.data.convert.journal import Journal, Report
from framework.data.records.account import BadEntry, Note, note_of
from framework.data.records.database_writer import database_writer
from framework.data.records.list_file import MAX_BAD_SHARE, Entry, repeats
from framework.errors import DataError
from framework.proto import AnnotatedDatum, Datum
from framework.system import own_folders
from framework.system.atomic import resumed_folder
from framework.system.progress import Progress
from framework.system.wording import shortened

SHOWN_NOTES = 10
LONGEST_KEY = 511
RECORDS_A_COMMIT = 1000
SECONDS_A_COMMIT = 2.0
JOURNAL = "journal.jsonl"

Item = TypeVar("Item")
Result = TypeVar("Result")


def convert(
    entries: Sequence[Entry],
    make: Callable[[Entry], Converted],
    database: Path,
    *,
    redo: bool = False,
    inputs: Sequence[Path] = (),
    check_size: bool = False,
    jobs: int = 0,
    identity: str = "",
    is_strict: bool = False,
) -> Report:
    """Write the record of each entry to an LMDB, with the key `%08d_<image>`.

    make        makes a record, in any of `jobs` threads (0: one a core); its DataError leaves
                the record out; the number in the keys counts those too, as in the original
    redo        replace `database` if it exists and these programs made it
    inputs      files that are read: they must not be in `database`
    check_size  all records must have as many bytes of data as the first
    identity    the `fingerprint` of the conversion: an interrupted one with the same is resumed
    is_strict   any loss is an error
    Every record left out is named on stderr. Raises DataError, and leaves no database, if more
    than 5 % of the records are bad, or none is good.
    """
    with resumed_folder(database, redo, inputs) as folder:
        report = fill(folder, entries, make, check_size=check_size, jobs=jobs, identity=identity,
                      name=database.name)
        report.account.add_losses(repeats(entries))
        note_copies({"": report.account}, {"": report.digests})
        report.account.check_strict(is_strict, str(database))
        forget(folder)
    return report


def fill(folder: Path, entries: Sequence[Entry], make: Callable[[Entry], Converted], *,
         check_size: bool = False, jobs: int = 0, identity: str = "", name: str = "",
         shown: Mapping[str, str] | None = None, losses: Sequence[Note] = ()) -> Report:
    """As `convert`, in a folder that may hold a part of the records, with its journal.

    shown   names of classes, where they are not their own
    losses  what was left out before there was a record of it: a part of the account
    """
    own_folders.make(folder)
    journal = Journal(folder / JOURNAL, identity)
    report = journal.resume() if os.path.isfile(folder / "data.mdb") else None
    what = name or folder.name
    if report is None:
        if any(path.name != own_folders.MARK for path in folder.iterdir()):
            print(f"{what}: an interrupted call made it of other images or with other flags: "
                  "it starts anew", file=sys.stderr)
        own_folders.clear(folder)
        journal.start()
        report = Report()
    elif report.done:
        print(f"{what}: {report.done} of {len(entries)} images were done before",
              file=sys.stderr)
    rest = entries[report.done:]
    with Progress(len(rest), f"convert {what}") as progress:
        results = in_order(partial(_attempt, make), rest, jobs)
        records = _records(rest, results, report, progress)
        write_database(folder, _of_one_size(records, report) if check_size else records,
                       partial(journal.note, report))
    report.account.add_losses(losses)
    _judge(report, len(entries), what, shown)
    return report


def forget(folder: Path) -> None:
    """Remove the journal of a complete database."""
    (folder / JOURNAL).unlink(missing_ok=True)
    own_folders.finish(folder)


def _attempt(make: Callable[[Entry], Converted], entry: Entry) -> Converted | DataError:
    """The record of an entry, or why it has none: one bad file does not end a conversion."""
    result: Converted | DataError
    try:
        result = make(entry)
    except DataError as error:
        result = error
    except UNFORESEEN as error:
        result = DataError(f"{shortened(entry.image)}: {shortened(repr(error))}")
    try:
        key_of(0, entry)
    except DataError as error:
        return BadEntry(str(error), getattr(result, "num_boxes", 0))
    return result


def key_of(index: int, entry: Entry) -> bytes:
    """`%08d_<image>`, in the bytes of the file's name. DataError for a key that LMDB cannot store.
    """
    try:
        key = f"{index:08d}_{entry.image}".encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raise DataError(f"{shortened(entry.image)!r}: the name is not text") from None
    if len(key) > LONGEST_KEY:
        raise DataError(f"{shortened(entry.image)}: its key has {len(key)} bytes; LMDB takes "
                        f"{LONGEST_KEY}: name it from a root folder nearer to it")
    return key


def _records(
    entries: Sequence[Entry],
    results: Iterable[Converted | DataError],
    report: Report,
    progress: Progress,
) -> Iterator[tuple[bytes, Datum | AnnotatedDatum]]:
    """Key and message of each good record; the bad ones go into `report`."""
    account = report.account
    for index, (entry, result) in enumerate(zip(entries, results, strict=True), report.done):
        progress.advance()
        report.done = index + 1
        account.images += 1
        if isinstance(result, DataError):
            account.notes.append(note_of(result))
            account.boxes += account.notes[-1].boxes
            report.bad.append(str(result))
            progress.write(f"left out: {result}")
            continue
        _show_notes(report, result, progress)
        account.notes += result.notes
        account.classes += result.classes
        account.boxes += result.num_boxes
        account.stored_boxes += result.num_boxes - sum(note.boxes for note in result.notes)
        account.stored_images += 1
        account.empty_images += not result.classes
        account.add_kind(result.kind, entry.image)
        report.data_bytes = report.data_bytes or _data_bytes(result.record)
        report.sizes.append((entry.image, *result.size))
        report.digests.append((entry.image, result.digest))
        yield key_of(index, entry), result.record


def _data_bytes(record: Datum | AnnotatedDatum) -> int:
    datum = record.datum if isinstance(record, AnnotatedDatum) else record
    return len(datum.data)


def _of_one_size(records: Iterable[tuple[bytes, Datum | AnnotatedDatum]], report: Report
                 ) -> Iterator[tuple[bytes, Datum | AnnotatedDatum]]:
    """The same records; DataError at the first whose data has another length than the first's."""
    for key, record in records:
        if _data_bytes(record) != report.data_bytes:
            raise DataError(
                f"{os.fsdecode(key)}: has {_data_bytes(record)} bytes of data, the first one has "
                f"{report.data_bytes}; --check_size wants all of one size"
            )
        yield key, record


def _show_notes(report: Report, result: Converted, progress: Progress) -> None:
    # more need not be counted: after each record that would take the time of all before it
    before = len(list(islice((note for note in report.account.notes if not note.images),
                             SHOWN_NOTES + 1)))
    for index, note in enumerate(result.notes, before):
        if index < SHOWN_NOTES:
            progress.write(f"note: {note.text()}")
        elif index == SHOWN_NOTES:
            progress.write("note: more like these are only counted")


def _judge(report: Report, num_entries: int, what: str, shown: Mapping[str, str] | None) -> None:
    """DataError, after the account, if too many records are bad; `what` was to be written."""
    if not report.bad and report.account.stored_images:
        return
    if not num_entries:
        raise DataError("nothing to convert: the list names no image")
    share = len(report.bad) / num_entries
    if share > MAX_BAD_SHARE:
        report.account.show(what, shown, is_written=False)
        raise DataError(
            f"{len(report.bad)} of {num_entries} records are bad, more than "
            f"{MAX_BAD_SHARE:.0%}; nothing was written. The first: {report.bad[0]}"
        )


def in_order(
    function: Callable[[Item], Result], items: Iterable[Item], jobs: int = 0
) -> Iterator[Result]:
    """Yield function(item) for each item, in order, worked on by `jobs` threads.

    OpenCV lets other threads run while it works. The number of results made ahead is limited, so
    that a slow reader does not fill the memory.
    """
    jobs = jobs or len(os.sched_getaffinity(0))
    with ThreadPoolExecutor(jobs) as pool:
        ahead: deque[Future[Result]] = deque()
        try:
            for item in items:
                ahead.append(pool.submit(function, item))
                if len(ahead) >= jobs * 8:
                    yield ahead.popleft().result()
            while ahead:
                yield ahead.popleft().result()
        finally:
            for future in ahead:
                future.cancel()


def write_database(folder: Path, records: Iterable[tuple[bytes, Datum | AnnotatedDatum]],
                   committed: Callable[[], None] = lambda: None) -> int:
    """Write keys and messages to an LMDB in an existing folder; returns their number.

    committed  is called when the records so far are on the disk
    OSError if the disk is full, DataError if a key is too long.
    """
    batch: list[tuple[bytes, Datum | AnnotatedDatum]] = []
    num_records = 0
    begun = time.monotonic()
    with database_writer(folder) as writer:
        for record in records:
            batch.append(record)
            if len(batch) == RECORDS_A_COMMIT or time.monotonic() - begun > SECONDS_A_COMMIT:
                num_records += writer.write(batch)
                committed()
                batch = []
                begun = time.monotonic()
        num_records += writer.write(batch)
    committed()
    return num_records
