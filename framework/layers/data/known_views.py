"""Views of images, as windows, in two sizes, or around a hand: known by their tops' shapes."""

from __future__ import annotations

from framework.definition.spec import LayerSpec
from framework.layers.base import Shape, layer
from framework.layers.data.assumed_shapes import ASSUMED_SIZES, Size
from framework.layers.data.known_by_shape import KnownByShape
from framework.layers.params import check_sizes

LSP, FLIC = (14, 14), (7, 4)      # joints, and limbs that a map is drawn along


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


@layer
class PoseData(KnownByShape):
    """Depth images of hands, cropped around the hand, and its joints: known by shape only.

    Tops:   images (batch_size, 1, H, W), of crop_size or new_height and new_width; the joints
            (batch_size, point_num * point_dim), of one joint with a target_joint from 0 on; with
            output_center the hand's center after them, of point_dim numbers.
    Errors: SpecError whenever data are requested, without a point_num, and for an image without
            sizes that is not the whole one (full_input).
    Meaning: pose_data_layer.cpp and data_transformer.cpp of xinghaochen/caffe-pose.
    """

    reads = ("transform_param",)
    num_tops = (2, 2)
    fork_fields = frozenset(f"transform_param.{name}" for name in (
        "is_trans", "trans_dx", "trans_dy", "is_rotate", "rotate_deg", "is_zoom", "zoom_scale"))

    @classmethod
    def check_fields(cls, spec: LayerSpec) -> None:
        sides = "" if spec.proto.pose_data_param.full_input else " new_height new_width"
        check_sizes(spec, "pose_data_param", f"batch_size point_num point_dim{sides}")

    @classmethod
    def tops_of_files(cls, spec: LayerSpec) -> list[str]:
        return list(spec.tops[:1]) if spec.proto.pose_data_param.full_input else []

    @classmethod
    def assumed_shapes(cls, spec: LayerSpec, size: Size = ASSUMED_SIZES[0]) -> list[Shape]:
        cls.check_fields(spec)
        param = spec.proto.pose_data_param
        joints = 1 if param.target_joint >= 0 else param.point_num
        crop = spec.proto.transform_param.crop_size
        area = size if param.full_input else (param.new_height, param.new_width)
        return [(param.batch_size, 1, *((crop, crop) if crop else area)),
                (param.batch_size, (joints + param.output_center) * param.point_dim)]


@layer
class LimbHeatmapData(KnownByShape):
    """Images of people, a map around each joint and one along each limb: known by shape only.

    It is the DataHeatmap whose third top no SoftmaxWithLoss or Accuracy reads.
    Tops:   images (batchsize, 3, outsize, outsize); maps of the joints that labelinds names, or
            that the lines of the list have (batchsize, J, label_height, label_width); maps of limbs
            (batchsize, L, label_height, label_width). J is assumed to be 14, as in LSP, and L is;
            of a source with "flic" in its path they are 7 and 4, as it was compiled for FLIC.
    Errors: SpecError whenever data are requested, and for sizes of 0.
    Meaning: data_heatmap.cpp of artiit/caffe-pose.
    """

    reads = ("heatmap_data_param",)
    num_tops = (3, 3)

    @classmethod
    def check_fields(cls, spec: LayerSpec) -> None:
        check_sizes(spec, "heatmap_data_param", "batchsize outsize label_height label_width")

    @classmethod
    def tops_of_files(cls, spec: LayerSpec) -> list[str]:
        return list(spec.tops[2 if spec.proto.heatmap_data_param.labelinds else 1:])

    @classmethod
    def assumed_shapes(cls, spec: LayerSpec, size: Size = ASSUMED_SIZES[0]) -> list[Shape]:
        cls.check_fields(spec)
        param = spec.proto.heatmap_data_param
        joints, limbs = FLIC if "flic" in param.source.lower() else LSP
        if param.labelinds:
            joints = len(param.labelinds.split(",")) // 2
        maps = (param.label_height, param.label_width)
        return [(param.batchsize, 3, param.outsize, param.outsize),
                (param.batchsize, joints, *maps), (param.batchsize, limbs, *maps)]
