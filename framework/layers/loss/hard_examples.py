"""Online hard example mining (OHEM): losses for each region, and the choice of the hardest."""

from __future__ import annotations

import math

from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.index_check import class_check, class_numbers
from framework.layers.loss.loss_settings import (
    BESIDE_IGNORED,
    check_labels,
    check_same_count,
    ignore_label,
    normalization,
)
from framework.layers.onnx_reasons import CHOOSES_EXAMPLES
from framework.layers.params import canonical_axis, check_sizes, honour
from framework.ops.by_item import by_item
from framework.ops.losses import log_loss, normalizer, precise, smooth_l1
from framework.ops.ranking import rank_within


@layer
class SoftmaxWithLossOHEM(Layer):
    """Softmax cross-entropy that can also give the loss of each label, for OHEM.

    Bottoms: scores, classes on `softmax_param.axis`; labels, one for each position.
    Tops:    the loss (); if wanted the probabilities, and the loss of each label in the shape of
             the labels, 0 where ignored. Only the first has a gradient.
    Errors:  SpecError if the number of labels is wrong.
    Source:  R-FCN (softmax_loss_ohem_layer.cu), Intel, bottom-up-attention.
    """

    reads = ("loss_param", "softmax_param")
    num_bottoms = (2, 2)
    num_tops = (1, 3)
    loss = True
    no_gradient_bottoms = (1,)

    def __init__(self, spec: LayerSpec, scores: Shape, labels: Shape):
        super().__init__(spec)
        honour(spec, "softmax_param", "axis")
        self.axis = canonical_axis(spec, "softmax_param.axis", spec.proto.softmax_param.axis,
                                   scores)
        check_labels(spec, scores, labels, self.axis)
        self.mode = normalization(spec)
        self.check = class_check(spec, labels, scores[self.axis], ignore=ignore_label(spec),
                                 ignore_field="loss_param.ignore_label")
        self.fixed = spec.proto.loss_param.pre_fixed_normalizer

    def forward(self, scores: Tensor, labels: Tensor) -> tuple[Tensor, ...]:
        scores = precise(scores)
        numbers, valid = class_numbers(self.check, labels, scores.shape, self.axis)
        each = log_loss(scores, numbers, self.axis)
        if valid is not None:
            each = each.where(valid, 0)
        loss = each.sum() / normalizer(self.mode, scores, self.axis, valid, self.fixed)
        others = scores.detach().softmax(self.axis), each.detach().reshape(labels.shape)
        return (loss, *others)[:len(self.spec.tops)]


@layer
class SmoothL1LossOHEM(Layer):
    """Smooth L1 loss with weights that can also give the loss of each position, for OHEM.

    Bottoms: x and target (N, C, ...), which both get a gradient; perhaps weights of that shape.
    Tops:    the loss (); if wanted the sum over C at each position, (N, 1, H, W), without gradient.
    With d = weight * (x - target): 0.5 d^2 where |d| < 1, else |d| - 0.5. The gradient is that of
    d, without the factor weight, as in the original (weights are 0 or 1).
    Normalizer: VALID (default) and FULL N * H * W, BATCH_SIZE N, NONE 1, PRE_FIXED
    pre_fixed_normalizer.
    Errors:  SpecError for sizes that differ.
    Source:  R-FCN (smooth_L1_loss_ohem_layer.cu), Intel, bottom-up-attention.
    """

    reads = ("loss_param",)
    num_bottoms = (2, 3)
    num_tops = (1, 2)
    loss = True
    no_gradient_bottoms = (2,)

    def __init__(self, spec: LayerSpec, x: Shape, *others: Shape):
        super().__init__(spec)
        for which, shape in enumerate(others, 1):
            check_same_count(spec, x, shape, which)
        self.mode = normalization(spec)
        self.fixed = spec.proto.loss_param.pre_fixed_normalizer

    def forward(self, x: Tensor, target: Tensor, *weights: Tensor) -> tuple[Tensor, ...]:
        difference = precise(x) - precise(target).reshape(x.shape)
        if weights:
            weighted = difference * weights[0].reshape(x.shape)
            # the value of `weighted` with the gradient of `difference`
            difference = difference + (weighted - difference).detach()
        each = smooth_l1(difference)
        loss = each.sum() / normalizer(self.mode, x, 1, None, self.fixed)
        if len(self.spec.tops) == 1:
            return (loss,)
        sums = each.detach().sum(1, keepdim=True)
        return loss, sums.reshape(*sums.shape, *([1] * (4 - sums.dim())))


@layer
class BoxAnnotatorOHEM(Layer):
    """Online hard example mining: keep labels and weights of the regions of largest loss.

    Bottoms: regions (R, 5, ...), whose first number is the image; losses (R, 1, ...); labels
             (R, 1, ...); weights (R, C, ...). No gradient goes to any.
    Tops:    labels (R, 1, H, W), `ignore_label` for all but the `roi_per_img` largest losses of
             each image (of equal ones the earlier); weights (R, C, H, W), 0 for the others.
    Errors:  SpecError for roi_per_img 0, or shapes that do not fit.
    Source:  R-FCN (box_annotator_ohem_layer.cpp), Intel, bottom-up-attention; Shrivastava et al.
             2016.
    """

    reads = ("loss_param",)
    unread = BESIDE_IGNORED | {"loss_param.ignore_label"}      # its own message has one
    num_bottoms = (4, 4)
    num_tops = (2, 2)
    no_gradient_bottoms = (0, 1, 2, 3)
    no_onnx_form = CHOOSES_EXAMPLES

    def __init__(self, spec: LayerSpec, rois: Shape, *others: Shape):
        super().__init__(spec)
        param = spec.proto.box_annotator_ohem_param
        check_sizes(spec, "box_annotator_ohem_param", "roi_per_img")
        self.most = param.roi_per_img
        self.ignore = param.ignore_label
        num_positions = math.prod(rois[2:])
        if len(rois) < 2 or rois[1] != 5:
            raise spec.error("bottom", f"'{spec.bottoms[0]}' has the shape {tuple(rois)}; it must "
                             "be (R, 5, ...)")
        for name, shape in zip(spec.bottoms[1:], others, strict=True):
            fits = shape[0] == rois[0] and math.prod(shape[2:]) == num_positions
            one_each = name == spec.bottoms[3] or math.prod(shape) == rois[0] * num_positions
            if not (fits and one_each):
                raise spec.error("bottom", f"'{name}' has the shape {tuple(shape)}, which does not "
                                 f"fit regions of shape {tuple(rois)}")

    def forward(self, rois: Tensor, losses: Tensor, labels: Tensor,
                weights: Tensor) -> tuple[Tensor, ...]:
        image = rois[:, 0].reshape(-1).long()
        kept = rank_within(image, losses.reshape(-1)) < self.most
        shape = rois.shape[0], 1, *rois.shape[2:], *([1] * (4 - rois.dim()))
        kept = kept.reshape(shape)
        weights = by_item(weights, -1, *shape[2:])
        return labels.reshape(shape).where(kept, self.ignore), weights.where(kept, 0)
