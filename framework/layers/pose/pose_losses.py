"""Losses and measures of pose nets: distances of maps and points."""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer, uncompiled
from framework.layers.onnx_reasons import COMPARES_WITH_LABELS
from framework.layers.params import check_same_shape, honour, within
from framework.ops.by_item import by_item
from framework.ops.losses import GivenSlopes

LOG = logging.getLogger("framework.layers")
SMALLEST_TARGET = 1e-4      # above it a cell belongs to a joint
NEAR_ONE = 1e-3
ALL, JOINTS, WEIGHED, DRAWN, DRAWN_AND_WEIGHED, WORST = range(6)


@layer
class PoseHeatMapLoss(Layer):
    """Squared distance of maps of joints, where most of the background is left out.

    Bottoms: maps and targets (N, K, H, W); if wanted a factor on the gradient of each map
             (N, K, 1, 1).
    Top:     (), the sum of (w (x - t))^2. Of loss_emphase_type, w is
             0 1, 1 1 for joints (a target above 1e-4) and else 0, 2 fg_eof for joints and else 1,
             3 1 for joints, bg_eof for drawn cells, 1 for one in prob_num of the others that have
             heat_score_thres or more, and 0 for the rest, 4 as 3, but fg_eof for joints, 5 as 3,
             and of each map the H W ratio others of the highest x - t keep 1 too.
    A cell is drawn with `ratio`, or bg_num / (H W).
    The gradient is w (x - t) times the factor over N: half of the derivative, without a w.
    Errors:  SpecError for other shapes, another type, a ratio that is not above 0 and at most 1,
             both or none of ratio and bg_num, a prob_num below 1.
    Source:  PoseHeatMapLossParameter, whose parts_err_num_thres, hard_negative_filepath and
             heat_score_thres_arr are read by nothing; pose_heat_map_loss_layer.cpp of
             zimenglan-sysu-512/pose_action_caffe.
    """

    num_bottoms = (2, 3)
    no_gradient_bottoms = (2,)
    loss = True

    def __init__(self, spec: LayerSpec, x: Shape, target: Shape, *factors: Shape):
        super().__init__(spec)
        field = "pose_heat_map_loss_param"
        honour(spec, field, "loss_emphase_type fg_eof bg_eof ratio bg_num prob_num "
               "heat_score_thres")
        param = spec.proto.pose_heat_map_loss_param
        check_same_shape(spec, (x, target))
        if len(x) != 4 or any(one[:2] != x[:2] or math.prod(one[2:]) != 1 for one in factors):
            raise spec.error("bottom", f"has the shapes {', '.join(map(str, (x, *factors)))}; they "
                             "must be (N, K, H, W) and (N, K, 1, 1)")
        if param.HasField("ratio") == param.HasField("bg_num"):
            raise spec.error(field, "must have ratio or bg_num, one of the two")
        self.ratio = param.ratio if param.HasField("ratio") else param.bg_num / math.prod(x[2:])
        if not 0 < self.ratio <= 1:
            raise spec.error(f"{field}.ratio", f"is {self.ratio:g}; it must be above 0 and at most "
                             "1")
        self.kind = max(ALL, param.loss_emphase_type)
        within(spec, f"{field}.loss_emphase_type", (self.kind,), ALL, WORST)
        self.one_in, = within(spec, f"{field}.prob_num", (param.prob_num,), 1, 1 << 30)
        self.joint = 1.0 if self.kind in (DRAWN, WORST) else param.fg_eof
        self.drawn, self.high = param.bg_eof, param.heat_score_thres

    @classmethod
    def assumed_bottom(cls, spec: LayerSpec, index: int, bottoms: Sequence[Shape]
                       ) -> Shape | None:
        return (*bottoms[0][:2], 1, 1) if index == 2 else bottoms[1 - index]

    def forward(self, x: Tensor, target: Tensor, *factors: Tensor) -> Tensor:
        difference = x - target
        with torch.no_grad():
            part = difference * self._weights(x, target)
            value = part.square().sum()
            slopes = part * factors[0] if factors else part
        return GivenSlopes.apply(difference, slopes / len(x), value)

    def _weights(self, x: Tensor, target: Tensor) -> Tensor:
        joint = target > SMALLEST_TARGET
        if self.kind == ALL:
            return torch.ones_like(x)
        if self.kind in (JOINTS, WEIGHED):
            return torch.where(joint, 1.0 if self.kind == JOINTS else self.joint,
                               float(self.kind == WEIGHED)).to(x)
        drawn = torch.rand_like(x) < self.ratio
        other = (x >= self.high) & ~joint & ~drawn
        kept = torch.randint(self.one_in, x.shape, device=x.device) == 0
        if self.kind == WORST:
            num = int(x.shape[2] * x.shape[3] * self.ratio)
            ranked = (x - target).where(other, -math.inf).flatten(2)
            places = ranked.topk(num, 2).indices
            kept = kept.flatten(2).scatter(2, places, True).view_as(kept)
        rest = torch.where(drawn, self.drawn, (other & kept).to(x))
        return torch.where(joint, self.joint, rest).to(x)


class PointMeasure(Layer):
    """What the two layers below share: the mean squared distance, and shares that are logged."""

    num_bottoms = (2, 2)
    no_gradient_bottoms = (0, 1)
    no_onnx_form = COMPARES_WITH_LABELS
    shares: Tensor

    def __init__(self, spec: LayerSpec, field: str, x: Shape, target: Shape):
        super().__init__(spec)
        check_same_shape(spec, (x, target))
        if math.prod(x[1:]) % 2:
            raise spec.error("bottom", f"has the shape {tuple(x)}; it must hold x and y")
        param = getattr(spec.proto, field)
        self.num_images, self.num_limits = param.images_num, param.acc_factor_num
        within(spec, f"{field}.images_num", (self.num_images,), 1, 1 << 30)
        self.seen = 0
        counts = torch.zeros(self.num_limits, math.prod(x[1:]) // 2)
        self.register_buffer("shares", counts, persistent=False)

    @classmethod
    def assumed_bottom(cls, spec: LayerSpec, index: int, bottoms: Sequence[Shape]
                       ) -> Shape | None:
        return bottoms[1 - index]

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        return [(1, 1, 1, 1)]

    @uncompiled
    def forward(self, x: Tensor, target: Tensor) -> Tensor:
        x, target = x.detach(), target.detach()
        if not x.is_meta:
            self._note(by_item(x, -1, 2), by_item(target, -1, 2))
        return ((x - target).square().sum() / len(x)).reshape(1, 1, 1, 1)

    def within_limits(self, x: Tensor, target: Tensor) -> Tensor:
        """Whether each joint is within each limit (N, A, K)."""
        raise NotImplementedError

    def limits(self) -> list[float]:
        """The limits, as the log names them."""
        raise NotImplementedError

    def _note(self, x: Tensor, target: Tensor) -> None:
        num = min(len(x), self.num_images - self.seen)
        hits = self.within_limits(x[:num], target[:num])
        self.shares += hits.to(self.shares).sum(0)
        self.seen += num
        if self.seen >= self.num_images:
            means = (self.shares / self.num_images).mean(1).tolist()
            words = ", ".join(f"{share:.4f} within {limit:g}"
                              for limit, share in zip(self.limits(), means, strict=True))
            LOG.warning("layer '%s': of %d images: %s", self.spec.name, self.num_images, words)
            self.shares.zero_()
            self.seen = 0


@layer
class PosePDJAccuracy(PointMeasure):
    """Mean squared distance of points; the share of detected joints (PDJ) is logged.

    Bottoms: points and labels, x and y in turn (N, 2 K, ...). No gradient.
    Top:     (1, 1, 1, 1), the sum of squared differences over N.
    A joint is detected within a times the distance of the labels of shoulder_id and hip_id, a =
    acc_factor, 2 acc_factor, ... acc_factor_num times. After images_num images the share of each a
    is logged; the original writes it to acc_path. Images whose shoulder or hip is below 0 count
    with no joint, and so do such joints while a is below 1.
    Errors:  SpecError for other shapes, an acc_factor that is not above 0 and at most 1, an
             acc_factor_num with which a gets to 1, joints that are not there, and without
             images_num.
    Source:  PosePDJAccuracyParameter; pose_pdj_accuracy_layer.cpp of
             zimenglan-sysu-512/pose_action_caffe.
    """

    def __init__(self, spec: LayerSpec, x: Shape, target: Shape):
        field = "pose_pdj_accuracy_param"
        param = spec.proto.pose_pdj_accuracy_param
        honour(spec, field, "acc_factor acc_factor_num images_num shoulder_id hip_id")
        if not 0 < param.acc_factor <= 1:
            raise spec.error(f"{field}.acc_factor", f"is {param.acc_factor:g}; it must be above 0 "
                             "and at most 1")
        most = int(1 / param.acc_factor) - 1
        if not 0 < param.acc_factor_num <= most:
            raise spec.error(f"{field}.acc_factor_num", f"is {param.acc_factor_num}; it must be "
                             f"from 1 to {most} with an acc_factor of {param.acc_factor:g}")
        super().__init__(spec, field, x, target)
        num = math.prod(x[1:]) // 2
        within(spec, f"{field}.shoulder_id", (param.shoulder_id,), 0, num - 1)
        within(spec, f"{field}.hip_id", (param.hip_id,), 0, num - 1)
        self.factor, self.ends = param.acc_factor, (param.shoulder_id, param.hip_id)

    def limits(self) -> list[float]:
        return [self.factor * (index + 1) for index in range(self.num_limits)]

    def within_limits(self, x: Tensor, target: Tensor) -> Tensor:
        ends = target[:, self.ends, :]
        torso = (ends[:, 0] - ends[:, 1]).norm(dim=1)[:, None, None]
        labelled = (target >= 0).all(2)
        distance = (x - target).norm(dim=2).where(labelled, torso[:, 0] + 1)
        limits = torch.tensor(self.limits(), device=x.device, dtype=x.dtype)[:, None]
        return (distance[:, None] <= torso * limits) & (ends >= 0).flatten(1).all(1)[:, None, None]


@layer
class PoseEuDistAccuracy(PointMeasure):
    """Mean squared distance of points; the share within 1, 2, ... pairs of pixels is logged.

    Bottoms: points and labels, x and y in turn (N, 2 K, ...). No gradient.
    Top:     (1, 1, 1, 1), the sum of squared differences over N.
    After images_num images the share of joints at a distance of 2 d pixels or less is logged, d =
    1, ... acc_factor_num; the original writes it to acc_path. A joint below 0 does not count.
    Errors:  SpecError for other shapes, an acc_factor_num that is not from 2 to 100, and without
             images_num.
    Source:  PoseEuDistAccuracyParameter, whose acc_factor is read by nothing;
             pose_eudist_accuracy_layer.cpp of zimenglan-sysu-512/pose_action_caffe.
    """

    def __init__(self, spec: LayerSpec, x: Shape, target: Shape):
        field = "pose_eudist_accuracy_param"
        honour(spec, field, "acc_factor_num images_num")
        within(spec, f"{field}.acc_factor_num",
               (spec.proto.pose_eudist_accuracy_param.acc_factor_num,), 2, 100)
        super().__init__(spec, field, x, target)

    def limits(self) -> list[float]:
        return [float(index + 1) for index in range(self.num_limits)]

    def within_limits(self, x: Tensor, target: Tensor) -> Tensor:
        there = (target >= 0).all(2) & (x >= 0).all(2)
        distance = ((x - target) / 2).norm(dim=2).where(there, math.inf)
        limits = torch.tensor(self.limits(), device=x.device, dtype=x.dtype)[:, None]
        return distance[:, None] <= limits


@layer
class SimilaryEuclideanLoss(Layer):
    """Squared distance of the features of two images, with the sign of their labels.

    Bottoms: x (2, ...); labels (2,) or with axes of 1.
    Top:     (), s (learn_lr |x0 - x1|^2 - loss_bias) / 2, s = 1 for equal labels, else -1. Below
             loss_thresh it has no gradient. That of x0 is s learn_lr (x0 - x1) / 2, half of the
             derivative, and x1 has none, as in the original.
    Errors:  SpecError for another number of items or labels.
    Source:  SimilaryEuclideanLossParameter; similary_euclidean_loss_layer.cpp of
             zimenglan-sysu-512/pose_action_caffe.
    """

    num_bottoms = (2, 2)
    no_gradient_bottoms = (1,)
    loss = True

    def __init__(self, spec: LayerSpec, x: Shape, labels: Shape):
        super().__init__(spec)
        honour(spec, "similary_euclidean_loss_param", "learn_lr loss_thresh loss_bias")
        if x[0] != 2 or math.prod(labels) != 2:
            raise spec.error("bottom", f"has the shapes {tuple(x)} and {tuple(labels)}; they must "
                             "be of two items")
        param = spec.proto.similary_euclidean_loss_param
        self.factor, self.least, self.bias = param.learn_lr, param.loss_thresh, param.loss_bias

    @classmethod
    def assumed_bottom(cls, spec: LayerSpec, index: int, bottoms: Sequence[Shape]
                       ) -> Shape | None:
        return (2,) if index else None

    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        first, second = labels.flatten().long()
        sign = torch.where(first == second, 1.0, -1.0).to(x)
        with torch.no_grad():
            step = x[0] - x[1]
            value = sign * (self.factor * step.square().sum() - self.bias) / 2
            slope = sign * self.factor / 2 * step * (value >= self.least)
            slopes = torch.stack([slope, torch.zeros_like(slope)])
        return GivenSlopes.apply(x, slopes, value)


@layer
class PoseDistance(Layer):
    """Mean distance in space of joints of hands, given by their position in a depth image.

    Bottoms: joints and labels (N, 3 K), of each a column, a row and a depth as parts of the cube
             around the hand; the cubes' centers (N, 3), or of each joint (N, 3 K), in pixels and in
             units of depth; if wanted numbers (N, 3 K), of which the first of a joint is 1 where
             the joint counts. No gradient.
    Tops:    the distance (), 0 / 0 if no joint counts; with `output_pose` the joints in pixels and
             units of depth (N, 3 K), joint k where permute_id has k.
    Column u = x cube_length |fx| / center depth + center, row v likewise with fy, depth d = x
    cube_length + center; in space these are ((u - ux) d / fx, (v - uy) d / fy, d).
    Errors:  SpecError for other shapes, for another number of cube_length than one or three, of
             permute_id than joints or none, and of tops.
    Source:  PoseDistanceParameter; pose_distance_layer.cpp of xinghaochen/caffe-pose.
    """

    num_bottoms = (3, 4)
    num_tops = (1, 2)
    no_gradient_bottoms = (0, 1, 2, 3)
    no_onnx_form = COMPARES_WITH_LABELS

    def __init__(self, spec: LayerSpec, x: Shape, target: Shape, centers: Shape, *counts: Shape):
        super().__init__(spec)
        field = "pose_distance_param"
        honour(spec, field, "fx fy ux uy output_pose permute_id cube_length")
        param = spec.proto.pose_distance_param
        check_same_shape(spec, (x, target, *counts))
        if len(x) != 2 or x[1] % 3 or centers not in ((x[0], 3), x):
            raise spec.error("bottom", f"has the shapes {x} and {centers}; joints must be (N, 3 K) "
                             "and centers (N, 3) or (N, 3 K)")
        cube = list(param.cube_length)
        if len(cube) not in (1, 3):
            raise spec.error(f"{field}.cube_length", f"is given {len(cube)} times; it must be 1 or "
                             "3 times")
        order, num = list(param.permute_id), x[1] // 3
        if order and sorted(order) != list(range(num)):
            raise spec.error(f"{field}.permute_id", f"must name each of the {num} joints once, "
                             "from 0 on")
        if len(spec.tops) != 1 + param.output_pose:
            raise spec.error("top", f"is given {len(spec.tops)} times; it must be "
                             f"{1 + param.output_pose} times, 2 with output_pose")
        self.cube, self.order = cube * (3 // len(cube)), order
        self.focal, self.middle = (param.fx, param.fy), (param.ux, param.uy)

    @classmethod
    def assumed_bottom(cls, spec: LayerSpec, index: int, bottoms: Sequence[Shape]
                       ) -> Shape | None:
        return (bottoms[0][0], 3) if index == 2 and bottoms[0] else bottoms[0] or bottoms[1]

    def forward(self, x: Tensor, target: Tensor, centers: Tensor, *counts: Tensor
                ) -> Tensor | tuple[Tensor, ...]:
        centers = by_item(centers.detach(), -1, 3)
        found, wanted = (self._pixels(by_item(joints.detach(), -1, 3), centers)
                         for joints in (x, target))
        each = (self._in_space(found) - self._in_space(wanted)).norm(dim=2)
        counted = torch.ones_like(each)
        if counts:
            counted = ((by_item(counts[0].detach(), -1, 3)[..., 0] - 1).abs() < NEAR_ONE).to(each)
        mean = (each * counted).sum() / counted.sum()
        if len(self.spec.tops) == 1:
            return mean
        return mean, (found[:, self.order] if self.order else found).flatten(1)

    def _pixels(self, joints: Tensor, centers: Tensor) -> Tensor:
        """Column, row and depth of parts of the cube (N, K, 3)."""
        sides = joints * joints.new_tensor(self.cube)
        focal = joints.new_tensor(self.focal).abs() / centers[..., 2:]
        return torch.cat([sides[..., :2] * focal, sides[..., 2:]], 2) + centers

    def _in_space(self, pixels: Tensor) -> Tensor:
        depth = pixels[..., 2:]
        away = pixels[..., :2] - pixels.new_tensor(self.middle)
        return torch.cat([away * depth / pixels.new_tensor(self.focal), depth], 2)
