"""A reader of event files, apart from the writer: the checksum bit by bit."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

from framework.logs.event_file import schema


def crc32c(data: bytes) -> int:
    """CRC-32C by its definition in RFC 3720: polynomial 0x1EDC6F41, bits reversed."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def masked(data: bytes) -> int:
    crc = crc32c(data)
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) % 2**32


def records(path: Path) -> list[bytes]:
    """The data of every record; AssertionError for a wrong checksum or a record cut short."""
    content = path.read_bytes()
    found = []
    while content:
        length, check = struct.unpack("<QI", content[:12])
        assert check == masked(content[:8])
        data = content[12:12 + length]
        [check] = struct.unpack("<I", content[12 + length:16 + length])
        assert check == masked(data)
        found.append(data)
        content = content[16 + length:]
    return found


def events(path: Path) -> list[Any]:
    """The Event messages. Any: known only at run time."""
    return [schema().find("Event").FromString(data) for data in records(path)]
