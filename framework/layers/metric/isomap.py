"""Losses of deep manifold embedding: labels are parts of classes, `class_k` of them in each class.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.index_check import IndexCheck, class_check, class_numbers
from framework.layers.loss.loss_settings import (
    check_labels,
    check_one_label_an_item,
    ignore_label,
    normalization,
    shape_of_labels,
)
from framework.layers.params import canonical_axis, check_sizes, honour
from framework.ops.losses import StraightThrough, log_loss, normalizer, precise

NEAR = 1e-4     # a squared distance below it counts as none yet


@layer
class IsomapManifoldLearningLoss(Layer):
    """Manifold embedding loss: items of a part of a class are near, parts of two classes far.

    Bottoms: x (N, C); labels, one for each item: class * class_k + part. No gradient goes to them.
    Top:     the loss (): intra_weight times the squared distances of the items of each part from
             its mean, summed, plus inter_weight times the sum of margin - d over all parts of two
             classes, or 0 where that sum is negative. d is the least squared distance of their
             items. The gradient is that of the sum, where it is negative too.
    Parts count if both have items. A squared distance below 0.0001 counts as none yet: the next one
    of the search, item by item of the lower class and in it of the higher class, replaces it; parts
    whose d stays so add nothing.
    Errors:  SpecError for other shapes, and for sizes of 0. DataError for a label outside of
             num_output * class_k.
    Source:  isomap_manifold_learning_loss_layer.cpp of shendu-sw/deep-manifold-embedding; Gong et
             al. 2021.
    """

    num_bottoms = (2, 2)
    loss = True
    no_gradient_bottoms = (1,)

    @classmethod
    def assumed_bottom(cls, spec: LayerSpec, index: int, bottoms: Sequence[Shape]
                       ) -> Shape | None:
        return (bottoms[0][0], 1) if index == 1 and bottoms[0] else None

    def __init__(self, spec: LayerSpec, x: Shape, labels: Shape):
        super().__init__(spec)
        field = "isomap_manifold_learning_loss_param"
        honour(spec, field, "margin num_output class_k inter_weight intra_weight axis")
        param = spec.proto.isomap_manifold_learning_loss_param
        check_one_label_an_item(spec, x, labels)
        axis = canonical_axis(spec, f"{field}.axis", param.axis, x)
        if axis != 1 or math.prod(x[2:]) != 1:
            raise spec.error("bottom", f"'{spec.bottoms[0]}' has the shape {tuple(x)}; it must be "
                             "(N, C), with axis: 1")
        check_sizes(spec, field, "num_output class_k")
        self.parts = param.class_k
        self.num = param.num_output * param.class_k
        self.margin = param.margin
        self.weights = param.intra_weight, param.inter_weight
        self.check = IndexCheck(spec, 1, labels, self.num, what="parts of classes",
                                hint=f"{field}.num_output or class_k is too small")

    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        x = precise(x).flatten(1)
        part = self.check(labels).flatten()
        numbers = torch.arange(self.num, device=x.device)
        members = part == numbers[:, None]                      # (parts, N)
        intra, inter = self.weights
        far = self._far(x, members)
        value: Tensor = StraightThrough.apply(far, far.detach().clamp(min=0))
        return intra * _spread(x, members) + inter * value

    def _far(self, x: Tensor, members: Tensor) -> Tensor:
        """The sum of margin - d over the parts of two classes."""
        squares = x.square().sum(1)
        apart = squares[:, None] + squares - 2 * x @ x.t()
        found = apart.detach()
        near, other = _search(found, members)                   # (N, parts)
        least, item = _search(near.t(), members)                # (higher part, lower part)
        other = other.t().gather(1, item)
        d = apart.flatten().gather(0, (item * len(x) + other).flatten()).reshape(least.shape)
        kind = torch.arange(self.num, device=x.device) // self.parts
        counts = (least > NEAR) & (kind < kind[:, None])
        return (self.margin - d).where(counts, 0).sum()


def _spread(x: Tensor, members: Tensor) -> Tensor:
    """The squared distances of items from the mean of their part, summed."""
    shares = members.to(x.dtype)
    means = shares @ x / shares.sum(1, keepdim=True).clamp(min=1)
    return (x - shares.t() @ means).square().sum()


def _search(values: Tensor, members: Tensor) -> tuple[Tensor, Tensor]:
    """For each row of `values` (R, N) and each part, what a search through its items ends with.

    It keeps the least value, the first of equal ones, but begins again after one below NEAR.
    members  (parts, N)
    Returns values (R, parts), 0 for parts without items, and the items' numbers.
    """
    number = torch.arange(values.shape[1], device=values.device)
    is_near = (values < NEAR)[:, None] & members
    last = number.where(is_near, -1).amax(2)                    # the last one below NEAR
    end = number.where(members, -1).amax(1)
    after = members & (number > last[:, :, None])
    least, item = values[:, None].masked_fill(~after, torch.inf).min(2)
    at_end = last == end
    item = torch.where(at_end, last.clamp(min=0), item)
    return torch.where(at_end, values.gather(1, item), least).where(end >= 0, 0), item


@layer
class IsomapSoftmaxWithLoss(Layer):
    """Softmax cross-entropy of classes, the labels being parts of classes: class * class_k + part.

    Bottoms: scores, any shape with the classes on `softmax_param.axis`; labels, one for each
             position, which are divided by class_k and cut.
    Tops:    the loss (), as SoftmaxWithLoss's; if wanted the probabilities, without gradient.
    The original divides the labels themselves, so that layers after it read classes; here they
    stay. An ignore_label is compared with the class.
    Errors:  SpecError if the number of labels is wrong, and for class_k below 1. DataError for
             labels outside of the classes.
    Source:  isomap_softmax_loss_layer.cpp of shendu-sw/deep-manifold-embedding.
    """

    reads = ("loss_param", "softmax_param")
    num_bottoms = (2, 2)
    num_tops = (1, 2)
    loss = True
    no_gradient_bottoms = (1,)

    @classmethod
    def assumed_bottom(cls, spec: LayerSpec, index: int, bottoms: Sequence[Shape]
                       ) -> Shape | None:
        axis = spec.proto.softmax_param.axis
        return shape_of_labels(bottoms[0], axis) if index == 1 and bottoms[0] else None

    def __init__(self, spec: LayerSpec, scores: Shape, labels: Shape):
        super().__init__(spec)
        honour(spec, "softmax_param", "axis")
        honour(spec, "isomap_softmax_with_loss_param", "class_k")
        self.parts = spec.proto.isomap_softmax_with_loss_param.class_k
        check_sizes(spec, "isomap_softmax_with_loss_param", "class_k")
        self.axis = canonical_axis(spec, "softmax_param.axis", spec.proto.softmax_param.axis,
                                   scores)
        check_labels(spec, scores, labels, self.axis)
        self.mode = normalization(spec)
        self.fixed = spec.proto.loss_param.pre_fixed_normalizer
        self.check = class_check(spec, labels, scores[self.axis], ignore=ignore_label(spec),
                                 ignore_field="loss_param.ignore_label")

    def forward(self, scores: Tensor, labels: Tensor) -> Tensor | tuple[Tensor, ...]:
        scores = precise(scores)
        kinds = (labels.detach().trunc() / self.parts).trunc()
        numbers, valid = class_numbers(self.check, kinds, scores.shape, self.axis)
        each = log_loss(scores, numbers, self.axis)
        if valid is not None:
            each = each.where(valid, 0)
        loss = each.sum() / normalizer(self.mode, scores, self.axis, valid, self.fixed)
        if len(self.spec.tops) < 2:
            return loss
        return loss, scores.detach().softmax(self.axis)
