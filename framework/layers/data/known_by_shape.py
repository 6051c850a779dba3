"""Data layers of projects whose records are not read here: known by the shapes of their tops."""

from __future__ import annotations

from framework.definition.spec import LayerSpec
from framework.layers.base import DataOptions, Shape, Source, layer
from framework.layers.data.assumed_shapes import (
    ASSUMED_SIZES,
    Size,
    batch_size,
    images_and_labels,
)
from framework.layers.params import check_sizes
from framework.layers.pose.heatmap import ROOM_CORNERS

# Maps of a pose model: directions of limbs, joints, and background if it has it.
POSE_CHANNELS = {
    "COCO_18": 57, "COCO_19": 60, "COCO_19b": 64, "COCO_19E": 80, "COCO_19_V2": 56, "COCO_23": 96,
    "COCO_23_17": 96, "COCO_25": 78, "COCO_25_17": 78, "COCO_25E": 102, "COCO_25_17E": 102,
    "COCO_59_17": 180, "COCO_25B_17": 97, "COCO_25B_23": 97, "COCO_95_17": 321, "COCO_95_23": 321,
    "COCO_135_17": 439, "COCO_135_23": 439, "DOME_18": 57, "DOME_19": 60, "DOME_59": 180,
    "DOME_135": 439, "MPII_25B_16": 97, "MPII_95_16": 321, "MPII_135_16": 439, "PT_25B_15": 97,
    "MPII_59": 180, "MPII_65_42": 198, "HAND_135_21": 439, "HAND_135_42": 439, "FACE_95_70": 321,
    "FACE_135_70": 439, "CAR_12": 35, "CAR_22": 87}
DISTANCES = {"COCO_19": 36, "DOME_19": 36, "COCO_25": 50, "COCO_25_17": 50, "COCO_25E": 50,
             "COCO_25_17E": 50}
SLICE_CHANNELS = {1: 3, 2: 2, 3: 1}     # of UINT8, UINT16FLOW and BOOL1
FLOW = 2
CHAIRS = (384, 512)
THINGS = (540, 960)
TRACKED = {1: 4}        # maps of joints from frame to frame, by taf_topology


class KnownByShape(Source):
    """A source that gives the shapes of its tops; SpecError whenever data are requested."""

    @classmethod
    def check_fields(cls, spec: LayerSpec) -> None:
        """SpecError for fields that do not say the shapes."""

    def __init__(self, spec: LayerSpec, options: DataOptions):
        super().__init__(spec, options)
        self.check_fields(spec)
        raise spec.error("type", f"'{spec.type}' is known by the shapes of its tops only; its data "
                         "are not read here")


@layer
class CoSData(KnownByShape):
    """Blobs that CaffeOnSpark reads from a data frame: known by shape only.

    Tops:   for each `top` of cos_data_param (batch_size, channels, height, width), of which the
            first sample_num_axes + 1 axes; out_channels, out_height, out_width have precedence;
            (channels, batch_size) with transpose.
    Errors: SpecError whenever data are requested, and for tops that do not fit.
    Meaning: yahoo/CaffeOnSpark cos_data_layer.cpp.
    """

    num_tops = (1, None)

    @classmethod
    def check_fields(cls, spec: LayerSpec) -> None:
        param = spec.proto.cos_data_param
        if len(param.top) != len(spec.tops):
            raise spec.error("cos_data_param.top", f"is given {len(param.top)} times; the layer "
                             f"has {len(spec.tops)} tops")
        for index, top in enumerate(param.top):
            where = f"cos_data_param.top[{index}].sample_num_axes"
            if top.sample_num_axes > 3:
                raise spec.error(where, f"is {top.sample_num_axes}; it must be at most 3")
            if top.transpose and top.sample_num_axes != 1:
                raise spec.error(where, f"is {top.sample_num_axes}; it must be 1 with transpose")

    @classmethod
    def assumed_shapes(cls, spec: LayerSpec, size: Size = ASSUMED_SIZES[0]) -> list[Shape]:
        cls.check_fields(spec)
        param = spec.proto.cos_data_param
        shapes: list[Shape] = []
        for top in param.top:
            axes = (param.batch_size, top.out_channels or top.channels,
                    top.out_height or top.height, top.out_width or top.width)
            shape = axes[:top.sample_num_axes + 1]
            shapes.append(shape[::-1] if top.transpose else shape)
        return shapes


@layer
class OPData(KnownByShape):
    """Images of people with maps of joints and limbs, of several databases: known by shape only.

    Tops:   images (batch_size, 3, crop_size_y, crop_size_x); weights and maps (batch_size, 2 M,
            crop_size_y / stride, crop_size_x / stride); M is that of the first of `models`, with
            add_distance and the distances of its joints.
    Errors: SpecError whenever data are requested, and for models that are not known.
    Meaning: CMU-Perceptual-Computing-Lab/openpose_caffe_train oPDataLayer.cpp, poseModel.cpp.
    """

    reads = ("data_param", "op_transform_param")
    num_tops = (2, 2)

    @classmethod
    def check_fields(cls, spec: LayerSpec) -> None:
        model = _model(spec)
        if model not in POSE_CHANNELS:
            raise spec.error("op_transform_param.models", f"begins with '{model}'; it must be one "
                             f"of {', '.join(POSE_CHANNELS)}")
        check_sizes(spec, "op_transform_param", "stride")

    @classmethod
    def assumed_shapes(cls, spec: LayerSpec, size: Size = ASSUMED_SIZES[0]) -> list[Shape]:
        cls.check_fields(spec)
        param = spec.proto.op_transform_param
        batch = spec.proto.data_param.batch_size
        height, width = param.crop_size_y, param.crop_size_x
        model = _model(spec)
        more = DISTANCES.get(model, 0) if param.add_distance else TRACKED.get(param.taf_topology, 0)
        return [(batch, 3, height, width), (batch, 2 * (POSE_CHANNELS[model] + more),
                                            height // param.stride, width // param.stride)]


def _model(spec: LayerSpec) -> str:
    return str(spec.proto.op_transform_param.models.split(";")[0].strip())


@layer
class SegData(KnownByShape):
    """Images and their maps of labels, of a list: known by shape only.

    Tops:   images (N, 3, H, W); labels (N, 1, H, W). N is batch_size. H and W are crop_size, or
            multiples of transform_param's stride, upper_size (or upper_height and upper_width) at
            most.
    Errors: SpecError whenever data are requested.
    Meaning: yjxiong/caffe seg_data_layer.cpp, whose transformation by random scales is not here;
             batch_size, and ignore_label outside of an image, XiaohangZhan/mix-and-match.
    """

    reads = ("transform_param",)
    num_tops = (2, 2)
    fork_fields = frozenset(f"transform_param.{name}" for name in (
        "stride", "upper_size", "upper_height", "upper_width", "scale_ratios", "ignore_label"))

    @classmethod
    def assumed_shapes(cls, spec: LayerSpec, size: Size = ASSUMED_SIZES[0]) -> list[Shape]:
        param = spec.proto.transform_param
        step = max(1, param.stride)
        most = (param.upper_size or param.upper_height or size[0],
                param.upper_size or param.upper_width or size[1])
        height, width = (min(of_image // step * step, limit)
                         for of_image, limit in zip(size, most, strict=True))
        if param.crop_size:
            height = width = param.crop_size
        num = spec.proto.seg_data_param.batch_size
        return [(num, 3, height, width), (num, 1, height, width)]


@layer
class DataHeatmap(KnownByShape):
    """Images of people and a map around each of their joints, of a list: known by shape only.

    Tops:   images (batchsize, 3, outsize, outsize); maps (batchsize, J, label_height,
            label_width) of the J joints that labelinds names, or that the lines of the list have.
            With a third top, the type of each room (batchsize,), there are maps of 48 corners.
    Errors: SpecError whenever data are requested, and for sizes of 0.
    Meaning: tpfister/caffe-heatmap data_heatmap.cpp, which turns and crops images in real numbers;
            that of FengyangZhang/caffe_roomnet with three tops.
    """

    reads = ("heatmap_data_param",)
    num_tops = (2, 3)

    @classmethod
    def check_fields(cls, spec: LayerSpec) -> None:
        param = spec.proto.heatmap_data_param
        for name in ("batchsize", "outsize", "label_height", "label_width"):
            if not getattr(param, name):
                raise spec.error(f"heatmap_data_param.{name}", "is missing or 0; it must be at "
                                 "least 1")

    @classmethod
    def tops_of_files(cls, spec: LayerSpec) -> list[str]:
        is_known = spec.proto.heatmap_data_param.labelinds or len(spec.tops) == 3
        return [] if is_known else [spec.tops[1]]

    @classmethod
    def assumed_shapes(cls, spec: LayerSpec, size: Size = ASSUMED_SIZES[0]) -> list[Shape]:
        cls.check_fields(spec)
        param = spec.proto.heatmap_data_param
        joints = len(param.labelinds.split(",")) // 2 if param.labelinds else 1
        if len(spec.tops) == 3:
            joints = ROOM_CORNERS[-1]
        shapes: list[Shape] = [(param.batchsize, 3, param.outsize, param.outsize),
                               (param.batchsize, joints, param.label_height, param.label_width),
                               (param.batchsize,)]
        return shapes[:len(spec.tops)]


@layer("faceAttributeData")
class FaceAttributeData(KnownByShape):
    """Faces and their attributes, of a database: known by shape only.

    Tops:   images (N, 3, H, W); attributes (N, 15), or (N, 17) in TEST.
    Errors: SpecError whenever data are requested.
    Meaning: yuqj1991/caffe_train face_attribute_data_layer.cpp, whose records are messages of its
             own.
    """

    reads = ("transform_param", "data_param")
    num_tops = (1, 2)

    @classmethod
    def assumed_shapes(cls, spec: LayerSpec, size: Size = ASSUMED_SIZES[0]) -> list[Shape]:
        images = images_and_labels(spec, size)[0]
        shapes: list[Shape] = [images, (images[0], 15 if spec.phase == "TRAIN" else 17)]
        return shapes[:len(spec.tops)]


@layer
class CarcontImageData(KnownByShape):
    """Images of vehicles, drawn by identity, colour and model: known by shape only.

    Tops:   images (N, 3, H, W) of new_height and new_width; identities, colours, models and
            positions in the list (N,). N is ni * nii + nc * nic + nm * nim of carcont_param.
    Errors: SpecError whenever data are requested, and for an empty batch.
    Meaning: liu-xb/RAM carcont_image_data_layer.cpp.
    """

    reads = ("transform_param", "image_data_param", "carcont_param")
    num_tops = (5, 5)

    @classmethod
    def check_fields(cls, spec: LayerSpec) -> None:
        if cls._batch(spec) < 1:
            raise spec.error("carcont_param", "gives an empty batch: ni * nii + nc * nic + nm * "
                             "nim is 0")

    @staticmethod
    def _batch(spec: LayerSpec) -> int:
        param = spec.proto.carcont_param
        return int(param.ni * param.nii + param.nc * param.nic + param.nm * param.nim)

    @classmethod
    def assumed_shapes(cls, spec: LayerSpec, size: Size = ASSUMED_SIZES[0]) -> list[Shape]:
        cls.check_fields(spec)
        batch = cls._batch(spec)
        images = images_and_labels(spec, size)[0]
        return [(batch, *images[1:]), *[(batch,)] * 4]


@layer
class CustomData(KnownByShape):
    """Slices of records of several images and flows (FlowNet): known by shape only.

    Tops:   for each slice of the channels at `slice_point` (batch_size, C, H, W), then if there is
            one top more labels (batch_size,). The last slice has the channels of its `encoding`: 3,
            2 (UINT16FLOW, also without one) or 1 (BOOL1). H and W are assumed: those of
            FlyingChairs, 384 x 512, if the source has its name, else of FlyingThings3D, 540 x 960.
    Errors: SpecError whenever data are requested, and for slices that do not fit the tops.
    Meaning: lmb-freiburg/flownet2 custom_data_layer.cpp.
    """

    reads = ("data_param",)
    num_tops = (1, None)
    fork_fields = frozenset(f"data_param.{name}" for name in (
        "slice_point encoding verbose block_size preselection_file preselection_label range_start "
        "range_end rand_permute rand_permute_order rand_permute_seed disk_reader_threads "
        "permute_every_iter subtract huge_video_dataset limit_samples").split())

    @classmethod
    def check_fields(cls, spec: LayerSpec) -> None:
        points = list(spec.proto.data_param.slice_point)
        if points != sorted(set(points)) or 0 in points:
            raise spec.error("data_param.slice_point", f"is {points}; the points must rise")
        if len(spec.tops) not in (len(points) + 1, len(points) + 2):
            raise spec.error("data_param.slice_point", f"makes {len(points) + 1} slices; the layer "
                             f"has {len(spec.tops)} tops")

    @classmethod
    def assumed_shapes(cls, spec: LayerSpec, size: Size = ASSUMED_SIZES[0]) -> list[Shape]:
        cls.check_fields(spec)
        param = spec.proto.data_param
        batch = batch_size(spec)
        points = [0, *param.slice_point]
        encodings = list(param.encoding)
        kind = encodings[len(points) - 1] if len(encodings) >= len(points) else FLOW
        last = SLICE_CHANNELS[kind] if len(points) > 1 else 3
        sizes = [end - start for start, end in zip(points, points[1:], strict=False)]
        chairs = "chairs" in param.source.lower()
        area = CHAIRS if chairs else THINGS
        shapes: list[Shape] = [(batch, channels, *area) for channels in (*sizes, last)]
        return [*shapes, (batch,)][:len(spec.tops)]


@layer
class ImageDataSteganalysisJpegDct(KnownByShape):
    """Coefficients of JPEG images with and without a hidden message: known by shape only.

    Tops:   coefficients (batch_size, 64, H / 8, W / 8), of images of 512 x 512 (BOSSbase); whether
            each hides a message (batch_size,).
    Errors: SpecError whenever data are requested, and for a batch that is not even.
    Meaning: GuanshuoXu/caffe_deep_learning_for_steganalysis
            image_data_steganalysis_jpeg_dct_layer.cpp.
    """

    num_tops = (2, 2)

    @classmethod
    def check_fields(cls, spec: LayerSpec) -> None:
        batch = spec.proto.image_data_steganalysis_jpeg_dct_param.batch_size
        if batch < 2 or batch % 2:
            raise spec.error("image_data_steganalysis_jpeg_dct_param.batch_size", f"is {batch}; it "
                             "must be even and at least 2")

    @classmethod
    def assumed_shapes(cls, spec: LayerSpec, size: Size = ASSUMED_SIZES[0]) -> list[Shape]:
        cls.check_fields(spec)
        batch = spec.proto.image_data_steganalysis_jpeg_dct_param.batch_size
        return [(batch, 64, 64, 64), (batch,)]


@layer
class ImageNormalData(KnownByShape):
    """Images and the surface normals of their pixels, of a list: known by shape only.

    Tops:   images and normals (batch_size, 3, H, W), of new_height and new_width or crop_size.
    Errors: SpecError whenever data are requested.
    Meaning: JiangQH/caffe image_normal_data_layer.cpp, whose normals are text files of its own.
    """

    reads = ("transform_param", "image_data_param")
    num_tops = (2, 2)

    @classmethod
    def assumed_shapes(cls, spec: LayerSpec, size: Size = ASSUMED_SIZES[0]) -> list[Shape]:
        return [images_and_labels(spec, size)[0]] * 2


@layer
class TwoImageData(KnownByShape):
    """Images and second images of the same size, of a list: known by shape only.

    Tops:   images and second images (batch_size, 3, H, W), or one channel without first_is_color
            and second_is_color.
    Errors: SpecError whenever data are requested.
    Meaning: two_image_data_layer.cpp of aharley's Caffe, in nets of aharley/segaware.
    """

    num_tops = (2, 2)
    reads = ("image_data_param", "transform_param")

    @classmethod
    def assumed_shapes(cls, spec: LayerSpec, size: Size = ASSUMED_SIZES[0]) -> list[Shape]:
        param = spec.proto.two_image_data_param
        batch, _, *area = images_and_labels(spec, size)[0]
        return [(batch, 3 if color else 1, *area)
                for color in (param.first_is_color, param.second_is_color)]
