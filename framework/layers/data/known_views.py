"""Views of images, as windows, in two sizes, or around a hand: known by their tops' shapes."""

from __future__ import annotations

from framework.definition.spec import LayerSpec
from framework.layers.base import Shape, layer
from framework.layers.data.assumed_shapes import ASSUMED_SIZES, Size
from framework.layers.data.known_by_shape import KnownByShape
from framework.layers.params import check_sizes


@layer
class ImageLocData(KnownByShape):
    """Windows of an image, and of maps of normals beside it, in a grid: known by shape only.

    Tops:   windows (batch_size, 3 source_num, crop_size, crop_size), a batch being those of one
            image; a class each (batch_size, 1, 1, 1).
    Errors: SpecError whenever data are requested, for sizes of 0, and for a batch_size other than
            floor(new_height / slide_stride) * floor(new_width / slide_stride).
    Meaning: IMAGE_LOC_DATA, image_loc_data_layer.cpp of caomw/caffe-3dnormal_joint_past.
    """

    num_tops = (2, 2)

    @classmethod
    def check_fields(cls, spec: LayerSpec) -> None:
        check_sizes(spec, "image_loc_data_param", "batch_size crop_size source_num slide_stride "
                    "new_height new_width")
        param = spec.proto.image_loc_data_param
        windows = (param.new_height // param.slide_stride) * (param.new_width // param.slide_stride)
        if param.batch_size != windows:
            raise spec.error("image_loc_data_param.batch_size", f"is {param.batch_size}; an image "
                             f"has {windows} windows, which are a batch")

    @classmethod
    def assumed_shapes(cls, spec: LayerSpec, size: Size = ASSUMED_SIZES[0]) -> list[Shape]:
        cls.check_fields(spec)
        param = spec.proto.image_loc_data_param
        return [(param.batch_size, 3 * param.source_num, param.crop_size, param.crop_size),
                (param.batch_size, 1, 1, 1)]


@layer
class JointImageData(KnownByShape):
    """Images in two sizes, and a class for each pixel of the first one: known by shape only.

    Tops:   images (batch_size, 3, new_height, new_width); classes (batch_size, 1, new_height,
            new_width); the same images (batch_size, 3, new_height_2, new_width_2).
    Errors: SpecError whenever data are requested, and for sizes of 0.
    Meaning: JOINT_IMAGE_DATA, joint_image_data_layer.cpp of caomw/caffe-3dnormal_joint_past, which
             crops nothing.
    """

    reads = ("image_data_param",)
    num_tops = (3, 3)
    fork_fields = frozenset(f"image_data_param.{name}" for name in (
        "new_height_2", "new_width_2", "mean_file_2"))

    @classmethod
    def check_fields(cls, spec: LayerSpec) -> None:
        check_sizes(spec, "image_data_param",
                    "batch_size new_height new_width new_height_2 new_width_2")

    @classmethod
    def assumed_shapes(cls, spec: LayerSpec, size: Size = ASSUMED_SIZES[0]) -> list[Shape]:
        cls.check_fields(spec)
        param = spec.proto.image_data_param
        first, second = ((param.new_height, param.new_width),
                         (param.new_height_2, param.new_width_2))
        return [(param.batch_size, channels, *area)
                for channels, area in ((3, first), (1, first), (3, second))]
