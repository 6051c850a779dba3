"""An LSTM that reads a weighted mean of the positions of its input (AttLstm)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_reasons import UNWRITTEN
from framework.layers.params import check_sizes, honour
from framework.layers.recurrent.steps import carried_states, lstm_step
from framework.proto import LayerParameter


@layer
class AttLstm(Layer):
    """LSTM over T steps of N streams with additive attention over E positions at each step.

    Bottoms: x (T, N, C, E), at each step C values of E positions; cont (T, N), 0 where a sequence
             starts, else 1.
    Tops:    h (T, N, H); the weights of the positions (T, N, E, 1).
    The weights are a softmax over positions of score_weight_t . (feature_weight x_j + feature_bias
    + state_weight h + state_bias), h that of the step before; the step of the LSTM reads the mean
    of x by them. What does not depend on the position takes no part in a softmax, so three blobs
    change nothing and have no gradient: they are there for files of weights.
    Blobs:   state_weight (H, H), state_bias (H,), feature_weight (H, C), feature_bias (H,),
             score_weight_1 (1, H), input_weight (4 H, C), input_bias (4 H,), hidden_weight (4 H,
             H), then score_weight_2 to score_weight_T; gates in the order input, forget, output,
             candidate.
    H is num_output. The last states of a forward start the next one, where cont is 1 at its first
    step.
    Errors:  SpecError for num_output 0, bottoms of other shapes, and expose_hidden.
    Source:  RecurrentParameter; attention_lstm_layer.cpp of tonghe90/textspotter, which takes a
             static input and reads none of it; it is refused here.
    """

    reads = ("recurrent_param",)
    num_bottoms = (2, 2)
    num_tops = (2, 2)
    no_gradient_bottoms = (1,)
    no_onnx_form = UNWRITTEN
    feature_weight: Tensor
    input_weight: Tensor
    input_bias: Tensor
    hidden_weight: Tensor

    @classmethod
    def learned_blobs(cls, proto: LayerParameter) -> tuple[bool, ...]:
        """Those of one step; further steps have a score_weight each."""
        return (True,) * 8

    @classmethod
    def assumed_bottom(cls, spec: LayerSpec, index: int, bottoms: Sequence[Shape]
                       ) -> Shape | None:
        return bottoms[0][:2] if index == 1 and len(bottoms[0]) == 4 else None

    def __init__(self, spec: LayerSpec, x: Shape, cont: Shape):
        super().__init__(spec)
        honour(spec, "recurrent_param", "num_output weight_filler bias_filler")
        param = spec.proto.recurrent_param
        size = param.num_output
        check_sizes(spec, "recurrent_param", "num_output")
        if len(x) != 4 or tuple(cont) != tuple(x[:2]):
            raise spec.error("bottom", f"has the shapes {tuple(x)} and {tuple(cont)}; they must be "
                             "x (T, N, C, E) and cont (T, N)")
        self.size = size
        self.carried: tuple[Tensor, ...] = ()
        weight, bias = param.weight_filler, param.bias_filler
        self.add_blob("state_weight", (size, size), weight)
        self.add_blob("state_bias", (size,), bias)
        self.add_blob("feature_weight", (size, x[2]), weight)
        self.add_blob("feature_bias", (size,), bias)
        self.add_blob("score_weight_1", (1, size), weight)
        self.add_blob("input_weight", (4 * size, x[2]), weight)
        self.add_blob("input_bias", (4 * size,), bias)
        self.add_blob("hidden_weight", (4 * size, size), weight)
        self.score_names = [f"score_weight_{step}" for step in range(1, x[0] + 1)]
        for name in self.score_names[1:]:
            self.add_blob(name, (1, size), weight)

    def forget(self) -> None:
        self.carried = ()

    def multiply_adds(self, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        """Scores and means over positions, the gates, and score_weight_t times feature_weight."""
        steps, streams, channels, positions = bottoms[0]
        each = 2 * channels * positions + 4 * self.size * (channels + self.size)
        return steps * (streams * each + self.size * channels)

    def forward(self, x: Tensor, cont: Tensor) -> tuple[Tensor, ...]:
        scores = torch.cat([getattr(self, name) for name in self.score_names[:x.shape[0]]])
        # score_weight_t . (feature_weight x_j) = (score_weight_t feature_weight) . x_j
        rows = scores.to(x.dtype) @ self.feature_weight.to(x.dtype)
        weights = torch.einsum("tc,tnce->tne", rows, x).softmax(2)
        read = torch.einsum("tnce,tne->tnc", x, weights)
        gates = F.linear(read, self.input_weight, self.input_bias)
        hidden, cell = carried_states(self.carried, gates, (x.shape[1], self.size), 2)
        outputs = []
        for step, go_on in zip(gates.unbind(0), cont.to(x.dtype).unsqueeze(-1).unbind(0),
                               strict=True):
            total = step + F.linear(hidden * go_on, self.hidden_weight)
            cell, hidden = lstm_step(total, cell, go_on)
            outputs.append(hidden)
        if not (torch.compiler.is_exporting() or hidden.is_meta):
            self.carried = (hidden.detach(), cell.detach())
        return torch.stack(outputs), weights.unsqueeze(-1)
