"""Loss of pairs and triplets of images of persons (P2SLoss, of Person-Re-ID)."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.params import at_least, check_sizes, honour
from framework.ops.losses import GivenSlopes, precise

FIELDS = "margin1 margin2 margin3 weight num_positive num_negative choose_positive alpha beta eta"


@layer
class P2SLoss(Layer):
    """Contrastive loss of pairs and triplet loss of pairs with a drawn negative.

    Bottoms: features (N, C) or (N, C, 1, 1), rows 2 i and 2 i + 1 of which are pair i; labels, one
             a row. The pairs are in groups of 1 + num_negative, the first of each of one person.
    Top:     the loss () = (pairs + weight * triplets) / N.
    pairs    for each: max(d - margin1, 0) of one person, max(margin2 - d, 0) of two; d is the
             squared distance.
    triplets for each pair (a, p) of one person with n, the second row of a drawn pair:
             max(margin3 + d(a, p) - mu d(a, n) - nu d(p, n), 0), mu = alpha + b, nu = alpha - b,
             b = beta - eta (d(a, n) - d(p, n)), whose slopes in b are left out; and margin3 for
             each other pair. Drawn is among pairs whose second row is of another person than a
             and which have a smaller d than (a, p), or are left out; without such, among all of
             another person.
    left out of each num_positive groups is the first pair of number choose_positive (from 0), if
             that is below num_positive: it has no triplet, its features are 0 as n. Of the first
             num_positive groups the pair of the largest d is moved to the front before.
    The gradient is the original's: a drawn row gets its part of a triplet only from pairs that are
    not before its own pair.
    Errors:  SpecError unless N is a multiple of 2 (1 + num_negative) with num_positive groups, and
             for labels of another number.
    Source:  P2SLossParameter; p2s_loss_layer.cpp of sanpingzhou/Person-Re-ID; Zhou et al. 2017.
             Where no pair is of another person, the original draws for ever; there is no triplet
             here.
    """

    loss = True
    num_bottoms = (2, 2)
    no_gradient_bottoms = (1,)

    @classmethod
    def assumed_bottom(cls, spec: LayerSpec, index: int, bottoms: Sequence[Shape]
                       ) -> Shape | None:
        return (bottoms[0][0],) if index == 1 and bottoms[0] else None

    def __init__(self, spec: LayerSpec, features: Shape, labels: Shape):
        super().__init__(spec)
        field = "p2s_loss_param"
        honour(spec, field, FIELDS)
        self.param = param = spec.proto.p2s_loss_param
        at_least(spec, f"{field}.num_negative", (param.num_negative,), 0)
        check_sizes(spec, field, "num_positive")
        at_least(spec, f"{field}.choose_positive", (param.choose_positive,), 0)
        self.group = 1 + param.num_negative
        if len(features) < 2 or math.prod(features[2:]) != 1:
            raise spec.error("bottom", f"'{spec.bottoms[0]}' has the shape {tuple(features)}; it "
                             "must be (N, C) or (N, C, 1, 1)")
        if math.prod(labels) != features[0]:
            raise spec.error("bottom", f"'{spec.bottoms[1]}' has the shape {tuple(labels)}; it "
                             f"must hold {features[0]} labels")
        if features[0] % (2 * self.group) or features[0] < 2 * self.group * param.num_positive:
            raise spec.error(f"{field}.num_negative", f"is {param.num_negative}; the "
                             f"{features[0]} rows of '{spec.bottoms[0]}' must be a multiple of "
                             f"{2 * self.group}, and {param.num_positive} times that or more")

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        return [()]

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        x = precise(features.flatten(1))
        value, slopes = self._loss(x.detach(), labels.detach().flatten())
        return GivenSlopes.apply(x, slopes, value)

    def _loss(self, x: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """The loss and its gradient for x (N, C)."""
        param = self.param
        probe, gallery = x[0::2], x[1::2]
        difference = probe - gallery
        distance = difference.square().sum(1)
        same = labels[0::2] == labels[1::2]
        over = torch.where(same, distance - param.margin1, param.margin2 - distance)
        pairs = over.clamp(min=0).sum()
        slope = torch.where(over > 0, torch.where(same, 1.0, -1.0), 0.0).to(x.dtype)[:, None]
        slopes = torch.stack((slope * difference, -slope * difference), 1)

        left = self._left_out(distance, same)
        negative, drawn = self._draw(distance, same & ~left, labels, left)
        counts = (same & ~left & drawn)[:, None]
        chosen = torch.where(left[negative][:, None], 0, gallery[negative])
        parts = [torch.where(counts, one, 0)
                 for one in (difference, probe - chosen, gallery - chosen)]
        triplets, of_rows = self._triplets(*parts)
        slopes[:, 0] += param.weight * of_rows[0]
        slopes[:, 1] += param.weight * of_rows[1]
        # the loop over the pairs sets both rows of each before it adds: what came earlier is lost
        kept = negative <= torch.arange(len(negative), device=x.device)
        late = torch.where(kept[:, None], param.weight * of_rows[2], 0)
        slopes[:, 1] = slopes[:, 1].index_add(0, negative, late)
        value = (pairs + param.weight * triplets) / len(x)
        return value, slopes.reshape(x.shape) * (2 / len(x))

    def _left_out(self, distance: Tensor, same: Tensor) -> Tensor:
        """Which pairs (bool) are left out of the triplets."""
        param, left = self.param, torch.zeros_like(same)
        if param.choose_positive >= param.num_positive:
            return left
        first = torch.arange(0, len(same), self.group, device=same.device)
        # the first pairs that are of one person, in order; then the others, which are never marked
        order = first[torch.argsort((~same[first]).to(torch.int8), stable=True)]
        far = torch.where(same, distance, -math.inf).index_select(0, order)
        front, lengths = list(order[:param.num_positive]), list(far[:param.num_positive])
        for index in range(1, param.num_positive):
            swaps = lengths[0] < lengths[index]
            for row in (front, lengths):
                row[0], row[index] = (torch.where(swaps, row[index], row[0]),
                                      torch.where(swaps, row[0], row[index]))
        pair = torch.cat((torch.stack(front), order[param.num_positive:]))
        marked = pair[param.choose_positive::param.num_positive]
        return left.index_fill(0, marked, True) & same

    def _draw(self, distance: Tensor, positive: Tensor, labels: Tensor, left: Tensor
              ) -> tuple[Tensor, Tensor]:
        """For each pair the drawn pair of its negative, and whether there is one."""
        of_gallery = torch.where(left, -1, labels[1::2])
        other = labels[0::2, None] != of_gallery
        near = other & ((distance <= distance[:, None]) | (of_gallery == -1))
        allowed = torch.where(near.any(1, keepdim=True), near, other)
        chance = torch.rand(allowed.shape, device=distance.device)
        return torch.where(allowed, chance, -1.0).argmax(1), other.any(1) & positive

    def _triplets(self, ap: Tensor, an: Tensor, pn: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
        """The sum over the triplets, and half the slopes for a, p and n."""
        param = self.param
        to_positive, to_negative, across = (one.square().sum(1) for one in (ap, an, pn))
        b = param.beta - param.eta * (to_negative - across)
        mu, nu = param.alpha + b, param.alpha - b
        over = param.margin3 + to_positive - mu * to_negative - nu * across
        counts, mu, nu = (over > 0)[:, None], mu[:, None], nu[:, None]
        rows = (ap - mu * an, -ap - nu * pn, mu * an + nu * pn)
        return over.clamp(min=0).sum(), tuple(torch.where(counts, row, 0) for row in rows)
