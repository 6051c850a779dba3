"""Dice loss: how much two maps overlap."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.index_check import class_check
from framework.layers.loss.loss_settings import check_same_count
from framework.layers.params import honour
from framework.ops.losses import GivenSlopes, precise

SMALL = 1e-5


@layer
class DiceCoefLoss(Layer):
    """Dice loss: 1 - the mean over items of (2 sum(x y) + s) / (sum(x^2) + sum(y^2) + s).

    Bottoms: x and y (N, ...), as many values each; both get a gradient.
    Top:     the loss (). s is `smooth`, 1 without it.
    An item's fraction counts by its absolute value, as in the original, and its gradient is that
    of the fraction.
    Errors:  SpecError if the bottoms differ in items or values.
    Source:  dice_coef_loss_layer.cpp of HolmesShuan's layer for Caffe and of ZhiwenShao/JAANet,
             which has `smooth`; Milletari et al. 2016.
    """

    num_bottoms = (2, 2)
    loss = True
    needs_float32 = True

    def __init__(self, spec: LayerSpec, x: Shape, y: Shape):
        super().__init__(spec)
        honour(spec, "dice_coef_loss_param", "smooth")
        check_same_count(spec, x, y)
        self.smooth = spec.proto.dice_coef_loss_param.smooth

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        first, second = (precise(one).flatten(1) for one in (x, y))
        overlap = 2 * (first * second).sum(1) + self.smooth
        fraction = overlap / (first.square().sum(1) + second.square().sum(1) + self.smooth)
        negative = (fraction.abs() - fraction).detach()
        return 1 - (fraction + negative).mean()


@layer
class DiceLoss(Layer):
    """Dice coefficient of the best class of each cell; its gradient is that of a Dice loss.

    Bottoms: shares of classes (N, C, ...); labels, one for each cell, no gradient.
    Top:     (), the mean of 2 I / U over the classes above 0 that are in an item: I is how many
             cells have the class as best and as label, U how many have it as best plus how many
             have it as label plus 1e-5. It rises as the net gets better: a display, not a loss.
    The gradient of a class above 0 that is in the item is -2 (t / U - 2 p I / U^2), p its share and
    t whether it is the label, and that of class 0 is minus the sum of these; nothing divides it.
    Errors:  SpecError for shapes; DataError for a label that is not a class.
    Source:  dice_loss_layer.cpp of superxuang/caffe_3d_crf_rnn. The loss weight counts here.
    """

    num_bottoms = (2, 2)
    loss = True
    no_gradient_bottoms = (1,)

    def __init__(self, spec: LayerSpec, x: Shape, labels: Shape):
        super().__init__(spec)
        if len(x) < 3 or math.prod(labels) * x[1] != math.prod(x):
            raise spec.error("bottom", f"has the shapes {tuple(x)} and {tuple(labels)}; they must "
                             "be (N, classes, cells ...) and one label for each cell")
        self.check = class_check(spec, labels, x[1])

    @classmethod
    def assumed_bottom(cls, spec: LayerSpec, index: int, bottoms: Sequence[Shape]
                       ) -> Shape | None:
        return (bottoms[0][0], 1, *bottoms[0][2:]) if index else None

    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        shares = precise(x).flatten(2)
        with torch.no_grad():
            truth = self.check.counted(labels)[0].reshape(len(x), shares.shape[2])
            classes = torch.arange(x.shape[1], device=x.device)[:, None]
            label = (truth[:, None] == classes).to(shares.dtype)
            best = (shares.argmax(1, keepdim=True) == classes).to(shares.dtype)
            common = (best * label).sum(2, keepdim=True)
            union = (best + label).sum(2, keepdim=True) + SMALL
            counts = (label.sum(2, keepdim=True) > 0) & (classes > 0)
            value = (2 * common / union).where(counts, 0).sum() / counts.sum().clamp(min=1)
            slopes = -2 * (label / union - 2 * shares * common / union.square()) * counts
            slopes[:, 0] = -slopes[:, 1:].sum(1)
        return GivenSlopes.apply(shares, slopes, value)
