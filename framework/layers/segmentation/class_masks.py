"""Maps of classes from scores, and which classes a map has: MaskCreate, CreateMaskVector."""

from __future__ import annotations

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.onnx_reasons import NEEDS_LABELS
from framework.layers.params import check_four_axes, choice, honour, within

MOST_CLASSES = 1 << 16


@layer
class MaskCreate(Layer):
    """Argmax over channels: the class of the largest score at each cell, of equal ones the last.

    Bottom: scores (N, num_cls, H, W).
    Top:    classes (N, 1, H, W), from 0 on. No gradient: the original hands the top's, of class
            numbers, to the scores that are largest.
    Errors: SpecError unless there are num_cls channels.
    Source: MaskCreateParameter; mask_create_layer.cpp of curious999/TGPnet.
    """

    no_gradient_bottoms = (0,)

    def __init__(self, spec: LayerSpec, scores: Shape):
        super().__init__(spec)
        honour(spec, "mask_create_param", "num_cls")
        check_four_axes(spec, scores)
        self.classes = spec.proto.mask_create_param.num_cls
        if scores[1] != self.classes:
            raise spec.error("mask_create_param.num_cls", f"is {self.classes}; the bottom has "
                             f"{scores[1]} channels")

    def forward(self, scores: Tensor) -> Tensor:
        last = self.classes - 1 - scores.detach().flip(1).argmax(1, keepdim=True)
        return last.to(scores.dtype)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        found = graph.add("ArgMax", bottoms[0], axis=1, keepdims=1, select_last_index=1)
        return [graph.add("Cast", found, to=1)]


@layer
class CreateMaskVector(Layer):
    """Which classes a map of labels has, or the share of its cells that each has.

    Bottom: labels (N, 1, H, W); those that are not from 0 to num_label - 1 do not count.
    Top:    (N, num_label, 1, 1): MAX 1 for a class that there is and else 0; AVE its cells over H *
            W. The cells of the items before count with an item's own, since the original does not
            empty its lists between items. No gradient.
    Errors: SpecError unless there is one channel, or if num_label is below 1.
    Source: CreateMaskVectorParameter; create_mask_vector_layer.cpp of curious999/TGPnet.
    """

    no_gradient_bottoms = (0,)
    no_onnx_form = NEEDS_LABELS

    def __init__(self, spec: LayerSpec, labels: Shape):
        super().__init__(spec)
        honour(spec, "create_mask_vector_param", "num_label pool")
        self.averages = choice(spec, "create_mask_vector_param", "pool", ("MAX", "AVE")) == "AVE"
        self.classes = spec.proto.create_mask_vector_param.num_label
        within(spec, "create_mask_vector_param.num_label", (self.classes,), 1, MOST_CLASSES)
        if len(labels) != 4 or labels[1] != 1:
            raise spec.error("bottom", f"has the shape {tuple(labels)}; it must be (N, 1, H, W)")

    def forward(self, labels: Tensor) -> Tensor:
        rows = labels.detach().flatten(1).trunc()
        number = torch.arange(self.classes, device=labels.device)
        counts = (rows[:, None] == number[:, None]).sum(2).cumsum(0).to(labels.dtype)
        top = counts / rows.shape[1] if self.averages else counts.clamp(max=1)
        return top[..., None, None]
