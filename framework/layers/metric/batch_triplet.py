"""BatchTripletLoss: triplet loss of all triplets of a batch, with semi-hard mining."""

from __future__ import annotations

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.left_out import LeftOut
from framework.layers.loss.loss_settings import check_one_label_an_item
from framework.layers.params import honour
from framework.ops.losses import GivenSlopes, precise

TRIPLETS_AT_ONCE = 1 << 24


@layer
class BatchTripletLoss(Layer):
    """Triplet loss within a batch (FaceNet), of all triplets, or of the semi-hard ones.

    Bottoms: features (N, ...); labels (N,), equal ones side by side: a run of them is a group.
    Tops:    the loss (): mu * the mean over all triplets of max(0, margin + |a - p|^2 - |a - n|^2)
             + (1 - mu) * the mean of |a - p|^2; the share of triplets with |a - p|^2 < |a - n|^2,
             (); if wanted, (1, 1, 1, 5): the mean over the triplets that the gradient is of, that
             over all, the mean of |a - p|^2 (0 if mu is 1), and how many triplets there are and
             the gradient is of.
    A triplet is an anchor, another one of its group, and one of a group with another label. The
    gradient is of the mean over the triplets whose loss is above 0; with `sample` only of those
    that are semi-hard: the negative is farther than the positive, though not by the margin. (The
    original forgets loss_weight in it; here it counts.) Anchors alone in their group are counted
    in the log.
    Errors:  SpecError if labels are not N.
    Source:  TripletLossParameter; batch_triplet_loss_layer.cpp of a fork of Caffe; Schroff et al.
             2015, 3.2.
    """

    reads = ("triplet_loss_param",)
    num_bottoms = (2, 2)
    num_tops = (1, 3)
    loss = True
    no_gradient_bottoms = (1,)
    fork_fields = frozenset(("triplet_loss_param.mu", "triplet_loss_param.sample"))

    def __init__(self, spec: LayerSpec, features: Shape, labels: Shape):
        super().__init__(spec)
        honour(spec, "triplet_loss_param", "margin mu sample")
        param = spec.proto.triplet_loss_param
        self.margin = param.margin
        self.share = param.mu
        self.semi_hard = param.sample
        if not 0 <= param.mu <= 1:
            raise spec.error("triplet_loss_param.mu", f"is {param.mu:g}; it must be from 0 to 1")
        check_one_label_an_item(spec, features, labels)
        self.left_out = LeftOut(spec, "items have no other one of their label beside them in the "
                                "batch")

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        shapes: list[Shape] = [(), (), (1, 1, 1, 5)]
        return shapes[:len(self.spec.tops)]

    def forward(self, features: Tensor, labels: Tensor) -> Tensor | tuple[Tensor, ...]:
        rows = precise(features).flatten(1)
        data = rows.detach()
        numbers = labels.detach().reshape(-1)
        run = torch.cat([numbers.new_zeros(1), (numbers[1:] != numbers[:-1]).to(numbers.dtype)])
        run = run.cumsum(0)
        alike = run[:, None] == run
        alike = alike & ~torch.eye(len(data), dtype=torch.bool, device=data.device)
        self.left_out.note(~alike.any(1))
        unlike = numbers[:, None] != numbers
        squares = data.square().sum(1)
        distance = squares[:, None] + squares - 2 * data @ data.t()
        sums, positive, negative = self._triplets(distance, alike, unlike)
        num_all, num_wrong, num_used, total, used = sums
        pairs = alike.sum()
        pair_mean = (distance.where(alike, 0).sum() / pairs.clamp(min=1)
                     if self.share < 1 else total * 0)
        mean = total / num_all.clamp(min=1)
        loss = mean * self.share + pair_mean * (1 - self.share)
        weight = (positive - negative) * (self.share / num_used.clamp(min=1))
        weight = weight + alike.to(data.dtype) * ((1 - self.share) / pairs.clamp(min=1))
        # d sum(w_ij |x_i - x_j|^2), of a matrix that need not be symmetric
        both = weight + weight.t()
        slopes = 2 * (both.sum(1, keepdim=True) * data - both @ data)
        accuracy = 1 - num_wrong / num_all.clamp(min=1)
        extra = torch.stack([used / num_used.clamp(min=1), mean, pair_mean, num_all, num_used])
        tops = (GivenSlopes.apply(rows, slopes, loss), accuracy, extra.view(1, 1, 1, 5))
        return tops[0] if len(self.spec.tops) == 1 else tops[:len(self.spec.tops)]

    def _triplets(self, distance: Tensor, alike: Tensor, unlike: Tensor
                  ) -> tuple[tuple[Tensor, ...], Tensor, Tensor]:
        """Sums over all triplets, in parts of the anchors that fit into the memory.

        Returns the number of triplets, of those in the wrong order and of those that the gradient
        is of, the sum of the losses and of those of the latter; and how often each pair (N, N) is
        a positive and a negative among the latter.
        """
        size = max(TRIPLETS_AT_ONCE // max(len(distance) ** 2, 1), 1)
        sums, positive, negative = [], [], []
        for start in range(0, len(distance), size):
            part = slice(start, start + size)
            near = distance[part, :, None]
            far = distance[part, None, :]
            exists = alike[part, :, None] & unlike[part, None, :]
            cost = (self.margin + near - far).relu().where(exists, 0)
            chosen = cost > 0
            if self.semi_hard:
                chosen = chosen & (far > near)
            wrong = exists & (near >= far)
            sums.append(torch.stack([exists.sum().to(cost.dtype), wrong.sum().to(cost.dtype),
                                     chosen.sum().to(cost.dtype), cost.sum(),
                                     cost.where(chosen, 0).sum()]))
            positive.append(chosen.sum(2))
            negative.append(chosen.sum(1))
        return (tuple(torch.stack(sums).sum(0).unbind()),
                torch.cat(positive).to(distance.dtype), torch.cat(negative).to(distance.dtype))
