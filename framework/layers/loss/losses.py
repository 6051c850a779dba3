"""Regression and contrastive losses: Euclidean, smooth L1, sigmoid cross-entropy, contrastive."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.loss.loss_settings import check_same_count, ignore_label, normalization
from framework.layers.params import check_positive
from framework.ops.losses import Distance, normalizer, precise, smooth_l1, turning_l1


@layer
class EuclideanLoss(Layer):
    """Euclidean (L2) loss: half the squared difference, summed, over the number of items.

    Bottoms: two blobs (N, ...) with as many values; both get a gradient. A third as large, in
             BVLC's branch opencl, multiplies the differences; the sum is then over the number of
             values, and the gradient is the weighted difference over it, not the derivative.
    Top:     the loss ().
    Errors:  SpecError if the bottoms differ in items or values.
    Source:  BVLC euclidean_loss_layer.cpp, and that of the branch opencl.
    """

    unread = frozenset(["euclideanloss_param.is_normalized",      # of another project's type
                        "euclideanloss_param.normalize_choice"])
    num_bottoms = (2, 3)
    loss = True
    no_gradient_bottoms = (2,)

    def __init__(self, spec: LayerSpec, x: Shape, target: Shape, *weights: Shape):
        super().__init__(spec)
        for which, shape in enumerate((target, *weights), 1):
            check_same_count(spec, x, shape, which)

    def forward(self, x: Tensor, target: Tensor, weights: Tensor | None = None) -> Tensor:
        difference = precise(x) - precise(target).reshape(x.shape)
        if weights is None:
            return difference.square().sum() / (2 * x.shape[0])
        weighted = difference.detach() * weights.reshape(x.shape)
        linear = (weighted * difference).sum()      # its gradient is the weighted difference
        value = weighted.square().sum() / 2
        return (linear + (value - linear.detach())) / x.numel()


@layer
class SmoothL1Loss(Layer):
    """Smooth L1 (Huber) loss: squared for small differences d, linear for large ones.

    Bottoms: x and target (N, ...), which both get a gradient; in Fast R-CNN's form also inside
             weights, which multiply d, and outside weights, which multiply each loss. Its first
             version, of 2015, has the inside weights only.
    Top:     the loss (): 0.5 (sigma d)^2 where |d| < 1 / sigma^2, else |d| - 0.5 / sigma^2,
             summed, over N.
             If wanted (zhaoweicai/cascade-rcnn), each item's sum over its channels, (N, 1, ...),
             without gradient.
    The SSD branch's form is that with two bottoms and `smooth_l1_loss_param.sigma` 1. With
    `smoothl1_param` (happynear/caffe-windows) and t = turn_point, a loss is 0.5 d^2 where |d| < t,
    else |d| - t + 0.5 t^2, whose slope is not continuous at t but for t = 1.
    Errors:  SpecError for sizes that differ, and for outside weights with smoothl1_param.
    Source:  SmoothL1LossParameter in caffe.proto; smooth_L1_loss_layer.cpp of the SSD branch
             and of Fast R-CNN (rbgirshick/caffe-fast-rcnn); SmoothL1Parameter of happynear's as in
             goodluckcwl/custom-caffe; Girshick 2015, eq. 3.
    """

    reads = ("smoothl1_param",)

    num_bottoms = (2, 4)
    num_tops = (1, 2)
    loss = True
    no_gradient_bottoms = (2, 3)

    def __init__(self, spec: LayerSpec, x: Shape, target: Shape, *weights: Shape):
        super().__init__(spec)
        self.sigma = spec.proto.smooth_l1_loss_param.sigma
        check_positive(spec, "smooth_l1_loss_param", "sigma")
        self.turns = spec.proto.HasField("smoothl1_param")
        self.turn_point = spec.proto.smoothl1_param.turn_point
        if self.turns and len(weights) > 1:
            raise spec.error("smoothl1_param", "has a meaning with 2 or 3 bottoms; outside weights "
                             "are those of smooth_l1_loss_param { sigma }")
        for which, shape in enumerate((target, *weights), 1):
            check_same_count(spec, x, shape, which)

    def forward(self, x: Tensor, target: Tensor, *weights: Tensor
                ) -> Tensor | tuple[Tensor, ...]:
        difference = precise(x) - precise(target).reshape(x.shape)
        if weights:
            difference = difference * weights[0].reshape(x.shape)
        each = turning_l1(difference, self.turn_point) if self.turns else \
            smooth_l1(difference, self.sigma)
        if len(weights) > 1:
            each = each * weights[1].reshape(x.shape)
        loss = each.sum() / x.shape[0]
        if len(self.spec.tops) == 1:
            return loss
        items = each.detach().sum(1, keepdim=True)
        return loss, items.reshape(*items.shape, *(1 for _ in range(4 - items.dim())))


@layer
class SigmoidCrossEntropyLoss(Layer):
    """Sigmoid (binary) cross-entropy against targets from 0 to 1, summed, over a normalizer.

    Bottoms: x and target (N, ...) with as many values; no gradient goes to the target. In
             daijifeng001/caffe-mnc also weights of each value, by whose sum, instead of the
             normalizer, the weighted sum is divided; 0 if that is not above 0. With loss_param
             (ZhiwenShao/ARL) the weighted sum has its normalizer, of at least 1.
    Top:     the loss ().
    Targets equal to ignore_label, once cut to integers, add nothing: 0.7 is ignored by label 0.
    Normalizer: BATCH_SIZE (default) N, FULL all values, VALID those not ignored, NONE 1,
    PRE_FIXED pre_fixed_normalizer.
    Errors:  SpecError if the bottoms differ in items or values.
    Source:  LossParameter in caffe.proto; sigmoid_cross_entropy_loss_layer.cpp of BVLC, of
             ZhiwenShao/ARL, and of daijifeng001/caffe-mnc, which leaves the top as it was where no
             weight is above 0.
    """

    reads = ("loss_param",)
    num_bottoms = (2, 3)
    loss = True
    no_gradient_bottoms = (1, 2)
    refuses_gradient = True

    def __init__(self, spec: LayerSpec, x: Shape, target: Shape, *weights: Shape):
        super().__init__(spec)
        for which, shape in enumerate((target, *weights), 1):
            check_same_count(spec, x, shape, which)
        self.mode = normalization(spec, "BATCH_SIZE")
        self.ignore = ignore_label(spec)
        self.fixed = spec.proto.loss_param.pre_fixed_normalizer
        self.by_weights = bool(weights) and not spec.proto.HasField("loss_param")

    def forward(self, x: Tensor, target: Tensor, *weights: Tensor) -> Tensor:
        x = precise(x)
        target = target.detach().reshape(x.shape).to(x.dtype)
        each = F.binary_cross_entropy_with_logits(x, target, reduction="none")
        if weights:
            weight = precise(weights[0]).detach().reshape(x.shape)
            each = each * weight
        if self.by_weights:
            total = weight.sum()
            some = total > 0
            return each.sum().where(some, 0) / total.where(some, 1)
        valid = None
        if self.ignore is not None:
            valid = target.long() != self.ignore
            each = each.where(valid, 0)
        if self.mode == "BATCH_SIZE":
            return each.sum() / max(x.shape[0], 1)
        return each.sum() / normalizer(self.mode, x.reshape(-1, 1), 1, valid, self.fixed)


@layer
class ContrastiveLoss(Layer):
    """Contrastive loss: pull pairs of one kind together, push others `margin` apart.

    Bottoms: a and b (N, C), each with a gradient; similar (N,), cut to integers, 0 if the pair
             is not of one kind. Or in place of similar the classes of a and of b, both (N,): a
             pair is of one kind if they are equal.
    Tops:    the loss (): similar pairs d^2, others max(margin - d, 0)^2, with `legacy_version`
             max(margin - d^2, 0); summed over pairs, over N, over 2. Then, if wanted, the means of
             d^2 of similar and of other pairs, () each, 0 without such a pair, without gradient.
    The gradient of d is (a - b) / (d + 1e-4), as in the original's backward.
    Errors:  SpecError if a and b differ in shape or the labels are not N, and for two tops.
    Source:  ContrastiveLossParameter in caffe.proto; BVLC contrastive_loss_layer.cpp, and with
             two labels that of happynear/caffe-windows; Hadsell et al. 2006;
             contrastive_loss_layer.cu of ZhouYzzz/project for three tops.
    """

    num_bottoms = (3, 4)
    num_tops = (1, 3)
    loss = True
    no_gradient_bottoms = (2, 3)

    @classmethod
    def assumed_bottom(cls, spec: LayerSpec, index: int, bottoms: Sequence[Shape]
                       ) -> Shape | None:
        """A feature like the other one; a label for each pair."""
        return bottoms[1 - index] if index < 2 else bottoms[0][:1]

    def __init__(self, spec: LayerSpec, a: Shape, b: Shape, *labels: Shape):
        super().__init__(spec)
        check_same_count(spec, a, b)
        for label in labels:
            if torch.Size(label).numel() != a[0] or torch.Size(a[2:]).numel() != 1:
                raise spec.error("bottom", f"has the shapes {tuple(a)} and {tuple(label)}; they "
                                 "must be (N, C) and one label for each of the N pairs")
        param = spec.proto.contrastive_loss_param
        self.margin = param.margin
        self.legacy = param.legacy_version
        if len(spec.tops) == 2:
            raise spec.error("top", "is given 2 times; it must be 1, or 3 with both distances")

    def forward(self, a: Tensor, b: Tensor, *labels: Tensor) -> Tensor | tuple[Tensor, ...]:
        difference = (precise(a) - precise(b).reshape(a.shape)).flatten(1)
        square = difference.square().sum(1)
        if self.legacy:
            apart = (self.margin - square).relu()
        else:
            apart = (self.margin - Distance.apply(difference)).relu().square()
        numbers = [label.detach().reshape(-1).long() for label in labels]
        is_similar = numbers[0] == numbers[1] if len(numbers) > 1 else numbers[0] != 0
        loss = torch.where(is_similar, square, apart).sum() / (2 * a.shape[0])
        if len(self.spec.tops) == 1:
            return loss
        square = square.detach()
        return loss, *((square * chosen).sum() / chosen.sum().clamp(min=1)
                       for chosen in (is_similar, ~is_similar))
