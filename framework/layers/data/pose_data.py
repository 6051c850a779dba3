"""Data layers of zimenglan-sysu-512's pose nets: known by the shapes of their tops."""

from __future__ import annotations

from framework.definition.spec import LayerSpec
from framework.layers.base import Shape, layer
from framework.layers.data.assumed_shapes import ASSUMED_SIZES, Size
from framework.layers.data.known_by_shape import KnownByShape
from framework.layers.pose.pose_maps import SOURCE_NUMBERS


class PoseImages(KnownByShape):
    """What the two sources of people share."""

    param_name = ""

    @classmethod
    def channels(cls, spec: LayerSpec) -> int:
        """Of the images of a person together."""
        raise NotImplementedError

    @classmethod
    def check_fields(cls, spec: LayerSpec) -> None:
        param = getattr(spec.proto, cls.param_name)
        if len(spec.tops) not in (1, 3):
            raise spec.error("top", f"is given {len(spec.tops)} times; it must be 1 or 3")
        if not param.batch_size:
            raise spec.error(f"{cls.param_name}.batch_size", "is missing or 0; it must be at least "
                             "1")
        if param.label_num < 2 or param.label_num % 2:
            raise spec.error(f"{cls.param_name}.label_num", f"is {param.label_num}; it must be "
                             "even and at least 2")
        if param.is_scale_image and param.max_size < 1:
            raise spec.error(f"{cls.param_name}.max_size", f"is {param.max_size}; it must be at "
                             "least 1")

    @classmethod
    def assumed_shapes(cls, spec: LayerSpec, size: Size = ASSUMED_SIZES[0]) -> list[Shape]:
        cls.check_fields(spec)
        param = getattr(spec.proto, cls.param_name)
        area = (param.max_size, param.max_size) if param.is_scale_image else size
        shapes: list[Shape] = [(param.batch_size, cls.channels(spec), *area),
                               (param.batch_size, param.label_num, 1, 1),
                               (param.batch_size, SOURCE_NUMBERS, 1, 1)]
        return shapes[:len(spec.tops)]


@layer
class RandomImageData2(PoseImages):
    """Images of people and their joints, of lists: known by shape only.

    Tops:   images (batch_size, 3, H, W), or one channel without is_color; x and y of the joints in
            turn (batch_size, label_num, 1, 1); of each image its number, width, height, scale and
            whether it is mirrored (batch_size, 5, 1, 1). With is_scale_image a side has max_size
            at most, which H and W are assumed to be.
    Errors: SpecError whenever data are requested, without batch_size, for an odd label_num.
    Meaning: random_image_data2_layer.cpp of zimenglan-sysu-512/pose_action_caffe.
    """

    num_tops = (1, 3)
    param_name = "random_image_data2_param"

    @classmethod
    def channels(cls, spec: LayerSpec) -> int:
        return 3 if spec.proto.random_image_data2_param.is_color else 1


@layer
class MultiSourcesImagesData(PoseImages):
    """Several images of each person and their joints, of a list: known by shape only.

    Tops:   images (batch_size, C, H, W), C 3 for each of is_colors that is true, else 1; x and y of
            the joints in turn (batch_size, label_num, 1, 1); of each person the number, width,
            height, scale and whether it is mirrored (batch_size, 5, 1, 1). With is_scale_image a
            side has max_size at most, which H and W are assumed to be.
    Errors: SpecError whenever data are requested, without batch_size, for an odd label_num, and for
            another number of is_colors or im_exts than of root_folder.
    Meaning: multi_sources_images_data_layer.cpp of zimenglan-sysu-512/pose_action_caffe.
    """

    num_tops = (1, 3)
    param_name = "multi_sources_images_data_param"

    @classmethod
    def check_fields(cls, spec: LayerSpec) -> None:
        super().check_fields(spec)
        param = spec.proto.multi_sources_images_data_param
        num = len(param.root_folder)
        for name in ("is_colors", "im_exts"):
            if not 0 < num == len(getattr(param, name)):
                raise spec.error(f"multi_sources_images_data_param.{name}", "is given "
                                 f"{len(getattr(param, name))} times; it must be once for each of "
                                 f"the {num} folders")

    @classmethod
    def channels(cls, spec: LayerSpec) -> int:
        return sum(3 if color else 1
                   for color in spec.proto.multi_sources_images_data_param.is_colors)


@layer
class LoadDataFromFile(KnownByShape):
    """Matrices in text files, three for each item: known by shape only.

    Tops:   (batch_size, 3, oh, ow); if wanted a fourth matrix (batch_size, 1, oh, ow).
    Errors: SpecError whenever data are requested, and for sizes of 0.
    Meaning: load_data_from_file_layer.cpp of zimenglan-sysu-512/pose_action_caffe.
    """

    num_tops = (1, 2)

    @classmethod
    def check_fields(cls, spec: LayerSpec) -> None:
        param = spec.proto.load_data_from_file_param
        for name in ("batch_size", "oh", "ow"):
            if not getattr(param, name):
                raise spec.error(f"load_data_from_file_param.{name}", "is missing or 0; it must be "
                                 "at least 1")

    @classmethod
    def assumed_shapes(cls, spec: LayerSpec, size: Size = ASSUMED_SIZES[0]) -> list[Shape]:
        cls.check_fields(spec)
        param = spec.proto.load_data_from_file_param
        shapes: list[Shape] = [(param.batch_size, channels, param.oh, param.ow)
                               for channels in (3, 1)]
        return shapes[:len(spec.tops)]
