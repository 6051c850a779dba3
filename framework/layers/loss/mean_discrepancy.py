"""Maximum mean discrepancy of two batches (MMDLoss), by sampled pairs."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.params import honour
from framework.ops.losses import GivenSlopes, precise

MOST_KERNELS = 128      # the original has 5
FURTHEST = 87.0         # the logarithm of what is still well within float32, both ways


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
        if not 1 <= param.kernel_num <= MOST_KERNELS or not param.kernel_mul > 0:
            raise spec.error("mmd_param", f"has kernel_num {param.kernel_num} and kernel_mul "
                             f"{param.kernel_mul:g}; the first must be from 1 to {MOST_KERNELS}, "
                             "the second above 0")
        middle = param.kernel_num // 2
        if abs(math.log(param.kernel_mul)) * middle > FURTHEST:
            raise spec.error("mmd_param.kernel_mul", f"is {param.kernel_mul:g}; {param.kernel_num} "
                             "kernels take gamma by its powers beyond float32")
        self.factors = [param.kernel_mul ** (index - middle) for index in range(param.kernel_num)]
        self.fixed = param.fix_gamma
        self.register_buffer("gamma", torch.tensor(-1.0), persistent=False)

    def forward(self, source: Tensor, target: Tensor) -> Tensor:
        source, target = precise(source.flatten(1)), precise(target.flatten(1))
        gamma = self._gamma(torch.cat([source, target]).detach())
        number = max(len(source), len(target))
        first, second = _pairs(source, number)
        third, fourth = _pairs(target, number)
        total = sum((self._kernel(a, b, gamma) * sign for a, b, sign in (
            (first, second, 1), (third, fourth, 1), (first, fourth, -1), (second, third, -1))),
            start=source.new_zeros(()))
        return GivenSlopes.apply(total, total.new_tensor(1 / number), total)

    def _gamma(self, items: Tensor) -> Tensor:
        squares = (items * items).sum(1)
        distances = squares[:, None] + squares - 2 * items @ items.t()
        number = len(items)
        gamma = (number * number - number) / distances.clamp(min=0).sum().clamp(min=1e-30)
        if not self.fixed:
            return gamma
        if not self.gamma.is_meta:
            with torch.no_grad():
                self.gamma.copy_(torch.where(self.gamma < 0, gamma.to(self.gamma), self.gamma))
        return self.gamma.to(gamma)

    def _kernel(self, a: Tensor, b: Tensor, gamma: Tensor) -> Tensor:
        distances = (a - b).square().sum(1)
        widths = gamma * distances.new_tensor(self.factors)
        return torch.exp(-widths[:, None] * distances).sum()


def _pairs(items: Tensor, number: int) -> tuple[Tensor, Tensor]:
    """Two different items for each of `number` draws."""
    size = len(items)
    first, second = torch.randint(size, (2, number), device=items.device)
    second = torch.where(first == second, (second + 1) % size, second)
    return items[first], items[second]
