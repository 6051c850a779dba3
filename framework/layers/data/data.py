"""Data: images with a class each, from an LMDB."""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from framework.data.augment.draws import Draws
from framework.data.loading.batches import Item
from framework.data.loading.items import DatabaseItems
from framework.data.records.database import open_database
from framework.data.records.records import BadRecord, Decoding, datum_image, parse
from framework.definition.spec import LayerSpec
from framework.layers.base import DataOptions, Shape, layer
from framework.layers.data.assumed_shapes import ASSUMED_SIZES, Size, images_and_labels
from framework.layers.data.first_records import database_path, look_at_first
from framework.layers.data.image_source import (
    APPEARANCE,
    RESHAPING,
    ImageSource,
    color_of,
    transformation,
    warn_of_idle_fields,
)
from framework.proto import Datum
from framework.system.arrays import Array
from framework.system.wording import counted

LOG = logging.getLogger("framework.data")
MIRROR_AND_CROP = 4
MAKE = "tools/convert_imageset makes it from a list of images and their classes"


@layer
class Data(ImageSource):
    """Batches of images and their classes from an LMDB of Datum records.

    Tops:   images (batch_size, channels, height, width), (pixel - mean) * scale, BGR;
            classes (batch_size,), or where the records have an image in `data` and L numbers in
            `float_data`, these, (batch_size, 1, 1, L), as in Netzeband/caffe-deepdriving. With
            `get_mirror_crop` (JAANet) what was drawn of each image instead, (batch_size, 4, 1, 1):
            1 if it is mirrored, crop_size, and the first row and column of its crop;
            the number of each record (batch_size,), its Datum's field 8 (`record_id` of NVIDIA's,
            `imgid` of feiranwang/caffe), 0 without one.
    Images are rotated, resized, by multi_scale_levels too (Cysu/caffe), and changed in colour,
    contrast and smoothness as ImageData's.
    Errors: SpecError for settings that cannot be followed; DataError if the database is absent,
            empty, a LevelDB or not an LMDB, or if more than 5 % of its records are bad: with
            other than L numbers too.
    Source: DataParameter in caffe.proto; data_layer.cpp of weiliu89/caffe, branch ssd; shuffle and
    rand_skip as in Intel's branch; NVIDIA's shuffles only in TRAIN and with `cache`, which keeps
    records in memory and is left to the system's own cache here, as are threads and precache;
    get_mirror_crop of ZhiwenShao/JAANet, whose data_layer.cpp gives all batches the numbers of the
    first one; shuffle_pool_size of Cysu/caffe, which draws from the batches that are read ahead,
    here from all records if it is above 1; a third top of base_data_layer.cpp in feiranwang/caffe,
    branch fusion.
    """

    reads = ("transform_param",)
    list_param = "data_param"
    num_tops = (1, 3)
    idle_fields = ("bgr2rgb",)
    unread = frozenset(["data_param.side"])
    fork_fields = frozenset([*RESHAPING, *APPEARANCE, "data_param.get_mirror_crop",
                             "data_param.shuffle_pool_size", "transform_param.multi_scale_levels"])

    @classmethod
    def tops_of_files(cls, spec: LayerSpec) -> list[str]:
        return list(spec.tops)

    @classmethod
    def may_be(cls, spec: LayerSpec, top: str, shape: Shape) -> bool:
        """Labels are a number or a row for each record, and images are more."""
        return len(shape) > 1 if top == spec.tops[0] else math.prod(shape[2:]) == 1

    @classmethod
    def assumed_shapes(cls, spec: LayerSpec, size: Size = ASSUMED_SIZES[0]) -> list[Shape]:
        shapes = images_and_labels(spec, size)
        if spec.proto.data_param.get_mirror_crop:
            shapes[1:] = [(*shape, MIRROR_AND_CROP, 1, 1) for shape in shapes[1:]]
        return shapes

    @classmethod
    def check_fields(cls, spec: LayerSpec) -> None:
        super().check_fields(spec)
        if len(spec.tops) == 3 and spec.proto.data_param.get_mirror_crop:
            raise spec.error("data_param.get_mirror_crop", "goes with two tops; the third, numbers "
                             "of records, is another project's")

    def __init__(self, spec: LayerSpec, options: DataOptions):
        super().__init__(spec, options)
        self.check_fields(spec)
        warn_of_idle_fields(spec)
        param = spec.proto.data_param
        self.pad = spec.proto.transform_param.pad
        items = DatabaseItems(database_path(spec), transformation(spec, idle=self.idle_fields),
                              Decoding(color_of(spec)), num_labels=min(len(spec.tops) - 1, 1),
                              make=MAKE)
        items = look_at_first(spec, items)
        drawn = items.num_labels and param.get_mirror_crop
        first = _first_datum(items.path)
        _warn_of_pixels(spec, first)
        num_floats = _float_labels(first) if len(spec.tops) == 2 and not drawn else 0
        if drawn:
            items = MirrorCropItems(items.path, items.transformation, items.decoding, make=MAKE,
                                    crop_size=spec.proto.transform_param.crop_size)
        elif num_floats:
            items = FloatLabelItems(items.path, items.transformation, items.decoding, make=MAKE,
                                    num_floats=num_floats)
        elif len(spec.tops) == 3:
            items = NumberedItems(items.path, items.transformation, items.decoding, make=MAKE)
        label_shape = None
        if drawn:
            label_shape = (param.batch_size, MIRROR_AND_CROP, 1, 1)
        elif num_floats:
            label_shape = (param.batch_size, 1, 1, num_floats)
        self.start(items, param.batch_size, label_shape, skip=param.rand_skip,
                   shuffle=param.shuffle or param.shuffle_pool_size > 1)


@dataclass
class MirrorCropItems(DatabaseItems):
    """Records of an LMDB, and in place of a label what was drawn of each."""

    crop_size: int = 0

    def item(self, index: int, draws: Draws) -> Item:
        """A record, augmented. Raises BadRecord."""
        sample = self.transformer.plain_sample(self.record(index).pixels, draws)
        return Item((sample.pixels,), labels=(sample.is_mirrored, self.crop_size, sample.crop.y,
                                              sample.crop.x))

    def tops(self, items: Sequence[Item]) -> list[Array]:
        """Mirror, size, first row and column of each crop, (N, 4, 1, 1)."""
        return [np.array([item.labels for item in items], np.float32)[:, :, None, None]]


@dataclass
class NumberedItems(DatabaseItems):
    """Records of an LMDB, and beside the label of each its number."""

    def item(self, index: int, draws: Draws) -> Item:
        """A record, augmented. Raises BadRecord."""
        datum = parse(Datum(), self.database.read(index))
        pixels = self.transformer.without_boxes(datum_image(datum, self.decoding).whole(), draws)
        number = int(np.uint32(datum.record_id).view(np.int32))
        return Item((pixels,), labels=(datum.label, number))

    def tops(self, items: Sequence[Item]) -> list[Array]:
        """The labels of a batch, and the numbers, both (N,)."""
        labels, numbers = np.array([item.labels for item in items], np.float32).T
        return [labels, numbers]


@dataclass
class FloatLabelItems(DatabaseItems):
    """Records of an LMDB: a Datum each, with an image in `data`, labels in `float_data`.

    num_floats  those that a record must have
    """

    num_floats: int = 0

    def item(self, index: int, draws: Draws) -> Item:
        """A record, augmented. Raises BadRecord."""
        datum = parse(Datum(), self.database.read(index))
        if len(datum.float_data) != self.num_floats:
            raise BadRecord(f"it has {counted(len(datum.float_data), 'number')} in float_data; the "
                            f"first record has {self.num_floats}")
        pixels = datum_image(datum, self.decoding).whole()
        return Item((self.transformer.without_boxes(pixels, draws),),
                    labels=tuple(datum.float_data))

    def tops(self, items: Sequence[Item]) -> list[Array]:
        """The labels of a batch, a row for each item."""
        return [np.array([item.labels for item in items], np.float32)[:, None, None]]


def _first_datum(path: str) -> Datum:
    """The first record that can be parsed; an empty one if there is none."""
    database = open_database(path)
    for index in range(len(database)):
        try:
            return parse(Datum(), database.read(index))
        except BadRecord:
            continue
    return Datum()


def _float_labels(first: Datum) -> int:
    """How many numbers a record has beside its image; as many as the image has values are the
    image again, which the original does not read."""
    count = len(first.float_data)
    is_image = count == first.channels * first.height * first.width and not first.encoded
    return count if first.data and not is_image else 0


def _warn_of_pixels(spec: LayerSpec, first: Datum) -> None:
    """Say that pixels are not decoded, so that force_color and force_gray do nothing, as the
    original's data_transformer.cpp says of each."""
    if color_of(spec) is not None and first.data and not first.encoded:
        name = "force_gray" if spec.proto.transform_param.force_gray else "force_color"
        LOG.warning("%s: transform_param.%s has no effect, as in the original: the records hold "
                    "pixels, not encoded images", spec.place(), name)
