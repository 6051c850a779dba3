"""Frames of videos by lists of folders: known by shape only."""

from __future__ import annotations

from framework.definition.spec import LayerSpec
from framework.layers.base import Shape, layer
from framework.layers.data.assumed_shapes import ASSUMED_SIZES, Size, images_and_labels
from framework.layers.data.known_by_shape import KnownByShape


@layer
class ImageDataModify(KnownByShape):
    """Frames of videos, without labels: known by shape only.

    Top:    images (batch_size, channels, height, width), by crop_size or new_height and new_width.
            Only image_data_modify_param counts; an image_data_param has no effect.
    Errors: SpecError whenever data are requested.
    Meaning: image_data_modify_layer.cpp of tonyyangToBeNo1/colorization_flow_caffe: lines of a
            folder and a file with the names of the frames in it.
    """

    num_tops = (1, 1)
    reads = ("image_data_modify_param", "transform_param", "image_data_param")

    @classmethod
    def assumed_shapes(cls, spec: LayerSpec, size: Size = ASSUMED_SIZES[0]) -> list[Shape]:
        param = spec.proto.image_data_modify_param
        (_, _, height, width), = images_and_labels(spec, size)
        if param.new_height and param.new_width and not spec.proto.transform_param.crop_size:
            height, width = param.new_height, param.new_width
        return [(param.batch_size, 3 if param.is_color else 1, height, width)]
