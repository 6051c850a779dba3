"""Sparse rows: SparseDatum records of a database, as dense rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from google.protobuf.message import DecodeError

from framework.data.augment.draws import Draws
from framework.data.loading.batches import Item
from framework.data.loading.items import RecordItems, classes
from framework.data.records.records import BadRecord
from framework.proto import SparseDatum
from framework.system.arrays import Array, Floats

LARGEST_SIZE = 1 << 28      # of a row: 1 GB as float32


def read_row(content: bytes) -> tuple[Floats, float]:
    """The row (size,) of a serialized SparseDatum, zeros included, and its label.

    Values of one index are added, as the original's product does. Raises BadRecord for a record
    that is not such a row.
    """
    datum = SparseDatum()
    try:
        datum.ParseFromString(content)
    except DecodeError:
        raise BadRecord("it is not a SparseDatum") from None
    if not 0 < datum.size <= LARGEST_SIZE:
        raise BadRecord(f"its size is {datum.size}; it must be from 1 to {LARGEST_SIZE}")
    counts = (datum.nnz, len(datum.indices), len(datum.data))
    if len(set(counts)) > 1:
        raise BadRecord(f"its nnz is {counts[0]}, and it has {counts[1]} indices and {counts[2]} "
                        "values")
    indices = np.array(datum.indices, np.int64)
    if counts[0] and not (indices.min() >= 0 and indices.max() < datum.size):
        raise BadRecord(f"its indices go from {indices.min()} to {indices.max()}; they must be "
                        f"from 0 to {datum.size - 1}")
    row = np.zeros(datum.size, np.float32)
    np.add.at(row, indices, np.array(datum.data, np.float32))
    return row, datum.label


@dataclass
class SparseItems(RecordItems):
    """Rows of an LMDB, each as one plane (1, 1, size)."""

    num_labels: int = 1

    def item(self, index: int, draws: Draws) -> Item:
        row, label = read_row(self.database.read(index))
        return Item((row[None, None],), label=label)

    def tops(self, items: Sequence[Item]) -> list[Array]:
        return [classes(items)] if self.num_labels else []
