"""Read and write .caffemodel files: a NetParameter in protobuf's wire format.

The wire format is walked field by field, with the arrays as bytes: protobuf's own messages make
a Python object of each number, and end at 2 GiB. Only name, type, blobs and shapes are read,
where the dialects of all Caffe projects agree.
Source: NetParameter, V1LayerParameter, V0LayerParameter, BlobProto in caffe.proto.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import numpy as np
from google.protobuf.message import Message

from framework.errors import WeightsError
from framework.weights.blob import DATA, DIFF, DOUBLE_DATA, DOUBLE_DIFF, SHAPE, Blob, read_any_blob
from framework.weights.wire import BYTES, chunk, fields, varint

# Numbers of fields of NetParameter.
NET_NAME = 1
NET_V1_LAYERS = 2
NET_LAYERS = 100
# The numbers of name, type and blobs in each generation of layers; V0 is nested inside V1.
LAYER = (1, 2, 7)
V1_LAYER = (4, 5, 6)
V0_LAYER = (1, 2, 50)
V0_IN_V1 = 1


@dataclass
class FileLayer:
    """A layer of a weight file. A blob is None where an HDF5 file leaves out a shared one."""

    name: str
    type: str = ""
    blobs: list[Blob | None] = field(default_factory=list)


def read_caffemodel(path: str | Path) -> list[FileLayer]:
    """The layers of a .caffemodel file of any generation, in the file's order.

    The arrays point into the file, which stays mapped as long as one of them is referenced.
    Raises WeightsError if the file is cut off, corrupt, or not a caffemodel.
    """
    with open(path, "rb") as file:
        if file.seek(0, 2) == 0:
            raise WeightsError(f"{path}: the file is empty")
        # a private copy, made page by page on writing only: torch wants writable memory
        data = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY))
    try:
        layers = list(_read_layers(data))
    except ValueError as error:
        reason = "; a solver state goes to --snapshot, and the caffemodel of its iteration is " \
            "beside it" if Path(path).suffix == ".solverstate" else ""
        raise WeightsError(f"{path}: is not a caffemodel, or is damaged: {error}{reason}"
                           ) from None
    if not layers:
        raise WeightsError(f"{path}: holds no layers; it is not a caffemodel")
    return layers


def _read_layers(data: memoryview) -> Iterator[FileLayer]:
    for number, kind, value in fields(data):
        if number in (NET_NAME, NET_V1_LAYERS, NET_LAYERS) and kind != BYTES:
            raise ValueError(f"field {number} is a number, as in a solver state or a mean file")
        if isinstance(value, int):
            continue
        if number == NET_LAYERS:
            yield _read_layer(value, LAYER)
        elif number == NET_V1_LAYERS:
            yield _read_layer(value, V1_LAYER)


def _read_layer(data: memoryview, numbers: tuple[int, int, int]) -> FileLayer:
    name_number, type_number, blobs_number = numbers
    layer = FileLayer("")
    for number, kind, value in fields(data):
        if isinstance(value, int):
            continue
        if number == V0_IN_V1 and numbers is V1_LAYER:
            return _read_layer(value, V0_LAYER)
        if number == name_number and kind == BYTES:
            layer.name = bytes(value).decode("utf-8", "surrogateescape")
        elif number == type_number and kind == BYTES:
            layer.type = bytes(value).decode("utf-8", "surrogateescape")
        elif number == blobs_number and kind == BYTES:
            try:
                layer.blobs.append(read_any_blob(value))
            except ValueError as error:
                raise ValueError(f"blob {len(layer.blobs)} of layer '{layer.name}': "
                                 f"{error}") from None
    return layer


def write_caffemodel(
    file: BinaryIO, name: str,
    layers: Iterable[tuple[Message, Sequence[np.ndarray], Sequence[np.ndarray]]],
) -> None:
    """Write a NetParameter as the original does: all layers, each with its blobs.

    layers   for each: LayerParameter without blobs; its arrays; their gradients, or an empty
             list. The arrays are float32 or float64; they are written without a copy.
    Any: a message.
    """
    for part in chunk(NET_NAME, [name.encode("utf-8", "surrogateescape")]):
        file.write(part)
    for message, arrays, gradients in layers:
        parts: list[bytes | memoryview] = [message.SerializeToString()]
        for index, array in enumerate(arrays):
            gradient = gradients[index] if gradients else None
            parts += chunk(LAYER[2], _blob_parts(array, gradient))
        for part in chunk(NET_LAYERS, parts):
            file.write(part)


def _blob_parts(array: np.ndarray, gradient: np.ndarray | None) -> list[bytes | memoryview]:
    double = array.dtype == np.float64
    parts = _packed(DOUBLE_DATA if double else DATA, array)
    if gradient is not None:
        parts += _packed(DOUBLE_DIFF if double else DIFF, gradient)
    dims = b"".join(varint(size) for size in array.shape)
    return parts + chunk(SHAPE, chunk(1, [dims]) if dims else [])


def _packed(number: int, array: np.ndarray) -> list[bytes | memoryview]:
    flat = np.ascontiguousarray(array).reshape(-1)
    flat = flat.astype(flat.dtype.newbyteorder("<"), copy=False)
    return chunk(number, [flat.view(np.uint8).data])
