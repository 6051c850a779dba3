"""Center losses: pull items to a learned centre of their class, by distance or by angle."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.index_check import IndexCheck
from framework.layers.loss.loss_settings import check_one_label_an_item
from framework.layers.params import canonical_axis, check_sizes, honour
from framework.ops.losses import OwnGradients, precise
from framework.proto import FillerParameter


class _ToCenters(Layer):
    """What both losses have in common: a centre for each class, and a label for each row of x."""

    num_bottoms = (2, 2)
    loss = True
    no_gradient_bottoms = (1,)
    blobs_learn = (True,)
    centers: Tensor

    def add_centers(self, x: Shape, labels: Shape, field: str, filler: FillerParameter) -> None:
        """Check axis, num_output and the labels by the message `field`, and add the blob."""
        param = getattr(self.spec.proto, field)
        self.axis = canonical_axis(self.spec, f"{field}.axis", param.axis, x)
        check_sizes(self.spec, field, "num_output")
        if math.prod(labels) != math.prod(x[:self.axis]):
            raise self.spec.error("bottom", f"'{self.spec.bottoms[1]}' has the shape "
                                  f"{tuple(labels)}; there must be {math.prod(x[:self.axis])} "
                                  "labels")
        self.check = IndexCheck(self.spec, 1, labels, param.num_output,
                                hint=f"{field}.num_output is too small")
        self.add_blob("centers", (param.num_output, math.prod(x[self.axis:])), filler)

    def multiply_adds(self, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        return 0            # a row of the centers for each item

    def loss_of(self, by: type[torch.autograd.Function], x: Tensor, labels: Tensor) -> Tensor:
        """The loss `by` of the rows (M, K) of x, the centers and the labels (M,)."""
        rows = precise(x).flatten(self.axis).flatten(0, -2)
        loss: Tensor = by.apply(rows, self.centers.to(rows.dtype), self.check(labels).reshape(-1))
        return loss


class _CenterLoss(torch.autograd.Function):
    """Center loss: half the squared distance of rows (M, K) to their class's centre, over M.

    The gradient of a centre is not the derivative: it is the sum of (centre - x) over its items,
    over their number plus 1, whatever the weight of the loss.
    Source: center_loss_layer.cpp of ydwen/caffe-face.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, centers: Tensor, labels: Tensor) -> Tensor:
        difference = x - centers[labels]  # Any: torch has no type for it
        ctx.save_for_backward(difference, labels)
        ctx.shape = centers.shape
        return difference.square().sum() / (2 * x.shape[0])

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, None]:
        difference, labels = ctx.saved_tensors
        total = difference.new_zeros(ctx.shape).index_add(0, labels, difference)
        count = difference.new_zeros(ctx.shape[0]).index_add(
            0, labels, difference.new_ones(len(labels)))
        return gradient * difference / len(labels), -total / (count + 1)[:, None], None


@layer
class CenterLoss(_ToCenters):
    """Center loss: pull the features of each class to a centre that is learned.

    Bottoms: x (M, ...), flattened from `axis` on; labels (M,).
    Top:     the loss (): |x - centre[label]|^2, summed, over 2 M.
    Blobs:   centers (num_output, K). Their gradient is the mean step towards their items, with
             one added to their number, whatever the loss_weight.
    Errors:  SpecError if num_output is 0, labels are not M, or distance_type is not L2.
    Source:  ydwen/caffe-face and happynear/caffe-windows center_loss_layer.cpp; Wen et al. 2016.
    """

    def __init__(self, spec: LayerSpec, x: Shape, labels: Shape):
        super().__init__(spec)
        honour(spec, "center_loss_param", "num_output center_filler axis")
        self.add_centers(x, labels, "center_loss_param", spec.proto.center_loss_param.center_filler)

    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        return self.loss_of(_CenterLoss, x, labels)


@layer
class MovingCenterLoss(Layer):
    """Center loss whose centres begin at 0 and move in each forward, by no solver.

    Bottoms: x (N, K), or (N, K, 1, 1); labels (N,).
    Top:     the loss (): w / 2 of the squared distances to the centre of each item's class, summed,
             over N; w is center_loss_param's loss_weight.
    Blobs:   none: the centres are not stored in weights, as in the original.
    Each forward, in TEST too, moves a centre by alpha w / (n + 1) of the sum of its n items'
    distances, after the loss. The gradient of x is w (x - centre): not over N, and whatever the
    loss_weight of the layer.
    A CenterLoss that states cluster_num is this.
    Errors:  SpecError without cluster_num, for x of another shape, and if labels do not fit.
    Source:  CenterLossParameter; center_loss_layer.cpp of hsmyy/CenterLoss_Caffe_Mnist.
    """

    reads = ("center_loss_param",)
    fork_fields = frozenset(f"center_loss_param.{name}" for name in (
        "loss_weight", "alpha", "cluster_num"))
    num_bottoms = (2, 2)
    loss = True
    no_gradient_bottoms = (1,)
    centers: Tensor

    def __init__(self, spec: LayerSpec, x: Shape, labels: Shape):
        super().__init__(spec)
        honour(spec, "center_loss_param", "loss_weight alpha cluster_num")
        param = spec.proto.center_loss_param
        if param.cluster_num == 0:
            raise spec.error("center_loss_param.cluster_num", "is missing or 0; it must be at "
                             "least 1")
        if len(x) < 2 or math.prod(x[2:]) != 1:
            raise spec.error("bottom[0]", f"has the shape {tuple(x)}; it must be (N, K)")
        check_one_label_an_item(spec, x, labels)
        self.weight, self.alpha = param.loss_weight, param.alpha
        self.check = IndexCheck(spec, 1, labels, param.cluster_num,
                                hint="center_loss_param.cluster_num is too small")
        self.register_buffer("centers", torch.zeros(param.cluster_num, x[1]), persistent=False)

    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        rows = precise(x).flatten(1)
        numbers = self.check(labels).reshape(-1)
        with torch.no_grad():
            away = rows - self.centers.to(rows.dtype)[numbers]
            loss = away.square().sum() * (self.weight / 2 / len(rows))
            if not self.centers.is_meta:
                self._move(away, numbers)
        top: Tensor
        top, = OwnGradients.apply(1, rows, away * self.weight, loss)
        return top

    def _move(self, away: Tensor, numbers: Tensor) -> None:
        counts = away.new_ones(len(self.centers)).index_add(0, numbers,
                                                            away.new_ones(len(numbers)))
        sums = torch.zeros_like(self.centers, dtype=away.dtype).index_add(0, numbers, away)
        self.centers += (sums * (self.alpha * self.weight) / counts[:, None]).to(self.centers)


def _lengths(rows: Tensor) -> Tensor:
    """Of each row (N, 1); infinite for a row of zeros, which has no direction to change."""
    length = rows.norm(dim=1, keepdim=True)
    return length.where(length > 0, math.inf)


class _CenterCos(torch.autograd.Function):
    """Minus the sum of cosines; the gradient of x is over the number of items, that of a centre
    over that of its items and one, whatever the loss."""

    @staticmethod
    def forward(x: Tensor, centers: Tensor, labels: Tensor) -> Tensor:
        return -(F.normalize(x) * F.normalize(centers)[labels]).sum()

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Tensor) -> None:
        # Any: the context and the tuple of arguments are autograd's
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor, None]:
        x, centers, labels = ctx.saved_tensors
        mine = centers[labels]
        length, far = _lengths(x), _lengths(mine)
        cosine = (x * mine).sum(1, keepdim=True) / (length * far)
        of_x = (cosine * x / length - mine / far) / length
        of_centers = (cosine * mine / far - x / length) / far
        counts = torch.ones_like(centers[:, :1]).index_add(0, labels, torch.ones_like(length))
        sums = torch.zeros_like(centers).index_add(0, labels, of_centers)
        return grad * of_x / len(x), sums / counts, None


@layer
class CenterCosLoss(_ToCenters):
    """Centre loss by angles: minus the cosine of each item with the centre of its class.

    Bottoms: x (N, ...), flattened from `axis` on; labels (N,).
    Top:     the loss (): minus the sum of cosines, not the mean.
    Blobs:   centers (num_output, K).
    The gradient of x is the derivative over N, that of a centre the sum over its items over one
    more than these are, whatever the loss_weight, as in the original.
    Errors:  SpecError if num_output is 0, or labels do not fit.
    Source:  CenterCosLossParameter; center_cos_loss_layer.cu of banxia1994/Mycaffe, where the
             length of a second item of a class has that of the first in it; here each its own.
    """

    def __init__(self, spec: LayerSpec, x: Shape, labels: Shape):
        super().__init__(spec)
        honour(spec, "center_cos_loss_param", "num_output center_cos_filler axis")
        self.add_centers(x, labels, "center_cos_loss_param",
                         spec.proto.center_cos_loss_param.center_cos_filler)

    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        return self.loss_of(_CenterCos, x, labels)
