"""Squared (L2) losses of 68 facial points (WeightEuclideanLoss), and of items that are labelled."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.loss.loss_settings import check_same_count
from framework.layers.params import honour
from framework.ops.losses import GivenSlopes, precise

POINTS = 68
CONTOUR = 17            # points of it; they are the first ones
# numbers of points, from 1, of eyebrows, eyes, nose and mouth
COARSE = (18, 22, 23, 27, 37, 40, 43, 46, 28, 32, 36, 49, 55)
LEFT_EYE, RIGHT_EYE = (36, 39), (42, 45)        # points whose x and whose y the original takes
SMALLEST = torch.finfo(torch.float32).tiny


@layer
class WeightEuclideanLoss(Layer):
    """Half the squared distance (L2) of 68 facial points, weighted by what they mark.

    Bottoms: x and target (N, 136), x of all points before y of all points; weights of as many
             values, without a gradient, if there is a third.
    Top:     the loss (): sum w s d^2 / (2 N), d = x - target, times the third bottom.
             w is contour_weight for points 1 to 17 and main_weight for the others, but
             coarse_weight for 13 points of eyebrows, eyes, nose and mouth unless that is 0. s is 1;
             with `normalized: 1` 1 / the target's distance of the eyes, or, unless normalized_type
             is 0, 1 / the diagonal of a box: from the least x and y of the target's points, at most
             1, to the largest, at least 0.
    The distance is that of (x of point 37, y of point 40) and (x of point 43, y of point 46), and
    the gradient is w s d / N, without the third bottom, as in the original.
    Errors:  SpecError unless an item has 136 values and the bottoms are as large.
    Source:  WeightEuclideanLossParameter; weight_euclidean_loss_layer.cpp of
             goodluckcwl/custom-caffe.
    """

    num_bottoms = (2, 3)
    loss = True
    no_gradient_bottoms = (2,)
    weights: Tensor

    def __init__(self, spec: LayerSpec, x: Shape, target: Shape, *weights: Shape):
        super().__init__(spec)
        honour(spec, "weight_euclidean_loss_param",
               "contour_weight main_weight coarse_weight normalized normalized_type")
        if math.prod(x[1:]) != 2 * POINTS:
            raise spec.error("bottom", f"'{spec.bottoms[0]}' has the shape {tuple(x)}; its items "
                             f"must have {2 * POINTS} values, x and y of {POINTS} points")
        for which, shape in enumerate((target, *weights), 1):
            check_same_count(spec, x, shape, which)
        param = spec.proto.weight_euclidean_loss_param
        points = torch.full((POINTS,), param.main_weight)
        points[:CONTOUR] = param.contour_weight
        if param.coarse_weight:
            points[torch.tensor(COARSE) - 1] = param.coarse_weight
        self.register_buffer("weights", points.repeat(2), persistent=False)
        self.normalized = param.normalized == 1
        self.by_eyes = param.normalized_type == 0

    def forward(self, x: Tensor, target: Tensor, more: Tensor | None = None) -> Tensor:
        num = len(x)
        difference = (precise(x) - precise(target).reshape(x.shape)).flatten(1)
        fixed = difference.detach()
        slopes = self.weights.to(fixed.dtype) * fixed
        if self.normalized:
            slopes = slopes / self._size(precise(target.detach()).reshape(num, 2, POINTS))
        terms = slopes * fixed
        if more is not None:
            terms = terms * more.detach().reshape(terms.shape)
        loss: Tensor = GivenSlopes.apply(difference, slopes / num, terms.sum() / (2 * num))
        return loss

    def _size(self, points: Tensor) -> Tensor:
        """The size of each face, (N, 1), of its points (N, 2, 68)."""
        if self.by_eyes:
            x, y = points.unbind(1)
            wide = x[:, LEFT_EYE[0]] - x[:, RIGHT_EYE[0]]
            high = y[:, LEFT_EYE[1]] - y[:, RIGHT_EYE[1]]
        else:
            sides = points.amax(2).clamp(min=0) - points.amin(2).clamp(max=1)
            wide, high = sides.unbind(1)
        return (wide.square() + high.square()).sqrt().clamp(min=SMALLEST)[:, None]


@layer
class EuclideanLossWithIgnore(Layer):
    """Half the mean squared distance (L2) of the items whose last target is 1.

    Bottoms: x (N, C, ...), target (N, C + 1, ...), whose first values are those of x, and then a
             mark: an item counts if the first value after them is 1. Both get a gradient.
    Top:     the loss (): sum d^2 / (2 K) over the K items that count; 0 if there are none. With
             is_normalized each item's sum is over the sum of the squares of its predictions, or of
             its target with `normalize_choice: 1`, unless that is 0; their gradient is left out.
    With is_normalized the original multiplies its gradient by these sums, those of later items by
    all before them too, and writes past its memory; here the sums divide.
    Errors:  SpecError unless the target has one channel more than x, or if normalize_choice is
             neither 0 nor 1.
    Source:  EuclideanLossParameter; euclidean_loss_with_ignore_layer.cpp of pulkitag/caffe.
    """

    reads = ("euclideanloss_param",)
    num_bottoms = (2, 2)
    loss = True

    def __init__(self, spec: LayerSpec, x: Shape, target: Shape):
        super().__init__(spec)
        honour(spec, "euclideanloss_param", "is_normalized normalize_choice")
        param = spec.proto.euclideanloss_param
        if param.normalize_choice > 1:
            raise spec.error("euclideanloss_param.normalize_choice", f"is {param.normalize_choice};"
                             " it must be 0 or 1")
        fits = min(len(x), len(target)) > 1 and target[:2] == (x[0], x[1] + 1)
        if not fits or math.prod(x[2:]) != math.prod(target[2:]):
            raise spec.error("bottom", f"'{spec.bottoms[1]}' has the shape {tuple(target)}; it "
                             f"must be that of '{spec.bottoms[0]}', {tuple(x)}, with one channel "
                             "more")
        self.divides = param.is_normalized
        self.by_target = param.normalize_choice == 1

    @classmethod
    def assumed_bottom(cls, spec: LayerSpec, index: int, bottoms: Sequence[Shape]
                       ) -> Shape | None:
        """The target has a channel more than the predictions."""
        batch, channels, *space = bottoms[1 - index]
        return (batch, channels + (1 if index else -1), *space)

    def forward(self, x: Tensor, target: Tensor) -> Tensor:
        values, rows = precise(x).flatten(1), precise(target).flatten(1)
        size = values.shape[1]
        counts = (rows.detach()[:, size] == 1).to(values.dtype)
        sums = (values - rows[:, :size]).square().sum(1)
        if self.divides:
            squares = (rows[:, :size] if self.by_target else values).detach().square().sum(1)
            sums = sums / torch.where(squares > 0, squares, 1)
        return (sums * counts).sum() / (2 * counts.sum().clamp(min=1))
