"""Corner pooling and what else a CornerNet for CC5.0 writes in C++: CPP."""

from __future__ import annotations

import re

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_reasons import UNWRITTEN
from framework.layers.params import LARGEST_STEP, check_four_axes, honour, within

# The axis of each pooling, and whether it begins at its end.
POOLINGS = {"TopCornerPoolLayer": (2, True), "BottomCornerPoolLayer": (2, False),
            "LeftCornerPoolLayer": (3, True), "RightCornerPoolLayer": (3, False)}
SCALE = re.compile(r"(?:^|[ ;'])scale *: *'?(-?\d+)")


@layer("CPP")
class CornerNetPart(Layer):
    """Layers that a user of CC5.0 writes in C++; known are those of a CornerNet, by cpp_param.type.

    Bottom: x (N, C, H, W).
    Top:    TopCornerPoolLayer: the maximum of each cell and those below it; Bottom...: those above
            it; Left...: those at its right; Right...: those at its left. ReLU: max(x, 0), and 0 for
            NaN. Upsample: each cell scale x scale times, with `scale:2` in param_str; its other
            settings are read by nothing.
    The gradient is the derivative; of two of them the original has none.
    Errors: SpecError for another type or number of axes, and for a scale below 1.
    Source: CornerPool.cpp, ReLU.cpp and Upsample.cpp of FWYsimon/CornerNet-Caffe; Law and Deng
            2018; cpp_layer.cpp of dlunion/CC5.0.
    """

    reads = ("cpp_param",)
    no_onnx_form = UNWRITTEN

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "cpp_param", "type param_str")
        param = spec.proto.cpp_param
        self.kind = param.type
        known = (*POOLINGS, "ReLU", "Upsample")
        if self.kind not in known:
            raise spec.error("cpp_param.type", f"is '{self.kind}', a layer that its user writes in "
                             f"C++; known here are {', '.join(known)}")
        check_four_axes(spec, x)
        found = SCALE.search(param.param_str)
        self.scale = int(found[1]) if found else 0
        if self.kind == "Upsample":
            within(spec, "cpp_param.param_str", [self.scale], 1, LARGEST_STEP)

    def forward(self, x: Tensor) -> Tensor:
        if self.kind == "ReLU":
            return torch.where(x > 0, x, 0)
        if self.kind == "Upsample":
            return x.repeat_interleave(self.scale, 2).repeat_interleave(self.scale, 3)
        axis, from_end = POOLINGS[self.kind]
        if not from_end:
            return x.cummax(axis).values
        return x.flip(axis).cummax(axis).values.flip(axis)
