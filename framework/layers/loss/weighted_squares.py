"""Squared (L2) losses with weights, some of facial action units; smooth ones, and by cosine."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.loss.loss_settings import check_same_count
from framework.layers.params import honour
from framework.ops.losses import GivenSlopes, precise

MISSING = 9.0           # the intensity of an action unit that is not labelled
MISSING_NEAR = 1e-4


def _check(spec: LayerSpec, x: Shape, target: Shape, weights: Shape) -> None:
    """SpecError unless target and weights, the last bottom, have the items and values of x."""
    check_same_count(spec, x, target)
    check_same_count(spec, x, weights, len(spec.bottoms) - 1)


def _weighted(x: Tensor, target: Tensor, weights: Tensor, divisor: Tensor | float) -> Tensor:
    """sum((d w)^2) / 2 / divisor, d = x - target, whose gradient by d is d w / divisor."""
    difference = precise(x) - precise(target).reshape(x.shape)
    terms = difference.detach() * weights.detach().reshape(x.shape)
    loss: Tensor = GivenSlopes.apply(difference, terms / divisor,
                                     terms.square().sum() / 2 / divisor)
    return loss


@layer
class EuclideanLoss2(Layer):
    """Half the squared distance (L2) of an item over a scale, the first number of a third bottom.

    Bottoms: x and target (N, ...); the scale, as the distance of the eyes: its first number counts
             for all items, and it gets no gradient.
    Top:     the loss (): sum (x - target)^2 / (2 N scale).
    Errors:  SpecError if x and target differ in items or values.
    Source:  euclidean_loss_layer.cpp of ZhiwenShao/JAANet.
    """

    num_bottoms = (3, 3)
    loss = True
    no_gradient_bottoms = (2,)

    def __init__(self, spec: LayerSpec, x: Shape, target: Shape, scale: Shape):
        super().__init__(spec)
        check_same_count(spec, x, target)

    def forward(self, x: Tensor, target: Tensor, scale: Tensor) -> Tensor:
        difference = precise(x) - precise(target).reshape(x.shape)
        return difference.square().sum() / (2 * len(x) * scale.detach().flatten()[0])


@layer
class EuclideanLoss3(Layer):
    """Half the weighted squared distance (L2) of an item over a scale.

    Bottoms: x and target (N, ...); the scale, of which the first number counts; weights (N, ...).
             The last two get no gradient.
    Top:     the loss (): sum (w (x - target))^2 / (2 N scale). The gradient is the original's,
             w (x - target) / (N scale), which has the weight once.
    Errors:  SpecError if x, target and weights differ in items or values.
    Source:  euclidean_loss_layer.cpp of ZhiwenShao/JAANet.
    """

    num_bottoms = (4, 4)
    loss = True
    no_gradient_bottoms = (2, 3)

    def __init__(self, spec: LayerSpec, x: Shape, target: Shape, scale: Shape, weights: Shape):
        super().__init__(spec)
        _check(spec, x, target, weights)

    def forward(self, x: Tensor, target: Tensor, scale: Tensor, weights: Tensor) -> Tensor:
        return _weighted(x, target, weights, len(x) * precise(scale.detach()).flatten()[0])


@layer
class EuclideanLoss4(Layer):
    """Half the weighted squared distance (L2) of an item.

    Bottoms: x and target (N, ...); weights (N, ...), which get no gradient.
    Top:     the loss (): sum (w (x - target))^2 / (2 N). The gradient is the original's,
             w (x - target) / N, which has the weight once.
    Errors:  SpecError if the bottoms differ in items or values.
    Source:  euclidean_loss_layer.cpp of ZhiwenShao/JAANet.
    """

    num_bottoms = (3, 3)
    loss = True
    no_gradient_bottoms = (2,)

    def __init__(self, spec: LayerSpec, x: Shape, target: Shape, weights: Shape):
        super().__init__(spec)
        _check(spec, x, target, weights)

    def forward(self, x: Tensor, target: Tensor, weights: Tensor) -> Tensor:
        return _weighted(x, target, weights, float(len(x)))


@layer
class EuclideanLoss6(Layer):
    """Mean weighted squared distance (L2) of the values whose target is known, that is not 9.

    Bottoms: x and target (N, ...); weights (N, ...), which get no gradient.
    Top:     the loss (): the mean of (w (x - target))^2 over targets that are not 9; 0 if there are
             none, where the original divides by 0. The gradient is the original's, 2 w (x - target)
             over their number, which has the weight once.
    Errors:  SpecError if the bottoms differ in items or values.
    Source:  euclidean_loss_layer.cpp of ZhiwenShao/ARL.
    """

    num_bottoms = (3, 3)
    loss = True
    no_gradient_bottoms = (2,)

    def __init__(self, spec: LayerSpec, x: Shape, target: Shape, weights: Shape):
        super().__init__(spec)
        _check(spec, x, target, weights)

    def forward(self, x: Tensor, target: Tensor, weights: Tensor) -> Tensor:
        known = (target.detach() - MISSING).abs() >= MISSING_NEAR
        counted = torch.where(known, weights.detach().reshape(target.shape), 0)
        return 2 * _weighted(x, target, counted, known.sum().clamp(min=1))


@layer
class WeightedEuclideanLoss(Layer):
    """Half the squared distance (L2) of an item, each square by a weight of its own.

    Bottoms: x and target (N, ...); weights as large, or (N, 1, ...) one for all channels.
    Top:     the loss (): sum(w (x - target)^2) / (2 N), with a gradient for all three; with one
             weight for all channels the sum is over 2 max(1, sum w), and x alone has a gradient.
    Errors:  SpecError if x and target differ in items or values, and for other weights.
    Source:  weighted_euclidean_loss_layer.cpp of public forks of Caffe, three of the first form and
             one of the second; two others scale the weights to a mean of 1, or take a matrix, which
             no net file shows.
    """

    num_bottoms = (3, 3)
    loss = True

    def __init__(self, spec: LayerSpec, x: Shape, target: Shape, weights: Shape):
        super().__init__(spec)
        check_same_count(spec, x, target)
        self.by_place = len(x) > 2 and x[1] > 1 and tuple(weights) == (x[0], 1, *x[2:])
        if not self.by_place:
            check_same_count(spec, x, weights, 2)
        self.no_gradient_bottoms = (1, 2) if self.by_place else ()

    def forward(self, x: Tensor, target: Tensor, weights: Tensor) -> Tensor:
        values, wanted, weight = precise(x), precise(target).reshape(x.shape), precise(weights)
        if not self.by_place:
            return (weight.reshape(x.shape) * (values - wanted).square()).sum() / (2 * len(x))
        weight = weight.detach()
        squares = (values - wanted.detach()).square()
        return (weight * squares).sum() / (2 * weight.sum().clamp(min=1))


@layer
class EuclideanLossWithTV(Layer):
    """Half the squared distance (L2) of an item, plus lambda times the total variation of x.

    Bottoms: x (N, ..., h, w) and target (N, ...), which both get a gradient.
    Top:     the loss (): (sum (x - target)^2 / 2 + lambda sum |d|) / N, where d are the differences
             of neighbours in a row, right less left, and in a column, upper less lower; the slope
             of |d| at 0 is -1.
    The target's gradient is the derivative; the original adds that of the variation to it.
    Errors:  SpecError if x and target differ in items or values, and if x has no rows and columns.
    Source:  EuclideanWithTVParameter; euclidean_loss_with_tv_layer.cpp of Jallet/caffe.
    """

    reads = ("euclidean_with_tv_param",)
    num_bottoms = (2, 2)
    loss = True

    def __init__(self, spec: LayerSpec, x: Shape, target: Shape):
        super().__init__(spec)
        honour(spec, "euclidean_with_tv_param", "lambda")
        self.factor = getattr(spec.proto.euclidean_with_tv_param, "lambda")  # a word of Python
        check_same_count(spec, x, target)
        if len(x) < 2:
            raise spec.error("bottom[0]", f"has the shape {tuple(x)}; it must have rows and "
                             "columns, the last two axes")

    def forward(self, x: Tensor, target: Tensor) -> Tensor:
        values = precise(x)
        squares = (values - precise(target).reshape(x.shape)).square().sum() / 2
        steps = (values[..., :-1, :] - values[..., 1:, :], values[..., 1:] - values[..., :-1])
        variation = sum(torch.where(d > 0, d, -d).sum() for d in steps)
        return (squares + self.factor * variation) / len(x)


@layer
class CosineSimilarityLoss(Layer):
    """Cosine distance of items of length 1: one less the mean of their products.

    Bottoms: a and b (N, ...), which the layer does not normalise.
    Top:     the loss (): 1 - sum(a b) / N.
    Errors:  SpecError if the bottoms differ in items or values.
    Source:  cosine_similarity_loss_layer.cpp of ZhiwenShao/ARL.
    """

    num_bottoms = (2, 2)
    loss = True

    def __init__(self, spec: LayerSpec, a: Shape, b: Shape):
        super().__init__(spec)
        check_same_count(spec, a, b)

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        return 1 - (precise(a) * precise(b).reshape(a.shape)).sum() / len(a)


@layer
class EuclideanWeightedLoss(Layer):
    """Half the mean squared distance, where labels are there weighted by lambda besides.

    Bottoms: x and labels t (N, ...) with as many values; no gradient goes to the labels.
    Top:     the loss (): the sum of (x - t)^2 (1 + lambda t^2), over 2 N.
    The gradient is the original's, (x - t) (1 + lambda t) / N, the derivative for labels 0 and 1.
    Errors:  SpecError if the bottoms differ in items or values.
    Source:  EuclideanWeightedLossParameter; EUCLIDEAN_WEIGHTED_LOSS,
             euclidean_weighted_loss_layer.cpp of shubhtuls/ViewpointsAndKeypoints.
    """

    reads = ("euclidean_weight_param",)
    num_bottoms = (2, 2)
    loss = True
    no_gradient_bottoms = (1,)

    @classmethod
    def assumed_bottom(cls, spec: LayerSpec, index: int, bottoms: Sequence[Shape]
                       ) -> Shape | None:
        """Labels like the values."""
        return bottoms[0] if index == 1 else None

    def __init__(self, spec: LayerSpec, x: Shape, labels: Shape):
        super().__init__(spec)
        honour(spec, "euclidean_weight_param", "lambda")
        check_same_count(spec, x, labels)
        # its name is a word of Python
        self.extra: float = getattr(spec.proto.euclidean_weight_param, "lambda")

    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        values = precise(x)
        target = labels.detach().reshape(x.shape).to(values.dtype)
        distance = values.detach() - target
        value = (distance.square() * (1 + self.extra * target.square())).sum() / (2 * len(x))
        slopes = distance * (1 + self.extra * target) / len(x)
        loss: Tensor = GivenSlopes.apply(values, slopes, value)
        return loss
