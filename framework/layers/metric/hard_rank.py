"""Ranking loss of pairs against hard and random items of other classes in the batch."""

from __future__ import annotations

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.loss.loss_settings import check_one_label_an_item
from framework.layers.params import at_least, honour
from framework.ops.losses import precise


@layer
class RankHardLoss(Layer):
    """Ranking loss: pairs are to be more alike than their items and others, mined in the batch.

    Bottoms: features (N, ...), the first two of each pair_size items a pair; labels, one an item.
    Top:     the loss (): the sum, over the chosen others n of each pair a, p, of
             max(0, a.n - a.p + margin) + max(0, p.n - a.p + margin), over 2 neg_num N / pair_size.
    Others are items of another label than a's whose first term is above 0: all if there are at
    most neg_num; else neg_num * hard_ratio, rounded down, of the neg_num largest a.n, drawn, and
    neg_num * rand_ratio of all that remain, drawn. Pairs begin at every pair_size-th item.
    Errors:  SpecError for a pair_size below 2 or that does not divide N, a neg_num below 1, and
             another number of labels.
    Source:  RankParameter; rank_hard_loss_layer.cpp of agjayant/caffe-Person-ReID, which is that of
             xiaolonw/caffe-video_triplet; Wang and Gupta 2015.
    """

    reads = ("rank_param",)
    num_bottoms = (2, 2)
    loss = True
    no_gradient_bottoms = (1,)

    def __init__(self, spec: LayerSpec, features: Shape, labels: Shape):
        super().__init__(spec)
        honour(spec, "rank_param", "neg_num pair_size hard_ratio rand_ratio margin")
        self.param = param = spec.proto.rank_param
        at_least(spec, "rank_param.pair_size", [param.pair_size], 2)
        at_least(spec, "rank_param.neg_num", [param.neg_num], 1)
        check_one_label_an_item(spec, features, labels)
        if features[0] % param.pair_size:
            raise spec.error("rank_param.pair_size", f"is {param.pair_size}; it must divide the "
                             f"{features[0]} items")

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        param = self.param
        rows, kinds = precise(features).flatten(1), labels.detach().flatten()
        anchor, second = rows[::param.pair_size], rows[1::param.pair_size]
        alike = (anchor * second).sum(1, keepdim=True)
        first, other = anchor @ rows.t(), second @ rows.t()
        chosen = self._chosen(first.detach(), (first - alike).detach() + param.margin,
                              kinds[::param.pair_size, None] != kinds)
        costs = (first - alike + param.margin).relu() + (other - alike + param.margin).relu()
        divisor = 2 * (param.neg_num * len(rows) // param.pair_size)
        return costs.where(chosen, 0).sum() / max(divisor, 1)

    def _chosen(self, products: Tensor, costs: Tensor, differs: Tensor) -> Tensor:
        """Which items (pairs, N) are compared with each pair."""
        param = self.param
        others = differs & (costs > 0)
        hardest = others & (_rank(products.masked_fill(~others, -torch.inf)) < param.neg_num)
        drawn = hardest & (_rank(torch.rand_like(products).where(hardest, -1))
                           < int(param.neg_num * param.hard_ratio))
        rest = others & ~drawn
        drawn = drawn | (rest & (_rank(torch.rand_like(products).where(rest, -1))
                                 < int(param.neg_num * param.rand_ratio)))
        few = others.sum(1, keepdim=True) <= param.neg_num
        return torch.where(few, others, drawn)


def _rank(values: Tensor) -> Tensor:
    """How many values of its row come before each, the largest being first."""
    return values.argsort(dim=1, descending=True, stable=True).argsort(1)
