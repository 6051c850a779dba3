"""Images of a list and their label maps, turned and blurred at random, with more about each."""

from __future__ import annotations

from framework.definition.spec import LayerSpec
from framework.layers.base import Shape, layer
from framework.layers.data.assumed_shapes import ASSUMED_SIZES, Size
from framework.layers.data.known_image_lists import SlicedLabels

FIELD = "image_label_data_param"
TURNS = frozenset(f"{FIELD}.{name}" for name in (
    "random_rotate max_rotation_angle min_rotation_angle random_gaussian_blur min_kernel_size "
    "max_kernel_size min_sigma_x max_sigma_x min_sigma_y max_sigma_y blur_probability "
    "num_channels").split())
DETECTION = 6       # numbers: class, score, corners


class TurnedLabels(SlicedLabels):
    """Images, then label maps of num_channels channels, then what the layer adds of each."""

    reads = (FIELD, "transform_param")

    @classmethod
    def images_and_maps(cls, spec: LayerSpec, size: Size) -> list[Shape]:
        images, maps, *_ = cls.shapes_by(spec, FIELD, size)
        return [images, (maps[0], spec.proto.image_label_data_param.num_channels, *maps[2:])]


@layer
class ImageLabelData(TurnedLabels):
    """Images of a list, scaled at random, and label maps of another list: known by shape only.

    Tops:   images (batch_size, 3, H, W), by crop_size; classes (batch_size, num_channels, h, w), h
            and w as label_slice says.
    Errors: SpecError whenever data are requested, and without a label_slice.
    Meaning: image_label_data_layer.cpp of maunzzz/caffe-crfgd, and of torrvision/caffe-tvg, which
            turns and blurs them too.
    """

    num_tops = (2, 2)
    fork_fields = TURNS

    @classmethod
    def assumed_shapes(cls, spec: LayerSpec, size: Size = ASSUMED_SIZES[0]) -> list[Shape]:
        return cls.images_and_maps(spec, size)


@layer
class ImageLabelDataClass(TurnedLabels):
    """Images and label maps of two lists, and which classes each has: known by shape only.

    Tops:   images and maps as ImageLabelData's; 1 for each class that the map has (batch_size, 1,
            1, label_space).
    Errors: SpecError whenever data are requested, and without a label_slice.
    Meaning: image_label_data_class_layer.cpp of torrvision/caffe-tvg.
    """

    num_tops = (3, 3)
    fork_fields = TURNS | {f"{FIELD}.{name}" for name in (
        "label_space", "ignore_first_channel_for_classification")}

    @classmethod
    def assumed_shapes(cls, spec: LayerSpec, size: Size = ASSUMED_SIZES[0]) -> list[Shape]:
        param = spec.proto.image_label_data_param
        return [*cls.images_and_maps(spec, size), (param.batch_size, 1, 1, param.label_space)]


@layer
class ImageLabelDataIndex(TurnedLabels):
    """Images and label maps of two lists, and the number of each image: known by shape only.

    Tops:   images and maps as ImageLabelData's; the image's number (batch_size, 1, 1, 1).
    Errors: SpecError whenever data are requested, and without a label_slice.
    Meaning: image_label_data_index_layer.cpp of torrvision/caffe-tvg.
    """

    num_tops = (3, 3)
    fork_fields = TURNS | {f"{FIELD}.filename_to_idx"}

    @classmethod
    def assumed_shapes(cls, spec: LayerSpec, size: Size = ASSUMED_SIZES[0]) -> list[Shape]:
        images, maps = cls.images_and_maps(spec, size)
        return [images, maps, (images[0], 1, 1, 1)]


@layer
class ImageLabelDataIndexDet(TurnedLabels):
    """Images, label maps, each image's number and its detections: known by shape only.

    Tops:   as ImageLabelDataIndex's; detections (batch_size, init_num_dets, 1, 6), of whose number
            each image has its own.
    Errors: SpecError whenever data are requested, and without a label_slice.
    Meaning: image_label_data_index_det_layer.cpp of torrvision/caffe-tvg.
    """

    num_tops = (4, 4)
    fork_fields = TURNS | {f"{FIELD}.{name}" for name in (
        "filename_to_idx", "box_dir", "init_num_dets", "random_box_perturb",
        "box_perturb_max_scale_percent", "box_perturb_max_translate_percent")} | {
        "transform_param.invalid_detection_mode"}

    @classmethod
    def tops_of_files(cls, spec: LayerSpec) -> list[str]:
        return list(spec.tops[3:])

    @classmethod
    def assumed_shapes(cls, spec: LayerSpec, size: Size = ASSUMED_SIZES[0]) -> list[Shape]:
        images, maps = cls.images_and_maps(spec, size)
        found = spec.proto.image_label_data_param.init_num_dets
        return [images, maps, (images[0], 1, 1, 1), (images[0], found, 1, DETECTION)]
