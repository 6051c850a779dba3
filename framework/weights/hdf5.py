"""Safe reading of untrusted HDF5 files: only numbers stored in the file itself are read.

A dataset may keep its values in any other file that the reader can open (external storage,
virtual datasets, links), and a few bytes may claim any size. Both are refused.
Source: HDF5's description of its file format; h5py's.
"""

from __future__ import annotations

import contextlib
import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from framework.errors import CaffeError, WeightsError
from framework.weights.blob import Blob

# What h5py raises on damaged files; it documents none of them.
DAMAGE = (ArithmeticError, AttributeError, LookupError, MemoryError, OSError, RuntimeError,
          TypeError, ValueError)
LARGE_CHUNK = 1 << 24       # bytes that a chunk may have beyond those of its dataset
SMALL_STORED = 1 << 18      # a deflated chunk of this size is at most 2**28 bytes: not a bomb


def module(place: str | Path, error: type[CaffeError] = WeightsError) -> Any:
    """The module h5py, which only this form needs. Any: it may not be installed."""
    try:
        # lazy: an extra that not everyone installs
        import h5py
    except ImportError:
        raise error(f"{place}: HDF5 files need the package h5py: pip install "
                    "'caffe-on-torch[hdf5]'") from None
    return h5py


@contextlib.contextmanager
def damage_as(error: type[CaffeError], sentence: str) -> Iterator[None]:
    """What h5py raises within becomes `error`, the sentence before its text."""
    try:
        yield
    except CaffeError:
        raise
    except DAMAGE as cause:
        text = " ".join(str(cause).split()) or type(cause).__name__
        raise error(f"{sentence}: {text}") from None


def open_file(path: str | Path, error: type[CaffeError], what: str = "an HDF5 file") -> Any:
    """An open HDF5 file (Any: h5py has no types), closed when nothing refers to it any more."""
    h5py = module(path, error)
    if not os.path.isfile(path):
        raise error(f"{path}: there is no such file, or it is not a regular file")
    with damage_as(error, f"{path}: is not {what}, or is damaged"):
        return h5py.File(path, "r")


def entry(group: Any, name: str | bytes, kinds: str = "fiub") -> Any:
    """The entry of a group under a name: a group, a dataset, or None if there is no such entry.

    name    as the group gives it: bytes where it is not UTF-8
    kinds   of numpy's types that a dataset may have; by default real numbers
    ValueError for a link, and for a dataset whose values are not in the file itself. Any: as above.
    """
    h5py = module("")
    link = os.fsencode(name)
    if not group.id.links.exists(link):
        return None
    if group.id.links.get_info(link).type != h5py.h5l.TYPE_HARD:
        raise ValueError(f"'{os.fsdecode(name)}' is a link to somewhere else, which is not "
                         "followed")
    found = group[link]
    if isinstance(found, h5py.Dataset):
        _check_dataset(found, kinds)
    return found


def name_of(found: Any) -> str:
    """The path of a group or dataset, which is not always UTF-8. Any: as above."""
    return str(os.fsdecode(module("").h5i.get_name(found.id) or b"?"))


def _check_dataset(dataset: Any, kinds: str) -> None:
    """ValueError for values in other files, or of other kinds. Any: as above."""
    name = name_of(dataset)
    kind = dataset.dtype.kind
    if dataset.external:
        raise ValueError(f"'{name}' has its values in another file, which is not read")
    if dataset.is_virtual:
        raise ValueError(f"'{name}' is put together from other datasets, which are not read")
    if dataset.shape is None:
        raise ValueError(f"'{name}' is empty, without a shape")
    if kind not in kinds:
        what = f"values of the type {dataset.dtype}"
        if kind in "OSU":
            what = "text, or rows of different lengths"
        raise ValueError(f"'{name}' holds {what}; it must be real numbers")


def read(dataset: Any) -> np.ndarray:
    """All values of a dataset that `entry` gave. ValueError if they take more memory than they
    are in size. Any: as above."""
    if dataset.chunks:
        _check_chunks(dataset)
    return np.asarray(dataset[()])


def blob(path: str | Path, file: Any, dataset: Any) -> Blob:
    """A dataset that `entry` gave, whose values are read later. Any: as above."""
    if dataset is None:
        raise ValueError("a dataset is missing")

    def values() -> np.ndarray:
        assert file         # which must stay open
        with damage_as(WeightsError, f"{path}: '{name_of(dataset)}' cannot be read"):
            return read(dataset).reshape(-1)

    return Blob(dataset.shape, dataset.dtype, values)


def read_text(group: Any, name: str) -> str:
    """The text of a dataset with one value; empty if there is no such dataset. Any: as above."""
    dataset = entry(group, name, kinds="OS")
    content = b"" if dataset is None or dataset.size != 1 else dataset[()]
    return content.decode() if isinstance(content, bytes) else str(content)


def _check_chunks(dataset: Any) -> None:
    """The library takes memory for whole chunks, and for all that a deflated one holds."""
    limit = int(np.prod(dataset.chunks, dtype=object)) * dataset.dtype.itemsize
    if limit > dataset.size * dataset.dtype.itemsize + LARGE_CHUNK:
        raise ValueError(f"'{name_of(dataset)}' is stored in chunks of {limit} bytes, more than "
                         "all its values")
    if dataset.compression is None:
        return
    stored: list[Any] = []
    dataset.id.chunk_iter(stored.append)
    for chunk in stored:
        if chunk.size <= SMALL_STORED:
            continue
        too_long = chunk.size > 2 * limit
        if dataset.compression == "gzip" and not too_long:
            _, content = dataset.id.read_direct_chunk(chunk.chunk_offset)
            too_long = len(zlib.decompressobj().decompress(content, 2 * limit)) >= 2 * limit
        if too_long:
            raise ValueError(f"'{name_of(dataset)}' has a chunk that holds more than its {limit} "
                             "bytes")
