"""Losses of saliency nets: distributions of gazes."""

from __future__ import annotations

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.params import check_same_shape
from framework.ops.losses import GivenSlopes

SMALL = 1e-6


class GazeLoss(Layer):
    """What the losses of a map of saliency and one of gazes share."""

    num_bottoms = (2, 2)
    loss = True
    no_gradient_bottoms = (1,)

    def __init__(self, spec: LayerSpec, x: Shape, gazes: Shape):
        super().__init__(spec)
        check_same_shape(spec, (x, gazes))
        if len(x) != 4 or x[1] != 1:
            raise spec.error("bottom", f"has the shape {tuple(x)}; it must be (N, 1, H, W)")


@layer
class KLDivLoss(GazeLoss):
    """Kullback-Leibler divergence of a map of saliency from one of gazes.

    Bottoms: saliency and gazes (N, 1, H, W), which add up to more than 0.
    Top:     the loss (): the sum of q log(q / (p + e) + e) over N, where p and q are each map over
             the sum of its absolute values plus e, e = 1e-6. The gradient is the original's, that
             of q log(q / p): -q (s - x) / (s x + e) over N, s the sum of the map.
    Errors:  SpecError for other shapes.
    Source:  kldiv_loss_layer.cpp, of a public repository whose name is not known here; in nets of
             sunnycia/scripts.
    """

    def forward(self, x: Tensor, gazes: Tensor) -> Tensor:
        with torch.no_grad():
            total = x.abs().sum((2, 3), keepdim=True)
            q = gazes / (gazes.abs().sum((2, 3), keepdim=True) + SMALL)
            p = x / (total + SMALL)
            value = (q * (q / (p + SMALL) + SMALL).log()).sum() / len(x)
            slopes = -q * (total - x) / (total * x + SMALL) / len(x)
        return GivenSlopes.apply(x, slopes, value)


@layer
class NSSLoss(GazeLoss):
    """Normalized scanpath saliency, negated: the mean saliency where somebody looked.

    Bottoms: saliency (N, 1, H, W), of mean 0 and deviation 1 as MVN makes it; gazes (N, 1, H, W),
             which add up to more than 0.
    Top:     the loss (): minus the sum of saliency times gazes over the sum of their absolute
             values, over N.
    Errors:  SpecError for other shapes.
    Source:  nss_loss_layer.cpp, of a public repository whose name is not known here; in nets of
             sunnycia/scripts.
    """

    def forward(self, x: Tensor, gazes: Tensor) -> Tensor:
        shares = gazes.detach() / gazes.detach().abs().sum((2, 3), keepdim=True)
        return -(x * shares).sum() / len(x)
