"""LMDB writer: the map grows with the records, and the original can read the result."""

from __future__ import annotations

import contextlib
import errno
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import lmdb
from google.protobuf.message import Message

from framework.errors import DataError

FIRST_MAP_SIZE = 1 << 28
LITTLE_ROOM = 1 << 20


class DatabaseWriter:
    """Puts records into an open LMDB."""

    def __init__(self, environment: lmdb.Environment):
        self._environment = environment

    def write(self, records: Sequence[tuple[bytes, Message]]) -> int:
        """Commit keys and messages; returns their number."""
        contents = [(key, message.SerializeToString()) for key, message in records]
        while True:
            try:
                with self._environment.begin(write=True) as transaction:
                    for key, value in contents:
                        transaction.put(key, value)
                return len(contents)
            except lmdb.MapFullError:
                # The transaction was aborted: it is repeated with twice the room.
                self._environment.set_mapsize(self._environment.info()["map_size"] * 2)


@contextlib.contextmanager
def database_writer(folder: Path) -> Iterator[DatabaseWriter]:
    """Create an LMDB in an existing folder; it is synced to the disk afterwards.

    The format is LMDB 0.9's, and no lock file is left.

    OSError if the disk is full, DataError if a key is too long.
    """
    try:
        environment = lmdb.open(str(folder), map_size=FIRST_MAP_SIZE, max_dbs=0)
        try:
            yield DatabaseWriter(environment)
            environment.sync(True)
        finally:
            environment.close()
    except lmdb.Error as error:
        free = shutil.disk_usage(folder).free
        if isinstance(error, lmdb.DiskError) or free < LITTLE_ROOM:
            raise OSError(errno.ENOSPC, f"the disk is full ({free >> 10} KiB are free)",
                          str(folder)) from None
        raise DataError(f"{folder}: the database cannot be written: {error}") from None
    (folder / "lock.mdb").unlink(missing_ok=True)
