"""Losses of few-shot detectors (LSTD): a quiet background, and what another classifier gives."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.loss.loss_settings import normalization
from framework.layers.params import canonical_axis, check_four_axes, honour
from framework.ops.losses import LARGEST_LOG_LOSS, GivenSlopes, normalizer, precise

ITEM, CORNERS = 0, slice(3, 7)      # columns of SSD's labels


@layer
class RestrainLoss(Layer):
    """Half the mean square of a map outside of all boxes.

    Bottoms: x (N, C, H, W); truth (1, 1, G, 8), rows of item, label, instance, x1 y1 x2 y2 in
             parts of the image, difficult. No gradient goes to it.
    Top:     the loss (): the sum of x^2 outside over 2 m, m the number of values of x less those
             in the boxes, each box counted. A box has the cells from round(corner * spatial_scale)
             on, cut to the map. A row of the item -1, which ends the original, is left out.
    Errors:  SpecError for bottoms of other shapes.
    Source:  RestrainLossParameter; restrain_loss_layer.cpp of haochen-rye/LSTD; Chen et al. 2018.
    """

    reads = ("restrain_loss_param",)
    num_bottoms = (2, 2)
    no_gradient_bottoms = (1,)
    loss = True

    @classmethod
    def assumed_bottom(cls, spec: LayerSpec, index: int, bottoms: Sequence[Shape]
                       ) -> Shape | None:
        return (1, 1, 1, 8) if index == 1 else None

    def __init__(self, spec: LayerSpec, x: Shape, truth: Shape):
        super().__init__(spec)
        honour(spec, "restrain_loss_param", "spatial_scale")
        check_four_axes(spec, x)
        if len(truth) != 4 or truth[3] != 8:
            raise spec.error("bottom", f"has a truth of the shape {tuple(truth)}; it must be "
                             "(1, 1, G, 8)")
        self.scale = spec.proto.restrain_loss_param.spatial_scale

    def forward(self, x: Tensor, truth: Tensor) -> Tensor:
        x = precise(x)
        rows = truth.detach().to(x.dtype).reshape(-1, 8, 1, 1)
        corners = (rows[:, CORNERS] * self.scale + 0.5).floor()
        left, top = corners[:, 0].clamp(min=0), corners[:, 1].clamp(min=0)
        right, bottom = corners[:, 2].clamp(max=x.shape[3]), corners[:, 3].clamp(max=x.shape[2])
        row = torch.arange(x.shape[2], device=x.device)[:, None]
        column = torch.arange(x.shape[3], device=x.device)
        cells = (row >= top) & (row < bottom) & (column >= left) & (column < right)
        of_item = rows[:, ITEM, 0] == torch.arange(len(x), device=x.device)     # (G, N)
        inside = of_item[:, :, None, None] & cells[:, None]
        number = x.numel() - inside.sum() * x.shape[1]
        outside = x.masked_fill(inside.any(0)[:, None], 0)
        return outside.square().sum() / (2 * number)


@layer
class SoftmaxWithCrossEntropyLoss(Layer):
    """Kullback-Leibler divergence of the softmax of scores from that of other scores.

    Bottoms: scores, and others of the same shape, which get no gradient; the classes are on
             `softmax_param.axis`.
    Tops:    the loss (): sum t (log t - log p), p and t the two softmaxes, over a normalizer: VALID
             (default) and FULL the number of positions, BATCH_SIZE the product of the axes before
             the classes, NONE 1; if wanted, p without a gradient. No logarithm is below -87.3365.
    Errors:  SpecError for bottoms of two shapes, and for an ignore_label.
    Source:  softmax_cross_entropy_loss_layer.cpp of haochen-rye/LSTD; Chen et al. 2018.
    """

    reads = ("loss_param", "softmax_param")
    num_bottoms = (2, 2)
    num_tops = (1, 2)
    no_gradient_bottoms = (1,)
    loss = True

    def __init__(self, spec: LayerSpec, scores: Shape, others: Shape):
        super().__init__(spec)
        honour(spec, "softmax_param", "axis")
        self.axis = canonical_axis(spec, "softmax_param.axis", spec.proto.softmax_param.axis,
                                   scores)
        if tuple(scores) != tuple(others):
            raise spec.error("bottom", f"has the shapes {tuple(scores)} and {tuple(others)}; they "
                             "must be one")
        self.mode = normalization(spec)
        self.fixed = spec.proto.loss_param.pre_fixed_normalizer
        if spec.proto.loss_param.HasField("ignore_label"):
            raise spec.error("loss_param.ignore_label", "is given; there are no labels here")

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        return [(), bottoms[0]][:len(self.spec.tops)]

    def forward(self, scores: Tensor, others: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        scores = precise(scores)
        logs = scores.detach().log_softmax(self.axis)
        wanted = precise(others).detach().log_softmax(self.axis).to(scores.dtype)
        divisor = normalizer(self.mode, scores, self.axis, None, self.fixed)
        found, target = logs.exp(), wanted.exp()
        apart = wanted.clamp(min=-LARGEST_LOG_LOSS) - logs.clamp(min=-LARGEST_LOG_LOSS)
        loss: Tensor = GivenSlopes.apply(scores, (found - target) / divisor,
                                         (target * apart).sum() / divisor)
        return (loss, found) if len(self.spec.tops) == 2 else loss
