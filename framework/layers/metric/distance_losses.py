"""Losses on distances of each item to a point of every class: contrastive and triplet."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.index_check import class_check
from framework.layers.params import honour, plain
from framework.ops.losses import GivenSlopes, precise


def _check(spec: LayerSpec, x: Shape, labels: Shape) -> None:
    """SpecError unless there is a label for each row, and there are classes to be told apart."""
    if math.prod(labels) != x[0]:
        raise spec.error("bottom", f"'{spec.bottoms[1]}' has the shape {tuple(labels)}; it must "
                         f"hold one label for each of the {x[0]} items of '{spec.bottoms[0]}'")
    if math.prod(x[1:]) < 2:
        raise spec.error("bottom", f"'{spec.bottoms[0]}' has the shape {tuple(x)}; there must be "
                         "distances to 2 classes or more")


@layer
class GeneralContrastiveLoss(Layer):
    """Contrastive loss: distances to the own class are to be short, to the others long.

    Bottoms: distances (N, C), as InnerDistance gives them; labels (N,); if given, other distances
             (N, C) that the loss is of, while the gradient still goes to the first bottom.
    Tops:    the loss (): for the own class min(max(d - positive_margin, 0),
             positive_outlier_thresh) * positive_weight, for others max(negative_margin - d, 0) *
             negative_weight, or exp(-d) * negative_weight for d < negative_margin with
             `exp_negative_weight`, summed, over N; if wanted, the means (2,) of both without
             weights, and with `add_intra_mae` the running mean: (3,).
    The gradient is the original's: -1 or 1 times the weight over N where the loss is not 0, which
    is not the derivative with positive_first or normalize_negative. max_negative_only begins its
    search at class 0, and max_positive_only keeps the item of the smallest loss, as there.
    Errors:  SpecError if labels are not N, or the bottoms differ in size.
    Source:  GeneralContrastiveParameter; general_constrastive_loss_layer.cpp of
             happynear/caffe-windows; Wang et al. 2017 (NormFace).
    """

    num_bottoms = (2, 3)
    num_tops = (1, 2)
    loss = True
    no_gradient_bottoms = (1, 2)
    intra_mae: Tensor

    def __init__(self, spec: LayerSpec, x: Shape, labels: Shape, *given: Shape):
        super().__init__(spec)
        name = "general_contrastive_loss_param"
        honour(spec, name, "positive_margin negative_margin positive_weight negative_weight "
               "normalize_negative positive_outlier_thresh square max_negative_only "
               "max_positive_only positive_first positive_upper_bound exp_negative_weight "
               "add_intra_mae max_negative_margin")
        given_fields = spec.proto.general_contrastive_loss_param
        self.param = param = plain(given_fields)
        _check(spec, x, labels)
        if given and math.prod(given[0]) != math.prod(x):
            raise spec.error("bottom[2]", f"has the shape {tuple(given[0])}; it must be that of "
                             f"the first, {tuple(x)}")
        self.limits_negatives = given_fields.HasField("normalize_negative")
        if self.limits_negatives and param.normalize_negative <= 0:
            raise spec.error(f"{name}.normalize_negative", f"is {param.normalize_negative:g}; it "
                             "must be above 0")
        self.check = class_check(spec, labels, math.prod(x[1:]))
        self.register_buffer("intra_mae", torch.zeros(()), persistent=False)

    def forward(self, x: Tensor, labels: Tensor, *given: Tensor) -> Tensor | tuple[Tensor, ...]:
        param = self.param
        rows = precise(x).flatten(1)
        data = (precise(given[0]).reshape(rows.shape) if given else rows).detach()
        own = F.one_hot(self.check(labels).reshape(-1), rows.shape[1]).bool()
        margin = param.negative_margin
        if param.add_intra_mae:
            margin = self.intra_mae.to(data.dtype) + margin
        near = (data - param.positive_margin).clamp(0, param.positive_outlier_thresh)
        short = (margin - data).relu()
        counts = ~own & (data < margin)
        cost = torch.where(own, near * param.positive_weight,
                           torch.where(counts, self._negative(data, short), 0))
        kept = self._kept(cost, own)
        first = (data * own).sum(1, keepdim=True) > param.positive_upper_bound
        late = ~own & first if param.positive_first else torch.zeros_like(own)
        loss = cost.where(kept & ~late, 0).abs().sum() / len(rows)
        slopes = self._slopes(data, own, counts & kept, kept, first)
        tops = (GivenSlopes.apply(rows, slopes / len(rows), loss),)
        means = (near.where(own, 0).sum() / len(rows),
                 short.where(counts, 0).sum() / len(rows) / (rows.shape[1] - 1))
        self._remember(means[0])
        if len(self.spec.tops) == 1:
            return tops[0]
        extra = (self.intra_mae.to(data.dtype),) if param.add_intra_mae else ()
        return (*tops, torch.stack([*means, *extra]))

    def _negative(self, data: Tensor, short: Tensor) -> Tensor:
        value = (-data).exp() if self.param.exp_negative_weight else short
        return value * self.param.negative_weight

    def _kept(self, cost: Tensor, own: Tensor) -> Tensor:
        """Which costs count: all unless a `max_..._only` is set."""
        kept = torch.ones_like(own)
        if self.param.max_positive_only:
            item = cost.where(own, torch.inf).amin(1).argmin()
            kept = kept & (~own | (torch.arange(len(own), device=own.device) == item)[:, None])
        if self.param.max_negative_only:
            column = torch.arange(own.shape[1], device=own.device)
            farthest = cost.where(~own | (column == 0), -torch.inf).argmax(1, keepdim=True)
            kept = kept & (own | (column == farthest))
        return kept

    def _slopes(self, data: Tensor, own: Tensor, counts: Tensor, kept: Tensor, first: Tensor
                ) -> Tensor:
        param = self.param
        inside = (data > param.positive_margin) & (data < param.positive_outlier_thresh) & kept
        if param.positive_first:
            inside = inside | first
            counts = counts & ~first
        step = torch.ones_like(data)
        if param.exp_negative_weight:
            step = (-data).exp()
        negative = step * param.negative_weight * counts
        if self.limits_negatives:
            share = negative.sum().abs() / param.normalize_negative / len(data)
            negative = torch.where(share > param.positive_weight, negative / share, negative)
        return torch.where(own, inside.to(data.dtype) * param.positive_weight, -negative)

    def _remember(self, mean: Tensor) -> None:
        counting = self.spec.phase == "TRAIN" and torch.is_grad_enabled() and not mean.is_meta
        if self.param.add_intra_mae and counting:
            with torch.no_grad():
                moved = 0.99 * self.intra_mae + 0.01 * mean.to(self.intra_mae.dtype)
                self.intra_mae.copy_(moved.clamp(max=self.param.max_negative_margin))


@layer
class GeneralTripletLoss(Layer):
    """Triplet loss: the own class must be nearer than every other one, by a margin.

    Bottoms: distances (N, C), as InnerDistance gives them; labels (N,); if given, a factor for
             the gradient of each item (N,).
    Tops:    the loss (): max(0, d[label] + margin - d[j]) * negative_weight, summed over j that
             is not the label, or the largest alone with `hardest_only`, over N; if wanted, the
             means (2,) of the distances to the own class and to others.
    The gradient is the original's: -negative_weight for each such j, positive_weight once for the
    label, and with `add_center_loss` for the label even where there is no such j. Items farther
    than positive_upper_bound from their class have only the latter with `positive_first`.
    Errors:  SpecError if labels or factors are not N.
    Source:  GeneralTripletParameter; general_triplet_loss_layer.cpp of happynear/caffe-windows.
    """

    num_bottoms = (2, 3)
    num_tops = (1, 2)
    loss = True
    no_gradient_bottoms = (1, 2)

    def __init__(self, spec: LayerSpec, x: Shape, labels: Shape, *factors: Shape):
        super().__init__(spec)
        honour(spec, "general_triplet_loss_param", "margin add_center_loss hardest_only "
               "positive_first positive_upper_bound positive_weight negative_weight")
        self.param = plain(spec.proto.general_triplet_loss_param)
        _check(spec, x, labels)
        if factors and math.prod(factors[0]) != x[0]:
            raise spec.error("bottom[2]", f"has the shape {tuple(factors[0])}; it must hold one "
                             f"factor for each of the {x[0]} items")
        self.check = class_check(spec, labels, math.prod(x[1:]))

    def forward(self, x: Tensor, labels: Tensor, *factors: Tensor) -> Tensor | tuple[Tensor, ...]:
        param = self.param
        rows = precise(x).flatten(1)
        data = rows.detach()
        own = F.one_hot(self.check(labels).reshape(-1), rows.shape[1]).bool()
        same = (data * own).sum(1, keepdim=True)
        excess = (same + param.margin - data).relu().where(~own, 0)
        if param.hardest_only:
            column = torch.arange(rows.shape[1], device=rows.device)
            excess = excess.where(column == excess.argmax(1, keepdim=True), 0)
        first = same > param.positive_upper_bound
        if param.positive_first:
            excess = excess.where(~first, 0)
        loss = (excess * param.negative_weight).abs().sum() / len(rows)
        active = excess > 0
        pulled = active.any(1, keepdim=True) | param.add_center_loss
        if param.positive_first:
            pulled = pulled | first
        slopes = torch.where(own, pulled.to(data.dtype) * param.positive_weight,
                             active.to(data.dtype) * -param.negative_weight)
        if factors:
            slopes = slopes * factors[0].detach().reshape(-1, 1).to(slopes.dtype)
        top = GivenSlopes.apply(rows, slopes / len(rows), loss)
        if len(self.spec.tops) == 1:
            return top
        other = data.where(~own, 0).sum() / len(rows) / (rows.shape[1] - 1)
        return top, torch.stack([same.mean(), other])
