"""Reader and writer of protobuf's wire format, without a Python object for each number.

A weight or state file is walked field by field; arrays are taken as bytes.
Source: the encoding chapter of protobuf's documentation; BlobProto in caffe.proto.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5    # wire types, the low 3 bits of a field's key
Value = int | memoryview
DATA = 5                    # numbers of fields of BlobProto
SHAPE = 7
MAX_VARINT_BITS = 70        # 10 bytes of 7 bits, the most that 64 bits take


def fields(data: memoryview) -> Iterator[tuple[int, int, Value]]:
    """Walk the fields of a message: number, wire type and value of each, in the file's order.

    The value is an int for varints, else the bytes. Raises ValueError where the data is cut off
    or not a message.
    """
    # A message is a row of fields, with no length or end of its own: key, then value. The key is
    # a varint of the field's number and its wire type, which says how long the value is. So
    # unknown fields can be passed over, and nested messages are read by a walk of their own.
    position = 0
    while position < len(data):
        key, position = read_varint(data, position)
        number = key >> 3
        kind = key & 7
        if number == 0:
            raise ValueError(f"no field starts at byte {position}")
        value: Value
        if kind == VARINT:
            value, position = read_varint(data, position)
        elif kind in (FIXED64, FIXED32, BYTES):
            size = {FIXED64: 8, FIXED32: 4}.get(kind, 0)
            if kind == BYTES:
                size, position = read_varint(data, position)
            if position + size > len(data):
                raise ValueError(f"a field of {size} bytes starts at byte {position}, but only "
                                 f"{len(data) - position} are left")
            value = data[position:position + size]      # a view: nothing is copied
            position += size
        else:
            raise ValueError(f"a field of the unknown kind {kind} ends before byte {position}")
        yield number, kind, value


def read_varint(data: memoryview, position: int) -> tuple[int, int]:
    """The integer at `position` and the position after it.

    A varint has 7 bits in each byte, the low ones first; the eighth bit says that more follow.
    """
    value = shift = 0
    while position < len(data) and shift < MAX_VARINT_BITS:
        byte = data[position]
        value |= (byte & 0x7F) << shift
        position += 1
        if byte < 0x80:
            return value, position
        shift += 7
    raise ValueError(f"an integer before byte {position} has no end")


def varint(value: int) -> bytes:
    """Encode an integer of 0 or more."""
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def key(number: int, kind: int) -> bytes:
    """Encode the key of a field: its number and its wire type."""
    return varint(number << 3 | kind)


def chunk(number: int, parts: Sequence[bytes | memoryview]) -> list[bytes | memoryview]:
    """A field of bytes, string or message kind, made of `parts`, without copying them."""
    return [key(number, BYTES) + varint(sum(len(part) for part in parts)), *parts]


def blob_parts(array: np.ndarray) -> list[bytes | memoryview]:
    """A BlobProto with shape and packed float data, as the original writes it."""
    flat = np.ascontiguousarray(array, dtype="<f4").reshape(-1)
    dims = b"".join(varint(size) for size in array.shape)
    parts = chunk(DATA, [flat.data.cast("B")] if flat.size else [])
    return [*parts, *chunk(SHAPE, chunk(1, [dims]))]


def read_dims(data: memoryview) -> list[int]:
    """The sizes in a BlobShape, packed or not."""
    dims: list[int] = []
    for number, _, value in fields(data):
        if number != 1:
            continue
        if isinstance(value, int):
            dims.append(value)
            continue
        position = 0
        while position < len(value):
            size, position = read_varint(value, position)
            dims.append(size)
    return dims
