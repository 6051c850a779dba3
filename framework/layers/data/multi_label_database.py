"""MultiLabelData: images with several labels each, from an LMDB."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from framework.data.augment.draws import Draws
from framework.data.loading.batches import Item
from framework.data.loading.items import AugmentedRecords
from framework.data.records.database import open_database
from framework.data.records.records import BadRecord, Decoding, datum_image, parse
from framework.definition.spec import LayerSpec
from framework.errors import DataError
from framework.layers.base import DataOptions, Shape, layer
from framework.layers.data.assumed_shapes import ASSUMED_SIZES, Size, images_and_labels
from framework.layers.data.first_records import database_path
from framework.layers.data.image_source import (
    ImageSource,
    color_of,
    transformation,
    warn_of_idle_fields,
)
from framework.proto import MultiLabelDatum
from framework.system.arrays import Array
from framework.system.wording import counted


@layer
class MultiLabelData(ImageSource):
    """Batches of images with several labels each from an LMDB of MultiLabelDatum records.

    Tops:   images (batch_size, channels, height, width), (pixel - mean) * scale, BGR;
            labels (batch_size, L), L the number that the first record has.
    Errors: SpecError for settings that cannot be followed; DataError if the database is absent or
            empty, or if more than 5 % of its records are bad: of another number of labels too.
    Source: DataParameter; multi_label_data_layer.cpp of JohnHush/caffe, which is in BVLC/caffe's
            pull requests too.
    """

    reads = ("transform_param", "data_param")
    num_tops = (1, 2)
    idle_fields = ("bgr2rgb",)
    unread = frozenset(["data_param.side"])

    @classmethod
    def assumed_shapes(cls, spec: LayerSpec, size: Size = ASSUMED_SIZES[0]) -> list[Shape]:
        images = images_and_labels(spec, size)[0]
        labels: list[Shape] = [(images[0], 1)] * (len(spec.tops) - 1)
        return [images, *labels]

    def __init__(self, spec: LayerSpec, options: DataOptions):
        super().__init__(spec, options)
        warn_of_idle_fields(spec)
        param = spec.proto.data_param
        path = database_path(spec)
        try:
            num_labels = _num_labels(path)
        except DataError as error:
            raise DataError(f"{spec.place()}: {error}") from None
        items = MultiLabelRecords(path, transformation(spec, idle=self.idle_fields),
                                  Decoding(color_of(spec)), num_labels, len(spec.tops) > 1)
        self.start(items, param.batch_size, (param.batch_size, num_labels)
                   if len(spec.tops) > 1 else None, param.shuffle, param.rand_skip)


def _num_labels(path: str) -> int:
    """Those of the first record that can be read."""
    database = open_database(path)
    for index in range(len(database)):
        try:
            return len(parse(MultiLabelDatum(), database.read(index)).mt_label)
        except BadRecord:
            continue
    raise DataError(f"{path}: no record is a MultiLabelDatum")


@dataclass
class MultiLabelRecords(AugmentedRecords):
    """Records of an LMDB: a MultiLabelDatum each, of `num_labels` labels."""

    num_labels: int
    has_labels: bool

    def item(self, index: int, draws: Draws) -> Item:
        message = parse(MultiLabelDatum(), self.database.read(index))
        if len(message.mt_label) != self.num_labels:
            raise BadRecord(f"it has {counted(len(message.mt_label), 'label')}; the first record "
                            f"has {self.num_labels}")
        pixels = datum_image(message.datum, self.decoding).whole()
        return Item((self.transformer.without_boxes(pixels, draws),),
                    labels=tuple(message.mt_label))

    def tops(self, items: Sequence[Item]) -> list[Array]:
        if not self.has_labels:
            return []
        return [np.array([item.labels for item in items], np.float32)]
