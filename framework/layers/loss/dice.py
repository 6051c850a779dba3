"""Dice loss: how much two maps overlap."""

from __future__ import annotations

from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.loss.loss_settings import check_same_count
from framework.layers.params import honour
from framework.ops.losses import precise


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
