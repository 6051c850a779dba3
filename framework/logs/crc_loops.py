"""CRC-32C, the checksum of TFRecord files, compiled."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from framework.system.arrays import Levels
from framework.system.compiled import compiled_exactly

POLYNOMIAL = 0x82F63B78     # Castagnoli's, its bits reversed


@compiled_exactly
def checksum(data: Levels, table: NDArray[np.uint32]) -> np.uint32:
    """The CRC-32C of bytes; `table` is that of `make_table`."""
    crc = np.uint32(0xFFFFFFFF)
    for byte in data:
        crc = table[(crc ^ byte) & np.uint32(255)] ^ (crc >> np.uint32(8))
    return crc ^ np.uint32(0xFFFFFFFF)


def make_table() -> NDArray[np.uint32]:
    """(256,) the remainder of each byte."""
    table = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        table = np.where(table & 1, (table >> 1) ^ np.uint32(POLYNOMIAL), table >> 1)
    return table
