"""The channels of each item's own class (MaskOutputs)."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.index_check import IndexCheck
from framework.layers.onnx_reasons import NEEDS_LABELS
from framework.layers.params import honour


@layer
class MaskOutputs(Layer):
    """The `kernel_size` channels of each item's class.

    Bottoms: x (N, C, ...); classes (N,), the first of them being 0; no gradient goes to them.
    Top:     (N, kernel_size, ...), the channels of x from class * kernel_size on.
    Errors:  SpecError unless there is one class an item and kernel_size is from 1 to C; DataError
             for a class whose channels are not all in x.
    Source:  MaskOutputsParameter; MASK_OUTPUTS, mask_outputs_layer.cpp of
             shubhtuls/ViewpointsAndKeypoints; Tulsiani and Malik 2015.
    """

    num_bottoms = (2, 2)
    no_gradient_bottoms = (1,)
    no_onnx_form = NEEDS_LABELS

    @classmethod
    def assumed_bottom(cls, spec: LayerSpec, index: int, bottoms: Sequence[Shape]
                       ) -> Shape | None:
        return bottoms[0][:1] if index == 1 else None

    def __init__(self, spec: LayerSpec, x: Shape, classes: Shape):
        super().__init__(spec)
        honour(spec, "mask_outputs_param", "kernel_size")
        self.size = spec.proto.mask_outputs_param.kernel_size
        if len(x) < 2 or math.prod(classes) != x[0]:
            raise spec.error("bottom", f"has the shapes {tuple(x)} and {tuple(classes)}; they must "
                             "be (N, C, ...), and one class for each of the N items")
        if not 1 <= self.size <= x[1]:
            raise spec.error("mask_outputs_param.kernel_size", f"is {self.size}; it must be from 1 "
                             f"to {x[1]}, the channels of '{spec.bottoms[0]}'")
        self.check = IndexCheck(spec, 1, classes, x[1] // self.size)

    def forward(self, x: Tensor, classes: Tensor) -> Tensor:
        start = self.check(classes).reshape(-1, 1) * self.size
        channels = start + torch.arange(self.size, device=x.device)
        items = torch.arange(len(x), device=x.device)[:, None]
        return x[items, channels]
