"""Maximum mean discrepancy of two batches (MMDLoss), or of their classes (MMDXLoss), by sampled
pairs."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer, uncompiled
from framework.layers.params import honour
from framework.ops.kernel_discrepancy import discrepancy, inverse_width
from framework.ops.losses import GivenSlopes, precise

MOST_KERNELS = 128      # the original has 5
FURTHEST = 87.0         # the logarithm of what is still well within float32, both ways


def kernel_factors(spec: LayerSpec, message: str, of_number: str, of_ratio: str) -> list[float]:
    """The factors on gamma of each kernel, a ratio from one to the next, 1 in the middle.

    of_number, of_ratio  the fields of the message that state how many there are, and the ratio
    Raises SpecError for a number of 0 or above 128, and factors beyond float32.
    """
    param = getattr(spec.proto, message)
    number, ratio = getattr(param, of_number), getattr(param, of_ratio)
    if not 1 <= number <= MOST_KERNELS or not ratio > 0:
        raise spec.error(message, f"has {of_number} {number} and {of_ratio} {ratio:g}; the first "
                         f"must be from 1 to {MOST_KERNELS}, the second above 0")
    middle = number // 2
    if abs(math.log(ratio)) * middle > FURTHEST:
        raise spec.error(f"{message}.{of_ratio}", f"is {ratio:g}; {number} kernels take gamma by "
                         "its powers beyond float32")
    return [ratio ** (index - middle) for index in range(number)]


@layer
class MMDLoss(Layer):
    """Maximum mean discrepancy between the items of two domains, by kernels of several widths.

    Bottoms: source (N, ...) and target (M, ...), items of one size.
    Top:     the loss (): over max(N, M) draws of two source items s, s' and two target items t, t'
             the sum of k(s, s') + k(t, t') - k(s, t') - k(s', t), where k is a sum of kernel_num
             Gaussians exp(-gamma_i d^2). gamma is the inverse of the mean squared distance of all
             items, that of the first batch with fix_gamma, and its gamma_i are multiplied by
             kernel_mul from one to the next, the middle one being gamma.
    The gradient is that of the loss divided by max(N, M), gamma being fixed in it. The original
    draws other pairs in its backward than in its forward; here they are the same.
    Errors:  SpecError for items of two sizes, a single item, a kernel_num of 0 or above 128, and
             widths beyond float32.
    Source:  MMDParameter; mmd_layer.cu of 201528014227051/DAN; Long et al. 2015. mmd_loss_param:
             mmd_loss_layer.cpp of JiahaoLi-gdut/CAFFE-DACH.
    """

    reads = ("mmd_param",)
    num_bottoms = (2, 2)
    loss = True
    gamma: Tensor

    def __init__(self, spec: LayerSpec, source: Shape, target: Shape):
        super().__init__(spec)
        honour(spec, "mmd_param", "kernel_num kernel_mul fix_gamma")
        param = spec.proto.mmd_param
        if math.prod(source[1:]) != math.prod(target[1:]) or min(source[0], target[0]) < 2:
            raise spec.error("bottom", f"has the shapes {tuple(source)} and {tuple(target)}; both "
                             "must have two items or more, of one size")
        self.factors = kernel_factors(spec, "mmd_param", "kernel_num", "kernel_mul")
        self.fixed = param.fix_gamma
        self.register_buffer("gamma", torch.tensor(-1.0), persistent=False)

    def forward(self, source: Tensor, target: Tensor) -> Tensor:
        source, target = precise(source.flatten(1)), precise(target.flatten(1))
        gamma = self._gamma(torch.cat([source, target]).detach())
        total = discrepancy(source, target, gamma, self.factors)
        number = max(len(source), len(target))
        return GivenSlopes.apply(total, total.new_tensor(1 / number), total)

    def _gamma(self, items: Tensor) -> Tensor:
        gamma = inverse_width(items)
        if not self.fixed:
            return gamma
        if not self.gamma.is_meta:
            with torch.no_grad():
                self.gamma.copy_(torch.where(self.gamma < 0, gamma.to(self.gamma), self.gamma))
        return self.gamma.to(gamma)


@layer
class MMDXLoss(Layer):
    """Maximum mean discrepancy between each class of one batch and each other class of a second.

    Bottoms: source (N, ...) and target (M, ...), items of one size; a label of each source item
             and of each target item.
    Top:     the loss (): the sum of what two batches have, with a gamma of its own, over all pairs
             of a source label and another target label. The original adds it to that of the
             forward before.
    The gradient is that of each pair's loss divided by the larger of the two numbers of items; a
    pair of classes of which one has a single item has none.
    Errors:  SpecError for items of two sizes, labels that are not one for each item, a kernel_numb
             of 0 or above 128, and widths beyond float32.
    Source:  MMDXLossParameter; mmdx_loss_layer.cpp of JiahaoLi-gdut/CAFFE-DACH.
    """

    reads = ("mmdx_loss_param",)
    num_bottoms = (4, 4)
    no_gradient_bottoms = (2, 3)
    loss = True

    def __init__(self, spec: LayerSpec, source: Shape, target: Shape, *labels: Shape):
        super().__init__(spec)
        honour(spec, "mmdx_loss_param", "kernel_numb kernel_mult")
        if math.prod(source[1:]) != math.prod(target[1:]):
            raise spec.error("bottom", f"has the shapes {tuple(source)} and {tuple(target)}; both "
                             "must have items of one size")
        for shape, items in zip(labels, (source, target), strict=True):
            if shape[:1] != items[:1] or math.prod(shape) != items[0]:
                raise spec.error("bottom", f"has labels of the shape {tuple(shape)}; they must be "
                                 f"{items[0]}, one for each item")
        self.factors = kernel_factors(spec, "mmdx_loss_param", "kernel_numb", "kernel_mult")

    def forward(self, source: Tensor, target: Tensor, *labels: Tensor) -> Tensor:
        source, target = precise(source.flatten(1)), precise(target.flatten(1))
        if source.is_meta:
            return source.new_zeros(())
        return self._sum_of_pairs(source, target, *(each.detach().flatten() for each in labels))

    @uncompiled
    def _sum_of_pairs(self, source: Tensor, target: Tensor, source_labels: Tensor,
                      target_labels: Tensor) -> Tensor:
        from_labels, to_labels = (labels.nan_to_num().long()
                                  for labels in (source_labels, target_labels))
        loss = source.new_zeros(())
        for label in from_labels.unique():
            of_label = source[from_labels == label]
            for other in to_labels[to_labels != label].unique():
                of_other = target[to_labels == other]
                gamma = inverse_width(torch.cat([of_label, of_other]).detach())
                total = discrepancy(of_label, of_other, gamma, self.factors)
                single = min(len(of_label), len(of_other)) < 2
                slope = 0.0 if single else 1 / max(len(of_label), len(of_other))
                loss = loss + GivenSlopes.apply(total, total.new_tensor(slope), total)
        return loss
