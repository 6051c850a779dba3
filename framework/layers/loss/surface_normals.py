"""Losses of surface normals and of maps of joints in form V1 (xiaolonw), and which cells count."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.index_check import IndexCheck
from framework.layers.loss.loss_settings import check_labels, check_same_count, shape_of_labels
from framework.layers.onnx_reasons import CHOOSES_EXAMPLES
from framework.layers.params import check_channels, honour
from framework.ops.losses import LARGEST_LOG_LOSS, GivenSlopes, log_loss, precise

SCALE = 336.0           # by which the value of the loss is divided, and not its gradient
LARGEST_NORMAL = 10     # of a pixel without a normal the first value is further from 0
STEEPEST = 1e-6         # added to sqrt(1 - cos^2)


@layer
class MultiSoftmaxLoss(Layer):
    """Softmax cross-entropy of each position, whose labels count from 1.

    Bottoms: scores (N, C, ...); labels from 1 to C, one for each item and position.
    Top:     the loss (): -log softmax(scores)[label - 1], at most 87.3365, summed, over 336 N. The
             gradient is that of the sum over N, as in the original. With mult_softmax_loss_param
             the loss is over N, and its gradient times learning_multiple.
    Errors:  SpecError for another number of labels; DataError for one that is not from 1 to C.
    Source:  MULTI_SOFTMAX_LOSS, multi_softmax_loss_layer.cpp of
             xiaolonw/caffe-3dnormal_joint_pose, which reads other memory for a label of 0, and of
             Arroosh/optical_flow_prediction, whose message that is.
    """

    reads = ("mult_softmax_loss_param",)

    num_bottoms = (2, 2)
    loss = True
    no_gradient_bottoms = (1,)

    def __init__(self, spec: LayerSpec, scores: Shape, labels: Shape):
        super().__init__(spec)
        check_channels(spec, scores)
        check_labels(spec, scores, labels, 1)
        self.check = IndexCheck(spec, 1, labels, scores[1], first=1)
        honour(spec, "mult_softmax_loss_param", "learning_multiple")
        has_factor = spec.proto.HasField("mult_softmax_loss_param")
        self.scale = 1.0 if has_factor else SCALE
        self.factor = float(spec.proto.mult_softmax_loss_param.learning_multiple)

    @classmethod
    def assumed_bottom(cls, spec: LayerSpec, index: int, bottoms: Sequence[Shape]
                       ) -> Shape | None:
        return shape_of_labels(bottoms[0], 1) if index == 1 and len(bottoms[0]) > 1 else None

    def forward(self, scores: Tensor, labels: Tensor) -> Tensor:
        scores = precise(scores)
        labels = labels.detach().trunc()
        inside = (labels >= 1) & (labels <= scores.shape[1])
        labels = self.check.require(labels, inside, scores.shape[1]).clamp(min=1)
        numbers = labels.long().reshape(len(scores), *scores.shape[2:]) - 1
        value = log_loss(scores.detach(), numbers, 1).sum() / (len(scores) * self.scale)
        one = torch.zeros_like(scores).scatter(1, numbers.unsqueeze(1), 1)
        slopes = (scores.detach().softmax(1) - one) * (self.factor / len(scores))
        loss: Tensor = GivenSlopes.apply(scores, slopes, value)
        return loss


@layer
class AngleLoss(Layer):
    """Angle between unit vectors, summed over the positions of each item.

    Bottoms: x (N, C, ...) and target of the same shape, unit vectors along the channels, as
             NormOfChannels gives; the target gets no gradient.
    Top:     the loss (): acos of the sum over C of x * target, summed over the positions, over N.
             A position whose target begins with a value beyond 10 or -10 has no normal: it adds
             nothing. The gradient is -target / (sqrt(1 - cos^2) + 1e-6) over N. Cosines are cut to
             -1 and 1, beyond which the original gives NaN.
    Errors:  SpecError if the bottoms differ in items or values, and for less than two axes.
    Source:  ANGLE_LOSS, angle_loss_layer.cpp of xiaolonw/caffe-3dnormal_joint_pose.
    """

    num_bottoms = (2, 2)
    loss = True
    no_gradient_bottoms = (1,)

    def __init__(self, spec: LayerSpec, x: Shape, target: Shape):
        super().__init__(spec)
        check_channels(spec, x)
        check_same_count(spec, x, target)

    def forward(self, x: Tensor, target: Tensor) -> Tensor:
        x = precise(x)
        target = precise(target.detach()).reshape(x.shape)
        known = target[:, :1].abs() <= LARGEST_NORMAL
        cosine = (x.detach() * target).sum(1, keepdim=True).clamp(-1, 1)
        value = cosine.acos().where(known, 0).sum() / len(x)
        steep = (1 - cosine.square()).sqrt() + STEEPEST
        slopes = (-target / steep).where(known, 0) / len(x)
        loss: Tensor = GivenSlopes.apply(x, slopes, value)
        return loss


@layer
class SigmoidLoss(Layer):
    """Sigmoid cross-entropy with labels that are 1 or something else.

    Bottoms: x (N, ...); labels, as many: 1 is 1 and all others are 0.
    Top:     the loss (): -log sigmoid(x) of labels 1, -log(1 - sigmoid(x)) of the others, each at
             most 87.3365, summed, over N. Where it is cut the gradient is as if it were not.
    Errors:  SpecError if the bottoms differ in items or values.
    Source:  SIGMOID_LOSS, sigmoid_loss_layer.cpp of xiaolonw/caffe-3dnormal_joint_pose.
    """

    num_bottoms = (2, 2)
    loss = True
    no_gradient_bottoms = (1,)

    def __init__(self, spec: LayerSpec, x: Shape, labels: Shape):
        super().__init__(spec)
        check_same_count(spec, x, labels)

    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        x = precise(x)
        is_one = labels.detach().reshape(x.shape).trunc() == 1
        away = torch.where(is_one, -x, x)
        each = torch.nn.functional.softplus(away)
        each = each - (each.detach() - LARGEST_LOG_LOSS).clamp(min=0)
        return each.sum() / len(x)


@layer
class LabelDropout(Layer):
    """Mining of hard negatives of maps: the top is x where it is taught, and else the label.

    Bottoms: x (N, C, ...); labels, as many, which get no gradient.
    Top:     as x. In each map all cells of label 1 are taught; of those of label 0 it is all, if
             drop_neg_ratio times the cells of label 1, rounded down to n, are as many. Else of the
             n cells whose |x| is largest hard_ratio n are drawn, and rand_ratio n from rand_ratio n
             more of these and all others. Elsewhere the top is the label, so that a loss that
             compares both is 0 there, and there is no gradient. In TEST it is the same.
    Errors:  SpecError if the bottoms differ in items or values, for ratios below 0 and for
             hard_ratio + rand_ratio above 1, of which the original reads other memory.
    Source:  LabelDropParameter; LABEL_DROPOUT, label_dropout_layer.cpp of
             xiaolonw/caffe-3dnormal_joint_pose.
    """

    num_bottoms = (2, 2)
    no_gradient_bottoms = (1,)
    reads = ("label_drop_param",)
    no_onnx_form = CHOOSES_EXAMPLES

    def __init__(self, spec: LayerSpec, x: Shape, labels: Shape):
        super().__init__(spec)
        honour(spec, "label_drop_param", "drop_neg_ratio hard_ratio rand_ratio")
        check_same_count(spec, x, labels)
        check_channels(spec, x)
        param = spec.proto.label_drop_param
        for name in ("drop_neg_ratio", "hard_ratio", "rand_ratio"):
            value = getattr(param, name)
            if not 0 <= value < math.inf:
                raise spec.error(f"label_drop_param.{name}", f"is {value:g}; it must be at least 0")
        if param.hard_ratio + param.rand_ratio > 1:
            raise spec.error("label_drop_param.rand_ratio", f"is {param.rand_ratio:g} beside a "
                             f"hard_ratio of {param.hard_ratio:g}; together they may be 1")
        self.ratio, self.hard, self.random = (
            param.drop_neg_ratio, param.hard_ratio, param.rand_ratio)

    @classmethod
    def assumed_bottom(cls, spec: LayerSpec, index: int, bottoms: Sequence[Shape]
                       ) -> Shape | None:
        return bottoms[0] if index == 1 else None

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        return [tuple(bottoms[0])]

    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        labels = labels.detach().reshape(x.shape)
        rows = labels.flatten(0, 1).flatten(1)
        taught = self._taught(x.detach().reshape(rows.shape), rows)
        return torch.where(taught.reshape(x.shape), x, labels.to(x.dtype))

    def _taught(self, x: Tensor, labels: Tensor) -> Tensor:
        """Which cells of maps (M, P) are taught."""
        negative = labels == 0
        num_taught = _times((labels == 1).sum(1, keepdim=True), self.ratio)
        worst = _rank(x.abs().where(negative, -1)) < num_taught
        num_hard, num_drawn = (_times(num_taught, part) for part in (self.hard, self.random))
        drawn = _rank(torch.rand_like(x).where(negative & worst, -1))
        pool = negative & (~worst | ((drawn >= num_hard) & (drawn < num_hard + num_drawn)))
        chosen = pool & (_rank(torch.rand_like(x).where(pool, -1)) < num_drawn)
        mined = negative & ((worst & (drawn < num_hard)) | chosen)
        has_all = num_taught >= negative.sum(1, keepdim=True)
        return (labels == 1) | torch.where(has_all, negative, mined)


def _times(numbers: Tensor, ratio: float) -> Tensor:
    """Whole numbers times a ratio, in float32 and rounded down as in the original."""
    return (numbers.float() * ratio).long()


def _rank(x: Tensor) -> Tensor:
    """The rank of each value in its row, from 0 for the largest, of equal ones the last."""
    order = x.argsort(dim=1, stable=True)
    places = torch.arange(x.shape[1] - 1, -1, -1, device=x.device).expand_as(order)
    return torch.empty_like(order).scatter(1, order, places)
