"""Mean distance between a hand's joints in millimetres, from numbers of a cube around it."""

from __future__ import annotations

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_reasons import COMPARES_WITH_LABELS
from framework.layers.params import check_same_shape, honour
from framework.ops.by_item import by_item
from framework.ops.losses import precise


@layer
class PoseDistance(Layer):
    """Mean distance of joints in space: those found and those wanted, in a cube around each hand.

    Bottoms: joints found and joints wanted (N, 3 J), x, y and z of each in parts of the cube; the
             hand's centre in pixels, pixels and millimetres, (N, 3), or of each joint (N, 3 J); if
             given, weights (N, 3 J), of which a joint's first must be 1 to 0.001 for it to count.
    Tops:    the mean over the joints that count, 0 without such, (); with output_pose the joints
             found in pixels, pixels and millimetres, (N, 3 J), in the order of permute_id.
    A joint is at u = x a |fx| / c + the centre's u, and so is v, c being the centre's depth and a
    half a side of the cube; its depth is d = z a + c; in space (u - ux) d / fx, (v - uy) d / fy, d.
    No bottom has a gradient.
    Errors:  SpecError for shapes that do not fit, a cube_length that is given neither 1 nor 3
             times, and a permute_id that does not name each joint once.
    Source:  PoseDistanceParameter; pose_distance_layer.cpp of xinghaochen/caffe-pose.
    """

    num_bottoms = (3, 4)
    num_tops = (1, 2)
    no_gradient_bottoms = (0, 1, 2, 3)
    no_onnx_form = COMPARES_WITH_LABELS

    def __init__(self, spec: LayerSpec, found: Shape, wanted: Shape, center: Shape,
                 *weights: Shape):
        super().__init__(spec)
        honour(spec, "pose_distance_param", "fx fy ux uy output_pose permute_id cube_length")
        self.param = param = spec.proto.pose_distance_param
        check_same_shape(spec, [found, wanted, *weights])
        if len(found) != 2 or found[1] % 3 or tuple(center) not in ((found[0], 3), tuple(found)):
            raise spec.error("bottom", f"has the shapes {tuple(found)} and {tuple(center)}; joints "
                             "must be (N, 3 J), the centre (N, 3) or (N, 3 J)")
        if len(param.cube_length) not in (1, 3):
            raise spec.error("pose_distance_param.cube_length", f"is given {len(param.cube_length)}"
                             " times; it must be once or 3 times")
        self.cube = list(param.cube_length) * (3 // len(param.cube_length))
        self.order = list(param.permute_id) or list(range(found[1] // 3))
        if sorted(self.order) != list(range(found[1] // 3)):
            raise spec.error("pose_distance_param.permute_id", f"is {self.order}; it must name "
                             f"each of the {found[1] // 3} joints once")
        if (len(spec.tops) > 1) != param.output_pose:
            raise spec.error("top", f"is given {len(spec.tops)} times; it must be 2 with "
                             "output_pose, else 1")

    def forward(self, found: Tensor, wanted: Tensor, center: Tensor, *weights: Tensor
                ) -> Tensor | tuple[Tensor, ...]:
        middle = by_item(precise(center.detach()), -1).unflatten(1, (-1, 3))
        image, other = (self._in_image(precise(joints.detach()).unflatten(1, (-1, 3)), middle)
                        for joints in (found, wanted))
        distance = (self._in_space(image) - self._in_space(other)).square().sum(2).sqrt()
        if weights:
            first = precise(weights[0].detach()).unflatten(1, (-1, 3))[..., 0]
            counts = (first - 1).abs() < 1e-3
            distance = distance.where(counts, 0).sum() / counts.sum().clamp(min=1)
        else:
            distance = distance.mean()
        if not self.param.output_pose:
            return distance
        return distance, image[:, self.order].flatten(1)

    def _in_image(self, joints: Tensor, middle: Tensor) -> Tensor:
        """Pixels, pixels and millimetres (N, J, 3) of joints in parts of the cube."""
        depth = middle[..., 2:]
        focal = joints.new_tensor([abs(self.param.fx), abs(self.param.fy)]) / depth
        scale = torch.cat([focal, torch.ones_like(depth)], 2)
        return joints * joints.new_tensor(self.cube) * scale + middle

    def _in_space(self, image: Tensor) -> Tensor:
        """Millimetres (N, J, 3) of pixels, pixels and millimetres."""
        param, depth = self.param, image[..., 2:]
        plane = (image[..., :2] - image.new_tensor([param.ux, param.uy])) * depth
        return torch.cat([plane / image.new_tensor([param.fx, param.fy]), depth], 2)
