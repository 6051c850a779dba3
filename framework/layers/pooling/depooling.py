"""Depooling: the way back of a pooling to one cell of each window, and each cell's weight."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.index_check import IndexCheck
from framework.layers.onnx_reasons import UNWRITTEN
from framework.layers.params import (
    at_least,
    axis_sizes,
    check_four_axes,
    choice,
    honour,
    is_set,
    within,
)

FIELDS = "pool kernel_size stride pad kernel_h kernel_w stride_h stride_w pad_h pad_w"


@layer
class Depooling(Layer):
    """Unpooling: put each value of x into one cell of its window in a plane of zeros, and add up.

    Bottoms: x (N, C, H, W); with MAX or SWITCH, the mask of a MAX pooling, in the shape of x,
             without gradient.
    Tops:    y (N, C, (H - 1) stride_h - 2 pad_h + kernel_h, and so in width); then, if named, how
             many values each cell has, without gradient.
    MAX and SWITCH are the same: the cells that the mask names, h * W + w in a plane of the top.
    FIX has no mask: in each window row `fix_y` and column `fix_x`, or `fix` for both, without
    which it is the middle, kernel / 2 rounded down.
    Errors:  SpecError for other methods, padding with FIX, a cell outside of the window, a mask
             that is missing or of another shape, and without an output.
    Source:  depooling_layer.cpp and pooling_layer.cpp of YutingZhang/caffe-recon-dec; Zhang et al.
             2016.
    """

    reads = ("pooling_param",)
    num_bottoms = (1, 2)
    num_tops = (1, 2)
    no_gradient_bottoms = (1,)
    no_onnx_form = UNWRITTEN
    fork_fields = frozenset(f"pooling_param.{name}" for name in ("fix", "fix_x", "fix_y"))

    def __init__(self, spec: LayerSpec, x: Shape, mask: Shape | None = None):
        super().__init__(spec)
        check_four_axes(spec, x)
        method = choice(spec, "pooling_param", "pool", ("MAX", "SWITCH", "FIX"))
        honour(spec, "pooling_param", FIELDS + (" fix fix_x fix_y" if method == "FIX" else ""))
        self.kernel = axis_sizes(spec, "pooling_param.kernel_size", 2, None, 1)
        self.stride = axis_sizes(spec, "pooling_param.stride", 2, 1, 1)
        self.pad = axis_sizes(spec, "pooling_param.pad", 2, 0, 0)
        at_least(spec, "pooling_param.kernel_size", self._top_sizes(x[2:]), 1)
        self.cell = self._fixed_cell() if method == "FIX" else None
        if (mask is None) != (method == "FIX") or (mask is not None and tuple(mask) != tuple(x)):
            raise spec.error("bottom", f"has the shapes {tuple(x)} and {mask and tuple(mask)}; FIX "
                             "takes one, MAX and SWITCH a mask in the shape of the values too")
        self.check = IndexCheck(spec, 1, x, what="cells in a plane of the top")

    def _fixed_cell(self) -> tuple[int, int]:
        """Row and column in each window. SpecError for padding and for a cell outside."""
        param = self.spec.proto.pooling_param
        if any(self.pad):
            raise self.spec.error("pooling_param.pad", f"is {self.pad}; FIX has no padding")
        fields = ("fix_y", "fix_x") if is_set(param, "fix_y") else ("fix", "fix")
        rows, columns = self.kernel
        row, column = (within(self.spec, f"pooling_param.{field}", [getattr(param, field)], -1,
                              size - 1)[0] for field, size in zip(fields, self.kernel, strict=True))
        return (rows // 2 if row < 0 else row), (columns // 2 if column < 0 else column)

    def _top_sizes(self, plane: Sequence[int]) -> tuple[int, ...]:
        zipped = zip(plane, self.kernel, self.stride, self.pad, strict=True)
        return tuple((n - 1) * s + k - 2 * p for n, k, s, p in zipped)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor | tuple[Tensor, Tensor]:
        height, width = self._top_sizes(x.shape[2:])
        if self.cell is not None:
            row, column = (torch.arange(n, device=x.device) * step + start for n, step, start
                           in zip(x.shape[2:], self.stride, self.cell, strict=True))
            index = (row[:, None] * width + column).expand(x.shape)
        else:
            assert mask is not None
            mask = mask.detach()
            inside = (mask >= 0) & (mask < height * width)
            index = self.check.require(mask, inside, height * width).long()
        index = index.flatten(2)
        blank = x.new_zeros(*x.shape[:2], height * width)
        shape = (*x.shape[:2], height, width)
        y = blank.scatter_add(2, index, x.flatten(2)).view(shape)
        if len(self.spec.tops) == 1:
            return y
        return y, blank.scatter_add(2, index, torch.ones_like(x.detach()).flatten(2)).view(shape)
