"""Losses that keep the transformations of a spatial transformer inside of the image."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.params import LARGEST_STEP, honour, within
from framework.ops.losses import precise


def _beyond(x: Tensor, limit: float) -> Tensor:
    """Half the square of how far values are from -limit ... limit."""
    return (x - x.clamp(-limit, limit)).square() / 2


@layer
class LocLoss(Layer):
    """Squared loss of values beyond a threshold: half the square of what is over it, on average.

    Bottom: x (N, ...). Top: the loss (): the mean over all values of (|x| - threshold)^2 / 2 where
            |x| is more than the threshold, else 0.
    Errors: SpecError if the threshold is not above 0.
    Source: LocLossParameter; loc_loss_layer.cu of daerduoCarey/SpatialTransformerLayer.
    """

    loss = True

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "loc_loss_param", "threshold")
        self.threshold = spec.proto.loc_loss_param.threshold
        if not self.threshold > 0:
            raise spec.error("loc_loss_param.threshold", f"is {self.threshold:g}; it must be more "
                             "than 0")

    def forward(self, x: Tensor) -> Tensor:
        return _beyond(precise(x), self.threshold).mean()


@layer
class STLoss(Layer):
    """Squared loss of an affine grid beyond the image: half the squared distance to -1 ... 1.

    Bottom: theta (N, 6), the matrices of SpatialTransformer.
    Top:    the loss (): the mean over items and cells of output_H x output_W of that distance in x
            plus that in y; the cell of row s and column t is at 2 s / output_H - 1 and
            2 t / output_W - 1.
    Errors: SpecError for other than 6 values an item, or a size of 0.
    Source: STLossParameter; st_loss_layer.cu of daerduoCarey/SpatialTransformerLayer.
    """

    loss = True

    def __init__(self, spec: LayerSpec, theta: Shape):
        super().__init__(spec)
        honour(spec, "st_loss_param", "output_H output_W")
        param = spec.proto.st_loss_param
        for name in ("output_H", "output_W"):
            within(spec, f"st_loss_param.{name}", [getattr(param, name)], 1, LARGEST_STEP)
        if math.prod(theta[1:]) != 6:
            raise spec.error("bottom", f"has the shape {tuple(theta)}; it must be (N, 6)")
        self.height = param.output_H
        self.width = param.output_W

    def forward(self, theta: Tensor) -> Tensor:
        matrices = precise(theta).reshape(-1, 2, 3)
        rows = torch.arange(self.height, device=theta.device) * 2 / self.height - 1
        columns = torch.arange(self.width, device=theta.device) * 2 / self.width - 1
        rows, columns = torch.broadcast_tensors(rows[:, None], columns)
        grid = torch.stack([rows, columns, torch.ones_like(rows)]).flatten(1).to(matrices.dtype)
        return _beyond(matrices @ grid, 1).sum() / (len(matrices) * self.height * self.width)
