"""Triplets of a batch by their indices: RandomTriplets, IndexedTripletLoss."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.index_check import IndexCheck
from framework.layers.onnx_reasons import CHOOSES_EXAMPLES
from framework.layers.params import honour, is_set
from framework.ops.losses import precise

MARGIN = 0.2        # where the text gives none


@layer
class RandomTriplets(Layer):
    """Semi-hard negative mining: for each pair of a class a random item that is not far enough.

    It is the SampleTriplet of two bottoms.
    Bottoms: features (N, ...), class after class; how many items each class has (L, ...).
    Top:     indices (K, 3, 1, 1) of an item, a later one of its class, and one of another class
             whose squared distance to the first is less than `alpha` above that of the second. It
             is drawn among all such; a pair without any is left out. No gradient.
    Source:  sample_triplet_layer.cpp of yuqj1991/caffe_train; Schroff et al. 2015.
    """

    reads = ("sample_triplet_param",)
    unread = frozenset(f"sample_triplet_param.{name}"
                       for name in ("label_num", "sample_num", "eps"))
    fork_fields = frozenset(["sample_triplet_param.alpha"])
    num_bottoms = (2, 2)
    no_gradient_bottoms = (0, 1)
    no_onnx_form = CHOOSES_EXAMPLES

    def __init__(self, spec: LayerSpec, x: Shape, counts: Shape):
        super().__init__(spec)
        honour(spec, "sample_triplet_param", "label_num sample_num eps alpha")
        self.alpha = spec.proto.sample_triplet_param.alpha

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        return [(math.prod(bottoms[1]), 3, 1, 1)]

    def forward(self, x: Tensor, counts: Tensor) -> Tensor:
        rows = precise(x.detach()).flatten(1)
        ends = counts.detach().flatten().trunc().cumsum(0)
        items = torch.arange(len(rows), device=x.device)
        kind = torch.searchsorted(ends, items.to(ends.dtype), right=True)
        distance = (rows[:, None] - rows).square().sum(2)
        same = kind[:, None] == kind
        of_class = (kind < len(ends))[:, None]
        first, second = (same & of_class & (items[:, None] < items)).nonzero().unbind(1)
        near = ~same[first] & (distance[first] - distance[first, second][:, None] < self.alpha)
        drawn = torch.rand(near.shape, device=x.device).masked_fill(~near, -1)
        triplets = torch.stack([first, second, drawn.argmax(1)], 1) if len(first) \
            else first.new_zeros(0, 3)
        return triplets[near.any(1)].reshape(-1, 3, 1, 1).to(x.dtype)


class _LastOfEach(torch.autograd.Function):
    """The loss of triplets of rows; each row's gradient is of the last triplet that has it.

    Source: triplet_loss_layer.cpp of yuqj1991/caffe_train, which writes gradients, and adds none.
    """

    @staticmethod
    def forward(ctx: Any, rows: Tensor, index: Tensor, margin: float, divisor: int
                ) -> Tensor:  # Any: torch has no type for it
        first, second, third = rows[index].unbind(1)
        ctx.save_for_backward(rows, index)
        ctx.divisor = divisor
        near, far = ((first - other).square().sum(1) for other in (second, third))
        return (near - far + margin).clamp(min=0).sum() / divisor

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None, None]:
        rows, index = ctx.saved_tensors
        first, second, third = rows[index].unbind(1)
        moves = 2 * torch.stack([third - second, second - first, first - second], 1).flatten(0, 1)
        order = torch.arange(index.numel(), device=rows.device)
        last = torch.full((len(rows),), -1, device=rows.device, dtype=order.dtype)
        last = last.scatter_reduce(0, index.flatten(), order, "amax")
        if not len(moves):
            return torch.zeros_like(rows), None, None, None
        own = moves[last.clamp(min=0)].where((last >= 0)[:, None], 0)
        return own * (gradient / ctx.divisor), None, None, None


@layer
class IndexedTripletLoss(Layer):
    """Triplet loss of a batch's items by their indices, with squared distances.

    It is the TripletLoss of features and indices, beside a SampleTriplet of two bottoms.
    Bottoms: features (N, ...); indices (K, 3, ...) of anchors, positives and negatives. No gradient
             goes to the indices.
    Top:     the loss (): max(0, |a - p|^2 - |a - n|^2 + margin), summed over the first T triplets,
             over T, the K for which the net is built: the original never counts them anew. The
             margin is 0.2 if not given.
    The gradient is the original's, which keeps for each item that of the last triplet with it, of
    those beyond the margin too: 2 (n - p) for a, 2 (p - a) for p, and 2 (a - p) for n, over T.
    Errors:  SpecError for other shapes; DataError for indices beyond the batch.
    Source:  triplet_loss_layer.cpp of yuqj1991/caffe_train.
    """

    reads = ("triplet_loss_param",)
    num_bottoms = (2, 2)
    loss = True
    no_gradient_bottoms = (1,)

    def __init__(self, spec: LayerSpec, x: Shape, triplets: Shape):
        super().__init__(spec)
        honour(spec, "triplet_loss_param", "margin")
        if math.prod(triplets[1:]) != 3:
            raise spec.error("bottom", f"'{spec.bottoms[1]}' has the shape {tuple(triplets)}; it "
                             "must be (K, 3), indices of triplets")
        param = spec.proto.triplet_loss_param
        self.margin = param.margin if is_set(param, "margin") else MARGIN
        self.num = max(triplets[0], 1)
        self.check = IndexCheck(spec, 1, triplets, x[0], what="items",
                                hint=f"'{spec.bottoms[0]}' has too few")

    def forward(self, x: Tensor, triplets: Tensor) -> Tensor:
        index = triplets.detach().reshape(-1, 3)[:self.num].long()
        index = self.check.require(index, (index >= 0) & (index < len(x)), len(x))
        loss: Tensor = _LastOfEach.apply(precise(x).flatten(1), index, self.margin, self.num)
        return loss
