"""Gated recurrent unit (GRU)."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from framework.definition.spec import LayerSpec
from framework.layers.base import Shape, layer
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.recurrent.recurrent import Recurrence, RecurrentLayer, has_static_input
from framework.proto import LayerParameter


@layer
class GRU(RecurrentLayer):
    """GRU (gated recurrent unit) over T steps of N streams.

    z and r are sigmoids of W x + b + R h; n = tanh(W_n x + b_n + R_n (r * h)), or with
    `linear_before_reset: 1` tanh(W_n x + b_n + r * (R_n h + c)), as cuDNN and torch have it; the
    new h is n + z * (h - n).
    Bottoms: x (T, N, ...); cont (T, N), 0 where a sequence starts, else 1; perhaps a static
             input (N, ...), added at every step; with `expose_hidden` h0 (1, N, H).
    Tops:    h (T, N, H); with `expose_hidden` the last h (1, N, H).
    Blobs:   weight (3 H, D), bias (3 H,), static_weight (3 H, Ds) if there is a static input,
             update_weight, reset_weight, candidate_weight (H, H), and candidate_bias (H,) with
             `linear_before_reset: 1`; gates in the order update z, reset r, candidate n.
    State and gradients between forwards are as in LSTM.
    Errors:  SpecError for wrong numbers or shapes of bottoms and tops, or num_output 0.
    Source:  gru_layer.cpp of forks for models from ONNX, whose GRU it is; Cho et al. 2014.
    """

    reads = ("recurrent_param",)
    num_bottoms = (2, 4)
    num_tops = (1, 2)
    fork_fields = frozenset(["recurrent_param.linear_before_reset",
                             "recurrent_param.state_gradient"])
    update_weight: Tensor
    reset_weight: Tensor
    candidate_weight: Tensor
    candidate_bias: Tensor | None

    @classmethod
    def learned_blobs(cls, proto: LayerParameter) -> tuple[bool, ...]:
        late = proto.recurrent_param.linear_before_reset != 0
        return (True,) * (5 + has_static_input(proto, 1) + late)

    def __init__(self, spec: LayerSpec, x: Shape, cont: Shape, *others: Shape):
        super().__init__(spec)
        self.recurrence = Recurrence(self, 1, x, cont, list(others), "linear_before_reset")
        self.recurrence.add_input_blobs(x, list(others), 3)
        param = spec.proto.recurrent_param
        size = self.recurrence.size
        for gate in ("update", "reset", "candidate"):
            self.add_blob(f"{gate}_weight", (size, size), param.weight_filler)
        if param.linear_before_reset:
            self.add_blob("candidate_bias", (size,), param.bias_filler)
        else:
            self.candidate_bias = None

    def forward(self, x: Tensor, cont: Tensor, *others: Tensor) -> tuple[Tensor, ...]:
        projected = self.recurrence.project(x, others)
        (hidden,) = self.recurrence.start(projected, others)
        gate_weight = torch.cat([self.update_weight, self.reset_weight])
        states = []
        for step, go_on in zip(projected.unbind(0), cont.to(x.dtype).unsqueeze(-1).unbind(0),
                               strict=True):
            hidden = self._step(step, hidden * go_on, gate_weight)
            states.append(hidden)
        return torch.stack(states), *self.recurrence.finish((hidden,))

    def _step(self, projected: Tensor, hidden: Tensor, gate_weight: Tensor) -> Tensor:
        size = self.recurrence.size
        gates, candidate = projected.split([2 * size, size], -1)
        update, reset = (gates + F.linear(hidden, gate_weight)).sigmoid().chunk(2, -1)
        if self.candidate_bias is None:
            candidate = candidate + F.linear(reset * hidden, self.candidate_weight)
        else:
            own = F.linear(hidden, self.candidate_weight, self.candidate_bias)
            candidate = candidate + reset * own
        candidate = candidate.tanh()
        return candidate + update * (hidden - candidate)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        """One step after the other, each with its cont, as ONNX's own GRU cannot."""
        return self.recurrence.to_onnx(graph, bottoms, self._step_onnx)

    def _step_onnx(self, graph: OnnxGraph, projected: str, go_on: str, states: Names) -> list[str]:
        hidden = graph.add("Mul", states[0], go_on)
        update, reset, candidate = graph.add_several(
            "Split", 3, projected, graph.integers([self.recurrence.size] * 3), axis=1)
        update = self._gate_onnx(graph, update, hidden, self.update_weight)
        reset = self._gate_onnx(graph, reset, hidden, self.reset_weight)
        matrix = graph.floats(self.candidate_weight.t())
        if self.candidate_bias is None:
            own = graph.add("MatMul", graph.add("Mul", reset, hidden), matrix)
        else:
            own = graph.add("Add", graph.add("MatMul", hidden, matrix),
                            graph.floats(self.candidate_bias))
            own = graph.add("Mul", reset, own)
        candidate = graph.add("Tanh", graph.add("Add", candidate, own))
        kept = graph.add("Mul", update, graph.add("Sub", hidden, candidate))
        return [graph.add("Add", candidate, kept)]

    def _gate_onnx(self, graph: OnnxGraph, projected: str, hidden: str, weight: Tensor) -> str:
        own = graph.add("MatMul", hidden, graph.floats(weight.t()))
        return graph.add("Sigmoid", graph.add("Add", projected, own))
