"""Event files of TensorBoard: records with checksums, each an Event message."""

from __future__ import annotations

import contextlib
import functools
import os
import socket
import struct
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from framework.errors import WriteError
from framework.proto.schema import Schema

VERSION = "brain.Event:2"


@functools.cache
def schema() -> Schema:
    """The schema of event.proto, read once."""
    return Schema(Path(__file__).parents[1] / "proto/event.proto")


class EventFile:
    """Writes a new event file into a folder, which TensorBoard reads while it grows.

    Raises WriteError if the folder cannot be made or the file not be begun.
    """

    def __init__(self, folder: str | Path):
        # no two files of a process have one name
        name = (f"events.out.tfevents.{time.time_ns() // 10**9}.{socket.gethostname()}."
                f"{os.getpid()}.{time.time_ns() % 10**9}")
        self.path = Path(folder) / name
        self.size = 0
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.add(file_version=VERSION)
        except OSError as error:
            raise WriteError(f"{folder}: cannot be written: {error.strerror}") from None

    def add(self, step: int = 0, **what: Any) -> None:
        """Append an Event: `what` is one of its fields (Any: a message, bytes or text).

        The record is written completely or, with OSError, not: the file is cut to its old size.
        """
        event = schema().find("Event")(wall_time=time.time(), step=step, **what)
        data = record(event.SerializeToString())
        try:
            with open(self.path, "ab", buffering=0) as file:
                written = 0
                while written < len(data):
                    written += file.write(data[written:])
        except OSError:
            with contextlib.suppress(OSError):
                os.truncate(self.path, self.size)
            raise
        self.size += len(data)


def record(data: bytes) -> bytes:
    """A TFRecord: length, its checksum, data, their checksum; little-endian.

    Source: TensorFlow's lib/io/record_writer.h.
    """
    length = struct.pack("<Q", len(data))
    return b"".join([length, struct.pack("<I", masked_checksum(length)), data,
                     struct.pack("<I", masked_checksum(data))])


def masked_checksum(data: bytes) -> int:
    """CRC-32C, turned by 15 bits, plus a constant. Source: TensorFlow's lib/hash/crc32c.h."""
    # lazy: numba costs 0.25 s
    from framework.logs.crc_loops import checksum

    crc = int(checksum(np.frombuffer(data, np.uint8), _table()))
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


@functools.cache
def _table() -> NDArray[np.uint32]:
    # lazy: numba costs 0.25 s
    from framework.logs.crc_loops import make_table

    return make_table()
