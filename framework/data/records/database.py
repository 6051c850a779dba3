"""Read-only LMDB databases of records, opened without a lock file.

Caffe's order of the records is that of the keys; a record is found by its index in it.
"""

from __future__ import annotations

import os
import weakref
from pathlib import Path
from weakref import WeakValueDictionary

import lmdb

from framework.data.records.images import BadRecord
from framework.data.records.lmdb_pages import CutShort, DamagedPages, check_pages
from framework.errors import DataError
from framework.system.file_kinds import other_kind

# LMDB must not open a file twice in a process, so readers share it; this is not a cache.
_OPEN: WeakValueDictionary[tuple[int, int, int], Database] = WeakValueDictionary()

HOW_TO_MAKE = ("make it with tools/convert_annoset (images with boxes) or "
               "tools/convert_imageset (images with a class each)")


def open_database(path: str | Path, make: str = HOW_TO_MAKE) -> Database:
    """The database at `path`, a folder with data.mdb in it, or that file.

    make  says which command makes such a database, for the errors
    Raises DataError if it is absent, empty, cut short, damaged, a LevelDB, or not an LMDB.
    """
    folder = Path(path)
    file = folder / "data.mdb" if os.path.isdir(folder) else folder
    _check(folder, file, make)
    status = file.stat()
    identity = (os.getpid(), status.st_dev, status.st_ino)
    database = _OPEN.get(identity)
    if database is None:
        database = Database(file, make)
        _OPEN[identity] = database
    return database


class Database:
    """The records of one LMDB by index. Opened by `open_database`; closed with its last reference.
    """

    def __init__(self, file: Path, make: str):
        self.path = file
        self._number = os.open(file, os.O_RDONLY)
        weakref.finalize(self, os.close, self._number)
        try:
            head = check_pages(self._number)
            self._length = head.num_bytes
            self._head_length = 2 * head.page_size
            self._written = os.fstat(self._number).st_mtime_ns
            self._head = self._read_head()
            self._environment = lmdb.open(str(file), subdir=False, readonly=True, lock=False,
                                          create=False, readahead=False, max_spare_txns=4)
            with self._environment.begin() as transaction:
                self.keys: list[bytes] = list(transaction.cursor().iternext(values=False))
        except CutShort as error:
            raise DataError(f"{file}: the file is cut short: {error}; copy or make it "
                            "again") from None
        except (DamagedPages, lmdb.Error) as error:
            reason = f"it cannot be read as an LMDB ({error}); {make}"
            if "already open" in str(error):
                reason = _why_held(file)
            elif kind := other_kind(os.pread(self._number, 4096, 0)):
                reason = f"it cannot be read as an LMDB: it is {kind}; {make}"
            raise DataError(f"{file}: {reason}") from None
        if not self.keys:
            raise DataError(f"{file}: the database has no records; {make}")

    def __len__(self) -> int:
        return len(self.keys)

    def name(self, index: int) -> str:
        """The key of a record, as text."""
        return self.keys[index].decode("utf-8", "replace")

    def read(self, index: int) -> bytes:
        """The bytes of record `index`.

        Raises DataError if the file was changed since it was opened, BadRecord if it is damaged.
        """
        self._check_unchanged()
        reason = "its key is not at its position in the tree"
        try:
            with self._environment.begin() as transaction:
                value: bytes | None = transaction.get(self.keys[index])
            if value is not None:
                return value
        except lmdb.Error as error:
            reason = str(error)
        self._check_unchanged()
        raise BadRecord(f"the database is damaged there: {reason}")

    def _read_head(self) -> bytes:
        """The two meta pages, which every writer changes."""
        return os.pread(self._number, self._head_length, 0)

    def _check_unchanged(self) -> None:
        """DataError if the file was written to: reading a truncated one could kill the process.

        A new time of change alone is not an error, as after `touch`.
        """
        status = os.fstat(self._number)
        if status.st_mtime_ns == self._written and status.st_size >= self._length:
            return
        if status.st_size < self._length or self._read_head() != self._head:
            raise DataError(f"{self.path}: the database was changed while being read; write a new "
                            "one into a folder of its own")
        self._written = status.st_mtime_ns


def _why_held(file: Path) -> str:
    """Why LMDB says that this process has the file open already."""
    status = file.stat()
    forked = any(key[1:] == (status.st_dev, status.st_ino) and key[0] != os.getpid()
                 for key in list(_OPEN))
    if forked:
        return ("it was opened before this process was forked, and LMDB allows it once in a "
                "process; open it after the fork, or start the process by spawn")
    return ("this program has it open in another way, as by lmdb.open; close that first, as by "
            "close() of the environment")


def _check(folder: Path, file: Path, make: str) -> None:
    if not os.path.exists(folder):
        raise DataError(f"{folder}: there is no such database; {make}")
    if os.path.exists(file):
        if not os.path.isfile(file):
            raise DataError(f"{file}: is not a regular file; {make}")
        if file.stat().st_size == 0:
            raise DataError(f"{file}: the file is empty; {make}")
        return
    if os.path.exists(folder / "CURRENT") or [*folder.glob("*.ldb"), *folder.glob("*.sst")]:
        raise DataError(f"{folder}: this is a LevelDB, which is not read here; convert the "
                        f"images again into an LMDB: {make}")
    raise DataError(f"{folder}: the folder has no data.mdb, so it is not an LMDB; {make}")
