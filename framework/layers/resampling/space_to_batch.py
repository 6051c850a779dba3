"""Space to batch and back: SpaceToBatchND and BatchToSpaceND, of TensorFlow's dilated convolutions.
"""

from __future__ import annotations

import math

from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import at_least, honour
from framework.ops.windows import pad_ends


@layer
class SpaceToBatchND(Layer):
    """Space to batch: every block_shape-th cell of the padded axes becomes an item of its own.

    Bottom: x (N, n1, ..., nM, rest...), M the numbers of block_shape; `paddings` are the zeros
            before and after each of these axes, p1 in all.
    Top:    y (b1 * ... * bM * N, (n1 + p1) / b1, ..., rest...): item (i1 * b2 + i2) * N + n holds
            the cells whose index is i1, i2 more than a multiple of b1, b2.
    Errors: SpecError where the numbers are not two for each axis, or a block does not divide the
            padded axis.
    Source: space_to_batch_nd_layer.cpp of foss-for-synopsys-dwc-arc-processors/synopsys-caffe;
            TensorFlow's operator of this name.
    """

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        field = "space_to_batch_nd_param"
        honour(spec, field, "block_shape paddings")
        param = spec.proto.space_to_batch_nd_param
        self.block = tuple(param.block_shape)
        self.before, self.after = _ends(spec, field, "paddings", self.block, x)
        for axis, block in enumerate(self.block):
            size = x[axis + 1] + self.before[axis] + self.after[axis]
            if size % block:
                raise spec.error(f"{field}.block_shape[{axis}]", f"is {block}; it must divide the "
                                 f"{size} cells of axis {axis + 1} with its padding")

    def forward(self, x: Tensor) -> Tensor:
        x = pad_ends(x.movedim(0, -1), *self._widths(x.dim())).movedim(-1, 0)
        split, order, last = self._moves(x.shape)
        return x.reshape(split).permute(order).reshape(-1, *last)

    def _widths(self, num_axes: int) -> tuple[list[int], list[int]]:
        """The padding of all axes, the batch last."""
        rest = [0] * (num_axes - len(self.block))
        return [*self.before, *rest], [*self.after, *rest]

    def _moves(self, padded: Shape) -> tuple[list[int], list[int], list[int]]:
        """Axes with each block apart, their order in the top, and the top's axes but the first."""
        num = len(self.block)
        sizes = [size // block for size, block in zip(padded[1:], self.block, strict=False)]
        rest = list(padded[num + 1:])
        split = [-1]
        for size, block in zip(sizes, self.block, strict=True):
            split += [size, block]
        order = [*range(2, 2 * num + 1, 2), 0, *range(1, 2 * num, 2),
                 *range(2 * num + 1, 2 * num + 1 + len(rest))]
        return split + rest, order, [*sizes, *rest]

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        x, shape = bottoms[0], graph.shape(bottoms[0])
        rest = [0] * (len(shape) - len(self.block) - 1)
        before, after = [0, *self.before, *rest], [0, *self.after, *rest]
        if any(before + after):
            x = graph.add("Pad", x, graph.integers(before + after))
        padded = tuple(n + b + a for n, b, a in zip(shape, before, after, strict=True))
        split, order, last = self._moves(padded)
        x = graph.add("Transpose", graph.reshape(x, split), perm=order)
        return [graph.reshape(x, [-1, *last])]


@layer
class BatchToSpaceND(Layer):
    """Batch to space: the way back of SpaceToBatchND, with `crops` cut off at last.

    Bottom: x (b1 * ... * bM * N, n1, ..., nM, rest...).
    Top:    y (N, n1 * b1 - c1, ..., rest...), c1 the sum of the two crops of the axis.
    Errors: SpecError where the numbers are not two for each axis, the blocks do not divide the
            batch, or the crops leave nothing.
    Source: batch_to_space_nd_layer.cpp of foss-for-synopsys-dwc-arc-processors/synopsys-caffe;
            TensorFlow's operator of this name.
    """

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        field = "batch_to_space_nd_param"
        honour(spec, field, "block_shape crops")
        self.block = tuple(spec.proto.batch_to_space_nd_param.block_shape)
        self.before, self.after = _ends(spec, field, "crops", self.block, x)
        if x[0] % math.prod(self.block):
            raise spec.error(f"{field}.block_shape", f"is {list(self.block)}; its product must "
                             f"divide the {x[0]} items of the bottom")
        for axis, block in enumerate(self.block):
            if self.before[axis] + self.after[axis] >= x[axis + 1] * block:
                raise spec.error(f"{field}.crops[{2 * axis}]", "and the next leave nothing of "
                                 f"{x[axis + 1] * block} cells")

    def _moves(self, shape: Shape) -> tuple[list[int], list[int], list[int]]:
        """Axes with the blocks before the batch, their order beside their axes, and the top's axes
        but the first before the crops."""
        num = len(self.block)
        split = [*self.block, -1, *shape[1:]]
        order = [num]
        for axis in range(num):
            order += [num + 1 + axis, axis]
        order += list(range(2 * num + 1, num + len(shape)))
        sizes = [size * block for size, block in zip(shape[1:], self.block, strict=False)]
        return split, order, [*sizes, *shape[num + 1:]]

    def forward(self, x: Tensor) -> Tensor:
        split, order, last = self._moves(x.shape)
        y = x.reshape(split).permute(order).reshape(-1, *last)
        for axis, (before, after) in enumerate(zip(self.before, self.after, strict=True), 1):
            y = y.narrow(axis, before, y.shape[axis] - before - after)
        return y

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        split, order, last = self._moves(graph.shape(bottoms[0]))
        y = graph.add("Transpose", graph.reshape(bottoms[0], split), perm=order)
        y = graph.reshape(y, [-1, *last])
        for axis, (before, after) in enumerate(zip(self.before, self.after, strict=True), 1):
            if before or after:
                y = graph.cut(y, axis, before, last[axis - 1] - after)
        return [y]


def _ends(spec: LayerSpec, field: str, name: str, block: tuple[int, ...], x: Shape
          ) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The numbers of `name` before and after each axis; SpecError if they are not two for each."""
    numbers = tuple(getattr(getattr(spec.proto, field), name))
    if not block or len(block) >= len(x):
        raise spec.error(f"{field}.block_shape", f"has {len(block)} numbers; it must have one for "
                         f"each axis after the batch that is divided, of a bottom of {len(x)} axes")
    at_least(spec, f"{field}.block_shape", block, 1)
    if len(numbers) != 2 * len(block):
        raise spec.error(f"{field}.{name}", f"has {len(numbers)} numbers; it must have two for "
                         f"each of block_shape, {2 * len(block)}")
    return numbers[::2], numbers[1::2]
