"""Softmax loss of the pixels inside of regions (SoftmaxWithLossROI)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.index_check import class_check, class_numbers
from framework.layers.loss.loss_settings import check_labels, ignore_label, normalization
from framework.layers.params import check_four_axes
from framework.ops.losses import StraightThrough, log_loss, normalizer, precise

CORNERS = 5         # of a region: item, x1, y1, x2, y2


@layer
class SoftmaxWithLossROI(Layer):
    """Softmax cross-entropy of pixels inside of regions of interest; others count nothing.

    Bottoms: scores (N, C, H, W); labels, one for each pixel; regions (R, 5): item, x1, y1, x2, y2
             in pixels of the map, both ends inside. A region counts for all items, as in the
             original.
    Tops:    the loss (); if wanted, the probabilities.
    Normalizer: VALID (default) the pixels inside whose label is not ignore_label; FULL all,
    BATCH_SIZE N, NONE 1. The gradient of VALID without an ignore_label is over all pixels of the
    map, as in the original.
    Errors:  SpecError for bottoms that do not fit.
    Source:  LossParameter; softmax_loss_roi_layer.cu of vincentzhang/caffe-roi, whose CPU does not
             look at the regions.
    """

    reads = ("loss_param",)
    num_bottoms = (3, 3)
    num_tops = (1, 2)
    loss = True
    no_gradient_bottoms = (1, 2)

    @classmethod
    def assumed_bottom(cls, spec: LayerSpec, index: int, bottoms: Sequence[Shape]
                       ) -> Shape | None:
        if index == 1 and len(bottoms[0]) == 4:
            return (bottoms[0][0], 1, *bottoms[0][2:])
        return (1, CORNERS) if index == 2 else None

    def __init__(self, spec: LayerSpec, scores: Shape, labels: Shape, regions: Shape):
        super().__init__(spec)
        check_four_axes(spec, scores, "bottom[0]")
        check_labels(spec, scores, labels, 1)
        if len(regions) < 2 or regions[1] != CORNERS:
            raise spec.error("bottom[2]", f"has the shape {tuple(regions)}; it must be (R, 5)")
        self.mode = normalization(spec)
        self.check = class_check(spec, labels, scores[1], ignore=ignore_label(spec),
                                 ignore_field="loss_param.ignore_label")

    def forward(self, scores: Tensor, labels: Tensor, regions: Tensor
                ) -> Tensor | tuple[Tensor, ...]:
        scores = precise(scores)
        numbers, valid = class_numbers(self.check, labels, scores.shape, 1)
        counts = self._inside(scores, regions)[None].expand(numbers.shape)
        counts = counts if valid is None else counts & valid
        total = log_loss(scores, numbers, 1).where(counts, 0).sum()
        value = total / normalizer(self.mode, scores, 1, counts)
        sloped = total / normalizer(self.mode, scores, 1, None if valid is None else counts)
        loss = StraightThrough.apply(sloped, value.detach())
        return (loss, scores.detach().softmax(1)) if len(self.spec.tops) > 1 else loss

    def _inside(self, scores: Tensor, regions: Tensor) -> Tensor:
        """(H, W): which pixels are in a region."""
        height, width = scores.shape[2:]
        corners = regions.detach().reshape(-1, CORNERS)
        _, left, top, right, bottom = corners.to(scores.dtype).unbind(1)
        columns = torch.arange(width, device=scores.device)
        rows = torch.arange(height, device=scores.device)
        along = (left[:, None] <= columns) & (columns <= right[:, None])
        down = (top[:, None] <= rows) & (rows <= bottom[:, None])
        return (down[:, :, None] & along[:, None]).any(0)
