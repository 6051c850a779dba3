"""SSIMLoss: what structural similarity in windows lacks of 1."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.loss.loss_settings import check_same_count
from framework.ops.losses import precise


@layer
class SSIMLoss(Layer):
    """Structural similarity (SSIM): the sum of 1 - SSIM over windows and channels, by N.

    Bottoms: x and target (N, C, H, W); no gradient goes to the target.
    Top:     the loss (). A window has kernel_size x kernel_size values with Gaussian weights of
             deviation kernel_size / 6 around (kernel_size / 2, kernel_size / 2), which sum to 1;
             of a last window that reaches beyond the map what is inside counts, with a smaller
             sum.
    Errors:  SpecError for other shapes, fields that are missing or 0, and maps smaller than a
             window.
    Source:  SSIMLossParameter; ssim_loss_layer.cpp of csjcai/SICE; Wang et al. 2004, Zhao et al.
             2015.
    """

    num_bottoms = (2, 2)
    loss = True
    no_gradient_bottoms = (1,)
    kernel: Tensor

    def __init__(self, spec: LayerSpec, x: Shape, target: Shape):
        super().__init__(spec)
        param = spec.proto.ssim_loss_param
        for field in ("kernel_size", "stride", "c1", "c2"):
            if not 0 < getattr(param, field) < math.inf:
                raise spec.error(f"ssim_loss_param.{field}", f"is {getattr(param, field):g}; it "
                                 "must be given, above 0")
        if len(x) != 4 or len(target) != 4:
            raise spec.error("bottom", f"has the shapes {tuple(x)} and {tuple(target)}; both must "
                             "be (N, C, H, W)")
        check_same_count(spec, x, target)
        size = param.kernel_size
        if min(x[2:]) < size:
            raise spec.error("ssim_loss_param.kernel_size", f"is {size}; the maps have "
                             f"{x[2]} x {x[3]}")
        squares = (torch.arange(size, dtype=torch.float64) - size / 2).square()
        bell = (-squares / (2 * (size / 6) ** 2)).exp()
        kernel = bell[:, None] * bell
        self.register_buffer("kernel", kernel / kernel.sum(), persistent=False)
        self.stride: int = param.stride
        self.constants = (param.c1, param.c2)

    def _means(self, x: Tensor) -> Tensor:
        """The weighted sums (N * C, 1, h, w) of the windows of x (N, C, H, W)."""
        size = self.kernel.shape[0]
        more = [(math.ceil((n - size) / self.stride) * self.stride + size - n)
                for n in (x.shape[3], x.shape[2])]
        padded = F.pad(x.flatten(0, 1)[:, None], (0, more[0], 0, more[1]))
        return F.conv2d(padded, self.kernel.to(x.dtype)[None, None], stride=self.stride)

    def forward(self, x: Tensor, target: Tensor) -> Tensor:
        x = precise(x)
        target = precise(target.detach()).reshape(x.shape)
        mean, wanted = self._means(x), self._means(target)
        variance = self._means(x.square()) - mean.square()
        wanted_variance = self._means(target.square()) - wanted.square()
        both = self._means(x * target) - mean * wanted
        c1, c2 = self.constants
        brightness = (2 * mean * wanted + c1) / (mean.square() + wanted.square() + c1)
        contrast = (2 * both + c2) / (variance + wanted_variance + c2)
        return (1 - brightness * contrast).sum() / len(x)
