"""Distances to learned means of the classes: large-margin Gaussian mixtures."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.index_check import IndexCheck
from framework.layers.loss.changing_number import ChangingNumber
from framework.layers.loss.loss_settings import check_one_label_an_item
from framework.layers.onnx_reasons import NEEDS_LABELS
from framework.layers.params import check_sizes, honour, plain
from framework.ops.losses import precise
from framework.proto import enum_name

FIELD = "class_distance_param"
SMALL = {True: 0.0001, False: 1e-8}     # added to, or least of, a variance; by `isotropic`


class _Pushed(torch.autograd.Function):
    """x unchanged, whose gradient gets `push` added, whatever the loss."""

    @staticmethod
    def forward(x: Tensor, push: Tensor) -> Tensor:
        return x.clone()

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Tensor) -> None:
        # Any: the context and the tuple of arguments are autograd's
        ctx.save_for_backward(inputs[1])

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        return grad + ctx.saved_tensors[0], None


@layer
class ClassDistance(Layer):
    """Log-likelihood of the classes of a Gaussian mixture, with a margin for the label (L-GM).

    Bottoms: x (N, ...), flattened to K values; in training labels (N,).
    Top:     (N, num_output). L2: -|x - mean|^2 / (2 (sigma + 0.0001)), without `isotropic` minus
             half the sum of (x - mean)^2 / max(sigma, 1e-8); L1: -|x - mean|; IP: x @ mean. TRAIN
             multiplies the value of the label by 1 + margin_mul and takes margin_add off it. With
             `ignore_zero` values of x that are 0 do not count in TRAIN.
    Blobs:   means (num_output, K); sigma (num_output,), or without `isotropic` (num_output, K),
             which `update_sigma` lets learn.
    Margins are numbers, or change with the forwards in TRAIN, at each `step`: times gamma (STEPUP),
    plus gamma (ADDUP), from min to max. With labels center_coef / N * (x - mean of the label) is
    added to the gradient of x, and taken off that of the mean, whatever the loss; with
    block_mul_grad the margin has no part in the gradient. Without labels it is that of sigma 1.
    bias_term and dropout_ratio have no effect, as in the original.
    Errors:  SpecError if num_output is 0, labels do not fit, or ignore_zero without isotropic L2.
    Source:  ClassDistanceParameter; class_distance_layer.cu of WeitaoVan/L-GM-loss, whose gradient
             of L1's means reads beyond its blobs (here it is the derivative); its nets state
             margin_add, which the code takes off and the newest schema lacks; Wan et al. 2018.
    """

    num_bottoms = (1, 2)
    no_gradient_bottoms = (1,)
    no_onnx_form = NEEDS_LABELS
    fork_fields = frozenset({f"{FIELD}.margin_add"})
    blobs_learn = (True, True)
    means: Tensor
    sigma: Tensor

    def __init__(self, spec: LayerSpec, x: Shape, *labels: Shape):
        super().__init__(spec)
        honour(spec, FIELD, "num_output weight_filler bias_filler margin_mul margin_add metric "
               "center_coef block_mul_grad ignore_zero update_sigma isotropic")
        param = spec.proto.class_distance_param
        self.metric = enum_name(param, "metric")
        self.param = plain(param)
        self.margin_mul, self.margin_add = (
            ChangingNumber(spec, f"{FIELD}.{name}", getattr(param, name))
            for name in ("margin_mul", "margin_add"))
        check_sizes(spec, FIELD, "num_output")
        if param.ignore_zero and self.metric == "L2" and not param.isotropic:
            raise spec.error(f"{FIELD}.ignore_zero", "is for isotropic distances; the original "
                             "reads other variances without it")
        for shape in labels:
            check_one_label_an_item(spec, x, shape)
            self.check = IndexCheck(spec, 1, shape, param.num_output,
                                    hint=f"{FIELD}.num_output is too small")
        num_values = math.prod(x[1:])
        self.add_blob("means", (param.num_output, num_values), param.weight_filler)
        self.add_blob("sigma", (param.num_output,) if param.isotropic
                      else (param.num_output, num_values), param.bias_filler)

    def multiply_adds(self, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        return math.prod(bottoms[0]) * tops[0][1] if self.metric == "IP" else 0

    def forward(self, x: Tensor, *labels: Tensor) -> Tensor:
        rows = precise(x).flatten(1)
        means, sigma = self.means.to(rows.dtype), self.sigma.to(rows.dtype)
        if not labels:
            top = self._values(rows, means, sigma)
            if self.metric != "L2":
                return top
            slopes = -self._squares(rows, means).sum(2) / 2
            return top.detach() + (slopes - slopes.detach())
        numbers = self.check(labels[0]).reshape(-1)
        rows, means = self._pushed(rows, means, numbers)
        top = self._values(rows, means, sigma)
        if self.spec.phase != "TRAIN":
            return top
        added = top.detach() if self.param.block_mul_grad else top
        own = F.one_hot(numbers, means.shape[0])
        factor, less = self.margin_mul().to(rows), self.margin_add().to(rows)
        return top + own * (added * factor - less)

    def _values(self, rows: Tensor, means: Tensor, sigma: Tensor) -> Tensor:
        if not self.param.update_sigma:
            sigma = sigma.detach()
        if self.metric == "IP":
            return rows @ means.mT
        if self.metric == "L1":
            return -self._counted(rows, (rows[:, None] - means).abs()).sum(2)
        squares = self._squares(rows, means)
        if self.param.isotropic:
            return -squares.sum(2) / (2 * (sigma.clamp(min=0) + SMALL[True]))
        return -(squares / sigma.clamp(min=SMALL[False])).sum(2) / 2

    def _squares(self, rows: Tensor, means: Tensor) -> Tensor:
        return self._counted(rows, (rows[:, None] - means).square())

    def _counted(self, rows: Tensor, parts: Tensor) -> Tensor:
        if self.param.ignore_zero and self.spec.phase == "TRAIN":
            return torch.where(rows[:, None] != 0, parts, 0)
        return parts

    def _pushed(self, rows: Tensor, means: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Both, with the gradients of the likelihood's own term."""
        if self.param.center_coef == 0:
            return rows, means
        with torch.no_grad():
            away = (rows - means[labels]) * (self.param.center_coef / rows.shape[0])
            if self.param.ignore_zero and self.metric != "IP":
                away = torch.where(rows != 0, away, 0)
            if self.metric == "L1":
                away = away.sign() * (self.param.center_coef / rows.shape[0])
            pulled = torch.zeros_like(means).index_add(0, labels, -away)
        return _Pushed.apply(rows, away), _Pushed.apply(means, pulled)
