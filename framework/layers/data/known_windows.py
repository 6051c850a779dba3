"""Parts of images, and images at several scales, of a list: known by the shapes of their tops."""

from __future__ import annotations

import math

from framework.definition.spec import LayerSpec
from framework.layers.base import Shape, layer
from framework.layers.data.assumed_shapes import ASSUMED_SIZES, Size, images_and_labels
from framework.layers.data.known_by_shape import KnownByShape
from framework.layers.params import check_sizes


@layer
class WindowPoseData(KnownByShape):
    """Windows of images, their class and the bins of their viewpoint: known by shape only.

    Tops:   images (batch_size, 3, crop_size, crop_size); the class and three angles in fine and
            three in coarse bins, (batch_size, 1, 1, 1) each.
    Errors: SpecError whenever data are requested.
    Meaning: WINDOW_POSE_DATA, window_pose_data_layer.cpp of shubhtuls/ViewpointsAndKeypoints.
    """

    reads = ("transform_param", "window_data_param")
    num_tops = (8, 8)

    @classmethod
    def assumed_shapes(cls, spec: LayerSpec, size: Size = ASSUMED_SIZES[0]) -> list[Shape]:
        images, *labels = images_and_labels(spec, size)
        return [images, *((one[0], 1, 1, 1) for one in labels)]


@layer
class WindowMulticlassKeypointData(KnownByShape):
    """Windows of images and the maps of keypoints of all classes: known by shape only.

    Tops:   images (batch_size, 3, crop_size, crop_size); maps of the keypoints, and where those of
            the window's class are, (batch_size, K, 1, 1) each, K as the list says.
    Errors: SpecError whenever data are requested.
    Meaning: WINDOW_MULTICLASS_KEYPOINT_DATA, window_multiclass_keypoint_data_layer.cpp of
             shubhtuls/ViewpointsAndKeypoints.
    """

    reads = ("transform_param", "window_data_param")
    num_tops = (3, 3)

    @classmethod
    def tops_of_files(cls, spec: LayerSpec) -> list[str]:
        return list(spec.tops[1:])

    @classmethod
    def may_be(cls, spec: LayerSpec, top: str, shape: Shape) -> bool:
        return len(shape) > 1 and math.prod(shape[2:]) == 1

    @classmethod
    def assumed_shapes(cls, spec: LayerSpec, size: Size = ASSUMED_SIZES[0]) -> list[Shape]:
        images, *labels = images_and_labels(spec, size)
        return [images, *((one[0], 1, 1, 1) for one in labels)]


@layer
class MILData(KnownByShape):
    """Images of a list, each at several scales, and the words of its captions: known by shape only.

    Tops:   images (images_per_batch * num_scales, channels, crop_size, crop_size), the longer side
            as long as crop_size, times scale_factor for each further scale, and 0 beside them;
            words (images_per_batch, n_classes, 1, 1).
    Errors: SpecError whenever data are requested, and for sizes of 0.
    Meaning: MILDataParameter and mil_data_layer.cpp of s-gupta/caffe, branch mil.
    """

    reads = ("mil_data_param", "transform_param")
    num_tops = (2, 2)

    @classmethod
    def check_fields(cls, spec: LayerSpec) -> None:
        check_sizes(spec, "mil_data_param", "images_per_batch num_scales channels n_classes")
        check_sizes(spec, "transform_param", "crop_size")

    @classmethod
    def assumed_shapes(cls, spec: LayerSpec, size: Size = ASSUMED_SIZES[0]) -> list[Shape]:
        cls.check_fields(spec)
        param, side = spec.proto.mil_data_param, spec.proto.transform_param.crop_size
        return [(param.images_per_batch * param.num_scales, param.channels, side, side),
                (param.images_per_batch, param.n_classes, 1, 1)]
