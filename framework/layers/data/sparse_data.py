"""SparseData: rows with few values that are not 0, from a database."""

from __future__ import annotations

import torch
from torch import Tensor

from framework.data.augment.mean import Mean
from framework.data.loading.sparse_items import SparseItems
from framework.definition.spec import LayerSpec
from framework.layers.base import DataOptions, Shape, layer
from framework.layers.data.assumed_shapes import ASSUMED_SIZES, Size, images_and_labels
from framework.layers.data.first_records import database_path
from framework.layers.data.image_source import ImageSource
from framework.layers.params import honour

ASSUMED_LENGTH = 1000       # of a row, where the data are not at hand


@layer
class SparseData(ImageSource):
    """Batches of rows and their labels from an LMDB of SparseDatum records; the rows are dense.

    Tops:   rows (batch_size, size), size that of the records; labels (batch_size,).
    Errors: SpecError for settings that cannot be followed, transform_param among them; DataError
            if the database is absent, empty, a LevelDB or not an LMDB, or if more than 5 % of its
            records are bad.
    Source: DataParameter and SparseDatum; sparse_data_layer.cpp of jolibrain/caffe (deepdetect),
            whose rows stay sparse.
    """

    reads = ("transform_param", "data_param")
    list_param = "data_param"
    unread = frozenset(["data_param.force_encoded_color", "data_param.side"])
    num_tops = (1, 2)

    @classmethod
    def assumed_shapes(cls, spec: LayerSpec, size: Size = ASSUMED_SIZES[0]) -> list[Shape]:
        batch = images_and_labels(spec, size)[0][0]
        shapes: list[Shape] = [(batch, ASSUMED_LENGTH), (batch,)]
        return shapes[:len(spec.tops)]

    def __init__(self, spec: LayerSpec, options: DataOptions):
        super().__init__(spec, options)
        honour(spec, "transform_param", "")
        param = spec.proto.data_param
        self.start(SparseItems(database_path(spec), len(spec.tops) - 1), param.batch_size,
                   shuffle=param.shuffle, skip=param.rand_skip, mean=Mean())
        self.top_shapes[0] = self.top_shapes[0][:2]

    def to_device(self, batch: tuple[Tensor, ...], device: torch.device) -> tuple[Tensor, ...]:
        rows, *others = super().to_device(batch, device)
        return (rows.flatten(1), *others)
