"""Losses of codes for hashing, and of two features that are to be independent."""

from __future__ import annotations

import math
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.params import check_positive, honour, plain
from framework.ops.by_item import by_item
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
    """Pairwise cross-entropy of hashing (DHN, HashNet): similar pairs have a large inner product.

    Bottoms: codes (N, ...); labels (N, ...), one or several numbers each: two items are similar if
             the inner product of their labels is above 0. HashNet's form has two more: the codes
             and labels of other N items.
    Top:     the loss (): the mean over all N * N pairs of log(1 + exp(p)) - s p, p the inner
             product of their codes, s 1 for similar ones, else 0. With `threshold` at least 0,
             pairs with p from it on have the value (1 - s) p; their gradient is the same.
    HashNet's pairs are of an item and one of the others; p is times sigmoid_param; l_threshold is
    its threshold; similar pairs weigh class_num; pairs whose labels have an inner product below 0,
    or from the number of labels on, do not count. Its gradient is the original's: twice the
    derivative, times l_lambda and, of the product's factor sigmoid_param, only the first N values
    have it; with continous_similarity each pair's is times 4 c, c the squared inner product of
    the labels over those of each with itself, 0.25 if that is 0. No loss where l_lambda is not
    above 0.
    Errors:  SpecError if the numbers of items differ.
    Source:  PairwiseParameter; pairwise_loss_layer.cu of zhuhan1236/dhn-caffe, Zhu et al. 2016,
             and of thuml/HashNet, Cao et al. 2017.
    """

    reads = ("pairwise_param",)
    num_bottoms = (2, 4)
    loss = True
    no_gradient_bottoms = (1, 3)
    fork_fields = frozenset(f"pairwise_param.{name}" for name in (
        "l_threshold", "l_lambda", "class_num", "sigmoid_param", "continous_similarity"))

    def __init__(self, spec: LayerSpec, codes: Shape, labels: Shape, *others: Shape):
        super().__init__(spec)
        self.two_sets = bool(others)
        honour(spec, "pairwise_param", "l_threshold l_lambda class_num sigmoid_param "
               "continous_similarity" if others else "threshold")
        self.param = plain(spec.proto.pairwise_param)
        _check_items(spec, codes, labels)
        if others and (len(others) != 2 or tuple(others[0]) != tuple(codes)
                       or tuple(others[1]) != tuple(labels)):
            raise spec.error("bottom", f"has the shapes {tuple(codes)} and {tuple(labels)}, and "
                             f"then {', '.join(str(tuple(shape)) for shape in others)}; the other "
                             "codes and labels must have the same shapes")

    def forward(self, codes: Tensor, labels: Tensor, *others: Tensor) -> Tensor:
        rows = precise(codes).flatten(1)
        marks = by_item(precise(labels.detach()), -1)
        if others:
            second = precise(others[0]).flatten(1)
            loss, *parts = _pairs_of_two(rows.detach(), second.detach(), marks,
                                         precise(others[1].detach()).reshape(len(rows), -1),
                                         self.param)
            first: Tensor = GivenSlopes.apply(rows, parts[0], loss)
            return first + GivenSlopes.apply(second, parts[1], torch.zeros_like(loss))
        similar = (marks @ marks.t() > 0).to(rows.dtype)
        product = rows @ rows.t()
        cost = F.softplus(product) - similar * product
        if self.param.threshold >= 0:
            linear = ((1 - similar) * product).detach()
            value = torch.where(product.detach() >= self.param.threshold, linear, cost.detach())
            cost = cost + (value - cost.detach())
        return cost.mean()


def _pairs_of_two(rows: Tensor, others: Tensor, marks: Tensor, other_marks: Tensor, param: Any
                  ) -> tuple[Tensor, Tensor, Tensor]:
    """HashNet's loss of codes (N, K) and others (N, K), and their gradients: see PairwiseLoss.

    Any: a PairwiseParameter's plain copy.
    """
    common = (marks @ other_marks.t()).to(rows.dtype)
    counts = (common >= 0) & (common < marks.shape[1])
    similar = (counts & (common > 0)).to(rows.dtype)
    weight = torch.where(similar > 0, param.class_num, counts.to(rows.dtype))
    product = param.sigmoid_param * (rows @ others.t())
    cost = F.softplus(product) - similar * product
    if param.l_threshold >= 0:
        cost = torch.where(product >= param.l_threshold, (1 - similar) * product, cost)
    total = weight.sum()
    total = torch.where(total > 0, total, 1)
    slope = 2 * weight * (product.sigmoid() - similar)
    if param.continous_similarity:
        own, other = (one.square().sum(1).to(rows.dtype) for one in (marks, other_marks))
        own, other = (torch.where(one == 0, 1, one) for one in (own, other))
        share = common.square() / (own[:, None] * other)
        slope = 4 * slope * torch.where(share == 0, 0.25, share)
    slope = slope * (param.l_lambda / total)
    loss = (weight * cost).sum() / total if param.l_lambda > 0 else total * 0
    by_rows, by_others = (_first_scaled(part, param.sigmoid_param)
                          for part in (slope @ others, slope.t() @ rows))
    return loss, by_rows, by_others


def _first_scaled(slope: Tensor, factor: float) -> Tensor:
    """`slope` (N, K), whose first N values are times `factor`."""
    flat = slope.flatten()
    is_first = torch.arange(len(flat), device=flat.device) < len(slope)
    return torch.where(is_first, flat * factor, flat).view_as(slope)


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

    reads = ("quantization_param",)
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


@layer
class KernelLoss(Layer):
    """Gaussian kernel loss of pairs of features: 1 - exp(-|a - b|^2 / (2 sigma_sq)), signed.

    Bottoms: a and b (N, ...) of one size, which get a gradient; the label of each a and of each
             b, (N,).
    Top:     the loss (): the mean over N, where pairs of one label count with the sign -.
    Labels are cut to whole numbers. The gradient is the derivative; the original's on the CPU is 0
    for more than one pair, as it divides whole numbers.
    Errors:  SpecError for features or labels that do not fit, and if sigma_sq is not above 0.
    Source:  KernelLossParameter; kernel_loss_layer.cpp of Nicole1990/AdvKin.
    """

    num_bottoms = (4, 4)
    loss = True
    no_gradient_bottoms = (2, 3)

    def __init__(self, spec: LayerSpec, a: Shape, b: Shape, *labels: Shape):
        super().__init__(spec)
        honour(spec, "kernel_loss_param", "sigma_sq")
        self.sigma_sq = spec.proto.kernel_loss_param.sigma_sq
        check_positive(spec, "kernel_loss_param", "sigma_sq")
        _check_items(spec, a, b)
        if math.prod(a) != math.prod(b):
            raise spec.error("bottom", f"has the shapes {tuple(a)} and {tuple(b)}; features of a "
                             "pair must have as many values")
        for index, label in enumerate(labels, 2):
            if math.prod(label) != a[0]:
                raise spec.error(f"bottom[{index}]", f"has the shape {tuple(label)}; it must have "
                                 f"one label for each of the {a[0]} pairs")

    def forward(self, a: Tensor, b: Tensor, first: Tensor, second: Tensor) -> Tensor:
        distance = (precise(a).flatten(1) - precise(b).flatten(1)).square().sum(1)
        value = -torch.expm1(-distance / (2 * self.sigma_sq))
        same = first.detach().flatten().trunc() == second.detach().flatten().trunc()
        return torch.where(same, -value, value).mean()
