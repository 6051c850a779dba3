"""PoseData: depth images of hands and their joints."""

from __future__ import annotations

from framework.definition.spec import LayerSpec
from framework.layers.base import Shape, layer
from framework.layers.data.assumed_shapes import ASSUMED_SIZES, Size
from framework.layers.data.known_by_shape import KnownByShape
from framework.layers.params import check_sizes


@layer
class PoseData(KnownByShape):
    """Depth images of hands, cut to a cube, and their joints in parts of it: known by shape only.

    Tops:   images (batch_size, 1, new_height, new_width); joints (batch_size, point_num *
            point_dim), of one joint alone with target_joint, and with output_center three numbers
            more, the hand's centre.
    Errors: SpecError whenever data are requested, and for a batch_size, point_num or point_dim of
            0.
    Meaning: xinghaochen/caffe-pose pose_data_layer.cpp, whose data sets have formats of their own.
    """

    reads = ("transform_param",)
    num_tops = (2, 2)
    fork_fields = frozenset(f"transform_param.{name}" for name in (
        "is_trans", "trans_dx", "trans_dy", "is_rotate", "rotate_deg", "is_zoom", "zoom_scale"))

    @classmethod
    def check_fields(cls, spec: LayerSpec) -> None:
        check_sizes(spec, "pose_data_param", "batch_size point_num point_dim")

    @classmethod
    def tops_of_files(cls, spec: LayerSpec) -> list[str]:
        return [] if spec.proto.pose_data_param.new_height else list(spec.tops[:1])

    @classmethod
    def assumed_shapes(cls, spec: LayerSpec, size: Size = ASSUMED_SIZES[0]) -> list[Shape]:
        cls.check_fields(spec)
        param = spec.proto.pose_data_param
        joints = 1 if param.target_joint >= 0 else param.point_num
        numbers = joints * param.point_dim + 3 * param.output_center
        plane = (param.new_height or size[0], param.new_width or size[1])
        return [(param.batch_size, 1, *plane), (param.batch_size, numbers)]
