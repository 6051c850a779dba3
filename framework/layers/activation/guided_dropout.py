"""GuidedDropout: dropout whose probabilities a second bottom gives."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import honour

TYPES = ("stochastic", "deterministic")


@layer
class GuidedDropout(Layer):
    """Domain guided dropout: keep each channel of an item with the probability that is given.

    Bottoms: x (N, C, ...); guidance (N, C) of channels, no gradient.
    Top:     of `stochastic` in TRAIN each channel is kept with the probability sigmoid(guidance *
             sigmoid_scaler) and multiplied by C over the sum of these; in TEST x. Of
             `deterministic` channels whose guidance is above guidance_threshold are kept and
             multiplied by C over their number, in TEST too; an item without any is 0.
    Errors:  SpecError for another type, or guidance of another shape.
    Source:  guided_dropout_layer.cpp of the Caffe of Cysu/dgd_person_reid; Xiao et al. 2016. The
             defaults are of this project, as its schema is not public: all nets give both fields.
    """

    num_bottoms = (2, 2)
    no_gradient_bottoms = (1,)

    @classmethod
    def assumed_bottom(cls, spec: LayerSpec, index: int, bottoms: Sequence[Shape]
                       ) -> Shape | None:
        return bottoms[0][:2] if index == 1 else None

    def __init__(self, spec: LayerSpec, x: Shape, guidance: Shape):
        super().__init__(spec)
        honour(spec, "guided_dropout_param", "type guidance_threshold sigmoid_scaler")
        param = spec.proto.guided_dropout_param
        if param.type not in TYPES:
            raise spec.error("guided_dropout_param.type", f"is '{param.type}'; it must be one of "
                             f"{', '.join(TYPES)}")
        if len(x) < 2 or tuple(guidance[:2]) != tuple(x[:2]) or any(
                size != 1 for size in guidance[2:]):
            raise spec.error("bottom", f"has the shapes {tuple(x)} and {tuple(guidance)}; the "
                             f"second must be one number for each of {tuple(x[:2])}")
        self.draws = param.type == "stochastic"
        self.threshold = param.guidance_threshold
        self.scaler = param.sigmoid_scaler

    def forward(self, x: Tensor, guidance: Tensor) -> Tensor:
        if self.draws and self.spec.phase != "TRAIN":
            return x
        guidance = guidance.detach().flatten(1)
        if self.draws:
            share = (guidance * self.scaler).sigmoid()
            kept = torch.rand_like(share) <= share
        else:
            kept = guidance > self.threshold
            share = kept.to(guidance.dtype)
        total = share.sum(1, keepdim=True)      # 0 only where nothing is kept
        factor = x.shape[1] / torch.where(total > 0, total, 1) * kept
        return x * factor.to(x.dtype).reshape(*x.shape[:2], *[1] * (x.dim() - 2))

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        if self.draws:
            return [bottoms[0]]
        shape = graph.shape(bottoms[0])
        guidance = graph.reshape(bottoms[1], [0, 0])
        kept = graph.add("Cast", graph.add("Greater", guidance, graph.floats(self.threshold)), to=1)
        total = graph.add("Max", graph.reduce("ReduceSum", kept, [1], True), graph.floats(1.0))
        factor = graph.add("Mul", kept, graph.add("Div", graph.floats(float(shape[1])), total))
        factor = graph.reshape(factor, [0, 0, *[1] * (len(shape) - 2)])
        return [graph.add("Mul", bottoms[0], factor)]
