"""Wasserstein loss: what it costs to move one distribution over classes to another."""

from __future__ import annotations

import math
import os

import torch
from torch import Tensor
from torch.nn import functional as F

from framework.definition.spec import LayerSpec
from framework.errors import SpecError
from framework.layers.base import Layer, Shape, layer
from framework.layers.index_check import class_check
from framework.layers.params import honour
from framework.ops.losses import GivenSlopes, precise
from framework.weights import hdf5

DATASET = "data"            # of the ground metric's file


@layer
class WassersteinLoss(Layer):
    """Wasserstein loss: entropic transport from predicted to true classes, by Sinkhorn's scaling.

    Bottoms: probabilities p (N, ...), C an item; labels: a class number of each item (N, 1, ...),
             or its distribution y (N, C).
    Top:     the loss ().
    ground_metric is an HDF5 file whose dataset `data` has the distances M of classes, C * C. K is
    exp(-lambda M - 1), u and v are 1; scaling_iter times, v = y / (u K) and u = p / (v K^T). With
    the plan T = u K v the loss is the sum of T M + T log(T) / lambda over N, and the gradient is
    log(u) / (lambda N); shift_gradient takes the mean of its item from it. 0 log(0) is 0, where
    the original gets nan.
    Errors:  SpecError without a ground metric, for one that cannot be read or does not fit, or
             for labels that do not fit.
    Source:  WassersteinParameter; wasserstein_loss_layer.cpp in BVLC/caffe's pull requests;
             Frogner et al. 2015. The defaults there are not known; those here are of
             prafullasd/caffe-cpu.
    """

    reads = ("wasserstein_param",)
    num_bottoms = (2, 2)
    loss = True
    no_gradient_bottoms = (1,)
    metric: Tensor

    def __init__(self, spec: LayerSpec, x: Shape, labels: Shape):
        super().__init__(spec)
        honour(spec, "wasserstein_param", "ground_metric lambda scaling_iter shift_gradient")
        param = spec.proto.wasserstein_param
        self.strength: float = getattr(param, "lambda")
        self.rounds = param.scaling_iter
        self.is_shifted = param.shift_gradient
        if self.strength <= 0:
            raise spec.error("wasserstein_param.lambda", f"is {self.strength:g}; it must be above "
                             "0")
        num = math.prod(x[1:])
        self.by_number = math.prod(labels[1:]) == 1
        if labels[0] != x[0] or math.prod(labels[1:]) not in (1, num):
            raise spec.error("bottom", f"'{spec.bottoms[1]}' has the shape {tuple(labels)}; it "
                             f"must hold one number, or {num}, for each of {x[0]} items")
        self.check = class_check(spec, labels, num) if self.by_number else None
        self.register_buffer("metric", self._read_metric(num), persistent=False)

    def _read_metric(self, num: int) -> Tensor:
        """Distances (C, C); a net that is built without its files has 1 between all classes."""
        field, path = "wasserstein_param.ground_metric", self.spec.proto.wasserstein_param
        place = path.ground_metric
        if not place:
            raise self.spec.error(field, "is not given")
        if self.spec.without_files and not os.path.isfile(place):
            return 1 - torch.eye(num)
        try:
            with hdf5.open_file(place, SpecError) as file, \
                    hdf5.damage_as(SpecError, f"{place}: '{DATASET}' cannot be read"):
                values = hdf5.read(hdf5.entry(file, DATASET))
        except SpecError as error:
            raise self.spec.error(field, f"cannot be read: {error}") from None
        if values.size != num * num:
            raise self.spec.error(field, f"'{place}' has {values.size} values; {num} classes need "
                                  f"{num * num}")
        return torch.from_numpy(values).float().reshape(num, num)

    def forward(self, probability: Tensor, labels: Tensor) -> Tensor:
        rows = precise(probability).flatten(1)
        truth = labels.detach().flatten(1).to(rows.dtype)
        if self.check is not None:
            truth = F.one_hot(self.check(labels).reshape(-1), rows.shape[1]).to(rows.dtype)
        metric = self.metric.to(rows.dtype)
        value, u = _transport(rows.detach(), truth, metric, self.strength, self.rounds)
        gradient = u.log() / (self.strength * rows.shape[0])
        if self.is_shifted:
            gradient = gradient - gradient.mean(1, keepdim=True)
        loss: Tensor = GivenSlopes.apply(rows, gradient, value / rows.shape[0])
        return loss


def _transport(rows: Tensor, truth: Tensor, metric: Tensor, strength: float, rounds: int
               ) -> tuple[Tensor, Tensor]:
    """The summed loss () of rows (N, C), and u (N, C)."""
    power = -strength * metric - 1
    kernel = power.exp()
    u = v = torch.ones_like(rows)
    for _ in range(rounds):
        v = truth / (u @ kernel)
        u = rows / (v @ kernel.t())
    cost = (v * (u @ (kernel * metric))).sum()
    entropy = (v * (torch.xlogy(u, u) @ kernel)).sum() \
        + (u * (torch.xlogy(v, v) @ kernel.t())).sum() + (v * (u @ (kernel * power))).sum()
    return cost + entropy / strength, u
