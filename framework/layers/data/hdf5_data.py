"""HDF5Data: rows of the datasets of HDF5 files."""

from __future__ import annotations

import codecs
import math
import os
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from framework.data.augment.draws import Draws, Stream
from framework.data.loading.batches import Share
from framework.definition.spec import LayerSpec
from framework.errors import DataError
from framework.layers.base import DataOptions, Source, layer
from framework.system.regular import read_regular
from framework.system.text import decoded, encoding_of
from framework.weights import hdf5

SIGNATURE = b"\x89HDF\r\n\x1a\n"
Arrays = list[NDArray[np.float32]]


@layer
class HDF5Data(Source):
    """Batches of rows of the HDF5 files named in a list: a dataset for each top, of its name.

    Tops:   (batch_size, ...) each, float32; a batch goes on from the end of a file in the next.
    Errors: SpecError if there is a transform_param; DataError for unusable files.
    With `shuffle` the files, and the rows within each, come in another order in every epoch.
    Source: HDF5DataParameter in caffe.proto; BVLC hdf5_data_layer.cpp.
    """

    reads = ("transform_param",)
    list_param = "hdf5_data_param"

    @classmethod
    def tops_of_files(cls, spec: LayerSpec) -> list[str]:
        return list(spec.tops)

    def __init__(self, spec: LayerSpec, options: DataOptions):
        super().__init__(spec, options)
        param = spec.proto.hdf5_data_param
        if spec.proto.HasField("transform_param"):
            raise spec.error("transform_param", "has no use here: HDF5Data gives rows as they are")
        if param.batch_size == 0:
            raise spec.error("hdf5_data_param.batch_size", "is missing or 0; it must be at least 1")
        self.shuffle = param.shuffle
        self.share = Share(param.batch_size, options.rank, options.world_size)
        self.files = self._read_list(param.source)
        shapes = [self._shapes(path) for path in self.files]
        for path, found in zip(self.files, shapes, strict=True):
            if [shape[1:] for shape in found] != [shape[1:] for shape in shapes[0]]:
                raise DataError(f"{path}: the rows are not shaped as those of {self.files[0]}")
        self.num_rows = [found[0][0] for found in shapes]
        self.num_items = sum(self.num_rows)
        if not sum(self.num_rows):
            raise DataError(f"{param.source}: the files have no rows")
        self.top_shapes = [(param.batch_size, *shape[1:]) for shape in shapes[0]]

    def batches(self, start: int = 0) -> Iterator[tuple[Tensor, ...]]:
        reader = _Reader(self)
        index = start
        while True:
            rows = [reader.row(self.share.position(index, item_index))
                    for item_index in range(self.share.batch_size)]
            yield tuple(torch.from_numpy(np.stack(top)) for top in zip(*rows, strict=True))
            index += 1

    def keys(self, batch_index: int) -> list[str]:
        reader = _Reader(self)
        found = [reader.find(self.share.position(batch_index, item_index))
                 for item_index in range(self.share.batch_size)]
        return [f"{self.files[file_index]}[{row}]" for file_index, row in found]

    def load(self, file_index: int) -> Arrays:
        """All rows of all tops of a file."""
        path = self.files[file_index]
        with hdf5.open_file(path, DataError) as file, \
                hdf5.damage_as(DataError, f"{self.spec.place()}: {path}: cannot be read"):
            return [np.asarray(hdf5.read(hdf5.entry(file, top)), np.float32)
                    for top in self.spec.tops]

    def _read_list(self, source: str) -> list[str]:
        if not source:
            raise self.spec.error("hdf5_data_param.source", "is missing; it names a list of files")
        try:
            content = read_regular(source)
        except OSError as error:
            raise DataError(f"{source}: the list of HDF5 files cannot be read: "
                            f"{error.strerror}") from None
        if content.startswith(SIGNATURE):
            raise self.spec.error("hdf5_data_param.source", f"'{source}' is an HDF5 file; it must "
                                  "be a text file that names HDF5 files, one a line")
        if encoding_of(content) == "utf-16":
            content = decoded(source, content).encode()
        files = [os.fsdecode(name) for name in content.removeprefix(codecs.BOM_UTF8).split()]
        if not files:
            raise DataError(f"{source}: the list names no HDF5 files")
        return files

    def _shapes(self, path: str) -> list[tuple[int, ...]]:
        with hdf5.open_file(path, DataError) as file, \
                hdf5.damage_as(DataError, f"{path}: cannot be used"):
            found = [self._dataset(path, file, top) for top in self.spec.tops]
            shapes = [tuple(dataset.shape) for dataset in found]
        if len({shape[0] for shape in shapes}) > 1:
            raise DataError(f"{path}: the datasets differ in their number of rows: {shapes}")
        size = 4 * sum(math.prod(shape) for shape in shapes)
        if size > os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"):
            raise DataError(f"{path}: its rows take {size / 2**30:.3g} GiB, more than the memory "
                            "here; HDF5Data holds a whole file, so divide it into several")
        return shapes

    def _dataset(self, path: str, file: Any, top: str) -> Any:
        """An open dataset. Any: h5py has no types."""
        dataset = hdf5.entry(file, top)
        if not isinstance(dataset, hdf5.module(path, DataError).Dataset):
            what = "there is no dataset" if dataset is None else "there is a group, not a dataset,"
            raise DataError(f"{path}: {what} '{top}', which layer '{self.spec.name}' has as a top; "
                            f"it has {sorted(map(os.fsdecode, file))}")
        if not dataset.shape:
            raise DataError(f"{path}: the dataset '{top}' is a single value, without rows")
        return dataset


class _Reader:
    """Rows by their position in the run; keeps the last file in memory.

    What is kept is stored with the number that it belongs to: an epoch, a file, a visit.
    """

    def __init__(self, source: HDF5Data):
        self.source = source
        self._order: tuple[int, list[int]] = (-1, [])
        self._loaded: tuple[int, Arrays] = (-1, [])
        self._rows: tuple[int, list[int]] = (-1, [])

    def row(self, position: int) -> Arrays:
        file_index, row = self.find(position)
        if self._loaded[0] != file_index:
            self._loaded = (file_index, self.source.load(file_index))
        return [array[row] for array in self._loaded[1]]

    def find(self, position: int) -> tuple[int, int]:
        """The index of the file at a position of the run, and the index of the row in it."""
        source = self.source
        epoch, offset = divmod(position, sum(source.num_rows))
        order = self._file_order(epoch)
        visit = 0               # files of this epoch before the one that is sought
        while offset >= source.num_rows[order[visit]]:
            offset -= source.num_rows[order[visit]]
            visit += 1
        file_index = order[visit]
        if source.shuffle:
            offset = self._row_order(epoch * len(source.files) + visit,
                                     source.num_rows[file_index])[offset]
        return file_index, offset

    def _row_order(self, visit: int, count: int) -> list[int]:
        """The order of a file's rows at the visit of that number."""
        if self._rows[0] != visit:
            draws = Draws(self.source.options.seed, visit, Stream.ROWS)
            self._rows = (visit, draws.generator.permutation(count).tolist())
        return self._rows[1]

    def _file_order(self, epoch: int) -> list[int]:
        if self._order[0] != epoch:
            number = len(self.source.files)
            order = list(range(number))
            if self.source.shuffle:
                draws = Draws(self.source.options.seed, epoch, Stream.ORDER)
                order = [int(index) for index in draws.generator.permutation(number)]
            self._order = (epoch, order)
        return self._order[1]
