"""TripletImageData: three images to an item, from a list."""

from __future__ import annotations

import torch
from torch import Tensor

from framework.data.loading.triplet_items import TripletItems
from framework.data.records.list_file import numbered_lines
from framework.data.records.records import Decoding
from framework.definition.spec import LayerSpec
from framework.errors import DataError
from framework.layers.base import DataOptions, Shape, layer
from framework.layers.data.assumed_shapes import ASSUMED_SIZES, Size, images_and_labels
from framework.layers.data.image_source import (
    SIZES_OF_IMAGE_DATA,
    ImageSource,
    decoded,
    new_size,
    transformation,
    warn_of_idle_fields,
)

IMAGES = 3      # of an item: anchor, positive, negative


@layer
class TripletImageData(ImageSource):
    """Batches of triplets from a list of files: all anchors, then all positives, all negatives.

    Top:    images (3 batch_size, channels, height, width), (pixel - mean) * scale, BGR; items i,
            i + batch_size and i + 2 batch_size are the three files of a line.
    Each image is cropped and mirrored by draws of its own. `new_height` and `new_width` resize it
    first.
    Errors: SpecError for settings that cannot be followed; DataError if the list is absent, empty
            or has a line of other than three files, or if more than 5 % of the lines have a bad
            image.
    Source: ImageDataParameter; triplet_image_data_layer.cpp of wanji/caffe-sl.
    """

    reads = ("image_data_param", "transform_param")
    list_param = "image_data_param"
    num_tops = (1, 1)
    unread = frozenset((*SIZES_OF_IMAGE_DATA, "image_data_param.label_type"))

    @classmethod
    def assumed_shapes(cls, spec: LayerSpec, size: Size = ASSUMED_SIZES[0]) -> list[Shape]:
        images, *_ = images_and_labels(spec, size)
        return [(IMAGES * images[0], *decoded(spec, images)[1:])]

    @classmethod
    def check_fields(cls, spec: LayerSpec) -> None:
        super().check_fields(spec)
        new_size(spec, cls.list_param)

    def __init__(self, spec: LayerSpec, options: DataOptions):
        super().__init__(spec, options)
        self.check_fields(spec)
        warn_of_idle_fields(spec)
        param = spec.proto.image_data_param
        items = TripletItems(_read_lines(spec), param.root_folder, transformation(spec),
                             Decoding(param.is_color), new_size(spec, self.list_param))
        self.start(items, param.batch_size, shuffle=param.shuffle, skip=param.rand_skip)
        self.top_shapes = [(IMAGES * param.batch_size, *self.top_shapes[0][1:])]

    def to_device(self, batch: tuple[Tensor, ...], device: torch.device) -> tuple[Tensor, ...]:
        return super().to_device((torch.cat(batch),), device)


def _read_lines(spec: LayerSpec) -> list[tuple[str, tuple[str, ...]]]:
    """The files of each line of the list."""
    path = spec.proto.image_data_param.source
    if not path:
        raise spec.error("image_data_param.source", "is missing; it names a list of images")
    lines = []
    for number, line in numbered_lines(path, f"{spec.place()}: "):
        first, *others = line.split()
        if len(others) != IMAGES - 1:
            raise DataError(f"{path}:{number}: '{line.strip()}' has {1 + len(others)} words; it "
                            "must be three files: an anchor, a positive, a negative")
        lines.append((first, tuple(others)))
    return lines
