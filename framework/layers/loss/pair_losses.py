"""Losses of codes for hashing, and of two features that are to be independent."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.params import honour
from framework.ops.losses import GivenSlopes, precise


def _check_items(spec: LayerSpec, first: Shape, second: Shape) -> None:
    if first[0] != second[0]:
        raise spec.error("bottom", f"has the shapes {tuple(first)} and {tuple(second)}; both must "
                         "have as many items")


@layer
class XCovLoss(Layer):
    """Cross-covariance loss: half the sum of the squared covariances between two features.

    Bottoms: x (N, ...) and y (N, ...) of any sizes; both get a gradient.
    Top:     the loss (): 0.5 * sum of C^2, C = (x - mean x).T @ (y - mean y) / N, means over N.
    Errors:  SpecError if the numbers of items differ.
    Source:  xcov_loss_layer.cpp of briancheung/caffe; Cheung et al. 2014.
    """

    num_bottoms = (2, 2)
    loss = True

    def __init__(self, spec: LayerSpec, x: Shape, y: Shape):
        super().__init__(spec)
        _check_items(spec, x, y)

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        first, second = (rows - rows.mean(0) for rows in (precise(x).flatten(1),
                                                          precise(y).flatten(1)))
        covariance = first.t() @ second / len(first)
        return covariance.square().sum() / 2


@layer
class PairwiseLoss(Layer):
    """Pairwise cross-entropy of hashing (DHN): pairs of one label have a large inner product.

    Bottoms: codes (N, ...); labels (N, ...), one or several numbers each: two items are similar if
             the inner product of their labels is above 0.
    Top:     the loss (): the mean over all N * N pairs of log(1 + exp(p)) - s p, p the inner
             product of their codes, s 1 for similar ones, else 0. With `threshold` at least 0,
             pairs with p from it on have the value (1 - s) p; their gradient is the same.
    Errors:  SpecError if the numbers of items differ.
    Source:  PairwiseParameter; pairwise_loss_layer.cu of zhuhan1236/dhn-caffe; Zhu et al. 2016.
    """

    num_bottoms = (2, 2)
    loss = True
    no_gradient_bottoms = (1,)

    def __init__(self, spec: LayerSpec, codes: Shape, labels: Shape):
        super().__init__(spec)
        honour(spec, "pairwise_param", "threshold")
        self.threshold = spec.proto.pairwise_param.threshold
        _check_items(spec, codes, labels)

    def forward(self, codes: Tensor, labels: Tensor) -> Tensor:
        rows = precise(codes).flatten(1)
        marks = precise(labels.detach()).flatten(1)
        similar = (marks @ marks.t() > 0).to(rows.dtype)
        product = rows @ rows.t()
        cost = F.softplus(product) - similar * product
        if self.threshold >= 0:
            linear = ((1 - similar) * product).detach()
            value = torch.where(product.detach() >= self.threshold, linear, cost.detach())
            cost = cost + (value - cost.detach())
        return cost.mean()


@layer
class QuantizationLoss(Layer):
    """Quantization loss of hashing (DHN): log cosh(|x| - 1), which draws codes to -1 and 1.

    Bottom: codes (N, ...).
    Top:    the loss (): the mean over all values; with `threshold` above 0, |x| - 1 above it has
            the value |x| - 1 - log 2.
    The gradient is the original's: tanh(|x| - 1) with the sign of x, over N and not over the
    number of values.
    Source: QuantizationParameter; quantization_loss_layer.cu of zhuhan1236/dhn-caffe; Zhu et al.
            2016.
    """

    loss = True

    def __init__(self, spec: LayerSpec, codes: Shape):
        super().__init__(spec)
        honour(spec, "quantization_param", "threshold")
        self.threshold = spec.proto.quantization_param.threshold

    def forward(self, codes: Tensor) -> Tensor:
        x = precise(codes)
        data = x.detach()
        off = data.abs() - 1
        # log cosh without the overflow of cosh
        cost = off.abs() + F.softplus(-2 * off.abs()) - math.log(2)
        if self.threshold > 0:
            cost = torch.where(off > self.threshold, off - math.log(2), cost)
        slopes = torch.where(data >= 0, 1, -1) * off.tanh()
        return GivenSlopes.apply(x, slopes / x.shape[0], cost.mean())
