"""Center crop and concatenation (U-Net's skip connection)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import honour
from framework.proto import enum_name


@layer
@layer("Mergecrop")
class MergeCrop(Layer):
    """Center-crop the second blob and concatenate it with the first, or add it (U-Net).

    Bottom: a (N, C, n1, ...); b (N, D, m1, ...), not smaller: (m - n) / 2 cells, rounded down,
            are cut off at its beginnings, the rest at its ends.
    Top:    STACK: y (N, C + D, n1, ...), a then b; ADD: y = a + b, with D = C.
    Blobs:  none.
    `forward` false for a bottom makes zeros of it; `backward` false, the default for b, gives it
    no gradient.
    Errors: SpecError for shapes that do not fit, or more than two of the flags.
    Source: mergecrop_layer.cpp and .cu of BVLC/caffe branch opencl, whose first nets call it
            Mergecrop.
    """

    num_bottoms = (2, 2)

    def __init__(self, spec: LayerSpec, a: Shape, b: Shape):
        super().__init__(spec)
        honour(spec, "mergecrop_param", "operation forward backward")
        param = spec.proto.mergecrop_param
        self.stacks = enum_name(param, "operation") == "STACK"
        for field in ("forward", "backward"):
            if len(getattr(param, field)) > 2:
                raise spec.error(f"mergecrop_param.{field}", "is given more than twice")
        self.shown = _for_both(param.forward, (True, True))
        self.learns = _for_both(param.backward, (True, False))
        fits = len(a) == len(b) and a[0] == b[0] and (self.stacks or a[1] == b[1])
        if not fits or any(n > m for n, m in zip(a[2:], b[2:], strict=True)):
            raise spec.error("bottom", f"has the shapes {a} and {b}; the second must have as many "
                             "axes and items as the first, and sizes not smaller"
                             f"{'' if self.stacks else ', and as many channels'}")

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        for axis in range(2, a.dim()):
            b = b.narrow(axis, (b.shape[axis] - a.shape[axis]) // 2, a.shape[axis])
        a, b = (x if learns else x.detach() for x, learns in zip((a, b), self.learns, strict=True))
        a, b = (x if shown else torch.zeros_like(x)
                for x, shown in zip((a, b), self.shown, strict=True))
        return torch.cat((a, b), 1) if self.stacks else a + b

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        a, b = bottoms
        zipped = zip(graph.shape(a)[2:], graph.shape(b)[2:], strict=True)
        for axis, (size, larger) in enumerate(zipped, 2):
            start = (larger - size) // 2
            b = graph.cut(b, axis, start, start + size)
        a, b = (x if shown else graph.add("Mul", x, graph.floats(0.0))
                for x, shown in zip((a, b), self.shown, strict=True))
        return [graph.add("Concat", a, b, axis=1) if self.stacks else graph.add("Add", a, b)]

def _for_both(given: Sequence[bool], default: tuple[bool, bool]) -> tuple[bool, ...]:
    """A flag for each bottom: those given, and the default for the rest."""
    return (*given, *default[len(given):])
