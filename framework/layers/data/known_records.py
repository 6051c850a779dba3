"""Data layers of single projects that read records of their own: known by the shapes of their tops.
"""

from __future__ import annotations

from framework.definition.spec import LayerSpec
from framework.layers.base import Shape, layer
from framework.layers.data.assumed_shapes import (
    ASSUMED_SIZES,
    Size,
    batch_size,
    images_and_labels,
)
from framework.layers.data.known_by_shape import KnownByShape
from framework.layers.params import LARGEST_STEP, within

SIGN_NUMBERS = 8    # of a cell: whether it is in a sign, its corners, two sizes and a weight
FEATURES = (256, 13, 13)        # of conv5 of Zeiler and Fergus's net, whose regions are pooled


@layer
class DriveData(KnownByShape):
    """Crops of streets, boxes of their traffic signs and their classes: known by shape only.

    Tops:   images (batch_size, 3, cropped_height, cropped_width); eight numbers of each cell
            (batch_size, 8, tiling_height * label_resolution, tiling_width * label_resolution);
            classes (batch_size, 1, tiling_height * catalog_resolution, tiling_width *
            catalog_resolution). Images alone if there is one top.
    Errors: SpecError whenever data are requested, for two tops, and for sizes below 1.
    Meaning: asyncbridge/tsinghua-tencent-100k drive_data_layer.cpp, whose records are messages of
             its own.
    """

    reads = ("data_param", "transform_param")
    num_tops = (1, 3)

    @classmethod
    def check_fields(cls, spec: LayerSpec) -> None:
        param = spec.proto.drive_data_param
        if len(spec.tops) == 2:
            raise spec.error("top", "is given 2 times; it must be 1, images, or 3, with boxes and "
                             "classes")
        for name in ("cropped_height", "cropped_width", "tiling_height", "tiling_width",
                     "label_resolution", "catalog_resolution"):
            within(spec, f"drive_data_param.{name}", (getattr(param, name),), 1, LARGEST_STEP)

    @classmethod
    def assumed_shapes(cls, spec: LayerSpec, size: Size = ASSUMED_SIZES[0]) -> list[Shape]:
        cls.check_fields(spec)
        param = spec.proto.drive_data_param
        batch = batch_size(spec)
        boxes, classes = ((param.tiling_height * cells, param.tiling_width * cells)
                          for cells in (param.label_resolution, param.catalog_resolution))
        shapes: list[Shape] = [(batch, 3, param.cropped_height, param.cropped_width),
                               (batch, SIGN_NUMBERS, *boxes), (batch, 1, *classes)]
        return shapes[:len(spec.tops)]


@layer
class PicPac(KnownByShape):
    """Images of a PicPac database and what they show: known by shape only.

    Tops:   images (batch, channels, H, W) of crop_width and crop_height, else of resize_width and
            resize_height; labels (batch,), with `onehot` (batch, onehot); with `annotate` maps
            (batch, 1 or onehot, H, W). Channels are last with `order: "NHWC"`.
    Errors: SpecError whenever data are requested, and for another order.
    Meaning: aaalgo/picpac picpac-cv.h, BatchImageStream; picpac_data_layer.cpp of a public fork.
    """

    num_tops = (2, 2)

    @classmethod
    def check_fields(cls, spec: LayerSpec) -> None:
        order = spec.proto.picpac_param.order
        if order not in ("NCHW", "NHWC"):
            raise spec.error("picpac_param.order", f"is '{order}'; it must be NCHW or NHWC")

    @classmethod
    def tops_of_files(cls, spec: LayerSpec) -> list[str]:
        return [] if _stated(spec) else list(spec.tops[:1])

    @classmethod
    def assumed_shapes(cls, spec: LayerSpec, size: Size = ASSUMED_SIZES[0]) -> list[Shape]:
        cls.check_fields(spec)
        param = spec.proto.picpac_param
        area = _stated(spec) or size
        images: Shape = (param.channels if param.channels > 0 else 3, *area)
        labels: Shape = (param.onehot,) if param.onehot else ()
        if param.annotate not in ("", "none"):
            labels = (param.onehot or 1, *area)
        shapes = [images, labels]
        if param.order == "NHWC":
            shapes = [(*shape[1:], *shape[:1]) for shape in shapes]
        return [(param.batch, *shape) for shape in shapes]


def _stated(spec: LayerSpec) -> Size | None:
    """Height and width of PicPac's images, if the text has them."""
    param = spec.proto.picpac_param
    for height, width in ((param.crop_height, param.crop_width),
                          (param.resize_height, param.resize_width)):
        if height > 0 and width > 0:
            return height, width
    return None


@layer
class SpatialPyramidPoolingData(KnownByShape):
    """Regions of stored feature maps and their classes: known by shape only.

    Tops:   maps (batch_size, 256, 13, 13), whose true sizes differ; classes (batch_size,).
    Errors: SpecError whenever data are requested.
    Meaning: spatial_pyramid_pooling_data_layer.cpp of BVLC/caffe's pull request 601, which never
            comes to the end of its database.
    """

    num_tops = (2, 2)

    @classmethod
    def tops_of_files(cls, spec: LayerSpec) -> list[str]:
        return list(spec.tops[:1])

    @classmethod
    def assumed_shapes(cls, spec: LayerSpec, size: Size = ASSUMED_SIZES[0]) -> list[Shape]:
        batch = spec.proto.spatial_pyramid_pooling_data_param.batch_size or 1
        return [(batch, *FEATURES), (batch,)]


@layer
class RemoteData(KnownByShape):
    """Blobs that another program sends: known by shape only.

    Tops:   one for each `shape` of remote_data_param.
    Errors: SpecError whenever data are requested, and for tops that are not as many as shapes.
    Meaning: RemoteDataParameter of BVLC/caffe's pull request 3441, which has no code of the layer.
    """

    num_tops = (1, None)

    @classmethod
    def check_fields(cls, spec: LayerSpec) -> None:
        given = len(spec.proto.remote_data_param.shape)
        if given != len(spec.tops):
            raise spec.error("remote_data_param.shape", f"is given {given} times; the layer has "
                             f"{len(spec.tops)} tops")

    @classmethod
    def assumed_shapes(cls, spec: LayerSpec, size: Size = ASSUMED_SIZES[0]) -> list[Shape]:
        cls.check_fields(spec)
        return [tuple(shape.dim) for shape in spec.proto.remote_data_param.shape]


@layer
class ClipData(KnownByShape):
    """Frames of clips of as many classes as it says, and still images: known by shape only.

    Tops:   images (batch_size, C, H, W); a class and a clip's number for each, (batch_size, 2, 1,
            1): the label of a record modulo 1000, and over 1000.
    A Data that states still_source, class_per_batch or clip_per_class is this.
    Errors: SpecError whenever data are requested.
    Meaning: data_layer.cpp and data_reader.cpp of ssqiao/DHH.
    """

    reads = ("data_param", "transform_param")
    num_tops = (1, 2)
    fork_fields = frozenset(f"data_param.{name}" for name in (
        "still_source", "class_per_batch", "clip_per_class"))

    @classmethod
    def tops_of_files(cls, spec: LayerSpec) -> list[str]:
        return list(spec.tops[:1])

    @classmethod
    def assumed_shapes(cls, spec: LayerSpec, size: Size = ASSUMED_SIZES[0]) -> list[Shape]:
        images, *labels = images_and_labels(spec, size)
        return [images, *((*shape, 2, 1, 1) for shape in labels)]


@layer
class DatumData(KnownByShape):
    """Patches of radar images and their labels, in files of many records: known by shape only.

    Tops:   patches (batch_size, C, H, W) of crop_size, C assumed; labels (batch_size,), with
            target_source maps (batch_size, 1, S, S), S being resize_label if above 0, else
            label_crop_size.
    Errors: SpecError whenever data are requested, and for target_source without label_crop_size.
    Meaning: datum_data_layer.cpp of leinxx/Caffe, whose files are messages of its own; the defaults
            of target_source's fields are inferred.
    """

    reads = ("transform_param",)
    num_tops = (2, 2)
    fork_fields = frozenset(f"transform_param.{name}" for name in (
        "mean_value_file", "rotate", "label_crop_size", "resize_label"))

    @classmethod
    def check_fields(cls, spec: LayerSpec) -> None:
        if spec.proto.datum_data_param.target_source \
                and not spec.proto.transform_param.label_crop_size:
            raise spec.error("transform_param.label_crop_size", "is missing or 0; with "
                             "target_source it must be at least 1")

    @classmethod
    def assumed_shapes(cls, spec: LayerSpec, size: Size = ASSUMED_SIZES[0]) -> list[Shape]:
        cls.check_fields(spec)
        patches = images_and_labels(spec, size)[0]
        labels: Shape = patches[:1]
        if spec.proto.datum_data_param.target_source:
            param = spec.proto.transform_param
            side = param.resize_label if param.resize_label > 0 else param.label_crop_size
            labels = (patches[0], 1, side, side)
        return [patches, labels]


@layer("ccpdData")
class CcpdData(KnownByShape):
    """Images of number plates and their signs, of a database: known by shape only.

    Tops:   images (N, 3, H, W); the seven signs of each plate (N, 7).
    Errors: SpecError whenever data are requested.
    Meaning: yuqj1991/caffe_train ccpd_data_layer.cpp, whose records are messages of its own.
    """

    reads = ("transform_param", "data_param")
    num_tops = (1, 2)

    @classmethod
    def assumed_shapes(cls, spec: LayerSpec, size: Size = ASSUMED_SIZES[0]) -> list[Shape]:
        images = images_and_labels(spec, size)[0]
        shapes: list[Shape] = [images, (images[0], 7)]
        return shapes[:len(spec.tops)]


@layer
class FaceBoxData(KnownByShape):
    """Images with faces and five points of each, of a database: known by shape only.

    It is the AnnotatedData whose annotated_data_param has data_anchor_sampler, bbox_sampler,
    yoloformat, crop_type or has_landmarks.
    Tops:   images (N, 3, H, W); boxes (1, 1, 1, 8) as those of AnnotatedData, with yoloformat (N,
            1, 1, 8); with has_landmarks 19 columns: whether the points are known, and x and y of
            both eyes, the nose, and both ends of the mouth.
    Errors: SpecError whenever data are requested.
    Meaning: yuqj1991/caffe_train annotated_data_layer.cpp.
    """

    reads = ("annotated_data_param", "transform_param", "data_param")
    fork_fields = frozenset(f"annotated_data_param.{name}" for name in (
        "data_anchor_sampler bbox_sampler yoloformat crop_type has_landmarks up_prob "
        "low_prob").split())
    num_tops = (1, 2)

    @classmethod
    def assumed_shapes(cls, spec: LayerSpec, size: Size = ASSUMED_SIZES[0]) -> list[Shape]:
        param = spec.proto.annotated_data_param
        images = images_and_labels(spec, size)[0]
        boxes = (images[0] if param.yoloformat else 1, 1, 1, 19 if param.has_landmarks else 8)
        shapes: list[Shape] = [images, boxes]
        return shapes[:len(spec.tops)]


@layer
class ListedClassesData(KnownByShape):
    """Images of a database and the classes of each, a list: known by shape only.

    Tops:   images (batch_size, channels, H, W); classes (batch_size, label_size, 1, 1), 0 for none.
    Data whose text says `multi_label: true` is this one.
    Errors: SpecError whenever data are requested.
    Meaning: wanglijun1989/caffe-cvpr17 data_layer.cpp, whose records have a field of its own.
    """

    reads = ("data_param", "transform_param")
    num_tops = (1, 2)
    fork_fields = frozenset(["data_param.multi_label", "data_param.label_size"])

    @classmethod
    def assumed_shapes(cls, spec: LayerSpec, size: Size = ASSUMED_SIZES[0]) -> list[Shape]:
        images = images_and_labels(spec, size)[0]
        shapes: list[Shape] = [images, (images[0], spec.proto.data_param.label_size, 1, 1)]
        return shapes[:len(spec.tops)]
