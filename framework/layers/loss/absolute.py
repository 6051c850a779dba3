"""Absolute differences: SVRLoss, AbsLoss, ManhattanLoss, and AccuracyRegression."""

from __future__ import annotations

import math

from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.loss.loss_settings import check_same_count
from framework.layers.onnx_reasons import COMPARES_WITH_LABELS
from framework.layers.params import honour
from framework.ops.losses import GivenSlopes, precise

SOFTENING = 1e-3        # what ManhattanLoss adds to a difference before it divides by it


@layer
class SVRLoss(Layer):
    """Absolute (L1) loss of support vector regression, whose epsilon is 0.

    Bottoms: x and target (N, ...), as many values each; the target gets no gradient.
    Top:     the loss (): the sum of |x - target| over N.
    Errors:  SpecError if the bottoms differ in items or values.
    Source:  svr_loss_layer.cpp in BVLC/caffe's pull requests, commit c8f8265.
    """

    num_bottoms = (2, 2)
    loss = True
    no_gradient_bottoms = (1,)

    def __init__(self, spec: LayerSpec, x: Shape, target: Shape):
        super().__init__(spec)
        check_same_count(spec, x, target, 1)

    def forward(self, x: Tensor, target: Tensor) -> Tensor:
        difference = precise(x) - precise(target.detach()).reshape(x.shape)
        return difference.abs().sum() / x.shape[0]


@layer
class AbsLoss(Layer):
    """Absolute (L1) loss: the sum of |x - y| over the number of items.

    Bottoms: x and y (N, ...), as many values each; both get a gradient, 0 where they are equal.
    Top:     the loss ().
    Errors:  SpecError if the bottoms differ in items or values, and for loss_param.
    Source:  abs_loss_layer.cpp and .cu of several projects; where x and y are equal one of them
             has a slope of -1 on its CPU and 0 on its GPU.
    """

    reads = ("loss_param",)
    num_bottoms = (2, 2)
    loss = True

    def __init__(self, spec: LayerSpec, x: Shape, y: Shape):
        super().__init__(spec)
        honour(spec, "loss_param", "")
        check_same_count(spec, x, y, 1)

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        return (precise(x) - precise(y).reshape(x.shape)).abs().sum() / x.shape[0]


@layer
class ManhattanLoss(Layer):
    """Absolute (L1) loss whose gradient fades near 0: d / (|d| + 0.001) for a difference d.

    Bottoms: x and target (N, ...), as many values each; both get a gradient.
    Top:     the loss (): the sum of |x - target| over N.
    Errors:  SpecError if the bottoms differ in items or values.
    Source:  manhattan_loss_layer.cpp of qxcv's Caffe, for qxcv/joint-regressor.
    """

    num_bottoms = (2, 2)
    loss = True

    def __init__(self, spec: LayerSpec, x: Shape, target: Shape):
        super().__init__(spec)
        check_same_count(spec, x, target, 1)

    def forward(self, x: Tensor, target: Tensor) -> Tensor:
        difference = precise(x) - precise(target).reshape(x.shape)
        fixed = difference.detach()
        size = fixed.abs()
        each: Tensor = GivenSlopes.apply(difference, fixed / (size + SOFTENING), size)
        return each.sum() / x.shape[0]


@layer
class AccuracyRegression(Layer):
    """Mean absolute error of a regression: half the absolute differences of an item.

    Bottoms: x and target (N, ...), as many values each. No gradient goes to either.
    Top:     (): the sum of |x - target| over 2 N. `accuracy_param.top_k` is checked and has no
             effect, as in the original.
    Errors:  SpecError if the bottoms differ in items or values, or an item has fewer than top_k.
    Source:  accuracy_regression_layer.cpp in BVLC/caffe's pull requests, commit 85f15b1, a V1 type.
    """

    reads = ("accuracy_param",)
    num_bottoms = (2, 2)
    no_gradient_bottoms = (0, 1)
    no_onnx_form = COMPARES_WITH_LABELS

    def __init__(self, spec: LayerSpec, x: Shape, target: Shape):
        super().__init__(spec)
        honour(spec, "accuracy_param", "top_k")
        check_same_count(spec, x, target, 1)
        top_k = spec.proto.accuracy_param.top_k
        if top_k > math.prod(x[1:]):
            raise spec.error("accuracy_param.top_k", f"is {top_k}; it must be at most "
                             f"{math.prod(x[1:])}, the values of an item")

    def forward(self, x: Tensor, target: Tensor) -> Tensor:
        difference = precise(x.detach()) - precise(target.detach()).reshape(x.shape)
        return difference.abs().sum() / (2 * x.shape[0])
