"""Mixup of a batch, and softmax losses of targets that are distributions over classes."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.index_check import IndexCheck
from framework.layers.loss.loss_settings import check_same_count, normalization, shape_of_labels
from framework.layers.params import canonical_axis, honour
from framework.ops.losses import LARGEST_LOG_LOSS, GivenSlopes, normalizer, precise


@layer
class Mixup(Layer):
    """Mixup: each item mixed with another one of the batch, and so are their labels.

    Bottoms: x (N, ...); labels (N,) or (N, 1, 1, ...), or distributions (N, C).
    Tops:    a x + (1 - a) x', where x' are the items in another order; (N, C), a at the label and
             1 - a at the other item's, or the distributions mixed alike; C is `cls_num`.
    One a is drawn for each batch from Beta(alpha, alpha), and the order at random, in both phases.
    No gradient.
    Errors:  SpecError unless alpha is above 0 and there are 2 classes or more. DataError for a
             label that is not a class.
    Source:  mixup_layer.cpp of Wheatly2/Bag-of-Tricks-for-Image-Classification; Zhang et al. 2018.
    """

    num_bottoms = (2, 2)
    num_tops = (2, 2)
    no_gradient_bottoms = (0, 1)
    no_onnx_form = "it takes labels, which a deploy net does not have"

    def __init__(self, spec: LayerSpec, x: Shape, labels: Shape):
        super().__init__(spec)
        honour(spec, "mixup_param", "alpha cls_num")
        param = spec.proto.mixup_param
        if not param.alpha > 0 or not math.isfinite(param.alpha):
            raise spec.error("mixup_param.alpha", f"is {param.alpha:g}; it must be above 0")
        if not x or labels[:1] != x[:1] or len(labels) != 2 and math.prod(labels) != x[0]:
            raise spec.error("bottom", f"has the shapes {tuple(x)} and {tuple(labels)}; the second "
                             "must hold a label for each item, or a row of all classes")
        self.alpha = param.alpha
        self.is_given = len(labels) == 2
        self.num_classes = labels[1] if self.is_given else param.cls_num
        if self.num_classes < 2:
            field = "bottom" if self.is_given else "mixup_param.cls_num"
            raise spec.error(field, f"gives {self.num_classes} classes; there must be 2 or more")
        self.check = IndexCheck(spec, 1, labels, self.num_classes)

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        return [bottoms[0], (bottoms[0][0], self.num_classes)]

    def forward(self, x: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        x, labels = x.detach(), labels.detach()
        if not self.is_given:
            numbers = self.check(labels).reshape(-1)
            labels = F.one_hot(numbers, self.num_classes).to(labels.dtype)
        draws = torch.empty(2, dtype=torch.float64, device=x.device)
        gammas = torch._standard_gamma(draws.fill_(self.alpha))
        share = (gammas[0] / gammas.sum()).to(x.dtype)
        order = torch.randperm(x.shape[0], device=x.device)
        mixed = share * x + (1 - share) * x[order]
        share = share.to(labels.dtype)
        return mixed, share * labels + (1 - share) * labels[order]


@layer
class SoftmaxCrossEntropyLoss(Layer):
    """Softmax cross-entropy of distributions: -sum t log softmax(x), over a normalizer.

    Bottoms: scores, any shape with the classes on `softmax_param.axis`; targets t, as many.
    Tops:    the loss (); if wanted, the probabilities, without gradient.
    The gradient is (probability - t) over the normalizer, as in the originals, whatever the sum of
    t is. -log of a probability is at most 87.3365 (-log FLT_MIN). Normalizer: VALID (default) and
    FULL the number of positions, BATCH_SIZE the product of the axes before the classes, NONE 1.
    Errors:  SpecError for other numbers of values, and for an ignore_label.
    Source:  softmax_cross_entropy_loss_layer.cpp of xieguotian/caffe.
    """

    reads = ("loss_param", "softmax_param")
    num_bottoms = (2, 2)
    num_tops = (1, 2)
    loss = True
    no_gradient_bottoms = (1,)

    @classmethod
    def assumed_bottom(cls, spec: LayerSpec, index: int, bottoms: Sequence[Shape]
                       ) -> Shape | None:
        return bottoms[0] if index == 1 else None

    def __init__(self, spec: LayerSpec, scores: Shape, targets: Shape):
        super().__init__(spec)
        honour(spec, "softmax_param", "axis")
        self.axis = canonical_axis(spec, "softmax_param.axis", spec.proto.softmax_param.axis,
                                   scores)
        check_same_count(spec, scores, targets)
        self.mode = normalization(spec)
        self.fixed = spec.proto.loss_param.pre_fixed_normalizer
        if spec.proto.loss_param.HasField("ignore_label"):
            raise spec.error("loss_param.ignore_label", "is given; the targets are distributions, "
                             "which have no label: give 0 for all classes instead")

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        return [(), bottoms[0]][:len(self.spec.tops)]

    def forward(self, scores: Tensor, targets: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        scores = precise(scores)
        logs = scores.detach().log_softmax(self.axis)
        wanted = targets.detach().to(scores.dtype).reshape(scores.shape)
        divisor = normalizer(self.mode, scores, self.axis, None, self.fixed)
        probabilities = logs.exp()
        value = -(wanted * logs.clamp(min=-LARGEST_LOG_LOSS)).sum() / divisor
        loss: Tensor = GivenSlopes.apply(scores, (probabilities - wanted) / divisor, value)
        return (loss, probabilities) if len(self.spec.tops) == 2 else loss


@layer
class SoftmaxKLDLoss(Layer):
    """Kullback-Leibler divergence of softmax(x) from distributions: sum t log(t / softmax(x)).

    Bottoms: scores, any shape with the classes on `softmax_param.axis`; targets t, as many; if
             wanted, a factor for each position. Only scores have a gradient.
    Top:     the loss (), over a normalizer.
    The gradient is (probability - t) times the factor, as in the original, whatever the sum of t
    is. Numbers below FLT_MIN count as it in both logarithms. Normalizer, 1 or more: VALID (default)
    the sum of the factors' sizes, or without factors, as FULL, the number of positions; BATCH_SIZE
    the product of the axes before the classes, NONE 1.
    Errors:  SpecError for other numbers of values.
    Source:  softmax_kld_loss_layer.cpp of ayanc/mdepth; Chakrabarti et al. 2016.
    """

    reads = ("loss_param", "softmax_param")
    num_bottoms = (2, 3)
    loss = True
    no_gradient_bottoms = (1, 2)

    @classmethod
    def assumed_bottom(cls, spec: LayerSpec, index: int, bottoms: Sequence[Shape]
                       ) -> Shape | None:
        if index == 2 and bottoms[0]:
            return shape_of_labels(bottoms[0], spec.proto.softmax_param.axis)
        return bottoms[0] if index == 1 else None

    def __init__(self, spec: LayerSpec, scores: Shape, targets: Shape, *factors: Shape):
        super().__init__(spec)
        honour(spec, "softmax_param", "axis")
        self.axis = canonical_axis(spec, "softmax_param.axis", spec.proto.softmax_param.axis,
                                   scores)
        if math.prod(targets) != math.prod(scores):
            raise spec.error("bottom", f"'{spec.bottoms[1]}' has the shape {tuple(targets)}; it "
                             f"must have as many values as '{spec.bottoms[0]}', {tuple(scores)}")
        for shape in factors:
            positions = math.prod(shape_of_labels(scores, self.axis))
            if math.prod(shape) != positions:
                raise spec.error("bottom", f"'{spec.bottoms[2]}' has the shape {tuple(shape)}; it "
                                 f"must hold a factor for each of {positions} positions")
        self.mode = normalization(spec)
        self.fixed = spec.proto.loss_param.pre_fixed_normalizer

    def forward(self, scores: Tensor, targets: Tensor, *factors: Tensor) -> Tensor:
        scores = precise(scores)
        logs = scores.detach().log_softmax(self.axis)
        wanted = targets.detach().to(scores.dtype).reshape(scores.shape)
        divisor = normalizer(self.mode, scores, self.axis, None, self.fixed)
        slopes = logs.exp() - wanted
        floor = -LARGEST_LOG_LOSS
        costs = wanted * (wanted.log().clamp(min=floor) - logs.clamp(min=floor))
        if factors:
            given = factors[0].detach().to(scores.dtype).reshape(
                shape_of_labels(scores.shape, self.axis))
            slopes, costs = slopes * given, costs * given
            if self.mode == "VALID":
                divisor = given.abs().sum().clamp(min=1)
        loss: Tensor = GivenSlopes.apply(scores, slopes / divisor, costs.sum() / divisor)
        return loss
