"""HDF5Data: rows of the datasets of HDF5 files."""

from __future__ import annotations

import codecs
import math
import os
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from framework.data.augment.draws import Draws, Stream
from framework.data.augment.volume_crop import VOLUME_AXES, VolumeCrop
from framework.data.loading.batches import Share
from framework.definition.spec import LayerSpec
from framework.errors import DataError
from framework.layers.base import DataOptions, Shape, Source, layer
from framework.layers.data.assumed_shapes import ASSUMED_SIZES, Size, images_and_labels
from framework.layers.params import at_least, honour
from framework.system.regular import read_regular
from framework.system.text import decoded, encoding_of
from framework.weights import hdf5

SIGNATURE = b"\x89HDF\r\n\x1a\n"
Arrays = list[NDArray[np.float32]]
CROP_SIZES = ("crop_size_l", "crop_size_h", "crop_size_w")
IMAGE_FIELDS = ("scale", "mirror", "mean_value", "crop_size")


@layer
class HDF5Data(Source):
    """Batches of rows of the HDF5 files named in a list: a dataset for each top, of its name.

    Tops:   (batch_size, ...) each, float32; a batch goes on from the end of a file in the next.
    Errors: SpecError if there is a transform_param without a crop_size_w; DataError for unusable
            files.
    With `shuffle` the files, and the rows within each, come in another order in every epoch.
    3D-Caffe's `crop_size_l`, `crop_size_h` and `crop_size_w` cut that window of volumes (N, C, L,
    H, W) and of their labels, one or two more tops: at random in TRAIN, in the middle in TEST, one
    window for all rows of a file, drawn when the file is read, which a single file is once. With
    `mirror` half of the files are mirrored along their rows, in TEST too. The volumes, not the
    labels, are less `mean_value`, and times `scale`.
    With scale, mirror, mean_value or crop_size of hdf5_data_param the rows of the first top are
    images (C, H, W), less mean_value, times scale; each is mirrored along its rows or not, in TEST
    too, as drawn anew in every epoch. Of them a square of crop_size is cut, in TRAIN at a place
    drawn whenever a file is read, for all of its rows, in TEST in the middle.
    Source: HDF5DataParameter in caffe.proto; BVLC hdf5_data_layer.cpp, and that of the branch
            3D-Caffe of yulequan/3D-Caffe, of mikuhatsune/e2e_face and of WeitaoVan/L-GM-loss, whose
            crop_num, several cuts of an image in TEST, is not here.
    """

    reads = ("transform_param",)
    list_param = "hdf5_data_param"
    fork_fields = frozenset((*(f"transform_param.{name}" for name in CROP_SIZES),
                             *(f"hdf5_data_param.{name}" for name in IMAGE_FIELDS)))

    @classmethod
    def check_fields(cls, spec: LayerSpec) -> None:
        transform = spec.proto.transform_param
        if transform.HasField("crop_size_w") and _reads_images(spec):
            raise spec.error("transform_param.crop_size_w", "is given beside scale, mirror, "
                             "mean_value or crop_size of hdf5_data_param; give one of them")
        param = spec.proto.hdf5_data_param
        if param.HasField("crop_size"):
            at_least(spec, "hdf5_data_param.crop_size", (param.crop_size,), 1)
            if spec.phase == "TEST" and param.mirror:
                raise spec.error("hdf5_data_param.mirror", "is true beside a crop_size in TEST, "
                                 "which would give each image twice; this is not supported")
        if not transform.HasField("crop_size_w"):
            return
        honour(spec, "transform_param", " ".join(("scale mirror mean_value", *CROP_SIZES)))
        for name in CROP_SIZES:
            at_least(spec, f"transform_param.{name}", (getattr(transform, name),), 1)
        if len(spec.tops) not in (2, 3):
            raise spec.error("top", f"is given {len(spec.tops)} times; with a crop_size_w it must "
                             "be 2 or 3: volumes and their labels")

    @classmethod
    def assumed_shapes(cls, spec: LayerSpec, size: Size = ASSUMED_SIZES[0]) -> list[Shape]:
        shapes = images_and_labels(spec, size)
        if not spec.proto.transform_param.HasField("crop_size_w"):
            return shapes
        cls.check_fields(spec)
        sizes = _crop_sizes(spec)
        return [(shapes[0][0], max(1, len(spec.proto.transform_param.mean_value)), *sizes),
                *[(shapes[0][0], 1, *sizes)] * (len(spec.tops) - 1)]

    @classmethod
    def tops_of_files(cls, spec: LayerSpec) -> list[str]:
        return list(spec.tops)

    def __init__(self, spec: LayerSpec, options: DataOptions):
        super().__init__(spec, options)
        param = spec.proto.hdf5_data_param
        self.check_fields(spec)
        self.crop = _read_crop(spec)
        if spec.proto.HasField("transform_param") and self.crop is None:
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
        if _reads_images(spec):
            self._check_images(shapes[0][0][1:])
        self.num_rows = [found[0][0] for found in shapes]
        self.num_items = sum(self.num_rows)
        if not sum(self.num_rows):
            raise DataError(f"{param.source}: the files have no rows")
        self.top_shapes = [(param.batch_size, *shape[1:]) for shape in shapes[0]]
        if param.crop_size:
            self.top_shapes[0] = (*self.top_shapes[0][:2], param.crop_size, param.crop_size)

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
        return [f"{self.files[place.file_index]}[{place.row}]" for place in found]

    def load(self, file_index: int, visit: int) -> Arrays:
        """All rows of all tops of a file, as they are to come at that visit of it."""
        path = self.files[file_index]
        with hdf5.open_file(path, DataError) as file, \
                hdf5.damage_as(DataError, f"{self.spec.place()}: {path}: cannot be read"):
            arrays = [np.asarray(hdf5.read(hdf5.entry(file, top)), np.float32)
                      for top in self.spec.tops]
        if self.crop is None:
            return arrays
        draws = Draws(self.options.seed, visit, Stream.VOLUMES)
        length, height, width = arrays[0].shape[2:]
        window = self.crop.window((length, height, width), draws)
        volumes, *labels = (self.crop.cut(array, window) for array in arrays)
        return [self.crop.values(volumes), *labels]

    def changed(self, rows: Arrays, position: int, visit: int) -> Arrays:
        """The rows of all tops at a position of the run, the first one as images are changed.

        visit   how many files were read before it, each time that one is read again counted
        """
        if not _reads_images(self.spec):
            return rows
        param = self.spec.proto.hdf5_data_param
        image, *others = rows
        if param.crop_size:
            image = self._cropped(image, param.crop_size, visit)
        if param.mean_value:
            image = image - np.array(param.mean_value, np.float32).reshape(-1, 1, 1)
        if param.mirror and Draws(self.options.seed, position, Stream.MIRRORS).chance(0.5):
            image = image[..., ::-1]
        return [image * np.float32(param.scale), *others]

    def _cropped(self, image: NDArray[np.float32], size: int, visit: int) -> NDArray[np.float32]:
        """A square of an image: in TRAIN drawn for that visit of its file, else the middle."""
        room = [whole - size for whole in image.shape[1:]]
        top, left = (cells // 2 for cells in room)
        if self.spec.phase == "TRAIN":
            draws = Draws(self.options.seed, visit, Stream.VOLUMES)
            top, left = (draws.below(cells + 1) for cells in room)
        return image[:, top:top + size, left:left + size]

    def _check_images(self, shape: Shape) -> None:
        """SpecError unless rows of that shape are images that the settings fit."""
        if len(shape) != 3:
            raise self.spec.error("top[0]", f"'{self.spec.tops[0]}' has rows of the shape {shape}; "
                                  "with scale, mirror, mean_value or crop_size they must be "
                                  "(C, H, W)")
        size = self.spec.proto.hdf5_data_param.crop_size
        if size > min(shape[1:]):
            raise self.spec.error("hdf5_data_param.crop_size", f"is {size}; the images have the "
                                  f"shape {shape}")
        means = self.spec.proto.hdf5_data_param.mean_value
        if len(means) > 1 and len(means) != shape[0]:
            raise self.spec.error("hdf5_data_param.mean_value", f"is given {len(means)} times; it "
                                  f"must be once, or once for each of the {shape[0]} channels")

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
        return shapes if self.crop is None else _cut_shapes(path, shapes, self.crop)

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


def _reads_images(spec: LayerSpec) -> bool:
    """Whether rows of the first top are images to be changed, as the text says."""
    param = spec.proto.hdf5_data_param
    return param.scale != 1 or param.mirror or len(param.mean_value) > 0 or param.crop_size > 0


def _crop_sizes(spec: LayerSpec) -> tuple[int, int, int]:
    transform = spec.proto.transform_param
    return transform.crop_size_l, transform.crop_size_h, transform.crop_size_w


def _read_crop(spec: LayerSpec) -> VolumeCrop | None:
    """3D-Caffe's crop of volumes, if the text has it."""
    transform = spec.proto.transform_param
    if not transform.HasField("crop_size_w"):
        return None
    return VolumeCrop(_crop_sizes(spec), spec.phase == "TRAIN", transform.mirror, transform.scale,
                      tuple(transform.mean_value))


def _cut_shapes(path: str, shapes: list[tuple[int, ...]], crop: VolumeCrop
                ) -> list[tuple[int, ...]]:
    """The shapes after the crop; DataError where it does not fit a file."""
    volumes = shapes[0]
    if any(len(shape) != VOLUME_AXES or shape[2:] != volumes[2:] for shape in shapes):
        raise DataError(f"{path}: the datasets have the shapes {shapes}; to be cropped they must "
                        "be (N, C, L, H, W), with the same L, H and W")
    for name, size, cut in zip(CROP_SIZES, volumes[2:], crop.sizes, strict=True):
        if cut > size:
            raise DataError(f"{path}: transform_param.{name} is {cut}; the volumes have {size}")
    if len(crop.means) > 1 and len(crop.means) != volumes[1]:
        raise DataError(f"{path}: transform_param.mean_value is given {len(crop.means)} times; it "
                        f"must be once, or once for each of the {volumes[1]} channels")
    return [(*shape[:2], *crop.sizes) for shape in shapes]


class Place(NamedTuple):
    """A file, a row in it, and how many files were read before it in the run."""

    file_index: int
    row: int
    visit: int


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
        file_index, row, visit = self.find(position)
        # a file without a crop is the same at each visit
        loaded = file_index if self.source.crop is None else visit
        if self._loaded[0] != loaded:
            self._loaded = (loaded, self.source.load(file_index, visit))
        if len(self.source.files) == 1:     # which is read again for each epoch
            visit = position // self.source.num_items
        return self.source.changed([array[row] for array in self._loaded[1]], position, visit)

    def find(self, position: int) -> Place:
        """Where the row at a position of the run is."""
        source = self.source
        epoch, offset = divmod(position, sum(source.num_rows))
        order = self._file_order(epoch)
        visit = 0               # files of this epoch before the one that is sought
        while offset >= source.num_rows[order[visit]]:
            offset -= source.num_rows[order[visit]]
            visit += 1
        file_index = order[visit]
        visit += epoch * len(source.files)
        if source.shuffle:
            offset = self._row_order(visit, source.num_rows[file_index])[offset]
        return Place(file_index, offset, visit if len(source.files) > 1 else 0)

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
