"""Losses of groups of items (VarLoss, SetLoss2), of ordered classes, and of pairs of points."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.index_check import IndexCheck
from framework.layers.loss.loss_settings import check_one_label_an_item, check_same_count
from framework.layers.number_files import read_numbers
from framework.layers.params import honour
from framework.ops.losses import precise

HIGHEST = 87.33655      # -log of the least float32


def _means(x: Tensor, labels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The means (N, D) of groups of items, the group of each item (N,), how many there are.

    A group is as many items in a row as have, at the beginning, the first label.
    """
    labels = labels.detach().flatten()
    size = (labels == labels[0]).cumprod(0).sum().clamp(min=1)      # of NaN: no label is it
    group = torch.arange(len(x), device=x.device) // size
    sums = torch.zeros_like(x).index_add(0, group, x)
    return sums / size, group, len(x) // size


@layer
class VarLoss(Layer):
    """Variance within groups: half the mean squared distance of items to their group's mean.

    Bottoms: x (N, ...); labels (N,), no gradient. A group is as many items in a row as have, at the
             beginning, the first label.
    Top:     the loss (): sum |x - mean|^2 / (2 N).
    Errors:  SpecError for another number of labels than of items.
    Source:  var_loss_layer.cpp of liu-xb/GGL.
    """

    num_bottoms = (2, 2)
    loss = True
    no_gradient_bottoms = (1,)

    def __init__(self, spec: LayerSpec, x: Shape, labels: Shape):
        super().__init__(spec)
        check_one_label_an_item(spec, x, labels)

    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        x = precise(x).flatten(1)
        means, group, _ = _means(x, labels)
        return (x - means[group]).square().sum() / (2 * len(x))


@layer
class SetLoss2(Layer):
    """Distance between groups: the mean over pairs of groups of max(0, alpha - |a - b|^2 / 4).

    Bottoms: x (N, ...); labels (N,), no gradient; groups as VarLoss has them.
    Top:     the loss (), a and b being the groups' means; 0 for one group, where the original
             divides by 0.
    Errors:  SpecError for another number of labels than of items.
    Source:  SetLoss2Parameter; set_loss2_layer.cpp of liu-xb/GGL.
    """

    num_bottoms = (2, 2)
    loss = True
    no_gradient_bottoms = (1,)

    def __init__(self, spec: LayerSpec, x: Shape, labels: Shape):
        super().__init__(spec)
        honour(spec, "set_loss2_param", "alpha")
        check_one_label_an_item(spec, x, labels)
        self.alpha = spec.proto.set_loss2_param.alpha

    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        x = precise(x).flatten(1)
        means, _, num = _means(x, labels)
        squares = (means[:, None] - means).square().sum(2)
        number = torch.arange(len(x), device=x.device)
        pairs = (number[:, None] < number) & (number < num)
        hinge = (self.alpha - squares / 4).clamp(min=0).where(pairs, 0)
        return 2 * hinge.sum() / (num * (num - 1)).clamp(min=1)


@layer
class OrdinalRegressionLoss(Layer):
    """Ordinal regression: K binary softmax losses, whether the label is at least 0, 1, ..., K - 1.

    Bottoms: scores (N, 2 K): no and yes for each rank; labels (N,) from 0 to K - 1, no gradient.
    Top:     the loss (): the sum of the logarithmic losses, each times its rank's weight, over N.
             The weights are those in weight_file, else 1 / K.
    The original's gradient does not look at the loss_weight; here it is the derivative.
    Errors:  SpecError for another number of scores, a file that does not hold K numbers; DataError
             for labels beyond K.
    Source:  OrdinalRegressionLossParameter; ordinal_regression_loss_layer.cpp of
             luoyetx/OrdinalRegression; Niu et al. 2016.
    """

    num_bottoms = (2, 2)
    loss = True
    no_gradient_bottoms = (1,)

    def __init__(self, spec: LayerSpec, scores: Shape, labels: Shape):
        super().__init__(spec)
        field = "ordinal_regression_loss_param"
        honour(spec, field, "k weight_file")
        param = spec.proto.ordinal_regression_loss_param
        count = math.prod(scores[1:])
        self.num = param.k if param.HasField("k") else count // 2
        if self.num < 1 or count != 2 * self.num:
            raise spec.error(f"{field}.k", f"is {self.num}; the bottom holds {count} scores an "
                             "item, which must be twice as many")
        check_one_label_an_item(spec, scores, labels)
        self.weights = [1 / self.num] * self.num
        if param.weight_file:
            self.weights = self._read(param.weight_file)
        self.check = IndexCheck(spec, 1, labels, self.num, what="ranks")

    def _read(self, path: str) -> list[float]:
        try:
            return read_numbers(path, self.num, "ranks")
        except ValueError as error:
            raise self.spec.error("ordinal_regression_loss_param.weight_file",
                                  f"is '{path}', {error}") from None

    def forward(self, scores: Tensor, labels: Tensor) -> Tensor:
        pairs = precise(scores).reshape(len(scores), self.num, 2)
        rank = torch.arange(self.num, device=scores.device)
        reached = self.check(labels).reshape(-1, 1) >= rank
        margin = pairs[..., 1] - pairs[..., 0]
        each = F.softplus(torch.where(reached, -margin, margin))
        each = each - (each.detach() - HIGHEST).clamp(min=0)
        return (each * each.new_tensor(self.weights)).sum() / len(scores)


@layer
class RelevantLoss(Layer):
    """Squared loss of the differences between each two points: x and y of landmarks (RCC).

    Bottoms: x and target (N, 2 P), first all x, then all y.
    Top:     the loss (): over all pairs of points of one item the sum of the squared difference
             between the differences of x and of target, over 2 N. The original never empties its
             gradient from forward to forward, a fault; here it is the derivative.
    Errors:  SpecError if the bottoms differ in items or values, and for an odd number of values.
    Source:  relevant_loss_layer.cpp of nianfudong/RCC-loss.
    """

    num_bottoms = (2, 2)
    loss = True

    def __init__(self, spec: LayerSpec, x: Shape, target: Shape):
        super().__init__(spec)
        check_same_count(spec, x, target)
        if math.prod(x[1:]) % 2:
            raise spec.error("bottom", f"has the shape {tuple(x)}; an item must hold as many "
                             "x as y")

    def forward(self, x: Tensor, target: Tensor) -> Tensor:
        difference = (precise(x) - precise(target).reshape(x.shape)).flatten(1)
        half = difference.shape[1] // 2
        loss = difference.new_zeros(())
        for part in (difference[:, :half], difference[:, half:]):
            pairs = (part[:, :, None] - part[:, None]).square()
            loss = loss + pairs.triu(1).sum() / (2 * len(x))
        return loss
