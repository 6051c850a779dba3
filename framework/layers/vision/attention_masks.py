"""Masks of what attends little, and products with one weight for each cell or value."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_reasons import UNWRITTEN
from framework.ops.losses import GivenSlopes


@layer
class Binary(Layer):
    """Mask of the values of an item that are at most the mean of a distribution over them.

    Bottom: x (N, ...), as a rule a softmax over an item's L values.
    Top:    as x: 0 where x is above 1 / L, else 1. The gradient passes unchanged.
    Source: binary_layer.cpp of zx12348163/cross_hashing_code.
    """

    keeps_shape = True
    needs_float32 = True
    no_onnx_form = UNWRITTEN

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        self.mean = 1 / math.prod(x[1:])

    def forward(self, x: Tensor) -> Tensor:
        mask = (x <= self.mean).to(x.dtype)
        return GivenSlopes.apply(x, torch.ones_like(x), mask)


class WeightedProduct(Layer):
    """What both products have in common."""

    num_bottoms = (2, 2)
    no_onnx_form = UNWRITTEN

    def _check(self, x: Shape, weights: Shape, num_axes: int, count: int) -> None:
        if len(x) != num_axes or weights[0] != x[0] or math.prod(weights[1:]) != count:
            raise self.spec.error("bottom", f"has the shapes {tuple(x)} and {tuple(weights)}; the "
                                  f"first must have {num_axes} axes, the second {count} weights "
                                  "for each item")

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        return [bottoms[0]]


@layer("Weighted")
class CellWeights(WeightedProduct):
    """Product of maps with one weight for each cell, the same for all channels.

    Bottoms: x (N, C, H, W); weights (N, ...), H * W for each item. Top: as x.
    Errors:  SpecError for another number of weights.
    Source:  weighted_layer.cpp of zx12348163/cross_hashing_code.
    """

    def __init__(self, spec: LayerSpec, x: Shape, weights: Shape):
        super().__init__(spec)
        self._check(x, weights, 4, math.prod(x[2:]))

    def forward(self, x: Tensor, weights: Tensor) -> Tensor:
        return x * weights.reshape(x.shape[0], 1, *x.shape[2:])


@layer
class FCWeighted(WeightedProduct):
    """Product of features with one weight for each value.

    Bottoms: x (N, C); weights (N, ...), C for each item. Top: as x.
    Errors:  SpecError for another number of weights.
    Source:  fc_weighted_layer.cpp of zx12348163/cross_hashing_code.
    """

    def __init__(self, spec: LayerSpec, x: Shape, weights: Shape):
        super().__init__(spec)
        self._check(x, weights, 2, math.prod(x[1:]))

    def forward(self, x: Tensor, weights: Tensor) -> Tensor:
        return x * weights.reshape(x.shape)
