"""Weight files that other programs read: Caffe's HDF5, numpy's .npz, and .safetensors.

HDF5 as the original writes it: a group `data`, in it a group for each layer, in it the blobs as
`0`, `1`, ...; the other two hold arrays named `layer/0`, `layer/1`, ...
Source: Net::ToHDF5 in BVLC's net.cpp; the format description of the safetensors project.
"""

from __future__ import annotations

import io
import json
import math
import mmap
import re
import struct
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from framework.errors import WeightsError
from framework.files.caffemodel import Blob, FileLayer

Layers = Iterable[tuple[Any, list[np.ndarray], list[np.ndarray]]]   # message, arrays, gradients
_SAFE_TYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2"}


def read_hdf5(path: str | Path) -> list[FileLayer]:
    """The layers of an HDF5 weight file. A blob that the file leaves out (shared) is None."""
    h5py = _h5py(path)
    layers: list[FileLayer] = []

    def visit(name: str, entry: Any) -> None:
        if isinstance(entry, h5py.Group):
            numbers = {int(key): entry[key] for key in entry if key.isdecimal()
                       and isinstance(entry[key], h5py.Dataset)}
            blobs: list[Blob | None] = [None] * (max(numbers, default=-1) + 1)
            for index, dataset in numbers.items():
                array = np.asarray(dataset[()])
                blobs[index] = Blob(array.shape, array.reshape(-1))
            layers.append(FileLayer(name, blobs=blobs))

    try:
        with h5py.File(path, "r") as file:
            if "data" not in file or not isinstance(file["data"], h5py.Group):
                raise WeightsError(f"{path}: has no group 'data'; it is no weight file of Caffe's")
            file["data"].visititems(visit)
    except WeightsError:
        raise
    except (OSError, RuntimeError, KeyError) as error:
        raise WeightsError(f"{path}: is no HDF5 file, or is damaged: {error}") from None
    return layers


def write_hdf5(path: Path, layers: Layers, shared: set[tuple[str, int]]) -> None:
    """Write as the original does: `shared` blobs stand only in the layer that has them first."""
    h5py = _h5py(path)
    content = io.BytesIO()      # on a full disk HDF5 itself keeps its file open, and the room taken
    with h5py.File(content, "w", libver="earliest") as file:
        for message, arrays, gradients in layers:
            group = file.require_group("data").require_group(message.name)
            for index, array in enumerate(arrays):
                if (message.name, index) not in shared:
                    group.create_dataset(str(index), data=array)
            for index, array in enumerate(gradients):
                file.require_group("diff").require_group(message.name).create_dataset(
                    str(index), data=array)
    path.write_bytes(content.getbuffer())


def read_npz(path: str | Path) -> list[FileLayer]:
    """The layers of an .npz file with arrays named `layer/0`, `layer/1`, ..."""
    try:
        with open(path, "rb") as opened, np.load(opened, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    except (ValueError, EOFError, zipfile.BadZipFile) as error:
        raise WeightsError(f"{path}: is no .npz file, or is damaged: {error}") from None
    return _grouped(path, arrays)


def write_npz(path: Path, layers: Layers) -> None:
    """Write the blobs as arrays named `layer/0`, `layer/1`, ..."""
    np.savez(path, **_named(layers))  # type: ignore[arg-type]  # no blob is `allow_pickle`


def read_safetensors(path: str | Path) -> list[FileLayer]:
    """The layers of a .safetensors file with tensors named `layer/0`, `layer/1`, ..."""
    with open(path, "rb") as file:
        data = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY))
    try:
        (size,) = struct.unpack("<Q", data[:8])
        if size > len(data) - 8:
            raise ValueError(f"its header of {size} bytes does not fit into the file")
        header = json.loads(bytes(data[8:8 + size]))
        arrays = {name: _safe_array(data[8 + size:], entry) for name, entry in header.items()
                  if name != "__metadata__"}
    except (ValueError, KeyError, TypeError, AttributeError, struct.error) as error:
        raise WeightsError(f"{path}: is no .safetensors file, or is damaged: {error}") from None
    return _grouped(path, arrays)


def write_safetensors(path: Path, layers: Layers) -> None:
    """Write the blobs as tensors named `layer/0`, `layer/1`, ..."""
    arrays = _named(layers)
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    end = 0
    for name, array in arrays.items():
        start, end = end, end + array.nbytes
        header[name] = {"dtype": f"F{8 * array.itemsize}", "shape": list(array.shape),
                        "data_offsets": [start, end]}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for array in arrays.values():
            file.write(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)


def _safe_array(data: memoryview, entry: Mapping[str, Any]) -> np.ndarray:
    start, end = entry["data_offsets"]
    shape, code = entry["shape"], _SAFE_TYPES[entry["dtype"]]
    if not 0 <= start <= end <= len(data) or end - start != math.prod(shape) * int(code[-1]):
        raise ValueError(f"its tensors of shape {shape} do not fit into the file")
    array = np.frombuffer(data[start:end], dtype=code)
    if entry["dtype"] == "BF16":        # the upper half of a float32
        array = (array.astype("<u4") << 16).view("<f4")
    return array.reshape(shape)


def _named(layers: Layers) -> dict[str, np.ndarray]:
    return {f"{message.name}/{index}": array for message, arrays, _ in layers
            for index, array in enumerate(arrays)}


def _grouped(path: str | Path, arrays: Mapping[str, np.ndarray]) -> list[FileLayer]:
    layers: dict[str, FileLayer] = {}
    for name, array in arrays.items():
        match = re.fullmatch(r"(.+)/(\d+)", name)
        if match is None:
            raise WeightsError(f"{path}: '{name}' is not the name of a blob; it must be that of "
                               "a layer with a slash and a number, as 'conv1/0'")
        layer = layers.setdefault(match[1], FileLayer(match[1]))
        layer.blobs += [None] * (int(match[2]) + 1 - len(layer.blobs))
        layer.blobs[int(match[2])] = Blob(array.shape, array.reshape(-1))
    return list(layers.values())


def _h5py(path: str | Path) -> Any:
    """The module h5py, which only this form needs. Any: it may not be installed."""
    try:
        import h5py
    except ImportError:
        raise WeightsError(f"{path}: HDF5 files need the package h5py: pip install "
                           "'caffe-on-torch[hdf5]'") from None
    return h5py
