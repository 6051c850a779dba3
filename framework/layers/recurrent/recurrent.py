"""Recurrent layers: RNN, LSTM, and a single LSTM step (LSTMUnit)."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import check_sizes, honour
from framework.layers.recurrent.clip_gradient import clipped
from framework.layers.recurrent.steps import carried_states, lstm_step, lstm_step_onnx
from framework.proto import LayerParameter, enum_name

StepOnnx = Callable[[OnnxGraph, str, str, Names], list[str]]


class Recurrence:
    """The hidden states of a recurrent layer, carried from forward to forward, and its blobs.

    num_states   hidden blobs: 1 (h), or 2 (h, c)
    more_fields  of recurrent_param that the layer takes beside those of all
    """

    def __init__(self, layer: Layer, num_states: int, x: Shape, cont: Shape, others: list[Shape],
                 more_fields: str = ""):
        self.layer = layer
        self.spec = layer.spec
        self.num_states = num_states
        honour(self.spec, "recurrent_param",
               f"num_output weight_filler bias_filler expose_hidden state_gradient {more_fields}")
        param = self.spec.proto.recurrent_param
        self.size = param.num_output
        self.exposed = param.expose_hidden
        self.with_gradient = param.state_gradient
        if self.with_gradient and not self.exposed:
            raise self.spec.error("recurrent_param.state_gradient", "is true; it needs "
                                  "expose_hidden: true, which gives and takes the states")
        check_sizes(self.spec, "recurrent_param", "num_output")
        if len(x) < 3 or tuple(cont) != tuple(x[:2]):
            raise self.spec.error("bottom", f"has the shapes {tuple(x)} and {tuple(cont)}; they "
                                  "must be x (T, N, ...), with the values of a step from the third "
                                  "axis on, and cont (T, N)")
        num_states_given = num_states if self.exposed else 0
        self.has_static = len(others) == num_states_given + 1
        if not self.has_static and len(others) != num_states_given:
            raise self.spec.error("bottom", f"is given {2 + len(others)} times; x and cont, "
                                  f"perhaps a static input, and {num_states_given} hidden states "
                                  f"make {2 + num_states_given} or {3 + num_states_given}")
        if len(self.spec.tops) != 1 + num_states_given:
            raise self.spec.error("top", f"is given {len(self.spec.tops)} times; it must be "
                                  f"{1 + num_states_given} times")
        self._check_shapes(x, others)
        self.carried: tuple[Tensor, ...] = ()

    def _check_shapes(self, x: Shape, others: list[Shape]) -> None:
        states = others[1:] if self.has_static else others
        if self.has_static and others[0][0] != x[1]:
            raise self.spec.error("bottom", f"'{self.spec.bottoms[2]}' has {others[0][0]} items; "
                                  f"x has {x[1]} streams")
        for state in states:
            if tuple(state) != (1, x[1], self.size):
                raise self.spec.error("bottom", f"holds a hidden state of shape {tuple(state)}; "
                                      f"it must be {(1, x[1], self.size)}")

    def add_input_blobs(self, x: Shape, others: list[Shape], num_gates: int) -> None:
        """Add the weights of x, the bias, and the weights of the static input."""
        add = self.layer.add_blob
        rows = num_gates * self.size
        param = self.spec.proto.recurrent_param
        add("weight", (rows, math.prod(x[2:])), param.weight_filler)
        add("bias", (rows,), param.bias_filler)
        if self.has_static:
            add("static_weight", (rows, math.prod(others[0][1:])), param.weight_filler)

    def start(self, x: Tensor, others: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """The initial states (N, H): given, carried over, or zeros."""
        if self.exposed:
            states = tuple(state.squeeze(0) for state in others[-self.num_states:])
            return states if self.with_gradient else tuple(state.detach() for state in states)
        return carried_states(self.carried, x, (x.shape[1], self.size), self.num_states)

    def finish(self, states: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """Keep the last states for the next forward, or return them as tops; without gradient,
        unless `state_gradient` asks for it."""
        if not self.with_gradient:
            states = tuple(state.detach() for state in states)
        if self.exposed:
            return tuple(state.unsqueeze(0) for state in states)
        if not (torch.compiler.is_exporting() or states[0].is_meta):
            self.carried = states
        return ()

    def multiply_adds(self, x: Shape) -> int:
        """Every matrix meets each of T steps of N streams, that of the static input each stream."""
        total = 0
        for name, blob in zip(self.layer.blob_names, self.layer.blobs, strict=True):
            if blob.dim() > 1:
                rows = x[1] if name == "static_weight" else x[0] * x[1]
                total += rows * blob.numel()
        return total

    def project(self, x: Tensor, others: tuple[Tensor, ...]) -> Tensor:
        """The inputs' part of the gates at every step: (T, N, gates * H)."""
        layer = self.layer
        projected = F.linear(x.flatten(2), layer.weight, layer.bias)  # type: ignore[arg-type]
        if self.has_static:
            projected = projected + F.linear(others[0].flatten(1), layer.static_weight)  # type: ignore[arg-type]
        return projected

    def to_onnx(self, graph: OnnxGraph, bottoms: Names, step: StepOnnx) -> list[str]:
        """All steps, one after the other; without given states the first starts from zeros."""
        layer = self.layer
        steps, streams = graph.shape(bottoms[1])
        if graph.batch is None:
            raise self.spec.error("bottom", "has time as its first axis, which cannot be of any "
                                  "size in ONNX here; export a fixed batch")
        x = graph.reshape(bottoms[0], [steps, streams, -1])
        weight, bias = layer.blobs[:2]
        x = graph.add("MatMul", x, graph.floats(weight.t(), "weight"))
        x = graph.add("Add", x, graph.floats(bias, "bias"))
        if self.has_static:
            static = graph.reshape(bottoms[2], [streams, -1])
            own = graph.add("MatMul", static, graph.floats(layer.blobs[2].t(), "static_weight"))
            x = graph.add("Add", x, own)
        cont = graph.reshape(bottoms[1], [steps, streams, 1])
        zeros = graph.floats(torch.zeros(streams, self.size))
        states = [zeros] * self.num_states
        if self.exposed:
            states = [graph.reshape(name, [streams, self.size])
                      for name in bottoms[-self.num_states:]]
        hidden = []
        for index in range(steps):
            place = graph.integers(index)
            projected, go_on = (graph.add("Gather", one, place, axis=0) for one in (x, cont))
            states = step(graph, projected, go_on, states)
            hidden.append(graph.reshape(states[0], [1, streams, self.size]))
        top = graph.add("Concat", *hidden, axis=0)
        if not self.exposed:
            return [top]
        return [top, *(graph.reshape(state, [1, streams, self.size]) for state in states)]


class RecurrentLayer(Layer):
    """What LSTM, RNN and GRU have in common: a Recurrence, and x and cont as first bottoms."""

    no_gradient_bottoms = (1,)
    recurrence: Recurrence

    @classmethod
    def assumed_bottom(cls, spec: LayerSpec, index: int, bottoms: Sequence[Shape]
                       ) -> Shape | None:
        """x (T, N, ...) of as many streams as the static input has; cont (T, N)."""
        x = bottoms[0]
        streams = bottoms[2][0] if len(bottoms) > 2 else 1
        if index == 0 and len(x) == 2:
            return (x[0], streams, x[1])
        if index == 0 and len(x) > 2 and len(bottoms) == 3 and x[1] == 1 < streams:
            return (x[0], streams, *x[2:])
        return x[:2] if index == 1 and len(x) > 2 else None

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        """The shapes of the tops, from a forward over a single step instead of all T."""
        steps, streams = bottoms[1][:2]
        one: list[Shape] = [(1, *bottoms[0][1:]), (1, streams), *bottoms[2:]]
        first, *others = super().top_shapes(*one)
        return [(steps, *first[1:]), *others]

    def forget(self) -> None:
        self.recurrence.carried = ()

    def multiply_adds(self, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        return self.recurrence.multiply_adds(bottoms[0])


def has_static_input(proto: LayerParameter, num_states: int) -> bool:
    """Whether a bottom is neither x, cont nor one of the exposed states."""
    states = num_states if proto.recurrent_param.expose_hidden else 0
    return len(proto.bottom) - states > 2


@layer
class LSTM(RecurrentLayer):
    """LSTM (long short-term memory) over T steps of N streams.

    Bottoms: x (T, N, ...); cont (T, N), 0 where a sequence starts, else 1; perhaps a static
             input (N, ...), added at every step; with `expose_hidden` h0 and c0 (1, N, H).
    Tops:    h (T, N, H); with `expose_hidden` the last h and c (1, N, H).
    Blobs:   weight (4 H, D), bias (4 H,), static_weight (4 H, Ds) if there is a static input,
             hidden_weight (4 H, H); gates in the order input, forget, output, candidate.
    H is num_output. Without `expose_hidden` the last states of a forward start the next one,
    where cont is 1 at its first step; a change of N or of device starts from zeros, and so does
    an exported program. No gradient goes to cont, to h0 and c0, from the last states, or from
    one forward to the one before; with `state_gradient` it goes to h0 and c0 and from the last
    states. The gradient into the gates is cut to `clipping_threshold`, if that is above 0.
    Errors:  SpecError for wrong numbers or shapes of bottoms and tops, or num_output 0.
    Source:  RecurrentParameter in caffe.proto; BVLC lstm_layer.cpp, recurrent_layer.cpp;
             Donahue et al. 2015; for clipping_threshold the recurrent layers of the Caffe that
             the nets of kanuore/lstm-in-mnist are for.
    """

    reads = ("recurrent_param",)
    num_bottoms = (2, 5)
    num_tops = (1, 3)
    fork_fields = frozenset(["recurrent_param.state_gradient",
                             "recurrent_param.clipping_threshold"])
    hidden_weight: Tensor

    @classmethod
    def learned_blobs(cls, proto: LayerParameter) -> tuple[bool, ...]:
        return (True,) * (3 + has_static_input(proto, 2))

    def __init__(self, spec: LayerSpec, x: Shape, cont: Shape, *others: Shape):
        super().__init__(spec)
        self.recurrence = Recurrence(self, 2, x, cont, list(others), "clipping_threshold")
        self.recurrence.add_input_blobs(x, list(others), 4)
        self.limit = spec.proto.recurrent_param.clipping_threshold
        size = self.recurrence.size
        self.add_blob("hidden_weight", (4 * size, size), spec.proto.recurrent_param.weight_filler)

    def forward(self, x: Tensor, cont: Tensor, *others: Tensor) -> tuple[Tensor, ...]:
        projected = self.recurrence.project(x, others)
        hidden, cell = self.recurrence.start(projected, others)
        outputs = []
        for step, go_on in zip(projected.unbind(0), cont.to(x.dtype).unsqueeze(-1).unbind(0),
                               strict=True):
            gates = clipped(step + F.linear(hidden * go_on, self.hidden_weight), self.limit)
            cell, hidden = lstm_step(gates, cell, go_on)
            outputs.append(hidden)
        return torch.stack(outputs), *self.recurrence.finish((hidden, cell))

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        """One LSTM step after the other, each with its cont, as ONNX's own LSTM cannot."""
        return self.recurrence.to_onnx(graph, bottoms, self._step_onnx)

    def _step_onnx(self, graph: OnnxGraph, projected: str, go_on: str, states: Names) -> list[str]:
        hidden, cell = states
        weight = graph.floats(self.hidden_weight.t())
        hidden = graph.add("MatMul", graph.add("Mul", hidden, go_on), weight)
        return lstm_step_onnx(graph, graph.add("Add", projected, hidden), cell, go_on, 1,
                              self.recurrence.size)[::-1]


@layer
class RNN(RecurrentLayer):
    """RNN over T steps of N streams: h = tanh(W_h h + W_x x + b), o = tanh(W_o h + b_o).

    With `hidden_output` o is h, as torch and ONNX have it; with `activation: RELU` h is the
    rectified sum instead of its tanh.

    Bottoms: x (T, N, ...); cont (T, N), 0 where a sequence starts, else 1; perhaps a static
             input (N, ...), added at every step; with `expose_hidden` h0 (1, N, H).
    Tops:    o (T, N, H); with `expose_hidden` the last h (1, N, H).
    Blobs:   weight (H, D), bias (H,), static_weight (H, Ds) if there is a static input,
             hidden_weight (H, H), and unless `hidden_output` output_weight (H, H), output_bias
             (H,).
    State and gradients between forwards are as in LSTM.
    Errors:  SpecError for wrong numbers or shapes of bottoms and tops, or num_output 0.
    Source:  RecurrentParameter in caffe.proto; BVLC rnn_layer.cpp, recurrent_layer.cpp.
    """

    reads = ("recurrent_param",)
    num_bottoms = (2, 4)
    num_tops = (1, 2)
    fork_fields = frozenset(f"recurrent_param.{field}" for field in (
        "state_gradient", "hidden_output", "activation"))
    hidden_weight: Tensor
    output_weight: Tensor | None
    output_bias: Tensor

    @classmethod
    def learned_blobs(cls, proto: LayerParameter) -> tuple[bool, ...]:
        own = 3 if proto.recurrent_param.hidden_output else 5
        return (True,) * (own + has_static_input(proto, 1))

    def __init__(self, spec: LayerSpec, x: Shape, cont: Shape, *others: Shape):
        super().__init__(spec)
        self.recurrence = Recurrence(self, 1, x, cont, list(others), "hidden_output activation")
        self.recurrence.add_input_blobs(x, list(others), 1)
        param = spec.proto.recurrent_param
        size = self.recurrence.size
        self.add_blob("hidden_weight", (size, size), param.weight_filler)
        self.squash = enum_name(param, "activation")
        if param.hidden_output:
            self.output_weight = None
        else:
            self.add_blob("output_weight", (size, size), param.weight_filler)
            self.add_blob("output_bias", (size,), param.bias_filler)

    def forward(self, x: Tensor, cont: Tensor, *others: Tensor) -> tuple[Tensor, ...]:
        projected = self.recurrence.project(x, others)
        (hidden,) = self.recurrence.start(projected, others)
        states = []
        for step, go_on in zip(projected.unbind(0), cont.to(x.dtype).unsqueeze(-1).unbind(0),
                               strict=True):
            total = step + F.linear(hidden * go_on, self.hidden_weight)
            hidden = total.tanh() if self.squash == "TANH" else total.relu()
            states.append(hidden)
        outputs = torch.stack(states)
        if self.output_weight is not None:
            outputs = F.linear(outputs, self.output_weight, self.output_bias).tanh()
        return outputs, *self.recurrence.finish((hidden,))

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        tops = self.recurrence.to_onnx(graph, bottoms, self._step_onnx)
        if self.output_weight is None:
            return tops
        y = graph.add("MatMul", tops[0], graph.floats(self.output_weight.t(), "output_weight"))
        y = graph.add("Add", y, graph.floats(self.output_bias, "output_bias"))
        return [graph.add("Tanh", y), *tops[1:]]

    def _step_onnx(self, graph: OnnxGraph, projected: str, go_on: str, states: Names) -> list[str]:
        hidden = graph.add("MatMul", graph.add("Mul", states[0], go_on),
                           graph.floats(self.hidden_weight.t()))
        return [graph.add("Tanh" if self.squash == "TANH" else "Relu",
                          graph.add("Add", projected, hidden))]


@layer
class LSTMUnit(Layer):
    """A single LSTM step.

    Bottoms: the previous cell (1, N, H); gates (1, N, 4 H) in the order input, forget, output,
             candidate; cont (1, N), 0 where a sequence starts, else 1, without gradient.
    Tops:    the new cell and the hidden state, each (1, N, H).
    Errors:  SpecError for other shapes.
    Source:  BVLC lstm_unit_layer.cpp.
    """

    reads = ("recurrent_param",)
    unread = frozenset(f"recurrent_param.{name}" for name in (
        "num_output", "weight_filler", "bias_filler", "expose_hidden"))
    num_bottoms = (3, 3)
    num_tops = (2, 2)
    no_gradient_bottoms = (2,)
    refuses_gradient = True

    def __init__(self, spec: LayerSpec, cell: Shape, gates: Shape, cont: Shape):
        super().__init__(spec)
        fits = len(cell) == 3 and tuple(gates) == (1, cell[1], 4 * cell[2]) \
            and tuple(cont) == (1, cell[1]) and cell[0] == 1
        if not fits:
            raise spec.error("bottom", f"has the shapes {tuple(cell)}, {tuple(gates)} and "
                             f"{tuple(cont)}; they must be (1, N, H), (1, N, 4 H) and (1, N)")

    def forward(self, cell: Tensor, gates: Tensor, cont: Tensor) -> tuple[Tensor, ...]:
        return lstm_step(gates, cell, cont.to(gates.dtype).reshape(1, -1, 1))

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        return lstm_step_onnx(graph, bottoms[1], bottoms[0],
                              graph.reshape(bottoms[2], [1, -1, 1]), 2,
                              graph.shape(bottoms[0])[2])
