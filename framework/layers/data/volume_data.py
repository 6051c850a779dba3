"""Volumes of medical images and the labels of their cells (superxuang): known by shape only."""

from __future__ import annotations

from typing import Any, ClassVar

from framework.definition.spec import LayerSpec
from framework.layers.base import Shape, layer
from framework.layers.data.assumed_shapes import ASSUMED_SIZES, Size
from framework.layers.data.known_by_shape import KnownByShape
from framework.layers.params import check_sizes


class VolumeData(KnownByShape):
    """What the three sources share: sizes by resample_volume_length, _height and _width."""

    num_tops = (2, 2)
    param_name: ClassVar[str] = ""

    @classmethod
    def check_fields(cls, spec: LayerSpec) -> None:
        check_sizes(spec, cls.param_name, "batch_size resample_volume_length "
                    "resample_volume_height resample_volume_width")

    @classmethod
    def channels(cls, param: Any) -> list[int]:
        """Of each top; `param`: a VolumeDataParameter."""
        return [1, 1]

    @classmethod
    def assumed_shapes(cls, spec: LayerSpec, size: Size = ASSUMED_SIZES[0]) -> list[Shape]:
        cls.check_fields(spec)
        param = getattr(spec.proto, cls.param_name)
        volume = (param.resample_volume_length, param.resample_volume_height,
                  param.resample_volume_width)
        return [(param.batch_size, channels, *volume) for channels in cls.channels(param)]


@layer
class MHDData(VolumeData):
    """Volumes and the label of each cell, of MetaImage files: known by shape only.

    Tops:   volumes and labels (batch_size, 1, L, H, W).
    Errors: SpecError whenever data are requested, and for sizes of 0.
    Meaning: mhd_data_layer.cpp of superxuang/caffe_3d_crf_rnn, which reads them by ITK.
    """

    param_name = "mhd_data_param"


@layer
class MHDDataWithDense(VolumeData):
    """Volumes, labels and the volumes within windows of levels: known by shape only.

    Tops:   volumes and labels (batch_size, 1, L, H, W); the windows (batch_size, K, L, H, W), K the
            number of win_width, and one more with output_data_in_dense.
    Errors: SpecError whenever data are requested, and for sizes of 0.
    Meaning: mhd_data_with_dense_layer.cpp of superxuang/caffe_3d_crf_rnn.
    """

    num_tops = (3, 3)
    param_name = "mhd_data_with_dense_param"

    @classmethod
    def channels(cls, param: Any) -> list[int]:
        windows = len(param.contour_win_width_list.win_width)
        return [1, 1, windows + param.output_data_in_dense]


@layer
class MultiChannelData(VolumeData):
    """Volumes with windows of their levels as further channels, and labels: known by shape only.

    Tops:   volumes (batch_size, K + 1, L, H, W), K the number of win_width; labels (batch_size, 1,
            L, H, W).
    Errors: SpecError whenever data are requested, and for sizes of 0.
    Meaning: multi_channel_data_layer.cpp of superxuang/caffe_3d_crf_rnn.
    """

    param_name = "multi_channel_data_param"

    @classmethod
    def channels(cls, param: Any) -> list[int]:
        return [len(param.contour_win_width_list.win_width) + 1, 1]


@layer
class MHDRoiData(KnownByShape):
    """Volumes and the extents of organs in them, of MetaImage files: known by shape only.

    Two projects' layers. With 5 tops, or 2 and no max_width (caffe_triple-branch_FCN):
    Tops:   volumes (batch_size, 3, L, H, W): levels, levels around a window, edges; (batch_size,
            19) sizes, spacings and origins; if wanted whether each of C organs, the names of
            contour_name_list, is in each slice along each axis, organ by organ: (batch_size, 1,
            C L), (batch_size, 1, C H), (batch_size, 1, C W). L, H, W are resample_size_z, _y, _x.
    With 3 or 4 tops, or 2 and max_width (caffe_3d_faster_rcnn):
    Tops:   volumes (batch_size, 1, L, H, W), at most max_length, max_height and max_width; the 19
            numbers; boxes (batch_size, R, 8): x1, y1, z1, x2, y2, z2, organ, whether it counts;
            the organ of each cell, as volumes. Of the files; C boxes and the largest sizes are
            assumed.
    Errors: SpecError whenever data are requested, and for sizes of 0.
    Meaning: mhd_roi_data_layer.cpp of superxuang's two projects, which read them by ITK.
    """

    reads = ("mhd_data_param",)
    num_tops = (2, 5)
    num_channels: ClassVar[int] = 3
    num_infos: ClassVar[int] = 19
    num_box_values: ClassVar[int] = 8

    @classmethod
    def _has_boxes(cls, spec: LayerSpec) -> bool:
        of_file = spec.proto.mhd_data_param.HasField("max_width")
        return len(spec.tops) in (3, 4) or (len(spec.tops) == 2 and of_file)

    @classmethod
    def check_fields(cls, spec: LayerSpec) -> None:
        names = "max_length max_height max_width" if cls._has_boxes(spec) \
            else "resample_size_z resample_size_y resample_size_x"
        check_sizes(spec, "mhd_data_param", f"batch_size {names}")

    @classmethod
    def assumed_shapes(cls, spec: LayerSpec, size: Size = ASSUMED_SIZES[0]) -> list[Shape]:
        cls.check_fields(spec)
        param = spec.proto.mhd_data_param
        batch, organs = param.batch_size, max(1, len(param.contour_name_list.name))
        if cls._has_boxes(spec):
            cells = (batch, 1, param.max_length, param.max_height, param.max_width)
            return [cells, (batch, cls.num_infos), (batch, organs, cls.num_box_values),
                    cells][:len(spec.tops)]
        volume = (param.resample_size_z, param.resample_size_y, param.resample_size_x)
        shapes: list[Shape] = [(batch, cls.num_channels, *volume), (batch, cls.num_infos)]
        shapes += [(batch, 1, organs * slices) for slices in volume]
        return shapes[:len(spec.tops)]
