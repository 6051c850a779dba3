"""Batch normalization with a weight for each item (MultiModalBatchNorm)."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_reasons import UNWRITTEN
from framework.layers.params import honour
from framework.ops.losses import precise


@layer
class MultiModalBatchNorm(Layer):
    """Batch normalization by the weighted mean and variance of the items, times their weights.

    Bottoms: x (N, C, ...); weights of N values, the probability of each item's domain as a rule.
    Top:     w * (x - mean) / sqrt(variance + eps), like x. In TRAIN, or with
             `use_global_stats: false`, mean and variance of a channel are the sums over items and
             positions of w x and w (x - mean)^2, divided by the sum of w over both.
    Blobs:   mean (C,) and variance (C,), decayed sums, and factor (1,), their weight, which move
             as those of BatchNorm; not learned.
    With stored statistics the gradient of x is without the weights and these have none, as in the
    original. In the gradient of the weights the variance is the one with eps.
    Errors:  SpecError for a bottom of one axis, and weights that are not one for each item.
    Source:  MultiModalBatchNormParameter; multimodal_batch_norm_layer.cpp of
             JiahaoLi-gdut/CAFFE-DACH; Mancini et al. 2018 (latent domains).
    """

    num_bottoms = (2, 2)
    pointwise = True
    blobs_learn = (False,) * 3
    reads = ("multimodal_batch_norm_param",)
    no_onnx_form = UNWRITTEN
    mean: Tensor
    variance: Tensor
    factor: Tensor

    def __init__(self, spec: LayerSpec, x: Shape, weights: Shape):
        super().__init__(spec)
        honour(spec, "multimodal_batch_norm_param", "use_global_stats moving_average_fraction eps")
        param = spec.proto.multimodal_batch_norm_param
        if len(x) < 2:
            raise spec.error("bottom", f"has the shape {tuple(x)}; its first needs 2 axes or more")
        if math.prod(weights) != x[0]:
            raise spec.error("bottom", f"has weights of the shape {tuple(weights)}; they must be "
                             f"{x[0]} values, one for each item")
        self.eps, self.fraction = param.eps, param.moving_average_fraction
        self.use_stored = (param.use_global_stats if param.HasField("use_global_stats")
                           else spec.phase == "TEST")
        for name, shape in (("mean", x[1:2]), ("variance", x[1:2]), ("factor", (1,))):
            self.add_blob(name, shape, learned=False)

    def freeze(self) -> None:
        self.use_stored = True

    def forward(self, x: Tensor, weights: Tensor) -> Tensor:
        rows = precise(x).flatten(2) if x.dim() > 2 else precise(x)[..., None]
        weights = precise(weights).reshape(-1, 1, 1)
        if self.use_stored:
            empty = self.factor == 0
            share = torch.where(empty, 0.0, 1 / torch.where(empty, 1.0, self.factor))
            mean, variance = (blob[:, None] * share for blob in (self.mean, self.variance))
            normal = (rows - mean) / (variance + self.eps).sqrt()
            y = normal + (normal * weights - normal).detach()
        else:
            total = weights.sum() * rows.shape[2]
            mean = (rows * weights).sum((0, 2))[:, None] / total
            wide = rows - mean
            variance = (wide * wide * weights).sum((0, 2))[:, None] / total
            self._move_sums(mean.flatten(), variance.flatten(), rows.shape[0] * rows.shape[2])
            # eps takes part in the weights' gradient alone
            variance = variance - self.eps * (total - total.detach()) / total.detach()
            y = wide / (variance + self.eps).sqrt() * weights
        return y.reshape(x.shape).to(x.dtype)

    def _move_sums(self, mean: Tensor, variance: Tensor, number: int) -> None:
        """Add the statistics (C,) of a batch with `number` values in a channel to the sums."""
        with torch.no_grad():
            self.mean.mul_(self.fraction).add_(mean.detach())
            self.variance.mul_(self.fraction).add_(
                variance.detach() * (number / max(number - 1, 1)))
            self.factor.mul_(self.fraction).add_(1)
