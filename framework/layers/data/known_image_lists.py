"""Data layers of single projects that read lists of images: known by the shapes of their tops."""

from __future__ import annotations

from framework.definition.spec import LayerSpec
from framework.layers.base import Shape, layer
from framework.layers.data.assumed_shapes import ASSUMED_SIZES, Size, images_and_labels
from framework.layers.data.known_by_shape import KnownByShape
from framework.layers.params import check_sizes


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


@layer
class FaceImage(KnownByShape):
    """Faces cut around a point of each line of a list, and their labels: known by shape only.

    Tops:   images (batch_size, 1, crop_h, crop_w), grey, crop_height and crop_width in its nets;
            labels (batch_size,).
    Errors: SpecError whenever data are requested, and for sizes of 0.
    Meaning: face_image_layer.cpp and data_transformer.cpp of JoeFannie/Label85, whose lines are a
            file, the point as it is and mirrored, and a label.
    """

    reads = ("transform_param",)
    num_tops = (2, 2)

    @classmethod
    def check_fields(cls, spec: LayerSpec) -> None:
        check_sizes(spec, "face_image_param", "batch_size")
        check_sizes(spec, "transform_param", "crop_h crop_w")

    @classmethod
    def assumed_shapes(cls, spec: LayerSpec, size: Size = ASSUMED_SIZES[0]) -> list[Shape]:
        cls.check_fields(spec)
        batch, transform = spec.proto.face_image_param.batch_size, spec.proto.transform_param
        return [(batch, 1, transform.crop_h, transform.crop_w), (batch,)]


@layer
class HeatmapData(KnownByShape):
    """Images of cars and a map around each of their points, of a table: known by shape only.

    Tops:   images (batch_size, 3, crop_size, crop_size), or without a crop_size (batch_size, 3,
            new_height, new_width); maps (batch_size, coordinate_num, label_size, label_size).
    Errors: SpecError whenever data are requested, and for sizes of 0.
    Meaning: heatmap_data_layer.cpp of hhy5277/car_keypoint_caffe, which gives the maps of points
            that cannot be seen the value -1.
    """

    num_tops = (2, 2)

    @classmethod
    def check_fields(cls, spec: LayerSpec) -> None:
        sides = "crop_size" if spec.proto.heatmap_data_param.crop_size else "new_height new_width"
        check_sizes(spec, "heatmap_data_param", f"batch_size coordinate_num label_size {sides}")

    @classmethod
    def assumed_shapes(cls, spec: LayerSpec, size: Size = ASSUMED_SIZES[0]) -> list[Shape]:
        cls.check_fields(spec)
        param = spec.proto.heatmap_data_param
        plane = (param.crop_size or param.new_height, param.crop_size or param.new_width)
        return [(param.batch_size, 3, *plane),
                (param.batch_size, param.coordinate_num, param.label_size, param.label_size)]


@layer
class SquareBoxData(KnownByShape):
    """Square windows of images around and away from objects, of a window file: known by shape only.

    Tops:   windows (batch_size, 3, crop_size, crop_size); a number each (batch_size, 1, 1, 1).
    Errors: SpecError whenever data are requested, and for sizes of 0.
    Meaning: square_box_window_data_layer.cpp of pulkitag/caffe.
    """

    num_tops = (2, 2)

    @classmethod
    def check_fields(cls, spec: LayerSpec) -> None:
        check_sizes(spec, "square_box_data_param", "batch_size crop_size")

    @classmethod
    def assumed_shapes(cls, spec: LayerSpec, size: Size = ASSUMED_SIZES[0]) -> list[Shape]:
        cls.check_fields(spec)
        param = spec.proto.square_box_data_param
        return [(param.batch_size, 3, param.crop_size, param.crop_size),
                (param.batch_size, 1, 1, 1)]


@layer
class MCWindowData(KnownByShape):
    """Windows of images with masks of objects, of a list: known by shape only.

    Tops:   windows (batch_size, 3, crop_size, crop_size); masks (batch_size, 1, mask_crop_size,
            mask_crop_size), more channels if the list has more masks; classes (batch_size, 1, 1,
            1).
    Errors: SpecError whenever data are requested, and without sizes.
    Meaning: mcwindow_data_layer.cpp of Robert0812/deepsaldet; Zhao et al. 2015.
    """

    num_tops = (3, 3)

    @classmethod
    def check_fields(cls, spec: LayerSpec) -> None:
        check_sizes(spec, "mcwindow_data_param", "crop_size mask_crop_size")

    @classmethod
    def tops_of_files(cls, spec: LayerSpec) -> list[str]:
        return list(spec.tops[1:2])

    @classmethod
    def assumed_shapes(cls, spec: LayerSpec, size: Size = ASSUMED_SIZES[0]) -> list[Shape]:
        cls.check_fields(spec)
        param = spec.proto.mcwindow_data_param
        batch = param.batch_size or 1
        return [(batch, 3, *[param.crop_size] * 2), (batch, 1, *[param.mask_crop_size] * 2),
                (batch, 1, 1, 1)]


@layer
class NAMCWindowData(KnownByShape):
    """Windows of images, and what is around them, of a list: known by shape only.

    Tops:   windows and their surroundings (batch_size, 3, crop_size, crop_size); classes
            (batch_size, 1, 1, 1).
    Errors: SpecError whenever data are requested, and without a size.
    Meaning: namcwindow_data_layer.cpp of Robert0812/deepsaldet.
    """

    num_tops = (3, 3)

    @classmethod
    def check_fields(cls, spec: LayerSpec) -> None:
        check_sizes(spec, "namcwindow_data_param", "crop_size")

    @classmethod
    def assumed_shapes(cls, spec: LayerSpec, size: Size = ASSUMED_SIZES[0]) -> list[Shape]:
        cls.check_fields(spec)
        param = spec.proto.namcwindow_data_param
        batch = param.batch_size or 1
        return [(batch, 3, *[param.crop_size] * 2)] * 2 + [(batch, 1, 1, 1)]


@layer
class BinaryData(KnownByShape):
    """Files of pixels and their labels, of a list: known by shape only.

    Tops:   images (batch_size, 3, crop_size, crop_size), or of a size that is assumed; labels
            (batch_size,).
    Errors: SpecError whenever data are requested.
    Meaning: nets of Howww/Pai_Caffe_cifar10, with binary_data_param; with image_data_param
            binary_data_layer.cpp of dongzhang96/transferable-network-for-video-object-segmentation,
            whose shapes are in a file.
    """

    reads = ("image_data_param", "transform_param")
    num_tops = (2, 2)

    @classmethod
    def tops_of_files(cls, spec: LayerSpec) -> list[str]:
        return list(spec.tops[:1])

    @classmethod
    def assumed_shapes(cls, spec: LayerSpec, size: Size = ASSUMED_SIZES[0]) -> list[Shape]:
        proto = spec.proto
        batch = proto.binary_data_param.batch_size or proto.image_data_param.batch_size or 1
        crop = proto.transform_param.crop_size
        return [(batch, 3, *((crop, crop) if crop else size)), (batch,)]


class SlicedLabels(KnownByShape):
    """What layers of label maps whose size label_slice says have in common."""

    @classmethod
    def shapes_by(cls, spec: LayerSpec, field: str, size: Size) -> list[Shape]:
        """Images, then maps of the size that the label_slice of the message `field` says."""
        param = getattr(spec.proto, field)
        if len(param.label_slice.dim) != 2:
            raise spec.error(f"{field}.label_slice.dim", f"is given {len(param.label_slice.dim)} "
                             "times; it must be twice, for rows and columns")
        image, *_ = images_and_labels(spec, size)
        maps: Shape = (param.batch_size, 1, *param.label_slice.dim)
        return [(param.batch_size, *image[1:]), *[maps] * (len(spec.tops) - 1)]


@layer
class ImageLabelEdgeData(SlicedLabels):
    """Images, label maps and three drawings of edges, of a list each: known by shape only.

    Tops:   images (batch_size, 3, H, W), by crop_size; classes, then edges along x, along y and
            where there is none, (batch_size, 1, h, w) each, h and w as label_slice says.
    Errors: SpecError whenever data are requested, and without a label_slice.
    Meaning: image_label_edge_data_layer.cpp of maunzzz/caffe-crfgd.
    """

    reads = ("image_label_edge_data_param", "transform_param")
    num_tops = (5, 5)

    @classmethod
    def assumed_shapes(cls, spec: LayerSpec, size: Size = ASSUMED_SIZES[0]) -> list[Shape]:
        return cls.shapes_by(spec, "image_label_edge_data_param", size)


@layer
class DataHeatmapTest(KnownByShape):
    """Images of a list, as RoomNet takes them: known by shape only.

    Top:    images (batchsize, 3, outsize, outsize).
    Errors: SpecError whenever data are requested, and for sizes of 0.
    Meaning: data_heatmap_test.cpp in the history of FengyangZhang/caffe_roomnet.
    """

    reads = ("heatmap_test_param",)
    num_tops = (1, 1)

    @classmethod
    def check_fields(cls, spec: LayerSpec) -> None:
        check_sizes(spec, "heatmap_test_param", "batchsize outsize")

    @classmethod
    def assumed_shapes(cls, spec: LayerSpec, size: Size = ASSUMED_SIZES[0]) -> list[Shape]:
        cls.check_fields(spec)
        param = spec.proto.heatmap_test_param
        return [(param.batchsize, 3, param.outsize, param.outsize)]


@layer
class PoseImageData(KnownByShape):
    """People of a list, and a map around each of their joints: known by shape only.

    Tops:   images (batch_size, 3, new_height, new_width); maps (batch_size, key_point_num,
            out_height, out_width).
    Errors: SpecError whenever data are requested, and for sizes of 0.
    Meaning: POSE_IMAGE_DATA, pose_image_data_layer.cpp of xiaolonw/caffe-3dnormal_joint_pose.
    """

    num_tops = (2, 2)

    @classmethod
    def check_fields(cls, spec: LayerSpec) -> None:
        check_sizes(spec, "pose_image_data_param",
                    "batch_size new_height new_width key_point_num out_height out_width")

    @classmethod
    def assumed_shapes(cls, spec: LayerSpec, size: Size = ASSUMED_SIZES[0]) -> list[Shape]:
        cls.check_fields(spec)
        param = spec.proto.pose_image_data_param
        return [(param.batch_size, 3, param.new_height, param.new_width),
                (param.batch_size, param.key_point_num, param.out_height, param.out_width)]


@layer
class VideoDataSeg(KnownByShape):
    """Frames of videos or slices of volumes of a list, and a class for each pixel: known by shape.

    Tops:   clips (batch_size, 3, new_length, H, W), or one channel without is_color; classes
            (batch_size, 1, new_length, H, W); H and W are crop_size or new_height and new_width.
    Errors: SpecError whenever data are requested.
    Meaning: video_data_seg_layer.cpp of ljpadam/Caffe-3D: lines of a video, its first frame and
            the video of its classes.
    """

    reads = ("video_data_param", "transform_param")
    num_tops = (2, 2)
    fork_fields = frozenset(f"video_data_param.{name}" for name in (
        "batch_size is_color new_height new_length new_width rand_skip root_folder shuffle "
        "source").split())

    @classmethod
    def assumed_shapes(cls, spec: LayerSpec, size: Size = ASSUMED_SIZES[0]) -> list[Shape]:
        param = spec.proto.video_data_param
        batch, _, height, width = images_and_labels(spec, size)[0]
        return [(batch, channels, max(param.new_length, 1), height, width)
                for channels in (3 if param.is_color else 1, 1)]


@layer
class DrawnClassesData(KnownByShape):
    """Images of classes that are drawn anew for each batch, of folders: known by shape only.

    It is the ImageData whose image_data_param has sample_num.
    Tops:   images (batch_size, 3, H, W), class after class; the number of images of each class that
            was drawn (label_num,); the class of each image (batch_size,).
    Errors: SpecError whenever data are requested, and if batch_size is not label_num * sample_num.
    Meaning: yuqj1991/caffe_train image_data_layer.cpp.
    """

    reads = ("image_data_param", "transform_param")
    num_tops = (2, 3)
    fork_fields = frozenset(f"image_data_param.{name}" for name in (
        "label_num sample_num probability min_aspect_ratio max_aspect_ratio lower higher").split())

    @classmethod
    def check_fields(cls, spec: LayerSpec) -> None:
        param = spec.proto.image_data_param
        if param.batch_size != param.label_num * param.sample_num:
            raise spec.error("image_data_param.batch_size", f"is {param.batch_size}; it must be "
                             f"label_num * sample_num, {param.label_num} * {param.sample_num}")

    @classmethod
    def assumed_shapes(cls, spec: LayerSpec, size: Size = ASSUMED_SIZES[0]) -> list[Shape]:
        cls.check_fields(spec)
        param = spec.proto.image_data_param
        shapes: list[Shape] = [images_and_labels(spec, size)[0], (param.label_num,),
                               (param.batch_size,)]
        return shapes[:len(spec.tops)]


@layer
class BboxData(KnownByShape):
    """Images of a list, and the boxes of a file for each: known by shape only.

    Tops:   images (batch_size, 3, height, width), by crop_size or new_height and new_width, else
            416 x 416 as SqueezeDetLoss takes them; boxes (batch_size, 100, 1, 1), rows of x1 y1 x2
            y2 class, -1 where there is none: 5 for each box of the image with the most, 20 here.
    Errors: SpecError whenever data are requested.
    Meaning: bbox_data_layer.cpp of kvmanohar22/caffe.
    """

    num_tops = (1, 2)
    reads = ("bbox_data_param", "transform_param")

    @classmethod
    def assumed_shapes(cls, spec: LayerSpec, size: Size = ASSUMED_SIZES[0]) -> list[Shape]:
        param = spec.proto.bbox_data_param
        (_, _, height, width), *_ = images_and_labels(spec, (416, 416))
        images = (param.batch_size, 3 if param.is_color else 1, height, width)
        shapes: list[Shape] = [images, (param.batch_size, 100, 1, 1)]
        return shapes[:len(spec.tops)]


@layer
class ImageMultiLabelData(KnownByShape):
    """Images of a list and maps of labels at several scales: known by shape only.

    Tops:   images (batch_size, 3, height, width), by crop_size or new_height and new_width; for
            each multilabelscale s labels (batch_size, s * s, 1, 1), else one label an image.
    Errors: SpecError whenever data are requested, and for tops that are not one a scale.
    Meaning: image_multilabel_data_layer.cpp of Arroosh/optical_flow_prediction.
    """

    reads = ("image_multilabel_data_param", "transform_param")
    fork_fields = frozenset(f"transform_param.{name}"
                            for name in ("multilabelscale", "isrand", "downsample"))

    @classmethod
    def check_fields(cls, spec: LayerSpec) -> None:
        check_sizes(spec, "image_multilabel_data_param", "batch_size")
        scales = spec.proto.transform_param.multilabelscale
        if len(spec.tops) != 1 + max(len(scales), 1):
            raise spec.error("transform_param.multilabelscale", f"is given {len(scales)} times; "
                             f"the layer has {len(spec.tops)} tops, of which the first is images")

    @classmethod
    def assumed_shapes(cls, spec: LayerSpec, size: Size = ASSUMED_SIZES[0]) -> list[Shape]:
        cls.check_fields(spec)
        batch = spec.proto.image_multilabel_data_param.batch_size
        (_, *image), *_ = images_and_labels(spec, size)
        sides = list(spec.proto.transform_param.multilabelscale) or [1]
        return [(batch, *image), *((batch, side * side, 1, 1) for side in sides)]
