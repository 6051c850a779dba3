"""Lazily loaded arrays of files: shape and type from the header, values when asked for.

`read_any_blob` is the one reader of a BlobProto: in caffemodels, solver states and mean files.
Source: BlobProto in caffe.proto; Blob::FromProto in BVLC's blob.cpp; NVIDIA's blob.cpp for raw
data; facebook/C3D v1.0 for the fifth axis.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from framework.system.regular import read_regular
from framework.weights.wire import BYTES, FIXED32, FIXED64, fields, read_dims

LEGACY = (1, 2, 3, 4)
# Numbers of fields of BlobProto; RAW_TYPE and RAW_DATA are NVIDIA's.
DATA, DIFF, SHAPE, DOUBLE_DATA, DOUBLE_DIFF, RAW_TYPE, RAW_DATA = 5, 6, 7, 8, 9, 10, 12
RAW_TYPES = {0: "<f8", 1: "<f4", 2: "<f2", 3: "<i4", 4: "<u4"}   # enum Type, without BOOL
MAX_AXES = 32       # kMaxBlobAxes in blob.hpp


class Blob:
    """An array of a file, whose values are not read before they are asked for.

    shape, dtype  as the file's header says
    read          the values, flat in C order; they may be a view of the file's memory
    Raises ValueError for a shape or a kind of values that no blob has.
    """

    def __init__(self, shape: Sequence[int], dtype: np.dtype[Any],
                 read: Callable[[], np.ndarray]) -> None:
        if len(shape) > MAX_AXES:
            raise ValueError(f"it has {len(shape)} axes; a blob has at most {MAX_AXES}")
        if not all(type(size) is int and size >= 0 for size in shape):
            raise ValueError(f"its shape is {list(shape)}; sizes are whole numbers of 0 or more")
        if dtype.kind not in "fiub":
            raise ValueError(f"it holds values of the type {dtype}; a blob holds real numbers")
        self.shape = tuple(shape)
        self.dtype = dtype
        self.read = read

    @property
    def size(self) -> int:
        """The number of values."""
        return math.prod(self.shape)

    @property
    def values(self) -> np.ndarray:
        """The values, flat in C order, read now."""
        return self.read()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        """The values in their shape, for numpy. Any: what numpy takes for a type."""
        array = self.values.reshape(self.shape)
        return np.array(array, dtype) if copy or dtype not in (None, array.dtype) else array


def read_any_blob(data: memoryview) -> Blob:
    """The shape and values of a BlobProto of any project. ValueError if it is not a BlobProto."""
    legacy: dict[int, int] = {}
    shape: tuple[int, ...] = ()
    pieces: dict[int, list[memoryview]] = {DATA: [], DOUBLE_DATA: [], RAW_DATA: []}
    raw_type = 1
    for number, kind, value in fields(data):
        if isinstance(value, int):
            if number in LEGACY:
                legacy[number] = value
            elif number == RAW_TYPE:
                raw_type = value
            elif number == DATA:
                return _read_c3d_blob(data)
        elif number in pieces and kind in (BYTES, FIXED32, FIXED64):
            pieces[number].append(value)
        elif number == SHAPE and kind == BYTES:
            shape = tuple(read_dims(value))
    values = _values(pieces, raw_type)
    if legacy:
        shape = tuple(legacy.get(number, 0) for number in LEGACY)
    return _checked(shape, values)


def read_blob_file(path: str | Path) -> Blob:
    """Read a file that consists of one BlobProto. OSError or ValueError if it does not."""
    return blob_in(read_regular(path))


def blob_in(data: bytes) -> Blob:
    """The BlobProto that a file's content is. ValueError if it is not one."""
    if not data:
        raise ValueError("the file is empty")
    return read_any_blob(memoryview(data))


def _read_c3d_blob(data: memoryview) -> Blob:
    """C3D's BlobProto has a fifth axis, `length`, as number 3: all numbers after it are one up."""
    dims: dict[int, int] = {}
    pieces = []
    for number, kind, value in fields(data):
        if isinstance(value, int):
            dims[number] = value
        elif number == DATA + 1 and kind in (BYTES, FIXED32):
            pieces.append(value)
    shape = tuple(dims.get(number, 0) for number in range(1, 6))
    return _checked(shape, _join(pieces, "<f4"))


def _values(pieces: dict[int, list[memoryview]], raw_type: int) -> np.ndarray:
    if pieces[RAW_DATA]:
        if raw_type not in RAW_TYPES:
            raise ValueError(f"its raw data is of type {raw_type}, which weights do not have")
        return _join(pieces[RAW_DATA], RAW_TYPES[raw_type])
    if pieces[DOUBLE_DATA]:
        return _join(pieces[DOUBLE_DATA], "<f8")
    return _join(pieces[DATA], "<f4")


def _join(pieces: Sequence[memoryview], code: str) -> np.ndarray:
    size = int(code[-1])
    if any(len(piece) % size for piece in pieces):
        raise ValueError(f"its data is not a whole number of values of {size} bytes")
    if len(pieces) == 1:
        return np.frombuffer(pieces[0], dtype=code)
    return np.frombuffer(b"".join(pieces), dtype=code).copy()


def _checked(shape: tuple[int, ...], values: np.ndarray) -> Blob:
    signed = [size - 2**64 if size >= 2**63 else size for size in shape]
    blob = Blob(signed, values.dtype, lambda: values)
    if blob.size != values.size:
        raise ValueError(f"it has {values.size} values in the shape {describe(shape)}")
    return blob


def describe(shape: Iterable[int]) -> str:
    """`64 x 3 x 7 x 7`, or `no axes`."""
    return " x ".join(map(str, shape)) or "no axes"
