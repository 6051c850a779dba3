"""The LSTM of V1 nets: the rows of a batch are the steps of one sequence, which goes on."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.params import honour
from framework.layers.recurrent.clip_gradient import clipped
from framework.layers.recurrent.steps import carried_states, lstm_step
from framework.layers.vision.inner_product import rows_by
from framework.proto import LayerParameter, has_field

USUAL_LIMIT = 100.0     # clipping_threshold of its schema
KEPT = 5.0              # the bias of the forget gate before training, whatever the filler


@layer
class LstmOfRows(Layer):
    """LSTM over the T items of a batch as steps of one sequence: LSTM of V1.

    Bottom: x (T, ...).
    Top:    h (T, H), H the num_output of inner_product_param.
    Blobs:  weight (1, 4, H, D), hidden_weight (1, 4, H, H), bias (1, 1, 4, H) unless `bias_term:
            false`; gates in the order input, forget, output, candidate. The bias of the forget
            gate begins with 5.
    Each forward starts from the last states of the one before, and the first from zeros; no
    gradient goes back to them. The gradient into the gates is cut to clipping_threshold, 100
    unless stated, if that is above 0.
    Errors: SpecError if num_output is 0.
    Source: lstm_layer.cpp of junhyukoh/caffe-lstm before June 2015 (d8d5dff5); its Lstm is the one
            after. Programs reset its states where a sequence starts; here `forget` does.
    """

    reads = ("inner_product_param", "lstm_param")
    no_onnx_form = "it starts from the states of the forward before"
    weight: Tensor
    hidden_weight: Tensor
    bias: Tensor | None

    @classmethod
    def learned_blobs(cls, proto: LayerParameter) -> tuple[bool, ...]:
        return (True,) * (2 + proto.inner_product_param.bias_term)

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "inner_product_param", "num_output bias_term weight_filler bias_filler")
        honour(spec, "lstm_param", "clipping_threshold")
        param = spec.proto.inner_product_param
        _, (size, width) = rows_by(spec, x)
        self.size = size
        lstm = spec.proto.lstm_param
        self.limit = lstm.clipping_threshold if has_field(lstm, "clipping_threshold") \
            else USUAL_LIMIT
        self.add_blob("weight", (1, 4, size, width), param.weight_filler)
        self.add_blob("hidden_weight", (1, 4, size, size), param.weight_filler)
        if param.bias_term:
            self.add_blob("bias", (1, 1, 4, size), param.bias_filler)
        else:
            self.bias = None
        self.carried: tuple[Tensor, ...] = ()

    def materialise(self, generator: torch.Generator) -> None:
        is_new = self.bias is not None and self.bias.is_meta
        super().materialise(generator)
        if is_new and self.bias is not None:
            with torch.no_grad():
                self.bias[0, 0, 1] = KEPT

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        """The shape of the top, without a forward."""
        return [(bottoms[0][0], self.size)]

    def forget(self) -> None:
        self.carried = ()

    def multiply_adds(self, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        return bottoms[0][0] * (self.weight.numel() + self.hidden_weight.numel())

    def forward(self, x: Tensor) -> Tensor:
        bias = None if self.bias is None else self.bias.flatten()
        projected = F.linear(x.flatten(1), self.weight[0].flatten(0, 1), bias)
        hidden_weight = self.hidden_weight[0].flatten(0, 1)
        hidden, cell = carried_states(self.carried, projected, (1, self.size), 2)
        go_on = projected.new_ones(1, 1)
        outputs = []
        for step in projected.split(1):
            gates = clipped(step + F.linear(hidden, hidden_weight), self.limit)
            cell, hidden = lstm_step(gates, cell, go_on)
            outputs.append(hidden)
        if not (x.is_meta or torch.compiler.is_exporting()):
            self.carried = hidden.detach(), cell.detach()
        return torch.cat(outputs)
