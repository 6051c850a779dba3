"""Hinge, multinomial logistic, multi-label and signed logistic losses on labels."""

from __future__ import annotations

import math

from torch import Tensor
from torch.nn import functional as F

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.index_check import class_check
from framework.layers.loss.loss_settings import check_one_label_an_item, check_same_count
from framework.ops.by_item import by_item
from framework.ops.losses import FloorProbability, StraightThrough, precise
from framework.proto import enum_name


@layer
class HingeLoss(Layer):
    """Hinge loss, one against all: max(0, 1 - x) for the label's class, max(0, 1 + x) for others.

    Bottoms: scores (N, ...), labels (N,).
    Top:     the loss (): summed as it is (L1) or squared (L2), over N.
    Errors:  SpecError if the labels are not N.
    Source:  HingeLossParameter in caffe.proto; BVLC hinge_loss_layer.cpp.
    """

    num_bottoms = (2, 2)
    loss = True
    no_gradient_bottoms = (1,)
    refuses_gradient = True

    def __init__(self, spec: LayerSpec, scores: Shape, labels: Shape):
        super().__init__(spec)
        check_one_label_an_item(spec, scores, labels)
        self.norm = enum_name(spec.proto.hinge_loss_param, "norm")
        self.check = class_check(spec, labels, math.prod(scores[1:]))

    def forward(self, scores: Tensor, labels: Tensor) -> Tensor:
        rows = by_item(precise(scores), -1)
        own = F.one_hot(self.check(labels).reshape(-1), rows.shape[1])
        each = (1 + rows * (1 - 2 * own)).relu()
        return (each if self.norm == "L1" else each.square()).sum() / rows.shape[0]


@layer
class MultinomialLogisticLoss(Layer):
    """Negative log-likelihood of the labels, from probabilities, over the items.

    Bottoms: probabilities (N, ...), labels (N,).
    Top:     the loss (); probabilities below 1e-20 count as that, in the gradient too, which is
             -1 / max(p, 1e-20) / N and not 0 there.
    Errors:  SpecError if the labels are not N.
    Source:  BVLC multinomial_logistic_loss_layer.cpp.
    """

    num_bottoms = (2, 2)
    loss = True
    no_gradient_bottoms = (1,)
    refuses_gradient = True

    def __init__(self, spec: LayerSpec, probability: Shape, labels: Shape):
        super().__init__(spec)
        check_one_label_an_item(spec, probability, labels)
        self.check = class_check(spec, labels, math.prod(probability[1:]))

    def forward(self, probability: Tensor, labels: Tensor) -> Tensor:
        rows = by_item(precise(probability), -1)
        own = rows.gather(1, self.check(labels).reshape(-1, 1))
        return -FloorProbability.apply(own).log().sum() / rows.shape[0]


@layer
@layer("MultiLabelLoss")
class MultiSigmoidCrossEntropyLoss(Layer):
    """Sigmoid cross-entropy of labels that are there (> 0), not there (< 0), or not known (0).

    Bottoms: x and labels (N, ...) with as many values; no gradient goes to the labels.
    Top:     the loss (): the sum over known labels, over N. The loss weight counts for the
             gradient, which in the original it does not.
    Errors:  SpecError if the bottoms differ in items or values.
    Source:  multi_sigmoid_cross_entropy_loss_layer.cpp of zkl20061823/DRML; Zhao et al. 2016.
             MultiLabelLoss is multi_label_loss_layer.cpp of WilsonWangTHU/clothesDetection.
    """

    num_bottoms = (2, 2)
    loss = True
    no_gradient_bottoms = (1,)

    def __init__(self, spec: LayerSpec, x: Shape, labels: Shape):
        super().__init__(spec)
        check_same_count(spec, x, labels)

    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        x = precise(x)
        labels = labels.detach().reshape(x.shape)
        each = F.binary_cross_entropy_with_logits(x, (labels > 0).to(x.dtype), reduction="none")
        return each.where(labels != 0, 0).sum() / len(x)


@layer
class MulticlassSigmoidCrossEntropyLoss(Layer):
    """Sigmoid cross-entropy of items with a label for each class, from 0 to 1.

    Bottoms: x (N, C); labels (N, ...) with as many values; no gradient goes to the labels.
    Top:     the loss (): the sum over N. The gradient is the derivative divided by C.
    Errors:  SpecError for other shapes.
    Source:  multi_class_sigmoid_cross_entropy_loss_layer.cpp, of nets of ppengtang/dpl; its
             exponential overflows where this does not.
    """

    num_bottoms = (2, 2)
    loss = True
    no_gradient_bottoms = (1,)

    def __init__(self, spec: LayerSpec, x: Shape, labels: Shape):
        super().__init__(spec)
        if len(x) < 2 or math.prod(x[2:]) != 1:
            raise spec.error("bottom", f"'{spec.bottoms[0]}' has the shape {tuple(x)}; it must be "
                             "(N, C), values of classes")
        check_same_count(spec, x, labels)

    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        x = precise(x)
        labels = labels.detach().reshape(x.shape).to(x.dtype)
        loss = F.binary_cross_entropy_with_logits(x, labels, reduction="sum") / len(x)
        top: Tensor = StraightThrough.apply(loss / x.shape[1], loss.detach())
        return top


@layer
class SigmoidCrossEntropyWeightedLoss(Layer):
    """Sigmoid cross-entropy of labels that are there (1), not there (0), or not known (-1).

    Bottoms: x and labels (N, ...) with as many values; no gradient goes to the labels.
    Top:     the loss (): the sum over known labels, over N.
    Errors:  SpecError if the bottoms differ in items or values.
    Source:  sigmoid_cross_entropy_weighted_loss_layer.cpp of gkioxari/caffe-fast-rcnn.
    """

    num_bottoms = (2, 2)
    loss = True
    no_gradient_bottoms = (1,)

    def __init__(self, spec: LayerSpec, x: Shape, labels: Shape):
        super().__init__(spec)
        check_same_count(spec, x, labels)

    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        x = precise(x)
        labels = labels.detach().reshape(x.shape).to(x.dtype)
        each = F.binary_cross_entropy_with_logits(x, labels, reduction="none")
        return each.where(labels != -1, 0).sum() / len(x)


@layer
class SiameseLogisticLoss(Layer):
    """Weighted logistic loss of signed labels: log(1 + exp(-label * x)), as SiamFC's.

    Bottoms: x (N, ...); labels, 1 and -1, and weights, as many values each. Only x has a gradient.
    Top:     the loss (): the weighted sum over N. The loss weight counts for the gradient, which
             in the original it does not.
    Errors:  SpecError if the bottoms differ in items or values.
    Source:  siamese_logistic_loss_layer.cpp of NicoleWang/caffe, whose exp overflows where this
             does not; Bertinetto et al. 2016.
    """

    num_bottoms = (3, 3)
    loss = True
    no_gradient_bottoms = (1, 2)

    def __init__(self, spec: LayerSpec, x: Shape, labels: Shape, weights: Shape):
        super().__init__(spec)
        check_same_count(spec, x, labels, 1)
        check_same_count(spec, x, weights, 2)

    def forward(self, x: Tensor, labels: Tensor, weights: Tensor) -> Tensor:
        x = precise(x)
        signs, shares = (other.detach().reshape(x.shape).to(x.dtype) for other in (labels, weights))
        return (shares * F.softplus(-signs * x)).sum() / len(x)
