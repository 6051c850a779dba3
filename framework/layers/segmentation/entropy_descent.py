"""CrfFilterbankEd: inference in a CRF with learned filters, by entropic gradient descent."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.params import LARGEST_STEP, honour, within
from framework.ops.losses import StraightThrough
from framework.proto import FillerParameter

FIELD = "crffilterbanked_param"
MOST_ITERATIONS = 100
EDGES = 3               # kinds of filters that init_filters knows: along x, along y, no edge
OF_EDGES = 0.1          # how strong the first filters across an edge are


@layer
class CrfFilterbankEd(Layer):
    """CRF inference by entropic descent (mirror descent), with a bank of filters for each class.

    Bottoms: probabilities p (N, C, H, W); shares of the F filters at each pixel (N, F, H, W).
    Top:     (N, C, H, W), x after num_iterations steps, which begin with p: x times exp(-t d),
             brought to a sum of 1 over the classes, t = sqrt(2 log(C) / step) / step_size_factor
             for step 1, 2, ... The energy's derivative d is -unary log(p + log_eps), and unless
             skip_pw_term the sum over filters of share times the filter's response to x.
    Blobs:   unary (1, 1, 1, 1), unary_weight_init at first; filters (C, C F, k, k), k =
             kernel_size, in the order of a convolution (C F, C, k, k): F filters of each class. At
             first 0, or with init_filters, of F = 3, Gaussians that repel other classes. Their
             middle does not learn unless keep_mid_ind_zero is false, nor with
             no_redundancy_weights those of a later class to an earlier one.
    Errors:  SpecError for debug_mode and div_epsilon, an even kernel_size, init_filters of other
             than 3 filters, and bottoms that do not fit.
    Source:  CrfFilterbankEdParameter; crf_filterbank_ed.cpp and entropy_descent_layer.cpp of
             maunzzz/caffe-crfgd; Larsson et al. 2018.
    """

    reads = (FIELD,)
    num_bottoms = (2, 2)
    no_onnx_form = "no graph of its steps is written"
    blobs_learn = (True, True)
    unary: Tensor
    filters: Tensor
    learns: Tensor

    def __init__(self, spec: LayerSpec, p: Shape, shares: Shape):
        super().__init__(spec)
        honour(spec, FIELD, "num_iterations step_size_factor log_eps kernel_size unary_weight_init "
               "no_redundancy_weights init_filters skip_pw_term keep_mid_ind_zero")
        self.param = param = spec.proto.crffilterbanked_param
        if len(p) != 4 or len(shares) != 4 or (p[0], *p[2:]) != (shares[0], *shares[2:]):
            raise spec.error("bottom", f"has the shapes {tuple(p)} and {tuple(shares)}; they must "
                             "be (N, C, H, W) and (N, F, H, W)")
        size, = within(spec, f"{FIELD}.kernel_size", (param.kernel_size,), 1, LARGEST_STEP)
        if size % 2 == 0:
            raise spec.error(f"{FIELD}.kernel_size", f"is {size}; it must be odd")
        self.num_steps, = within(spec, f"{FIELD}.num_iterations", (int(param.num_iterations),), 1,
                                 MOST_ITERATIONS)
        if param.init_filters and shares[1] != EDGES:
            raise spec.error(f"{FIELD}.init_filters", f"needs {EDGES} filters for each class; "
                             f"'{spec.bottoms[1]}' has {shares[1]}")
        self.classes, self.num_filters = p[1], shares[1]
        self.add_blob("unary", (1, 1, 1, 1),
                      FillerParameter(type="constant", value=param.unary_weight_init))
        self.add_blob("filters", (p[1], p[1] * shares[1], size, size), FillerParameter())
        self.register_buffer("learns", self._what_learns(size), persistent=False)

    def _what_learns(self, size: int) -> Tensor:
        """1 for each number of the filters that learns, else 0."""
        num, each = self.classes, self.num_filters
        learns = torch.ones(num, num * each, size, size)
        if self.param.keep_mid_ind_zero or self.param.no_redundancy_weights:
            learns[:, :, size // 2, size // 2] = 0
        if self.param.no_redundancy_weights:
            for row in range(num):
                learns[row, :each * row] = 0
        return learns

    def materialise(self, generator: torch.Generator) -> None:
        is_new = self.filters.is_meta
        super().materialise(generator)
        if is_new and self.param.init_filters:
            self.set_blob(1, nn.Parameter(self._first_filters() * self.learns,
                                          self.filters.requires_grad))

    def _first_filters(self) -> Tensor:
        size, num = self.param.kernel_size, self.classes
        steps = torch.arange(size) - size // 2
        bump = (-(steps[:, None] ** 2 + steps**2) / size).exp()
        signs = 1 - 2 * torch.eye(num)
        strengths = torch.tensor([OF_EDGES, OF_EDGES, 1.0])
        return (signs[:, None] * strengths[:, None]).reshape(num, -1)[..., None, None] * bump

    def multiply_adds(self, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        steps = 0 if self.param.skip_pw_term else self.num_steps
        return steps * self.filters.numel() * math.prod((bottoms[0][0], *bottoms[0][2:]))

    def forward(self, p: Tensor, shares: Tensor) -> Tensor:
        moving = self.filters * self.learns.to(self.filters.dtype)
        filters: Tensor = StraightThrough.apply(moving, self.filters.detach())
        bank = filters.reshape(-1, self.classes, *filters.shape[2:])
        unary = -self.unary.flatten() * (p + self.param.log_eps).log()
        x = p
        for step in range(self.num_steps):
            slopes = unary
            if not self.param.skip_pw_term:
                found = F.conv2d(x, bank, padding=bank.shape[-1] // 2)
                found = found.unflatten(1, (self.classes, self.num_filters))
                slopes = unary + (found * shares[:, None]).sum(2)
            length = math.sqrt(2 * math.log(self.classes) / (step + 1))
            moves = -length / self.param.step_size_factor * slopes
            x = x * (moves - moves.detach().amax(1, keepdim=True)).exp()
            x = x / x.sum(1, keepdim=True)
        return x
