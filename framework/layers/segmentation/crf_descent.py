"""Inference in a CRF with a learned spatial and a learned bilateral filter (CrfEd, CrfGrad)."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from framework.definition.spec import LayerSpec
from framework.errors import DataError
from framework.layers.base import Layer, Shape, layer, uncompiled
from framework.layers.params import LARGEST_STEP, honour, within
from framework.ops.lattice_convolution import (
    ConvolvedLattice,
    LatticeConvolution,
    gaussian_weights,
    make_convolved_lattice,
    neighbour_steps,
)
from framework.ops.losses import precise
from framework.proto import FillerParameter

MOST_ITERATIONS = 100
FEATURES = 5            # for which the original fills its filter: position and three colours


class _Filtered(Layer):
    """What CrfEd and CrfGrad share: their blobs, and the slope of the energy that these make."""

    num_bottoms = (2, 2)
    no_gradient_bottoms = (1,)
    no_onnx_form = "no graph of its steps is written"
    blobs_learn = (True,) * 3
    unary: Tensor
    spatial: Tensor
    bilateral: Tensor

    def add_filters(self, field: str, p: Shape, features: Shape) -> None:
        """Check the bottoms and read the fields that both messages have; add the blobs."""
        spec = self.spec
        self.param = getattr(spec.proto, field)
        if len(p) != 4 or len(features) != 4 or (p[0], *p[2:]) != (features[0], *features[2:]) \
                or features[1] != FEATURES:
            raise spec.error("bottom", f"has the shapes {tuple(p)} and {tuple(features)}; they "
                             f"must be (N, C, H, W) and (N, {FEATURES}, H, W)")
        if self.param.num_classes != p[1]:
            raise spec.error(f"{field}.num_classes", f"is {self.param.num_classes}; the bottom has "
                             f"{p[1]} channels")
        size, = within(spec, f"{field}.kernel_size", (self.param.kernel_size,), 1, LARGEST_STEP)
        if size % 2 == 0:
            raise spec.error(f"{field}.kernel_size", f"is {size}; it must be odd")
        self.num_steps, = within(spec, f"{field}.num_iterations",
                                 (int(self.param.num_iterations),), 1, MOST_ITERATIONS)
        constant = FillerParameter(type="constant", value=self.param.unary_weight_init)
        self.add_blob("unary", (1, 1, 1, 1), constant)
        self.add_blob("spatial", (p[1], p[1], size, size), FillerParameter())
        self.add_blob("bilateral", (p[1], p[1], 1, len(neighbour_steps(FEATURES + 1))),
                       FillerParameter())

    def materialise(self, generator: torch.Generator) -> None:
        is_new = self.bilateral.is_meta
        super().materialise(generator)
        if is_new:
            self.set_blob(2, nn.Parameter(self.first_bilateral(self.bilateral.shape[0]),
                                          self.bilateral.requires_grad))

    def multiply_adds(self, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        """Those of the spatial filter; on the lattice the image decides."""
        return self.num_steps * self.spatial.numel() * math.prod(
            (bottoms[0][0], *bottoms[0][2:]))

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        return [bottoms[0]]

    def first_bilateral(self, classes: int) -> Tensor:
        """A Gaussian of each class for itself, which lowers its energy."""
        own = torch.eye(classes)[:, :, None, None]
        return -self.param.pl_filter_init_scale * own * torch.from_numpy(
            gaussian_weights(FEATURES + 1))

    def energy_slope(self, p: Tensor, features: Tensor, conv: bool = True,
                     lattice: bool = True) -> Callable[[Tensor], Tensor]:
        """The slope of the energy at x, as a function of x (N, C, H, W); p is where it begins."""
        lattices = [self._lattice(item) for item in features.detach()] if lattice else []
        own = -self.unary.to(p.dtype).flatten() * (p + self.param.log_eps).log()

        def slope(x: Tensor) -> Tensor:
            found = own
            if conv:
                spatial = self.spatial.to(p.dtype)
                found = found + F.conv2d(x, spatial, padding=spatial.shape[-1] // 2)
            if lattice:
                bilateral = self.bilateral[:, :, 0].to(p.dtype)
                planes = [LatticeConvolution.apply(item.flatten(1), bilateral, held)
                          for item, held in zip(x, lattices, strict=True)]
                found = found + torch.stack(planes).reshape(x.shape)
            return found

        return slope

    def _lattice(self, features: Tensor) -> ConvolvedLattice:
        try:
            return make_convolved_lattice(
                np.ascontiguousarray(features.flatten(1).T.float().cpu().numpy()))
        except ValueError as error:
            raise DataError(f"{self.spec.place()}: the features in blob '{self.spec.bottoms[1]}' "
                            f"{error}") from None


class _Step(torch.autograd.Function):
    """x exp(m), over its sum along the classes. In the gradient of x numbers below eps are
    divided by themselves plus eps, or left if the next one is below it too."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, moves: Tensor, eps: float) -> Tensor:  # Any: torch
        y = x * (moves - moves.amax(1, keepdim=True)).exp()
        y = y / y.sum(1, keepdim=True)
        ctx.save_for_backward(x, y)
        ctx.eps = eps
        return y

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, None]:
        x, y = ctx.saved_tensors
        rest = gradient - (gradient * y).sum(1, keepdim=True)
        small = x < ctx.eps
        ratio = y / torch.where(small, x + ctx.eps, x)
        ratio = torch.where(small & (y < ctx.eps), 1.0, ratio)
        return rest * ratio, rest * y, None


@layer
class CrfEd(_Filtered):
    """CRF inference by entropic descent (mirror descent) with a spatial and a bilateral filter.

    Bottoms: probabilities p (N, C, H, W); features of each pixel (N, 5, H, W), as PixelFeature
             gives them, in units of the filter's standard deviation. These get no gradient.
    Top:     (N, C, H, W), x after num_iterations steps, which begin with p: x times exp(-t d),
             brought to a sum of 1 over the classes, t = sqrt(2 log(C) / step) / step_size_factor
             for step 1, 2, ... The energy's slope d is -unary log(p + log_eps), plus a convolution
             of x by spatial and one on the permutohedral lattice of the features by bilateral.
             skip_conv_term and skip_pl_term leave these out.
    Blobs:   unary (1, 1, 1, 1), unary_weight_init at first; spatial (C, C, k, k), 0 at first;
             bilateral (C, C, 1, 63), a number for each neighbour, at first that of each class for
             itself a Gaussian times -pl_filter_init_scale.
    In the gradient of a step probabilities below div_epsilon are divided as the original does.
    Errors:  SpecError for debug_mode, calculate_energy, clip_pl_gradients and
             spatial_filter_init_weight, an even kernel_size, other features than 5, and bottoms
             that do not fit; DataError for features that are not finite.
    Source:  CrfEdParameter; crf_ed_layer.cpp and entropy_descent_layer.cpp of
             maunzzz/caffe-crfgd; Larsson et al. 2018.
    """

    reads = ("crfed_param",)

    def __init__(self, spec: LayerSpec, p: Shape, features: Shape):
        super().__init__(spec)
        honour(spec, "crfed_param", "num_iterations step_size_factor log_eps kernel_size "
               "num_classes pl_filter_init_scale unary_weight_init skip_pl_term "
               "skip_conv_term div_epsilon")
        self.add_filters("crfed_param", p, features)

    def multiply_adds(self, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        skips = self.param.skip_conv_term
        return 0 if skips else super().multiply_adds(bottoms, tops)

    @uncompiled
    def forward(self, p: Tensor, features: Tensor) -> Tensor:
        param = self.param
        x = given = precise(p)
        slope = self.energy_slope(given, features, not param.skip_conv_term,
                                  not param.skip_pl_term)
        for step in range(self.num_steps):
            length = math.sqrt(2 * math.log(p.shape[1]) / (step + 1)) / param.step_size_factor
            x = _Step.apply(x, -length * slope(x), param.div_epsilon)
        return x.to(p.dtype)


@layer
class CrfGrad(_Filtered):
    """CRF inference by projected gradient descent with a spatial and a bilateral filter.

    Bottoms: as of CrfEd.
    Top:     (N, C, H, W), x after num_iterations steps, which begin with p: x - step_size d, then
             brought near the simplex: the number t is taken away with which the values above it
             sum to 1, and what is then below 0 is multiplied by leak_factor. d is CrfEd's slope.
    Blobs:   as of CrfEd.
    Errors:  SpecError for debug_mode and calculate_energy, and as CrfEd.
    Source:  CrfGradParameter; crf_grad_layer.cpp of maunzzz/caffe-crfgd; Larsson et al. 2017.
    """

    reads = ("crfgrad_param",)

    def __init__(self, spec: LayerSpec, p: Shape, features: Shape):
        super().__init__(spec)
        honour(spec, "crfgrad_param", "leak_factor num_iterations step_size log_eps kernel_size "
               "num_classes pl_filter_init_scale unary_weight_init")
        self.add_filters("crfgrad_param", p, features)

    @uncompiled
    def forward(self, p: Tensor, features: Tensor) -> Tensor:
        param = self.param
        x = given = precise(p)
        slope = self.energy_slope(given, features)
        for _ in range(self.num_steps):
            x = _near_simplex(x - param.step_size * slope(x), param.leak_factor)
        return x.to(p.dtype)


def _near_simplex(x: Tensor, leak: float) -> Tensor:
    """x - t, times leak where that is not above 0; the values above t (N, 1, ...) exceed it by 1.
    """
    ordered = x.sort(dim=1, descending=True).values
    numbers = torch.arange(1, x.shape[1] + 1, device=x.device).reshape(-1, *(1,) * (x.dim() - 2))
    thresholds = (ordered.cumsum(1) - 1) / numbers
    # how many are above their own threshold: the first that is not ends the search
    ends = thresholds[:, :-1] >= ordered[:, 1:]
    count = torch.cat([ends, torch.ones_like(ends[:, :1])], 1).int().argmax(1, keepdim=True)
    rest = x - thresholds.gather(1, count)
    return torch.where(rest > 0, rest, leak * rest)
