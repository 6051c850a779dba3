"""Shared-memory slots for batches, and the notes that say which array is at which offset."""

from __future__ import annotations

import math
import mmap
import struct
from dataclasses import dataclass
from typing import Any

import numpy as np

from framework.data.loading.batches import BatchMaker
from framework.system.arrays import Array

_ALIGNMENT = 64
LENGTH = struct.Struct("<Q")    # the bytes of a note, before it in the pipe


@dataclass(frozen=True)
class Setup:
    """The settings of a worker, sent at its start; it makes batches first, first + step, ..."""

    maker: BatchMaker
    first: int
    step: int
    file_number: int
    slot_bytes: int
    num_slots: int
    folder: str


@dataclass(frozen=True)
class Note:
    """The offset of an array in a slot, or the array itself if there was no room."""

    shape: tuple[int, ...]
    dtype: str
    offset: int = 0
    array: Array | None = None


class Slots:
    """Memory in slots of equal size, each for one batch."""

    def __init__(self, memory: mmap.mmap, slot_bytes: int):
        self.memory = memory
        self.slot_bytes = slot_bytes

    def holder(self, slot: int) -> Array:
        """All bytes of a slot; as long as it or a view of it lives, the slot is in use."""
        return np.frombuffer(self.memory, np.uint8, self.slot_bytes, slot * self.slot_bytes)


class SlotAllocator:
    """Allocates arrays in a slot, one after the other; ordinary ones once it is full.

    `_offsets` finds an array again by its address, when its note is written: what the maker of a
    batch returns may be the arrays that it was given, or others.
    """

    def __init__(self, holder: Array):
        self._holder = holder
        self._used = 0
        self._offsets: dict[int, int] = {}

    def __call__(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
        dtype = np.dtype(dtype)
        size = math.prod(shape) * dtype.itemsize
        if self._used + size > self._holder.size:
            return np.empty(shape, dtype)
        array = self._holder[self._used:self._used + size].view(dtype).reshape(shape)
        self._offsets[array.ctypes.data] = self._used
        self._used += math.ceil(size / _ALIGNMENT) * _ALIGNMENT     # whole cache lines
        return array

    def note(self, array: Array) -> Note:
        offset = self._offsets.get(array.ctypes.data) if array.size else None
        dtype = array.dtype.str
        if offset is None:
            return Note(array.shape, dtype, array=array)
        return Note(array.shape, dtype, offset)


def note_arrays(slots: Slots, slot: int, notes: list[Note]) -> tuple[Array, list[Array]]:
    """The slot's memory, and the arrays of the notes as views of it.

    The views keep the first alive: the slot is in use until all of them are gone.
    """
    holder = slots.holder(slot)
    arrays = []
    for note in notes:
        if note.array is not None:
            arrays.append(note.array)
            continue
        size = math.prod(note.shape) * np.dtype(note.dtype).itemsize
        part = holder[note.offset:note.offset + size]
        arrays.append(part.view(note.dtype).reshape(note.shape))
    return holder, arrays
