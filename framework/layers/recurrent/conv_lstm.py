"""ConvLSTM: an LSTM whose states are maps and whose products are convolutions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import honour
from framework.layers.recurrent.steps import carried_states, lstm_step, lstm_step_onnx
from framework.proto import FillerParameter, LayerParameter

ONE = FillerParameter(type="constant", value=1)
PEEPHOLES = ("input_peephole", "forget_peephole", "output_peephole")
FIELD = "lstm_conv_param"
AXES = 5                # of x (T, N, C, H, W), which axis_hadamard counts


@layer
@layer("ConvLSTMReLU")
class ConvLSTM(Layer):
    """Convolutional LSTM over T steps of N streams of maps, with peepholes.

    Bottoms: x (T, N, C, H, W); cont (T, N), 0 where a sequence starts, else 1; with `expose_hidden`
             h0 and c0 (1, N, D, H, W).
    Tops:    h (T, N, D, H, W); with `expose_hidden` the last h and c (1, N, D, H, W).
    Blobs:   input_weight (4 D, C, k, k) unless `ignore_x`; hidden_weight (4 D, D, k, k);
             hidden_bias (4 D,) unless `bias_term: false`; unless `disable_hadamard` a factor for
             each of the input, forget and output gates, ones at first, of the axes of (1, N, D, H,
             W) that axis_hadamard and num_axes_hadamard say: (H, W) without them. Gates in the
             order input, forget, output, candidate.
    D is num_output. Each gate but the candidate gets its factor times the cell before, the output
    gate too. One lstm_conv_param is for both convolutions, or `type: "input"` and `type: "hidden"`
    say whose each is. Gradients go to h0 and c0 and from the last states, unlike those of LSTM.
    Without `expose_hidden` the last states of a forward start the next one.
    ConvLSTMReLU has ReLU instead of tanh for the candidate and the cell.
    Errors:  SpecError for other shapes, convolutions that change H or W, and a static input.
    Source:  conv_lstm_layer.cpp of DengPingFan/DAVSOD; conv_lstm_relu_layer.cpp of
             t2mhanh/caffe_convLSTM_WTA; Shi et al. 2015.
    """

    reads = ("recurrent_param", "lstm_conv_param", "lstm_debug_param")
    num_bottoms = (2, 5)
    num_tops = (1, 3)
    no_gradient_bottoms = (1,)
    input_weight: Tensor
    hidden_weight: Tensor

    @classmethod
    def learned_blobs(cls, proto: LayerParameter) -> tuple[bool, ...]:
        debug = proto.lstm_debug_param
        hidden = _conv_param(proto, "hidden")
        return (True,) * ((not debug.ignore_x) + 1 + (hidden is None or hidden.bias_term)
                          + (0 if debug.disable_hadamard else len(PEEPHOLES)))

    @classmethod
    def assumed_bottom(cls, spec: LayerSpec, index: int, bottoms: Sequence[Shape]
                       ) -> Shape | None:
        return bottoms[0][:2] if index == 1 else None

    def __init__(self, spec: LayerSpec, x: Shape, cont: Shape, *states: Shape):
        super().__init__(spec)
        honour(spec, "recurrent_param", "expose_hidden")
        honour(spec, "lstm_debug_param",
               "expose disable_hadamard axis_hadamard num_axes_hadamard ignore_x")
        if spec.proto.lstm_debug_param.expose:
            raise spec.error("lstm_debug_param.expose", "makes blobs within the layer tops, which "
                             "is not supported")
        self.rectifies = spec.type == "ConvLSTMReLU"
        self.exposed = spec.proto.recurrent_param.expose_hidden
        self.ignores_x = spec.proto.lstm_debug_param.ignore_x
        self.carried: tuple[Tensor, ...] = ()
        if len(x) != AXES or tuple(cont) != tuple(x[:2]):
            raise spec.error("bottom", f"has the shapes {tuple(x)} and {tuple(cont)}; they must be "
                             "x (T, N, C, H, W) and cont (T, N)")
        entering, hidden = self._read_convolutions(x)
        self.num_outputs = hidden.num_output
        self._check_states(x, states)
        rows, size = 4 * self.num_outputs, self.num_outputs
        if not self.ignores_x:
            self.input_geometry = _geometry(spec, entering, x)
            self.add_blob("input_weight", (rows, x[2], *_kernel(entering)), entering.weight_filler)
        self.hidden_geometry = _geometry(spec, hidden, x)
        self.add_blob("hidden_weight", (rows, size, *_kernel(hidden)), hidden.weight_filler)
        self.hidden_bias: Tensor | None = None
        if hidden.bias_term:
            del self.hidden_bias
            self.add_blob("hidden_bias", (rows,), hidden.bias_filler)
        self._add_peepholes((1, x[1], size, *x[3:]))

    def _read_convolutions(self, x: Shape) -> tuple[Any, Any]:     # Any: protobuf's messages
        given = len(self.spec.proto.lstm_conv_param)
        entering, hidden = (_conv_param(self.spec.proto, kind) for kind in ("input", "hidden"))
        if entering is None or hidden is None or given > 2:
            raise self.spec.error(FIELD, f"is given {given} times; it must be once or twice")
        if entering.num_output != hidden.num_output or hidden.num_output < 1:
            raise self.spec.error(f"{FIELD}.num_output", f"is {entering.num_output} for the input "
                                  f"and {hidden.num_output} for the hidden state; it must be one "
                                  "number, at least 1")
        return entering, hidden

    def _check_states(self, x: Shape, states: tuple[Shape, ...]) -> None:
        wanted = 2 if self.exposed else 0
        if len(states) != wanted:
            raise self.spec.error("bottom", f"is given {2 + len(states)} times; x, cont and "
                                  f"{wanted} states make {2 + wanted} (a static input is not "
                                  "supported)")
        if len(self.spec.tops) != 1 + wanted:
            raise self.spec.error("top", f"is given {len(self.spec.tops)} times; it must be "
                                  f"{1 + wanted}")
        shape = (1, x[1], self.num_outputs, *x[3:])
        for name, state in zip(self.spec.bottoms[2:], states, strict=True):
            if tuple(state) != shape:
                raise self.spec.error("bottom", f"'{name}' has the shape {tuple(state)}; it must "
                                      f"be {shape}")

    def _add_peepholes(self, cell: Shape) -> None:
        param = self.spec.proto.lstm_debug_param
        self.has_peepholes = not param.disable_hadamard
        if not self.has_peepholes:
            return
        first, last = param.axis_hadamard, param.axis_hadamard + param.num_axes_hadamard
        if not 2 <= first < last <= AXES:
            raise self.spec.error("lstm_debug_param.axis_hadamard", f"is {first} with "
                                  f"{param.num_axes_hadamard} axes; they must be among axes 2 to 4")
        self.after = AXES - last
        for name in PEEPHOLES:
            self.add_blob(name, cell[first:last], ONE)

    def _peephole(self, name: str) -> Tensor:
        factor: Tensor = getattr(self, name)
        return factor.reshape(*factor.shape, *(1,) * self.after)

    def forward(self, x: Tensor, cont: Tensor, *states: Tensor) -> tuple[Tensor, ...]:
        hidden, cell = self._start(x, states)
        entered = self._entered(x)
        squash = torch.relu if self.rectifies else torch.tanh
        outputs = []
        for step in range(x.shape[0]):
            go_on = cont[step].to(x.dtype).reshape(-1, 1, 1, 1)
            gates = _convolve(hidden * go_on, self.hidden_weight, self.hidden_bias,
                              self.hidden_geometry)
            if entered is not None:
                gates = gates + entered[step]
            if self.has_peepholes:
                seen = [cell * self._peephole(name) for name in PEEPHOLES]
                gates = gates + torch.cat([*seen, torch.zeros_like(cell)], 1)
            by_gate = gates.movedim(1, -1), cell.movedim(1, -1)
            cell, hidden = (state.movedim(-1, 1)
                            for state in lstm_step(*by_gate, go_on, squash))
            outputs.append(hidden)
        return torch.stack(outputs), *self._finish((hidden, cell))

    def _entered(self, x: Tensor) -> Tensor | None:
        """What the input adds to the gates of each step: (T, N, 4 D, H, W)."""
        if self.ignores_x:
            return None
        gates = _convolve(x.flatten(0, 1), self.input_weight, None, self.input_geometry)
        return gates.reshape(*x.shape[:2], *gates.shape[1:])

    def _start(self, x: Tensor, states: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        if self.exposed:
            return tuple(state.squeeze(0) for state in states)
        return carried_states(self.carried, x, (x.shape[1], self.num_outputs, *x.shape[3:]), 2)

    def _finish(self, states: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        if self.exposed:
            return tuple(state.unsqueeze(0) for state in states)
        if not (torch.compiler.is_exporting() or states[0].is_meta):
            self.carried = tuple(state.detach() for state in states)
        return ()

    def forget(self) -> None:
        self.carried = ()

    def multiply_adds(self, bottoms: list[Shape], tops: list[Shape]) -> int:    # type: ignore[override]
        steps, streams, _, high, wide = bottoms[0]
        kernels = [blob for blob in self.blobs if blob.dim() == 4]
        return sum(blob.numel() for blob in kernels) * steps * streams * high * wide

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        """All steps, one after the other; without given states the first starts from zeros."""
        if graph.batch is None:
            raise self.spec.error("bottom", "has time as its first axis, which cannot be of any "
                                  "size in ONNX here; export a fixed batch")
        steps, streams, channels, high, wide = graph.shape(bottoms[0])
        size = self.num_outputs
        x = graph.reshape(bottoms[0], [steps * streams, channels, high, wide])
        entered = "" if self.ignores_x else self._convolved(graph, x, "input")
        cont = graph.reshape(bottoms[1], [steps * streams, 1, 1, 1])
        hidden = cell = graph.floats(torch.zeros(streams, size, high, wide))
        if self.exposed:
            hidden, cell = (graph.reshape(name, [streams, size, high, wide])
                            for name in bottoms[2:])
        maps = []
        for step in range(steps):
            ends = (step * streams, (step + 1) * streams)
            go_on = graph.cut(cont, 0, *ends)
            gates = self._convolved(graph, graph.add("Mul", hidden, go_on), "hidden")
            if entered:
                gates = graph.add("Add", gates, graph.cut(entered, 0, *ends))
            if self.has_peepholes:
                seen = [graph.add("Mul", cell, graph.floats(self._peephole(name)))
                        for name in PEEPHOLES]
                none = graph.add("Mul", cell, graph.floats(0.0))
                gates = graph.add("Add", gates, graph.add("Concat", *seen, none, axis=1))
            cell, hidden = lstm_step_onnx(graph, gates, cell, go_on, 1, size,
                                          "Relu" if self.rectifies else "Tanh")
            maps.append(graph.reshape(hidden, [1, streams, size, high, wide]))
        tops = [graph.add("Concat", *maps, axis=0)]
        if self.exposed:
            tops += [graph.reshape(state, [1, streams, size, high, wide])
                     for state in (hidden, cell)]
        return tops

    def _convolved(self, graph: OnnxGraph, x: str, kind: str) -> str:
        at = self.input_geometry if kind == "input" else self.hidden_geometry
        blobs = [graph.floats(getattr(self, f"{kind}_weight"), f"{kind}_weight")]
        if kind == "hidden" and self.hidden_bias is not None:
            blobs.append(graph.floats(self.hidden_bias, "hidden_bias"))
        return graph.add("Conv", x, *blobs, pads=[*at["padding"], *at["padding"]],
                         dilations=list(at["dilation"]))


def _convolve(x: Tensor, weight: Tensor, bias: Tensor | None, at: dict[str, tuple[int, int]]
              ) -> Tensor:
    return F.conv2d(x, weight, bias, padding=at["padding"], dilation=at["dilation"])


def _conv_param(proto: LayerParameter, kind: str) -> Any:    # Any: protobuf's message
    """The first lstm_conv_param that is not the other convolution's; None without one."""
    given = list(proto.lstm_conv_param)
    other = "hidden" if kind == "input" else "input"
    return next((one for one in given if one.type != other), None)


def _pair(values: Any, default: int) -> tuple[int, int]:     # Any: a repeated field
    given = list(values) or [default]
    return (given[0], given[0]) if len(given) == 1 else (given[0], given[1])


def _kernel(param: Any) -> tuple[int, int]:
    return _pair(param.kernel_size, 0)


def _geometry(spec: LayerSpec, param: Any, x: Shape) -> dict[str, tuple[int, int]]:
    """padding and dilation of a convolution that keeps height and width."""
    kernel, pad = _kernel(param), _pair(param.pad, 0)
    dilation, stride = _pair(param.dilation, 1), _pair(param.stride, 1)
    for axis in (0, 1):
        kept = min(kernel) > 0 and stride[axis] == 1 \
            and 2 * pad[axis] == dilation[axis] * (kernel[axis] - 1)
        if not kept:
            raise spec.error(f"{FIELD}.kernel_size", f"is {kernel} with pad {pad}, dilation "
                             f"{dilation} and stride {stride}; the maps must keep their size, "
                             f"{x[3]} x {x[4]}")
    return {"padding": pad, "dilation": dilation}

