"""Concat, slice, split, silence and elementwise operations on several blobs."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.coordinates import POINTWISE, CoordinateMap
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import canonical_axis, check_same_shape, choice, honour
from framework.proto import LayerParameter


def _axis(spec: LayerSpec, param: str, old: str, shape: Shape) -> int:
    """The axis of Concat or Slice, by its present name or by its old one; SpecError for both."""
    message = getattr(spec.proto, param)
    if message.HasField(old):
        if message.HasField("axis"):
            raise spec.error(f"{param}.{old}", "is the old name of axis; keep one of them")
        return canonical_axis(spec, f"{param}.{old}", getattr(message, old), shape)
    return canonical_axis(spec, f"{param}.axis", message.axis, shape)


@layer
class Concat(Layer):
    """Concatenate the bottoms along `axis` (old name: `concat_dim`).

    Bottoms: any number, equal but for the size on the axis.
    Top:     their values in order. With Intel's `per_fla_fuse` and axis 1 each bottom is flattened
             from axis 1 on, and the top is (N, sum, 1, ...), of as many axes as the bottoms.
    Errors:  SpecError for an axis that is not there, or for other sizes that differ.
    Source:  ConcatParameter in caffe.proto; BVLC concat_layer.cpp; mkldnn_concat_layer.cpp of
             intel/caffe, which looks at per_fla_fuse on axis 1 alone.
    """

    num_bottoms = (1, None)

    @classmethod
    def assumed_bottom(cls, spec: LayerSpec, index: int, bottoms: Sequence[Shape]
                       ) -> Shape | None:
        """Where it has no axis to be joined along, like a bottom that has more, or a column, its
        last size being that on the axis; of maps, as high and wide as the first other ones, beside
        rows alone a row; a row beside maps is maps of one value."""
        own = bottoms[index]
        axis = cls.joint_axis(spec.proto)
        if axis == 1 and len(own) in (2, 4):
            others = [x for at, x in enumerate(bottoms) if at != index and len(x) in (2, 4)]
            return (*own[:2], *max(others, key=len, default=own)[2:])
        if 0 < len(own) <= axis != 1:
            return next(((*other[:axis], own[-1], *other[axis + 1:]) for other in bottoms
                         if len(other) > axis), None)
        if not axis == len(own) == 1:
            return None
        return next(((*own, *other[1:]) for other in bottoms if len(other) > 1), (*own, 1))

    def __init__(self, spec: LayerSpec, *bottoms: Shape):
        super().__init__(spec)
        honour(spec, "concat_param", "axis concat_dim per_fla_fuse")
        self.axis = _axis(spec, "concat_param", "concat_dim", bottoms[0])
        self.flattens = spec.proto.concat_param.per_fla_fuse and self.axis == 1
        if not self.flattens:
            check_same_shape(spec, bottoms, self.axis)
        elif len({(len(x), x[0]) for x in bottoms}) > 1:
            found = " and ".join(map(str, bottoms))
            raise spec.error("bottom", f"has the shapes {found}; with per_fla_fuse they must have "
                             "as many axes, and agree on axis 0")

    @staticmethod
    def joint_axis(proto: LayerParameter) -> int:
        """`axis`, or its old name."""
        param = proto.concat_param
        return param.concat_dim if param.HasField("concat_dim") else param.axis

    @classmethod
    def coordinate_map(cls, proto: LayerParameter) -> CoordinateMap:
        if proto.concat_param.per_fla_fuse:
            raise ValueError("flattens its bottoms (per_fla_fuse)")
        return POINTWISE

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        first = bottoms[0]
        if self.flattens:
            total = sum(math.prod(shape[1:]) for shape in bottoms)
            return [(first[0], total, *(1,) * (len(first) - 2))]
        total = sum(shape[self.axis] for shape in bottoms)
        return [(*first[:self.axis], total, *first[self.axis + 1:])]

    def forward(self, *bottoms: Tensor) -> Tensor:
        if not self.flattens:
            return torch.cat(bottoms, self.axis)
        rows = torch.cat([x.flatten(1) for x in bottoms], 1)
        return rows.reshape(*rows.shape, *(1,) * (bottoms[0].dim() - 2))

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        if self.flattens:
            axes = len(graph.shape(bottoms[0]))
            bottoms = [graph.reshape(x, [-1, math.prod(graph.shape(x)[1:]), *(1,) * (axes - 2)])
                       for x in bottoms]
        return [graph.add("Concat", *bottoms, axis=self.axis)] if len(bottoms) > 1 else bottoms


@layer
class Slice(Layer):
    """Slice the bottom along `axis` (old name: `slice_dim`) at each `slice_point`.

    Bottom: any shape.
    Tops:   the pieces in order; without points they are equally large.
    Errors: SpecError if the points do not rise, are not inside the axis or are not one fewer
            than the tops; without points, if the tops do not divide the axis.
    Source: SliceParameter in caffe.proto; BVLC slice_layer.cpp.
    """

    num_tops = (1, None)

    @classmethod
    def assumed_bottom(cls, spec: LayerSpec, index: int, bottoms: Sequence[Shape]
                       ) -> Shape | None:
        """As long as the pieces need it: the last is as long as the one before it."""
        x = bottoms[0]
        param = spec.proto.slice_param
        axis = cls.cut_axis(spec.proto)
        if not 0 <= axis <= len(x):
            return None
        points = [0, *param.slice_point]
        size = 2 * points[-1] - points[-2] if param.slice_point else len(spec.tops)
        return (*x[:axis], size, *x[axis + 1:]) if size > 0 else None

    @classmethod
    def coordinate_map(cls, proto: LayerParameter) -> CoordinateMap:
        if cls.cut_axis(proto) not in (0, 1):
            raise ValueError("cuts an axis of the image")
        return POINTWISE

    @staticmethod
    def cut_axis(proto: LayerParameter) -> int:
        """`axis`, or its old name."""
        param = proto.slice_param
        return param.slice_dim if param.HasField("slice_dim") else param.axis

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "slice_param", "axis slice_dim slice_point")
        self.axis = _axis(spec, "slice_param", "slice_dim", x)
        self.points = list(spec.proto.slice_param.slice_point)
        size = x[self.axis]
        num_tops = len(spec.tops)
        if not self.points:
            if size % num_tops:
                raise spec.error("top", f"is given {num_tops} times, which does not divide the "
                                 f"size {size} of axis {self.axis}; give slice_point")
            return
        field = "slice_param.slice_point"
        if len(self.points) != num_tops - 1:
            raise spec.error(field, f"is given {len(self.points)} times; {num_tops} tops "
                             f"need {num_tops - 1}")
        edges = [0, *self.points, size]
        if any(low >= high for low, high in pairwise(edges)):
            raise spec.error(field, f"is {self.points}; the points must rise between 0 and the "
                             f"size {size} of axis {self.axis}")

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        size = x.shape[self.axis]
        num_tops = len(self.spec.tops)
        if not self.points:
            return x.split(size // num_tops, self.axis)
        edges = [0, *self.points, size]
        return x.split([high - low for low, high in pairwise(edges)], self.axis)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        size, num_tops = graph.shape(bottoms[0])[self.axis], len(self.spec.tops)
        if num_tops == 1:
            return bottoms
        edges = [0, *self.points, size]
        sizes = [high - low for low, high in pairwise(edges)] if self.points else \
            [size // num_tops] * num_tops
        return graph.add_several("Split", num_tops, bottoms[0], graph.integers(sizes),
                                 axis=self.axis)


@layer
class Split(Layer):
    """Copy the bottom to several tops, none of its name; its gradient is the sum of theirs.

    Source: BVLC split_layer.cpp.
    """

    pointwise = True
    never_in_place = True
    num_tops = (1, None)

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        return (x,) * len(self.spec.tops)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        return [bottoms[0]] * len(self.spec.tops)


@layer
class Silence(Layer):
    """Discard blobs that nothing reads, so that they are not outputs of the net.

    Source: BVLC silence_layer.cpp.
    """

    num_bottoms = (1, None)
    num_tops = (0, 0)

    def __init__(self, spec: LayerSpec, *bottoms: Shape):
        super().__init__(spec)

    def forward(self, *bottoms: Tensor) -> tuple[Tensor, ...]:
        return ()

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        return []


@layer
class Eltwise(Layer):
    """Elementwise sum, product or maximum of bottoms of one shape.

    Bottoms: two or more of one shape; one with SUM and a coeff, by which it is multiplied, in
             FlowNet's fork.
    Top:     SUM: sum of coeff[i] * bottom i; PROD: their product; MAX: the largest. Of equal
             values in the first two bottoms the second wins, a later one must be larger; the
             winner gets the whole gradient.
    With `coeff_blob` the last bottom is not a summand: it holds factors (bottoms, n1, ...) of the
    others, whose axes begin with n1, ..., and gets no gradient.
    PROD's gradient is the product of the other bottoms; with `stable_prod_grad: false` it is
    top / bottom (NaN where a bottom is 0). MAX ignores coeff, as the original does.
    Errors:  SpecError for shapes that differ, for coeff with PROD or of a wrong number, and for
             coeff_blob without SUM.
    Source:  EltwiseParameter in caffe.proto; BVLC eltwise_layer.cpp; eltwise_layer.hpp of
             lmb-freiburg/flownet2; coeff_blob: that of the Caffe of S2VT and LRCN.
    """

    pointwise = True
    num_bottoms = (1, None)
    fork_fields = frozenset({"eltwise_param.coeff_blob"})

    @classmethod
    def assumed_bottom(cls, spec: LayerSpec, index: int, bottoms: Sequence[Shape]
                       ) -> Shape | None:
        """The shape of another bottom."""
        if spec.proto.eltwise_param.coeff_blob and len(bottoms) < 3:
            return (1, *bottoms[0][:1]) if index else None
        return bottoms[0 if index else 1] if len(bottoms) > 1 else None

    def __init__(self, spec: LayerSpec, *bottoms: Shape):
        super().__init__(spec)
        param = spec.proto.eltwise_param
        honour(spec, "eltwise_param", "operation coeff stable_prod_grad coeff_blob")
        self.operation = choice(spec, "eltwise_param", "operation", ("PROD", "SUM", "MAX"))
        self.coeff = list(param.coeff)
        self.divides = not param.stable_prod_grad
        self.by_blob = param.coeff_blob
        if self.by_blob:
            bottoms = tuple(self._check_factors(bottoms))
        elif len(bottoms) == 1 and (self.operation != "SUM" or not self.coeff):
            raise spec.error("bottom", "is given 1 times; it must be at least 2, or operation SUM "
                             "with one coeff")
        check_same_shape(spec, bottoms)
        if self.coeff and self.operation == "PROD":
            raise spec.error("eltwise_param.coeff", "is given with operation PROD; only SUM "
                             "takes coefficients")
        if self.coeff and len(self.coeff) != len(bottoms):
            raise spec.error("eltwise_param.coeff", f"is given {len(self.coeff)} times; it must "
                             f"be once for each of the {len(bottoms)} bottoms, or not be given")

    def _check_factors(self, bottoms: Sequence[Shape]) -> Sequence[Shape]:
        """The summands; SpecError unless the last bottom holds factors for them."""
        if self.operation != "SUM" or len(bottoms) < 2:
            raise self.spec.error("eltwise_param.coeff_blob", "needs operation SUM, and a bottom "
                                  "of factors after the summands")
        *summands, factors = bottoms
        axes = len(factors) - 1
        if factors[:1] != (len(summands),) or factors[1:] != summands[0][:axes]:
            raise self.spec.error("bottom", f"'{self.spec.bottoms[-1]}' has the shape "
                                  f"{tuple(factors)}; with coeff_blob it must be "
                                  f"({len(summands)}, ...), and go on as the first bottom begins, "
                                  f"{tuple(summands[0])}")
        self.no_gradient_bottoms = (len(summands),)
        return summands

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        return [bottoms[0]]

    def _terms(self, bottoms: Sequence[Tensor]) -> Sequence[Tensor]:
        """The summands, each times its coeff and, with coeff_blob, its factors."""
        if self.by_blob:
            *bottoms, factors = bottoms
            axes = (1,) * (bottoms[0].dim() - factors.dim() + 1)
            bottoms = [x * factor.reshape(*factor.shape, *axes)
                       for x, factor in zip(bottoms, factors.detach(), strict=True)]
        if not self.coeff:
            return bottoms
        return [x if factor == 1 else x * factor
                for factor, x in zip(self.coeff, bottoms, strict=True)]

    def forward(self, *bottoms: Tensor) -> Tensor:
        if self.operation == "MAX":
            return functools.reduce(_larger, bottoms[2:],
                                    torch.where(bottoms[0] > bottoms[1], bottoms[0], bottoms[1]))
        if self.operation == "PROD":
            if self.divides:
                return _DividedProduct.apply(*bottoms)
            return functools.reduce(torch.mul, bottoms)
        return functools.reduce(torch.add, self._terms(bottoms))

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        if self.operation == "MAX":
            return [graph.add("Max", *bottoms)]
        terms = self._by_factors(graph, bottoms) if self.by_blob else list(bottoms)
        for index, factor in enumerate(self.coeff):
            if self.operation == "SUM" and factor != 1:
                terms[index] = graph.add("Mul", terms[index], graph.floats(factor))
        kind = "Mul" if self.operation == "PROD" else "Add"
        return [functools.reduce(lambda x, y: graph.add(kind, x, y), terms)]

    def _by_factors(self, graph: OnnxGraph, bottoms: Names) -> list[str]:
        *summands, factors = bottoms
        axes = [1] * (len(graph.shape(summands[0])) - len(graph.shape(factors)) + 1)
        terms = []
        for index, x in enumerate(summands):
            row = graph.add("Gather", factors, graph.integers(index), axis=0)
            row = graph.reshape(row, [*graph.shape(factors)[1:], *axes]) if axes else row
            terms.append(graph.add("Mul", x, row))
        return terms


@layer
class Sum(Layer):
    """Elementwise sum of bottoms of one shape.

    Bottoms: one or more of one shape, or with axes of size 1 more or less at the end.
    Top:     their sum in the shape of the first.
    Errors:  SpecError for shapes that differ.
    Source:  sum_layer.cpp in the Caffe of liyantett's Joint-Local-and-Global-Information-Learning-
             with-Single-Apex-Frame-Detection.
    """

    pointwise = True
    num_bottoms = (1, None)

    def __init__(self, spec: LayerSpec, *bottoms: Shape):
        super().__init__(spec)
        check_same_shape(spec, [_without_last_ones(shape) for shape in bottoms])

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        return [bottoms[0]]

    def forward(self, first: Tensor, *others: Tensor) -> Tensor:
        return functools.reduce(lambda total, x: total + x.reshape(first.shape), others, first)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        shape = list(graph.shape(bottoms[0]))
        terms = [x if list(graph.shape(x)) == shape else graph.reshape(x, shape) for x in bottoms]
        return [functools.reduce(lambda x, y: graph.add("Add", x, y), terms)]


def _without_last_ones(shape: Shape) -> Shape:
    """The shape without its last axes of size 1: as the original's four legacy axes have it."""
    while len(shape) > 1 and shape[-1] == 1:
        shape = shape[:-1]
    return shape


def _larger(best: Tensor, x: Tensor) -> Tensor:
    """`x` where it is larger than the best so far."""
    return torch.where(x > best, x, best)


class _DividedProduct(torch.autograd.Function):
    """A product whose gradient is product / x * g, as `stable_prod_grad: false` asks.

    It is not the derivative where x is 0: there it is NaN; elsewhere it differs by rounding.
    Source: BVLC eltwise_layer.cpp, Backward_cpu.
    """

    @staticmethod
    def forward(ctx: Any, *bottoms: Tensor) -> Tensor:  # Any: torch has no type for it
        product = functools.reduce(torch.mul, bottoms)
        ctx.save_for_backward(product, *bottoms)
        return product

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, ...]:
        product, *bottoms = ctx.saved_tensors
        return tuple(product / x * gradient for x in bottoms)
