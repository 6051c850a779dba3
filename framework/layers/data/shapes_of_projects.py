"""Data layers of single projects, known by the shapes of their tops; see known_by_shape."""

from __future__ import annotations

from framework.definition.spec import LayerSpec
from framework.layers.base import Shape, layer
from framework.layers.data.assumed_shapes import ASSUMED_SIZES, Size
from framework.layers.data.known_by_shape import KnownByShape

FEATURES = (256, 13, 13)        # of conv5 of Zeiler and Fergus's net, whose regions are pooled


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
        for field in ("crop_size", "mask_crop_size"):
            if getattr(spec.proto.mcwindow_data_param, field) == 0:
                raise spec.error(f"mcwindow_data_param.{field}", "is missing; windows need a size")

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
        if spec.proto.namcwindow_data_param.crop_size == 0:
            raise spec.error("namcwindow_data_param.crop_size", "is missing; windows need a size")

    @classmethod
    def assumed_shapes(cls, spec: LayerSpec, size: Size = ASSUMED_SIZES[0]) -> list[Shape]:
        cls.check_fields(spec)
        param = spec.proto.namcwindow_data_param
        batch = param.batch_size or 1
        return [(batch, 3, *[param.crop_size] * 2)] * 2 + [(batch, 1, 1, 1)]
