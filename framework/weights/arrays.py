"""Read and write weights as HDF5 (Caffe's form), .npz and .safetensors.

HDF5 as the original writes it: a group `data`, in it a group for each layer, in it the blobs as
`0`, `1`, ...; the other two hold arrays named `layer/0`, `layer/1`, ...
Source: Net::ToHDF5 in BVLC's net.cpp; the format description of the safetensors project.
"""

from __future__ import annotations

import contextlib
import io
import json
import mmap
import os
import re
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np

from framework.errors import WeightsError
from framework.proto import LayerParameter
from framework.system.json_text import parse_json
from framework.weights import hdf5
from framework.weights.blob import Blob, describe
from framework.weights.caffemodel import FileLayer

# message, arrays, gradients
Layers = Iterable[tuple[LayerParameter, list[np.ndarray], list[np.ndarray]]]
_SAFE_TYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2", "I64": "<i8", "I32": "<i4",
               "I16": "<i2", "I8": "i1", "U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "u1",
               "BOOL": "?"}
PIECE = 1 << 20                      # bytes read at once
LONGEST_HEADER = 100_000_000        # bytes; the limit of the safetensors project
_DAMAGE = (ArithmeticError, AttributeError, EOFError, LookupError, MemoryError, OSError,
           RuntimeError, TypeError, ValueError, struct.error, tokenize.TokenError,
           zipfile.BadZipFile, zlib.error)


def read_hdf5(path: str | Path) -> list[FileLayer]:
    """The layers of an HDF5 weight file. A blob that the file leaves out (shared) is None."""
    file = hdf5.open_file(path, WeightsError)
    with hdf5.damage_as(WeightsError, f"{path}: is not an HDF5 weight file, or is damaged"):
        h5py = hdf5.module(path)
        data = hdf5.entry(file, "data")
        if not isinstance(data, h5py.Group):
            raise WeightsError(f"{path}: has no group 'data'; it is not a weight file of Caffe's")
        return [FileLayer(name, blobs=_hdf5_blobs(path, file, group, h5py))
                for name, group in _groups(data, h5py)]


def _groups(data: Any, h5py: Any) -> Iterator[tuple[str, Any]]:
    """Each group below `data` once, with its path from there. Any: h5py has no types."""
    seen = {h5py.h5o.get_info(data.id).addr}
    waiting = [("", data)]
    while waiting:
        above, group = waiting.pop()
        if above:
            yield above, group
        inner = []
        for key in group:
            found = hdf5.entry(group, key)
            name = os.fsdecode(key)
            if isinstance(found, h5py.Group):
                address = h5py.h5o.get_info(found.id).addr
                if address not in seen:         # a group can be linked into itself
                    seen.add(address)
                    inner.append((f"{above}/{name}" if above else name, found))
        waiting += reversed(inner)


def _hdf5_blobs(path: str | Path, file: Any, group: Any, h5py: Any) -> list[Blob | None]:
    """Any: h5py has no types."""
    blobs: dict[int, Blob] = {}
    for key in group:
        dataset = hdf5.entry(group, key)
        name = os.fsdecode(key)
        if isinstance(dataset, h5py.Dataset) and name.isdecimal():
            index = _index(path, f"{hdf5.name_of(group)}/{name}", name)
            blobs[index] = hdf5.blob(path, file, dataset)
    return _in_order(blobs)


def write_hdf5(path: Path, layers: Layers, shared: set[tuple[str, int]]) -> None:
    """Write as the original does: `shared` blobs only in the layer that has them first. Layers of
    one name have the same blobs (net/params check_layer_names), which are written once."""
    h5py = hdf5.module(path)
    written: set[str] = set()
    content = io.BytesIO()      # on a full disk HDF5 itself keeps its file open, and the room taken
    with h5py.File(content, "w", libver="earliest") as file:
        for message, arrays, gradients in layers:
            if arrays and message.name in written:
                continue
            if arrays:
                written.add(message.name)
            group = file.require_group("data").require_group(message.name)
            for index, array in enumerate(arrays):
                if (message.name, index) not in shared:
                    group.create_dataset(str(index), data=array)
            for index, array in enumerate(gradients):
                file.require_group("diff").require_group(message.name).create_dataset(
                    str(index), data=array)
    with open(path, "wb") as out, content.getbuffer() as view:      # write_bytes keeps one
        out.write(view)


def read_npz(path: str | Path) -> list[FileLayer]:
    """The layers of an .npz file with arrays named `layer/0`, `layer/1`, ..."""
    with _damage_named(f"{path}: is not an .npz file, or is damaged"):
        archive = zipfile.ZipFile(path)     # closed when no blob refers to it any more
        blobs: dict[str, Blob] = {}
        for member in archive.infolist():
            name = member.filename.removesuffix(".npy")
            if name in blobs:
                raise ValueError(f"it has the array '{name}' twice")
            blobs[name] = _npz_blob(path, archive, member)
    return _grouped(path, blobs)


def _npz_blob(path: str | Path, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Blob:
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ValueError(f"'{member.filename}' is packed in another way than numpy's")
    with archive.open(member) as file:
        shape, is_fortran, dtype = _npy_header(file)

    def values() -> np.ndarray:
        with _damage_named(f"{path}: '{member.filename}' cannot be read"), \
                archive.open(member) as file:
            _npy_header(file)
            array = np.empty(blob.size, dtype)
            if not _fill(array, file) or file.read(1):      # the read at the end checks the sum
                raise ValueError(f"it is not as long as its shape {describe(shape)} says")
            if is_fortran:
                array = array.reshape(shape[::-1]).transpose().reshape(-1)
            return array

    try:
        blob = Blob(shape, dtype, values)
        if blob.size * dtype.itemsize > member.file_size:
            raise ValueError(f"it is shorter than its shape {describe(shape)} says")
    except ValueError as error:
        raise ValueError(f"'{member.filename}': {error}") from None
    return blob


def _fill(array: np.ndarray, file: IO[bytes]) -> bool:
    """Read the bytes of an array in pieces; returns whether the file has as many."""
    view = array.view(np.uint8)
    position = 0
    while position < view.size:
        piece = file.read(min(view.size - position, PIECE))
        if not piece:
            return False
        view[position:position + len(piece)] = np.frombuffer(piece, np.uint8)
        position += len(piece)
    return True


def _npy_header(file: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Shape, whether the first axis runs fastest, and type of an .npy file."""
    version = np.lib.format.read_magic(file)
    if version == (1, 0):
        return np.lib.format.read_array_header_1_0(file)
    if version == (2, 0):
        return np.lib.format.read_array_header_2_0(file)
    raise ValueError(f"it has version {version} of the .npy form, which is for structures only")


def write_npz(path: Path, layers: Layers) -> None:
    """Write the blobs as arrays named `layer/0`, `layer/1`, ..."""
    np.savez(path, **_named(layers))  # type: ignore[arg-type]  # no blob is `allow_pickle`


def read_safetensors(path: str | Path) -> list[FileLayer]:
    """The layers of a .safetensors file with tensors named `layer/0`, `layer/1`, ..."""
    with _damage_named(f"{path}: is not a .safetensors file, or is damaged"):
        with open(path, "rb") as file:
            data = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY))
        (size,) = struct.unpack("<Q", data[:8])
        if size > min(len(data) - 8, LONGEST_HEADER):
            raise ValueError(f"its header of {size} bytes does not fit into the file")
        header = parse_json(bytes(data[8:8 + size]))
        blobs = {name: _safe_blob(name, data[8 + size:], tensor)
                 for name, tensor in header.items() if name != "__metadata__"}
    return _grouped(path, blobs)


def write_safetensors(path: Path, layers: Layers) -> None:
    """Write the blobs as tensors named `layer/0`, `layer/1`, ..."""
    arrays = _named(layers)
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    end = 0
    for name, array in arrays.items():
        start = end
        end += array.nbytes
        header[name] = {"dtype": f"F{8 * array.itemsize}", "shape": list(array.shape),
                        "data_offsets": [start, end]}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for array in arrays.values():
            file.write(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)


def _safe_blob(name: str, data: memoryview, tensor: Mapping[str, Any]) -> Blob:
    start, end = tensor["data_offsets"]
    if type(start) is not int or type(end) is not int:
        raise ValueError(f"the offsets of '{name}' are {start} and {end}, not whole numbers")
    if tensor["dtype"] not in _SAFE_TYPES:
        raise ValueError(f"'{name}' holds values of the type {tensor['dtype']}; it must be one of "
                         f"{', '.join(_SAFE_TYPES)}")
    stored = np.dtype(_SAFE_TYPES[tensor["dtype"]])
    is_bfloat16 = tensor["dtype"] == "BF16"

    def values() -> np.ndarray:
        array = np.frombuffer(data[start:end], dtype=stored)
        if is_bfloat16:                     # the upper half of a float32
            return (array.astype("<u4") << 16).view("<f4")
        return array

    blob = Blob(tensor["shape"], np.dtype("<f4") if is_bfloat16 else stored, values)
    if not 0 <= start <= end <= len(data) or end - start != blob.size * stored.itemsize:
        raise ValueError(f"the shape {describe(blob.shape)} of '{name}' does not fit its bytes "
                         f"{start} to {end}")
    return blob


def _named(layers: Layers) -> dict[str, np.ndarray]:
    return {f"{message.name}/{index}": array for message, arrays, _ in layers
            for index, array in enumerate(arrays)}


def _grouped(path: str | Path, blobs: Mapping[str, Blob]) -> list[FileLayer]:
    layers: dict[str, dict[int, Blob]] = {}
    for name, blob in blobs.items():
        layer, slash, number = name.rpartition("/")
        if not (layer and slash and number.isdecimal()):
            raise WeightsError(f"{path}: '{name}' is not the name of a blob; it must be that of "
                               "a layer with a slash and a number, as 'conv1/0'")
        layers.setdefault(layer, {})[_index(path, name, number)] = blob
    return [FileLayer(layer, blobs=_in_order(found)) for layer, found in layers.items()]


def _index(path: str | Path, name: str, number: str) -> int:
    if not re.fullmatch("0|[1-9][0-9]{0,3}", number):
        raise WeightsError(f"{path}: '{name}' is not the name of a blob: its number must be from 0 "
                           "to 9999")
    return int(number)


def _in_order(blobs: Mapping[int, Blob]) -> list[Blob | None]:
    return [blobs.get(index) for index in range(max(blobs, default=-1) + 1)]


@contextlib.contextmanager
def _damage_named(sentence: str) -> Iterator[None]:
    """What the readers of zip, numpy and JSON raise on damaged files becomes a WeightsError."""
    try:
        yield
    except _DAMAGE as error:
        text = " ".join(str(error).split()) or type(error).__name__
        raise WeightsError(f"{sentence}: {text}") from None
