"""Images with boxes, a map of instances and joints as one label (MaskYolo): known by shape only."""

from __future__ import annotations

from typing import ClassVar

from framework.definition.spec import LayerSpec
from framework.layers.base import Shape, layer
from framework.layers.data.assumed_shapes import ASSUMED_SIZES, Size, images_and_labels
from framework.layers.data.known_by_shape import KnownByShape

FORK_FIELDS = frozenset((
    "transform_param.resize_w", "transform_param.resize_h", "transform_param.jitter",
    "data_param.min_size_and", "data_param.min_size_or", "data_param.max_box_num"))


@layer
class MaskBoxData(KnownByShape):
    """Images, and for each its boxes and the instance of each pixel: known by shape only.

    Tops:   images (N, 3, H, W), of transform_param's resize_h and resize_w; labels (N, 6 B + H W),
            B the data_param's max_box_num: for each box x, y, width, height, instance and class.
    Errors: SpecError whenever data are requested.
    Meaning: mask_box_data_layer.cpp of leon-liangwu/MaskYolo_Caffe.
    """

    reads = ("transform_param", "data_param")
    num_tops = (1, 2)
    fork_fields = FORK_FIELDS
    numbers: ClassVar[int] = 6      # of each box

    @classmethod
    def assumed_shapes(cls, spec: LayerSpec, size: Size = ASSUMED_SIZES[0]) -> list[Shape]:
        transform = spec.proto.transform_param
        area = (transform.resize_h, transform.resize_w)
        height, width = area if all(area) else images_and_labels(spec, size)[0][2:]
        batch, channels = images_and_labels(spec, size)[0][:2]
        channels = max(channels, len(transform.mean_value))
        numbers = cls.numbers * spec.proto.data_param.max_box_num + height * width
        return [(batch, channels, height, width), (batch, numbers)][:len(spec.tops)]


@layer
class KpsBoxData(MaskBoxData):
    """Images with boxes, instances and the 17 joints of each person: known by shape only.

    Tops:   as of MaskBoxData, the labels (N, 41 B + H W).
    Errors: SpecError whenever data are requested.
    Meaning: kps_box_data_layer.cpp of leon-liangwu/MaskYolo_Caffe.
    """

    numbers = 6 + 35
