"""Winograd: a convolution whose learned weights are those of tiles (SkimCaffe)."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from framework.definition.spec import LayerSpec
from framework.layers.base import Shape, layer
from framework.layers.params import check_four_axes, honour
from framework.layers.vision.filters import read_geometry, top_sizes
from framework.layers.weighted import Weighted

TILE = 4            # outputs on each axis of a tile
Rows = tuple[tuple[float, ...], ...]
# G, A and B for kernels of 3 and of 5 values; G and B are over a divisor
G3 = ((6, 0, 0), (-4, -4, -4), (-4, 4, -4), (1, 2, 4), (1, -2, 4), (0, 0, 24))
A3 = ((1, 0, 0, 0), (1, 1, 1, 1), (1, -1, 1, -1), (1, 2, 4, 8), (1, -2, 4, -8), (0, 0, 0, 1))
B3 = ((4, 0, 0, 0, 0, 0), (0, -4, 4, -2, 2, 4), (-5, -4, -4, -1, -1, 0), (0, 1, -1, 2, -2, -5),
      (1, 1, 1, 1, 1, 0), (0, 0, 0, 0, 0, 1))
G5 = ((180, 0, 0, 0, 0), (-40, -40, -40, -40, -40), (-40, 40, -40, 40, -40), (2, 4, 8, 16, 32),
      (2, -4, 8, -16, 32), (16, 8, 4, 2, 1), (16, -8, 4, -2, 1), (0, 0, 0, 0, 180))
A5 = (*A3[:5], (8, 4, 2, 1), (8, -4, 2, -1), (0, 0, 0, 1))
B5 = ((4, 0, 0, 0, 0, 0, 0, 0), (0, 4, -4, 2, -2, 8, -8, -4), (-21, 4, 4, 1, 1, 16, 16, 0),
      (0, -17, 17, -10, 10, -10, 10, 21), (21, -17, -17, -5, -5, -20, -20, 0),
      (0, 4, -4, 8, -8, 2, -2, -21), (-4, 4, 4, 4, 4, 4, 4, 0), (0, 0, 0, 0, 0, 0, 0, 4))


def divided(rows: Rows, divisor: float) -> Rows:
    return tuple(tuple(value / divisor for value in row) for row in rows)


FORMS = {3: (divided(G3, 24), A3, B3), 5: (divided(G5, 180), A5, divided(B5, 4))}


@layer
class Winograd(Weighted):
    """Convolution by Winograd's minimal filtering, F(4x4, 3x3) or F(4x4, 5x5), of learned tiles.

    Bottom: x (N, C, H, W).
    Top:    y (N, num_output, h, w), size = n + 2 pad - kernel + 1: A^T (weight * (B^T d B)) A for
            each tile d of M x M values, M = kernel + 3, whose outputs are 4 x 4.
    Blobs:  weight (M, M, num_output, C / group), which at first is G w G^T of a kernel w by
            weight_filler; bias (num_output,) unless `bias_term: false`.
    The weights learn as they are: they need not be those of a kernel any more. A weights file of
    a Convolution, whose kernels the original transforms when it reads them, is refused.
    Errors: SpecError for a stride or dilation, or another kernel than 3 x 3 or 5 x 5.
    Source: winograd_layer.cpp, winograd.hpp of IntelLabs/SkimCaffe; Lavin and Gray 2016.
    """

    reads = ("convolution_param",)
    weights_in = "convolution_param"
    no_onnx_form = "its weights are those of tiles, which no operator takes"

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "convolution_param", "num_output bias_term pad kernel_size group stride "
               "weight_filler bias_filler pad_h pad_w kernel_h kernel_w stride_h stride_w dilation")
        check_four_axes(spec, x)
        self.geometry = at = read_geometry(spec, x)
        if set(at.stride + at.dilation) != {1}:
            raise spec.error("convolution_param.stride", f"is {at.stride}, and dilation "
                             f"{at.dilation}; both must be 1")
        if at.kernel not in ((3, 3), (5, 5)):
            raise spec.error("convolution_param.kernel_size", f"is {at.kernel}; it must be 3 or 5")
        self.g, self.a, self.b = FORMS[at.kernel[0]]
        self.add_weights((len(self.a), len(self.a), at.num_output, at.channels // at.group),
                         (at.num_output,))

    def materialise(self, generator: torch.Generator) -> None:
        is_new = self.weight.is_meta
        super().materialise(generator)
        if not is_new:
            return
        at, param = self.geometry, self.spec.proto.convolution_param
        kernels = torch.zeros(at.num_output, at.channels // at.group, *at.kernel)
        self._fill("weight", kernels, param.weight_filler, generator)
        by_kernel: Rows = tuple(zip(*self.g, strict=True))
        with torch.no_grad():
            self.weight.copy_(transformed(kernels, by_kernel).permute(2, 3, 0, 1))

    def multiply_adds(self, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        batch, _, *sizes = tops[0]
        return batch * self.weight.numel() * math.prod(-(-size // TILE) for size in sizes)

    def forward(self, x: Tensor) -> Tensor:
        at, tile = self.geometry, len(self.a)
        high, wide = top_sizes("Conv", x.shape[2:], at)
        rows, columns = -(-high // TILE), -(-wide // TILE)
        sides = [part for size, pad, count in ((x.shape[3], at.pad[1], columns),
                                               (x.shape[2], at.pad[0], rows))
                 for part in (pad, (count - 1) * TILE + tile - pad - size)]
        tiles = F.pad(x, sides).unfold(2, tile, TILE).unfold(3, tile, TILE)
        seen = transformed(tiles, self.b).unflatten(1, (at.group, at.channels // at.group))
        weight = self.weight.unflatten(2, (at.group, at.num_output // at.group))
        made = torch.einsum("yxgoc,ngcijyx->ngoijyx", weight, seen)
        y = transformed(made, self.a).transpose(4, 5)
        y = y.reshape(len(x), at.num_output, rows * TILE, columns * TILE)[:, :, :high, :wide]
        return y if self.bias is None else y + self.bias[:, None, None]


def transformed(tiles: Tensor, rows: Rows) -> Tensor:
    """R^T d R of each tile d, the last two axes; R is small and has many zeros, hence the sums."""
    for axis in (-2, -1):
        parts = tiles.unbind(axis)
        tiles = torch.stack([
            torch.stack([part * factor for part, factor in zip(parts, column, strict=True)
                         if factor]).sum(0)
            for column in zip(*rows, strict=True)], axis)
    return tiles
