"""Reduction by sum or mean, and argmax (top-k)."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_graph import END, Names, OnnxGraph
from framework.layers.params import canonical_axis, check_four_axes, honour
from framework.ops.by_item import by_item
from framework.ops.ranking import largest
from framework.proto import enum_name


@layer
class Reduction(Layer):
    """Reduce all axes from `axis` on to one value: sum, absolute sum, sum of squares or mean.

    Bottom: (d0, ..., dn).
    Top:    (d0, ..., d[axis-1]); coeff times the SUM, the sum of absolute values (ASUM), of
            squares (SUMSQ), or the MEAN.
    Source: ReductionParameter in caffe.proto; BVLC reduction_layer.cpp.
    """

    needs_float32 = True

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        param = spec.proto.reduction_param
        self.operation = enum_name(param, "operation")
        self.axis = canonical_axis(spec, "reduction_param.axis", param.axis, x)
        self.coeff = param.coeff

    def forward(self, x: Tensor) -> Tensor:
        x = x.flatten(self.axis)
        match self.operation:
            case "SUM":
                y = x.sum(-1)
            case "ASUM":
                y = x.abs().sum(-1)
            case "SUMSQ":
                y = x.square().sum(-1)
            case _:
                y = x.mean(-1)
        return y if self.coeff == 1 else y * self.coeff

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        kind = {"SUM": "ReduceSum", "ASUM": "ReduceL1", "SUMSQ": "ReduceSumSquare",
                "MEAN": "ReduceMean"}[self.operation]
        axes = list(range(self.axis, len(graph.shape(bottoms[0]))))
        y = graph.reduce(kind, bottoms[0], axes, False)
        return [y if self.coeff == 1 else graph.add("Mul", y, graph.floats(self.coeff))]


@layer
class ArgMax(Layer):
    """Argmax: the indices of the `top_k` largest values, the best first; of equal ones the later.

    Bottom: (N, ...); without `axis` the values of an item are one row.
    Top:    with `axis`: the bottom's shape with top_k on the axis, indices, or values if
            `out_max_val`. Without: (N, 1, top_k) indices, or (N, 2, top_k), indices and then
            values, followed by axes of size 1 if the bottom has more than 3.
    Indices are numbers of the bottom's type (at least float32). No gradient reaches the bottom.
    Errors: SpecError if top_k is 0 or more than there are values.
    Source: ArgMaxParameter in caffe.proto; BVLC argmax_layer.cpp.
    """

    no_gradient_bottoms = (0,)
    refuses_gradient = True
    needs_float32 = True

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        param = spec.proto.argmax_param
        self.top_k = param.top_k
        self.out_max_val = param.out_max_val
        self.axis: int | None = None
        if param.HasField("axis"):
            self.axis = canonical_axis(spec, "argmax_param.axis", param.axis, x)
        size = torch.Size(x[1:]).numel() if self.axis is None else x[self.axis]
        if not 1 <= self.top_k <= size:
            raise spec.error("argmax_param.top_k", f"is {self.top_k}; it must be from 1 to the "
                             f"number of values, {size}")

    def forward(self, x: Tensor) -> Tensor:
        rows = by_item(x, -1) if self.axis is None else x
        axis = 1 if self.axis is None else self.axis
        values, indices = largest(rows, self.top_k, axis)
        numbers = indices.to(torch.promote_types(x.dtype, torch.float32))
        if self.axis is not None:
            return values if self.out_max_val else numbers
        if self.out_max_val:
            top = torch.stack([numbers, values.to(numbers.dtype)], 1)
        else:
            top = numbers.unsqueeze(1)
        return top.reshape(*top.shape, *([1] * (x.dim() - 3)))

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        """TopK of the reversed row: of equal values ONNX takes the first, the original the last."""
        x, shape = bottoms[0], graph.shape(bottoms[0])
        axis = 1 if self.axis is None else self.axis
        if self.axis is None and len(shape) != 2:
            x = graph.reshape(x, [0, -1])
        size = math.prod(shape[1:]) if self.axis is None else shape[axis]
        if self.top_k == 1 and self.axis is not None and not self.out_max_val:
            place = graph.add("ArgMax", x, axis=axis, select_last_index=1)
            return [graph.add("Cast", place, to=1)]
        values, places = graph.add_several("TopK", 2, graph.cut(x, axis, -1, -END),
                                           graph.integers([self.top_k]), axis=axis)
        numbers = graph.add("Cast", graph.add("Sub", graph.integers(size - 1), places), to=1)
        if self.axis is not None:
            return [values if self.out_max_val else numbers]
        ones = [1] * max(0, len(shape) - 3)
        if not self.out_max_val:
            return [graph.reshape(numbers, [0, 1, self.top_k, *ones])]
        both = graph.add("Concat", numbers, values, axis=1)
        return [graph.reshape(both, [0, 2, self.top_k, *ones])]


@layer
class ChannelReduce(Layer):
    """Groups of channels as one channel: their sum or the first of the highest.

    Bottom: x (N, C, H, W). Top: (N, num_channels, H, W), of C / num_channels channels each.
    Errors: SpecError for another number of axes, and a num_channels that does not divide C.
    Source: ChannelReduceParameter; channel_reduce_layer.cpp of aharley/segaware.
    """

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "channel_reduce_param", "num_channels operation")
        param = spec.proto.channel_reduce_param
        check_four_axes(spec, x)
        if not 0 < param.num_channels <= x[1] or x[1] % param.num_channels:
            raise spec.error("channel_reduce_param.num_channels", f"is {param.num_channels}; it "
                             f"must divide the {x[1]} channels of the bottom")
        self.num = param.num_channels
        self.sums = enum_name(param, "operation") == "SUM"

    def forward(self, x: Tensor) -> Tensor:
        groups = x.unflatten(1, (self.num, -1))
        top: Tensor = groups.sum(2) if self.sums else groups.max(2).values
        return top

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        _, channels, height, width = graph.shape(bottoms[0])
        groups = graph.reshape(bottoms[0], [-1, self.num, channels // self.num, height, width])
        return [graph.reduce("ReduceSum" if self.sums else "ReduceMax", groups, [2], False)]
