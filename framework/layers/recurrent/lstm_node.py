"""LSTMNode: one step of an LSTM."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import check_sizes, honour
from framework.layers.recurrent.steps import lstm_step, lstm_step_onnx
from framework.ops.losses import precise
from framework.proto import FillerParameter, LayerParameter, has_field

# The fillers of each blob, in the order of its rows
FILLERS = {
    "weight": ("input_gate_weight_filler", "forget_gate_weight_filler",
               "output_gate_weight_filler", "input_weight_filler"),
    "bias": ("input_gate_bias_filler", "forget_gate_bias_filler", "output_gate_bias_filler",
             "input_bias_filler"),
}
FIELDS = ("num_cells", "bias_term", *FILLERS["weight"], *FILLERS["bias"])


@layer
class LSTMNode(Layer):
    """One step of an LSTM: hidden state and memory cells from those before.

    Bottoms: x (M, ...), K values an item, the input and what else, as the hidden state; cells
             (M, num_cells); and as a third, M numbers that are 0 where a sequence begins.
    Tops:    the hidden state and the cells (M, num_cells): c = sigmoid(f) * begun * cells +
             sigmoid(i) * tanh(g), h = sigmoid(o) * tanh(c).
    Blobs:   weight (4 * num_cells, K), bias (4 * num_cells) unless `bias_term: false`: rows of i,
             f, o and g, each filled by its own filler.
    Errors:  SpecError if num_cells is 0, or for bottoms of other sizes.
    Source:  lstm_node_layer.cpp of the Caffe of peteanderson80/Up-Down-Captioner.
    """

    reads = ("lstm_param",)
    num_bottoms = (2, 3)
    num_tops = (2, 2)
    fork_fields = frozenset(f"{message}.{name}" for message in ("lstm_param", "lstmnode_param")
                            for name in (*FIELDS, "cache_gates"))
    no_gradient_bottoms = (2,)
    weight: Tensor
    bias: Tensor | None

    @staticmethod
    def _field(proto: LayerParameter) -> str:
        return "lstmnode_param" if has_field(proto, "lstmnode_param") else "lstm_param"

    @classmethod
    def learned_blobs(cls, proto: LayerParameter) -> tuple[bool, ...]:
        return (True,) * (1 + getattr(proto, cls._field(proto)).bias_term)

    def __init__(self, spec: LayerSpec, x: Shape, cells: Shape, *begun: Shape):
        super().__init__(spec)
        field = self._field(spec.proto)
        honour(spec, field, " ".join(FIELDS))
        self.param = getattr(spec.proto, field)
        self.num = self.param.num_cells
        check_sizes(spec, field, "num_cells")
        if math.prod(cells) != x[0] * self.num or any(math.prod(one) != x[0] for one in begun):
            shapes = [tuple(shape) for shape in (x, cells, *begun)]
            raise spec.error("bottom", f"has the shapes {shapes}; the cells must be ({x[0]}, "
                             f"{self.num}), and a third {x[0]} numbers")
        self.add_blob("weight", (4 * self.num, math.prod(x[1:])))
        if self.param.bias_term:
            self.add_blob("bias", (4 * self.num,))
        else:
            self.bias = None

    def _fillers_of(self, name: str) -> list[FillerParameter]:
        return [getattr(self.param, filler) for filler in FILLERS[name]]

    def check_fillers(self) -> None:
        for name in self.blob_names:
            part = torch.empty(self.num, *getattr(self, name).shape[1:], device="meta")
            for filler in self._fillers_of(name):
                self._fill(name, part, filler, torch.Generator())

    def materialise(self, generator: torch.Generator) -> None:
        for name in self.blob_names:
            blob = getattr(self, name)
            if not blob.is_meta:
                continue
            parts = [torch.zeros(self.num, *blob.shape[1:]) for _ in FILLERS[name]]
            for part, filler in zip(parts, self._fillers_of(name), strict=True):
                self._fill(name, part, filler, generator)
            wanted = blob.requires_grad
            self.set_blob(self.blob_names.index(name),
                          torch.nn.Parameter(torch.cat(parts), wanted))

    def forward(self, x: Tensor, cells: Tensor, *begun: Tensor) -> tuple[Tensor, Tensor]:
        gates = precise(F.linear(x.flatten(1), self.weight, self.bias))
        before = cells.reshape(-1, self.num).to(gates.dtype)
        goes_on = begun[0].detach().reshape(-1, 1).to(gates.dtype) if begun \
            else gates.new_ones(())
        after, hidden = lstm_step(gates, before, goes_on)
        return hidden.to(x.dtype), after.to(x.dtype)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        x, cells, *begun = bottoms
        rows = graph.reshape(x, [0, -1])
        inputs = [rows, graph.floats(self.weight, "weight")]
        if self.bias is not None:
            inputs.append(graph.floats(self.bias, "bias"))
        gates = graph.add("Gemm", *inputs, transB=1)
        goes_on = graph.reshape(begun[0], [-1, 1]) if begun else graph.floats(1.0)
        before = graph.reshape(cells, [-1, self.num])
        after, hidden = lstm_step_onnx(graph, gates, before, goes_on, 1, self.num)
        return [hidden, after]
