"""Max pooling that keeps the positions of the maxima beside them as items, and its way back."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.index_check import IndexCheck
from framework.layers.onnx_reasons import UNWRITTEN
from framework.layers.params import axis_sizes, canonical_axis, check_four_axes, honour
from framework.layers.pooling.pooling import read_window, whole_plane
from framework.layers.resampling.resize import put
from framework.ops.pooling import max_pool
from framework.proto import enum_name

FIELDS = "pool kernel_size stride pad kernel_h kernel_w stride_h stride_w pad_h pad_w"


@layer
class PoolingSwitches(Layer):
    """Max pooling, and after its items as many again: the positions of the maxima.

    Bottom: x (N, C, H, W).
    Top:    y (2 N, C, top_h, top_w): the maxima as in Pooling, then the index h * W + w of each,
            without gradient; float32 of a bottom of halves, which hold no large index.
    The gradient is the derivative; the original's writes beyond its bottom.
    Errors: SpecError as in Pooling, and for AVE and STOCHASTIC, which give no positions.
    Source: pooling_switches_layer.cpp of piergiaj/caffe-deconvnet; Zeiler and Fergus 2014.
    """

    reads = ("pooling_param",)
    no_onnx_form = UNWRITTEN

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "pooling_param", f"{FIELDS} global_pooling")
        _check(spec, x)
        self.whole = spec.proto.pooling_param.global_pooling
        self.window = read_window(spec, x)

    def forward(self, x: Tensor) -> Tensor:
        window = whole_plane(x.shape[2:]) if self.whole else self.window
        largest, positions = max_pool(x, window, with_mask=True)
        return torch.cat([largest.to(positions.dtype), positions])   # halves stop at 2048


@layer
class InvPooling(Layer):
    """The way back of PoolingSwitches: values at the positions that the first items name.

    Bottom: x (2 N, C, H, W): N items of positions, then N of values.
    Top:    y (N, C, (H - 1) stride_h - 2 pad_h + kernel_h, and so in width), 0 but for the values.
            Of several values for one cell the last one counts.
    The gradient goes to the values, to each of several for one cell as in Unpooling; the original's
    reads positions that it never wrote.
    Errors: SpecError for an odd number of items, AVE, STOCHASTIC and global_pooling; DataError for
            a position beyond the plane.
    Source: inv_pooling_layer.cpp of piergiaj/caffe-deconvnet; Zeiler and Fergus 2014.
    """

    reads = ("pooling_param",)
    no_onnx_form = UNWRITTEN
    needs_float32 = True

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "pooling_param", FIELDS)
        _check(spec, x)
        if x[0] % 2:
            raise spec.error("bottom", f"has the shape {tuple(x)}; its first axis must be even: "
                             "positions, then as many values")
        self.kernel, self.stride, self.pad = (
            axis_sizes(spec, f"pooling_param.{field}", 2, default, least)
            for field, default, least in (("kernel_size", None, 1), ("stride", 1, 1), ("pad", 0, 0))
        )
        if min(self._plane(x)) < 1:
            raise spec.error("pooling_param.pad", f"is {self.pad}, which leaves no output of the "
                             f"bottom {tuple(x)}")
        self.check = IndexCheck(spec, 0, x, what="cells in a plane of the top")

    def _plane(self, shape: Shape | torch.Size) -> tuple[int, ...]:
        """Height and width of the top."""
        zipped = zip(shape[2:], self.kernel, self.stride, self.pad, strict=True)
        return tuple((n - 1) * s - 2 * p + k for n, k, s, p in zipped)

    def forward(self, x: Tensor) -> Tensor:
        positions, values = x.chunk(2)
        height, width = self._plane(x.shape)
        positions = self.check(positions, height * width)
        return put(values, positions, height, width)

    def example_bottom(self, index: int, shapes: Sequence[Shape]) -> Tensor | None:
        return torch.arange(math.prod(shapes[0])).reshape(shapes[0]) % math.prod(
            self._plane(shapes[0]))


@layer
class SliceHalf(Layer):
    """Cut the bottom in two on `axis` (old name: `slice_dim`), after as many as half the items.

    Bottom: x (N, ...).
    Tops:   the first N / 2 of the axis, whichever it is, rounded down; and the rest.
    Errors: SpecError for both names of the axis, and where a piece would be empty.
    Source: slice_half_layer.cpp of piergiaj/caffe-deconvnet.
    """

    reads = ("slice_param",)
    num_tops = (2, 2)
    no_onnx_form = UNWRITTEN

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "slice_param", "axis slice_dim")
        param = spec.proto.slice_param
        if param.HasField("slice_dim") and param.HasField("axis"):
            raise spec.error("slice_param.slice_dim", "is the old name of axis, which is given "
                             "too; keep one of them")
        field = "slice_dim" if param.HasField("slice_dim") else "axis"
        self.axis = canonical_axis(spec, f"slice_param.{field}", getattr(param, field), x)
        if not 0 < x[0] // 2 < x[self.axis]:
            raise spec.error("bottom", f"has the shape {tuple(x)}; half of its {x[0]} items must "
                             f"be inside of axis {self.axis}")

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        first = x.shape[0] // 2
        return x.split([first, x.shape[self.axis] - first], self.axis)


def _check(spec: LayerSpec, x: Shape) -> None:
    """SpecError but for maps, and maxima."""
    method = enum_name(spec.proto.pooling_param, "pool")
    if method != "MAX":
        raise spec.error("pooling_param.pool", f"is {method}; only MAX is supported")
    check_four_axes(spec, x)
