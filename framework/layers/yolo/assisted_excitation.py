"""AssistedExcitation: help a detector at the beginning by exciting the cells of true boxes."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.ops.by_item import by_item

SHARE = 0.75        # of the training, after which there is no excitation
ROUNDING = 0.95     # of a cell: a box that covers more of its last one has it too


@layer
class AssistedExcitation(Layer):
    """Assisted excitation: add the mean activation to all channels of cells in true boxes.

    Bottoms: x (N, C, H, W); labels (N, 1, T, 5) as AnnotatedData gives them with yolo_data_type:
             1; the mean over the channels, as a rule, (N, 1, H, W) or (N, H, W), without gradient.
    Top:     x + alpha * mean inside of boxes, x elsewhere, in the shape of x. alpha is
             cos(iteration / (0.75 * last) * pi / 2), not below 0: 1 at first, 0 after three
             quarters of the training, and 1 where no solver counts iterations.
    The original excites only the first item of a batch: it reads the mask of that one for all.
    Errors:  SpecError if the bottoms do not fit.
    Source:  assisted_excitation_layer.cpp of eric612/MobileNet-YOLO; Derakhshani et al. 2019.
    """

    num_bottoms = (3, 3)
    no_gradient_bottoms = (1, 2)
    no_onnx_form = "it takes true boxes, which a deploy net does not have"
    alpha: Tensor

    def __init__(self, spec: LayerSpec, x: Shape, labels: Shape, mean: Shape):
        super().__init__(spec)
        if len(x) != 4 or mean[0] != x[0] or math.prod(mean) != x[0] * math.prod(x[2:]):
            raise spec.error("bottom", f"has the shapes {tuple(x)} and {tuple(mean)}; they must "
                             "be (N, C, H, W) and (N, H, W) or (N, 1, H, W)")
        if labels[0] != x[0] or math.prod(labels[1:]) % 5:
            raise spec.error("bottom[1]", f"has the shape {tuple(labels)}; it must hold 5 numbers "
                             f"for each box of each of {x[0]} items")
        self.register_buffer("alpha", torch.ones(()), persistent=False)

    def note_progress(self, iteration: int, last: int) -> None:
        share = iteration / (last * SHARE) if last else 0.0
        self.alpha.fill_(max(math.cos(share * math.pi / 2), 0.0) if share < 1 else 0.0)

    def forward(self, x: Tensor, labels: Tensor, mean: Tensor) -> Tensor:
        rows = by_item(labels.detach(), -1, 5)
        valid = (rows[..., 1] == 0).cumsum(1) == 0
        down = self._covers(rows[..., 2], rows[..., 4], x.shape[2])
        across = self._covers(rows[..., 1], rows[..., 3], x.shape[3])
        mask = (down[..., :, None] & across[..., None, :] & valid[..., None, None]).any(1)
        mean = mean.detach().reshape(len(x), 1, *x.shape[2:])
        excited = self.alpha.to(x.dtype) * mean.to(x.dtype)
        return x + torch.where(mask[:, None], excited, 0)

    def _covers(self, middle: Tensor, size: Tensor, count: int) -> Tensor:
        """(N, T, count): whether a box covers a row, or a column, of `count`."""
        first = ((middle - size / 2) * count).trunc().clamp(0, count - 1)
        last = ((middle + size / 2) * count + ROUNDING).trunc()
        last = torch.maximum(last, first + 1).clamp(max=count)
        cell = torch.arange(count, device=middle.device)
        return (cell >= first[..., None]) & (cell < last[..., None])
