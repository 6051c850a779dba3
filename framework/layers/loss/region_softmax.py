"""Softmax cross-entropy of the positions that regions cover."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.index_check import class_check, class_numbers
from framework.layers.loss.loss_settings import (
    check_labels,
    ignore_label,
    normalization,
    shape_of_labels,
)
from framework.layers.params import honour
from framework.ops.losses import log_loss, normalizer, precise


@layer
class SoftmaxWithLossROI(Layer):
    """Softmax cross-entropy of the cells of a map that are in any region.

    Bottoms: scores (N, C, H, W); labels, one for each cell; regions (R, 5, ...): image, x1, y1, x2,
             y2 in cells, ends included. The images of the regions do not count: each covers its
             cells in all images.
    Tops:    the loss (), the sum over the cells that are covered and not of ignore_label over the
             normalizer; if wanted, the probabilities.
    Normalizer: as of SoftmaxWithLoss; VALID counts the covered cells. Without an ignore_label VALID
    divides the gradient by the number of all cells, as the original's backward pass does.
    Errors:  SpecError for shapes that do not fit and another axis than 1.
    Source:  softmax_loss_roi_layer.cu of vincentzhang/caffe-roi; its form for a CPU takes all
             cells.
    """

    reads = ("loss_param", "softmax_param")
    num_bottoms = (3, 3)
    num_tops = (1, 2)
    loss = True
    no_gradient_bottoms = (1, 2)

    @classmethod
    def assumed_bottom(cls, spec: LayerSpec, index: int, bottoms: Sequence[Shape]
                       ) -> Shape | None:
        return shape_of_labels(bottoms[0], 1) if index == 1 and bottoms[0] else None

    def __init__(self, spec: LayerSpec, scores: Shape, labels: Shape, regions: Shape):
        super().__init__(spec)
        honour(spec, "softmax_param", "")
        if len(scores) != 4 or math.prod(regions[1:]) != 5:
            raise spec.error("bottom", f"has the shapes {tuple(scores)} and {tuple(regions)}; "
                             "scores must be (N, C, H, W), regions (R, 5)")
        check_labels(spec, scores, labels, 1)
        self.mode = normalization(spec)
        self.ignores = ignore_label(spec) is not None
        self.check = class_check(spec, labels, scores[1], ignore=ignore_label(spec),
                                 ignore_field="loss_param.ignore_label")

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        shapes: list[Shape] = [(), bottoms[0]]
        return shapes[:len(self.spec.tops)]

    def forward(self, scores: Tensor, labels: Tensor, regions: Tensor
                ) -> Tensor | tuple[Tensor, ...]:
        scores = precise(scores)
        numbers, valid = class_numbers(self.check, labels, scores.shape, 1)
        counted = _covered(regions.flatten(1), scores).expand_as(numbers)
        if valid is not None:
            counted = counted & valid
        each = log_loss(scores, numbers, 1).where(counted, 0).sum()
        sloped = each / normalizer(self.mode, scores, 1, counted if self.ignores else None)
        value = each / normalizer(self.mode, scores, 1, counted)
        loss = sloped + (value - sloped).detach()
        return loss if len(self.spec.tops) < 2 else (loss, scores.detach().softmax(1))


def _covered(regions: Tensor, scores: Tensor) -> Tensor:
    """(H, W): which cells are in a region (R, 5)."""
    rows, columns = (torch.arange(size, device=scores.device, dtype=regions.dtype)
                     for size in scores.shape[2:])
    left, top, right, bottom = regions[:, 1:, None].unbind(1)
    across = (left <= columns) & (columns <= right)         # (R, W)
    down = (top <= rows) & (rows <= bottom)                 # (R, H)
    return down.to(scores.dtype).t() @ across.to(scores.dtype) > 0
