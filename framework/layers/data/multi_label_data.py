"""Images of a list with several labels each (MultiLabelImageData), or points (ImageFloatData)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import cv2
import numpy as np

from framework.data.augment.draws import Draws
from framework.data.augment.resizing import resize_plain
from framework.data.loading.batches import Item
from framework.data.loading.items import ListedItems, read_image
from framework.data.loading.point_items import PointItems
from framework.data.records.list_file import numbered_lines
from framework.data.records.records import Decoding
from framework.definition.spec import LayerSpec
from framework.errors import DataError
from framework.layers.base import DataOptions, Shape, layer
from framework.layers.data.assumed_shapes import ASSUMED_SIZES, Size, images_and_labels
from framework.layers.data.image_source import (
    SIZES_OF_IMAGE_DATA,
    ImageSource,
    new_size,
    transformation,
    warn_of_idle_fields,
)
from framework.proto import ImageDataParameter
from framework.system.arrays import Array
from framework.system.wording import counted

MAX_BORDER = 4          # of pad_ratio: an image is at least 1 / 9 of what is made of it
Entry = tuple[str, tuple[float, ...]]


@layer
class MultiLabelImageData(ImageSource):
    """Batches of images from a list of files, with as many numbers for each as its line has.

    Tops:   images (batch_size, channels, height, width), (pixel - mean) * scale, BGR;
            labels (batch_size - 2 * label_cut_start, L): without those of the first and the last
            `label_cut_start` items (label_cut_end is not read, as in the original).
    PG-CNN states its settings in multi_label_image_data_param, with label_num, how many numbers
    each line must have.
    `balance_class` and `balance_by` have no effect, as in the original.
    Errors: SpecError for settings that cannot be followed; DataError if the list is absent, empty
            or has a line that is not a path and L numbers, or if more than 5 % of the images are
            bad.
    Source: ImageDataParameter; multi_label_image_data_layer.cpp of happynear/caffe-windows, whose
            face_transform is not supported, and of mysee1989/PG-CNN.
    """

    reads: ClassVar[tuple[str, ...]] = ("transform_param", "image_data_param")
    num_tops = (2, 2)
    more_axes: ClassVar[Shape] = ()     # of the labels, after (items, labels of one)
    unread = frozenset((*SIZES_OF_IMAGE_DATA, "image_data_param.label_type"))
    fork_fields = frozenset(f"image_data_param.{name}" for name in (
        "balance_class", "balance_by", "label_cut_start", "label_cut_end"))

    @classmethod
    def list_param_of(cls, spec: LayerSpec) -> str:
        if spec.proto.HasField("multi_label_image_data_param"):
            return "multi_label_image_data_param"
        return "image_data_param"

    @classmethod
    def tops_of_files(cls, spec: LayerSpec) -> list[str]:
        return [] if _settings(spec)[1] else [spec.tops[1]]

    @classmethod
    def may_be(cls, spec: LayerSpec, top: str, shape: Shape) -> bool:
        return len(shape) > 1 and math.prod(shape[2:]) == 1

    @classmethod
    def assumed_shapes(cls, spec: LayerSpec, size: Size = ASSUMED_SIZES[0]) -> list[Shape]:
        images = images_and_labels(spec, size)[0]
        param, num_labels = _settings(spec)
        return [images, (images[0] - 2 * param.label_cut_start, num_labels or 1, *cls.more_axes)]

    def __init__(self, spec: LayerSpec, options: DataOptions):
        super().__init__(spec, options)
        warn_of_idle_fields(spec)
        param, num_labels = _settings(spec)
        size = new_size(spec, self.list_param_of(spec))
        if 2 * param.label_cut_start >= param.batch_size:
            raise spec.error("image_data_param.label_cut_start", f"is {param.label_cut_start}; "
                             f"twice that must be below batch_size, {param.batch_size}")
        entries = read_label_list(spec, param.source)
        if num_labels and len(entries[0][1]) != num_labels:
            raise spec.error(_count_field(spec), f"is {num_labels}; the lines "
                             f"of '{param.source}' have {len(entries[0][1])} labels")
        labels = (param.batch_size - 2 * param.label_cut_start, len(entries[0][1]), *self.more_axes)
        items = MultiLabelItems(entries, param.root_folder, transformation(spec),
                                Decoding(param.is_color), size, param.label_cut_start,
                                self.more_axes)
        self.start(items, param.batch_size, labels, shuffle=param.shuffle, skip=param.rand_skip)


@layer
class MultilabelImageData(MultiLabelImageData):
    """Batches of images from a list of files, with `multilabel_num` numbers for each.

    Tops:   images (batch_size, channels, height, width), (pixel - mean) * scale, BGR;
            labels (batch_size, multilabel_num, 1, 1).
    Lines must have that many numbers, and without multilabel_num all the same number. The original
    reads on in the next line.
    Errors: as MultiLabelImageData.
    Source: image_data_layer_multilabel.cpp of zkl20061823/DRML; Zhao et al. 2016.
    """

    reads = ("transform_param", "image_data_param", "multi_label_image_data_param")
    more_axes = (1, 1)
    fork_fields = frozenset({"image_data_param.multilabel_num"})


@layer
class FormatImageData(MultiLabelImageData):
    """Batches of images from a list of files, with as many numbers for each as its line has.

    Tops:   images (batch_size, channels, height, width), (pixel - mean) * scale, BGR;
            labels (batch_size, L). Its settings are in format_image_data_param.
    Errors: as MultiLabelImageData; the original takes lines of several lengths, and leaves the
            labels that shorter ones lack as they were.
    Source: format_image_data_layer.cpp of zx12348163/cross_hashing_code.
    """

    reads = ("transform_param", "format_image_data_param")
    fork_fields = frozenset()

    @classmethod
    def list_param_of(cls, spec: LayerSpec) -> str:
        return "format_image_data_param"


@layer
class ImageDataMultiLabel(FormatImageData):
    """Batches of images from a list of files, with as many numbers for each as its line has.

    Tops:   images (batch_size, channels, height, width), (pixel - mean) * scale, BGR;
            labels (batch_size, L). Its settings are in image_data_multi_label_param, where
            mean_file, scale, crop_size and mirror have no effect, as in the original.
    Errors: as MultiLabelImageData.
    Source: image_data_multi_label_layer.cpp of wang821002/Caffe-Multi-Label.
    """

    reads = ("transform_param", "image_data_multi_label_param")

    @classmethod
    def list_param_of(cls, spec: LayerSpec) -> str:
        return "image_data_multi_label_param"


@layer
class ImageFloatData(ImageSource):
    """Batches of images from a list of files, each with points or other numbers.

    Tops:   images (batch_size, channels, height, width), (pixel - mean) * scale, BGR, with
            with_heatmap the image of that path in heatmap_dir, in gray, as the last channel;
            the numbers (batch_size, label_dim); with hard_sample the weights (batch_size,), one
            more number in each line.
    With transform_param.pad_ratio an image without a crop gets a random black border in TRAIN, and
    points, x before y and parts of the height, move with it. A mirror leaves the numbers alone.
    Errors: SpecError for settings that cannot be followed; DataError as in MultiLabelImageData.
    Source: ImageFloatDataParameter; image_float_data_layer.cpp, data_transformer.cpp of
            goodluckcwl/custom-caffe.
    """

    reads: ClassVar[tuple[str, ...]] = ("transform_param", "image_data_param")
    list_param = "image_data_param"
    num_tops = (2, 3)
    unread = frozenset((*SIZES_OF_IMAGE_DATA, "image_data_param.label_type"))
    fork_fields = frozenset({"transform_param.pad_ratio"})

    @classmethod
    def assumed_shapes(cls, spec: LayerSpec, size: Size = ASSUMED_SIZES[0]) -> list[Shape]:
        param = spec.proto.image_float_data_param
        batch, channels, *space = images_and_labels(spec, size)[0]
        images = (batch, channels + param.with_heatmap, *space)
        return [images, (batch, param.label_dim), (batch,)][:len(spec.tops)]

    @classmethod
    def check_fields(cls, spec: LayerSpec) -> None:
        super().check_fields(spec)
        param = spec.proto.image_float_data_param
        pad_ratio = spec.proto.transform_param.pad_ratio
        if param.label_dim < 1:
            raise spec.error("image_float_data_param.label_dim", f"is {param.label_dim}; it must "
                             "be at least 1")
        if param.hard_sample != (len(spec.tops) == 3):
            raise spec.error("image_float_data_param.hard_sample", f"is {param.hard_sample}, and "
                             f"there are {len(spec.tops)} tops; a third is for its weights")
        if not 0 <= pad_ratio <= MAX_BORDER:
            raise spec.error("transform_param.pad_ratio", f"is {pad_ratio:g}; it must be from 0 to "
                             f"{MAX_BORDER}")

    def __init__(self, spec: LayerSpec, options: DataOptions):
        super().__init__(spec, options)
        self.check_fields(spec)
        warn_of_idle_fields(spec)
        own, param = spec.proto.image_float_data_param, spec.proto.image_data_param
        size = new_size(spec, self.list_param_of(spec))
        entries = read_label_list(spec, param.source)
        wanted = own.label_dim + own.hard_sample
        if len(entries[0][1]) != wanted:
            raise spec.error("image_float_data_param.label_dim", f"is {own.label_dim}; the lines "
                             f"of '{param.source}' have {len(entries[0][1])} numbers, not {wanted}")
        transform = spec.proto.transform_param
        crops = transform.crop_size or transform.crop_h or transform.crop_w
        pads = spec.phase == "TRAIN" and not crops
        items = PointItems(entries, param.root_folder, transformation(spec),
                           Decoding(param.is_color), size, transform.pad_ratio if pads else 0,
                           own.hard_sample, own.heatmap_dir if own.with_heatmap else None)
        self.start(items, param.batch_size, (param.batch_size, own.label_dim),
                   shuffle=param.shuffle, skip=param.rand_skip)


def _count_field(spec: LayerSpec) -> str:
    """The field that says how many labels each line must have."""
    if spec.proto.HasField("multi_label_image_data_param"):
        return "multi_label_image_data_param.label_num"
    return "image_data_param.multilabel_num"


def _settings(spec: LayerSpec) -> tuple[ImageDataParameter, int]:
    """The settings, and how many labels each line must have; 0 if the text does not say it."""
    own = spec.proto.multi_label_image_data_param
    if spec.proto.HasField("format_image_data_param"):
        return spec.proto.format_image_data_param, 0
    if spec.proto.HasField("image_data_multi_label_param"):
        return spec.proto.image_data_multi_label_param, 0
    if not spec.proto.HasField("multi_label_image_data_param"):
        return spec.proto.image_data_param, spec.proto.image_data_param.multilabel_num
    if spec.proto.HasField("image_data_param"):
        raise spec.error("image_data_param", "is given together with multi_label_image_data_param; "
                         "give one of the two")
    param = ImageDataParameter(
        source=own.source, batch_size=own.batch_size, rand_skip=own.rand_skip, shuffle=own.shuffle,
        new_height=own.new_height, new_width=own.new_width, is_color=own.is_color,
        root_folder=own.root_folder)
    return param, own.label_num


def read_label_list(spec: LayerSpec, path: str) -> list[Entry]:
    """The lines of the list: a path without blanks, and as many numbers in each line."""
    if not path:
        raise spec.error("image_data_param.source", "is missing; it names a list of images")
    entries: list[Entry] = []
    for number, line in numbered_lines(path, f"{spec.place()}: "):
        name, *words = line.split()
        try:
            labels = tuple(float(word) for word in words)
        except ValueError:
            raise DataError(f"{path}:{number}: '{line.strip()}' is not a path and numbers") \
                from None
        wanted = len(entries[0][1]) if entries else max(len(labels), 1)
        if len(labels) != wanted:
            raise DataError(f"{path}:{number}: '{line.strip()}' has "
                            f"{counted(len(labels), 'label')}; there must be {wanted}")
        entries.append((name, labels))
    return entries


@dataclass
class MultiLabelItems(ListedItems):
    """Images in files, each with several labels.

    files     paths, to be appended to `root`, and labels
    new_size  (width, height) to resize to before anything else; None: as it is
    cut       items at both ends of a batch whose labels are left out
    axes      of labels, after (items, labels of one)
    """

    files: Sequence[Entry]
    decoding: Decoding
    new_size: tuple[int, int] | None = None
    cut: int = 0
    axes: Shape = ()

    def item(self, index: int, draws: Draws) -> Item:
        assert self._transformer is not None
        path, labels = self.files[index]
        pixels = read_image(self.root + path, self.decoding)
        if self.new_size is not None:
            pixels = resize_plain(pixels, *self.new_size, cv2.INTER_LINEAR)
        return Item((self._transformer.without_boxes(pixels, draws),), labels=labels)

    def tops(self, items: Sequence[Item]) -> list[Array]:
        kept = items[self.cut:len(items) - self.cut]
        labels = np.array([item.labels for item in kept], np.float32)
        return [labels.reshape(*labels.shape, *self.axes)]
