"""Layers of OCR nets: reverse, transpose, sequence indicators, junhyukoh's LSTM."""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_graph import END, Names, OnnxGraph
from framework.layers.params import canonical_axis, check_sizes, honour
from framework.layers.recurrent.clip_gradient import clipped
from framework.layers.recurrent.steps import carried_states, lstm_step

LOG = logging.getLogger(__name__)
# The field with the axes, by the type of the layer
AXES = {"Transpose": ("transpose_param", "dim"),
        "TensorTranspose": ("tensor_transpose_param", "order")}


@layer
class Reverse(Layer):
    """Reverse (flip) one axis.

    Bottom:  any shape. Top: the same.
    Errors:  SpecError for an axis that is not there.
    Source:  CTPN (tianzhi0549), caffe_ocr (senlinuc): reverse_layer.cpp.
    """

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        self.axis = canonical_axis(spec, "reverse_param.axis", spec.proto.reverse_param.axis, x)

    def forward(self, x: Tensor) -> Tensor:
        return x.flip(self.axis)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        return [graph.cut(bottoms[0], self.axis, -1, -END)]


@layer
@layer("TensorTranspose")
class Transpose(Layer):
    """Transpose (permute) the axes; axis i of the top is the bottom's axis dim[i].

    TensorTranspose, of nets without a name of their Caffe, has `order` in place of `dim`.
    Bottom:  any shape.
    Errors:  SpecError unless `dim` names each axis once.
    Source:  CTPN (tianzhi0549), caffe_ocr (senlinuc): transpose_layer.cpp; the
             tensor_transpose_layer.cpp that the nets of kanuore/lstm-in-mnist are for.
    """

    @classmethod
    def axis_order(cls, spec: LayerSpec) -> list[int]:
        """The bottom's axes in the order of the top's."""
        path, field = AXES[spec.type]
        return list(getattr(getattr(spec.proto, path), field))

    @classmethod
    def assumed_bottom(cls, spec: LayerSpec, index: int, bottoms: Sequence[Shape]
                       ) -> Shape | None:
        """One number for each step where there are as many axes as the order names."""
        num_axes = len(cls.axis_order(spec))
        return (*bottoms[0][:1], *[1] * (num_axes - 1)) if num_axes != len(bottoms[0]) else None

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        path, field = AXES[spec.type]
        honour(spec, path, field)
        self.order = self.axis_order(spec)
        if sorted(self.order) != list(range(len(x))):
            raise spec.error(f"{path}.{field}", f"is {self.order}; it must name each of the "
                             f"{len(x)} axes once")

    def forward(self, x: Tensor) -> Tensor:
        return x.permute(self.order)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        return [graph.add("Transpose", bottoms[0], perm=self.order)]


@layer
class ContinuationIndicator(Layer):
    """Continuation indicators (`cont`) for sequences that all start at step 0.

    Bottom: any blob; its size on `axis` is the number N of streams. No gradient. Without a bottom N
            is `batch_size`.
    Top:    (time_step, N): 0 in the first row, 1 in all others.
    Errors: SpecError if time_step is 0 or the axis is not there; if there is a bottom and a
            batch_size, or neither.
    Source: continuation_indicator_layer.cpp of jolibrain/caffe; of OCR projects for batch_size.
    """

    num_bottoms = (0, 1)
    no_gradient_bottoms = (0,)
    fork_fields = frozenset({"continuation_indicator_param.batch_size"})

    def __init__(self, spec: LayerSpec, *bottoms: Shape):
        super().__init__(spec)
        param = spec.proto.continuation_indicator_param
        self.axis = 0
        if bottoms:
            self.axis = canonical_axis(spec, "continuation_indicator_param.axis", param.axis,
                                       bottoms[0])
        if bool(bottoms) == bool(param.batch_size):
            raise spec.error("continuation_indicator_param.batch_size", "must be given where there "
                             "is no bottom, and only there")
        check_sizes(spec, "continuation_indicator_param", "time_step")
        self.num_steps = param.time_step
        self.cont: Tensor
        if not bottoms:
            steps = torch.arange(self.num_steps)[:, None].clamp(max=1)
            self.register_buffer("cont", steps.expand(-1, param.batch_size).float(),
                                 persistent=False)

    def forward(self, x: Tensor | None = None) -> Tensor:
        if x is None:
            return self.cont.clone()
        streams = x.shape[self.axis]
        return torch.cat([x.new_zeros(1, streams), x.new_ones(self.num_steps - 1, streams)])

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        if not bottoms:
            return [graph.floats(self.cont)]
        column = torch.ones(self.num_steps, 1)
        column[0] = 0
        if self.axis or graph.batch is not None:
            return [graph.floats(column.expand(-1, graph.shape(bottoms[0])[self.axis]))]
        streams = graph.cut(graph.add("Shape", bottoms[0]), 0, 0, 1)
        size = graph.add("Concat", graph.integers([self.num_steps]), streams, axis=0)
        return [graph.add("Expand", graph.floats(column), size)]


def lstm_order(blob: Tensor) -> Tensor:
    """Rows of gates in ONNX's order: input, output, forget, candidate."""
    enter, keep, leave, candidate = blob.detach().chunk(4)
    return torch.cat([enter, leave, keep, candidate])


@layer
class Lstm(Layer):
    """LSTM over T steps of N streams, of junhyukoh/caffe-lstm and CTPN; not BVLC's LSTM.

    Bottoms: x (T, N, ...), or of two axes (T * N, D) with N the `batch_size`; perhaps T * N
             flags: 0 where a sequence starts, else 1. A third one has no effect, as in the
             original, and a warning says so.
    Top:     h (T, N, H), or (T * N, H).
    Blobs:   weight (4 H, D), hidden_weight (4 H, H), bias (4 H,), gates in the order input,
             forget, output, candidate.
    H is num_output. Without flags each forward starts from zeros; with them from the last
    states of the one before, where the flag is not 0. The gradient into the gates is cut to
    clipping_threshold, if that is above 0. An exported program starts from zeros.
    Errors:  SpecError if num_output is 0, the flags are not T * N, or batch_size does not divide
             the rows.
    Source:  junhyukoh/caffe-lstm lstm_layer.cpp (two axes), CTPN's and caffe_ocr's (more).
    """

    num_bottoms = (1, 3)
    no_gradient_bottoms = (1, 2)
    blobs_learn = (True,) * 3
    weight: Tensor
    hidden_weight: Tensor
    bias: Tensor

    def __init__(self, spec: LayerSpec, x: Shape, *others: Shape):
        super().__init__(spec)
        flags = others[:1]
        if len(others) > 1:
            LOG.warning("%s: bottom[2] has no effect; bottom[1] are the flags", spec.place())
        honour(spec, "lstm_param", "num_output clipping_threshold weight_filler bias_filler "
               "batch_size")
        param = spec.proto.lstm_param
        self.size = param.num_output
        self.limit = param.clipping_threshold
        check_sizes(spec, "lstm_param", "num_output")
        steps = x[0] if len(x) == 2 else math.prod(x[:2])
        if len(x) < 2 or any(math.prod(shape) != steps for shape in flags):
            raise spec.error("bottom", f"has the shapes {', '.join(map(str, (x, *flags)))}; they "
                             "must be x (T, N, ...) or (T * N, D) and T * N flags")
        self.streams = param.batch_size if len(x) == 2 else 0
        if self.streams and x[0] % self.streams:
            raise spec.error("lstm_param.batch_size", f"is {self.streams}; it must divide the "
                             f"{x[0]} rows of the bottom")
        width = x[1] if self.streams else math.prod(x[2:])
        self.add_blob("weight", (4 * self.size, width), param.weight_filler)
        self.add_blob("hidden_weight", (4 * self.size, self.size), param.weight_filler)
        self.add_blob("bias", (4 * self.size,), param.bias_filler)
        self.carried: tuple[Tensor, ...] = ()

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        """The shape of the top, without a forward."""
        x = bottoms[0]
        return [(*x[:1], self.size) if self.streams else (*x[:2], self.size)]

    def forget(self) -> None:
        self.carried = ()

    def multiply_adds(self, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        rows = bottoms[0][0] if self.streams else math.prod(bottoms[0][:2])
        return rows * (self.weight.numel() + self.hidden_weight.numel())

    def forward(self, x: Tensor, *flags: Tensor) -> Tensor:
        if self.streams:
            x = x.unflatten(0, (-1, self.streams))
        projected = F.linear(x.flatten(2), self.weight, self.bias)
        if flags:
            cont = (flags[0].reshape(x.shape[0], x.shape[1], 1) != 0).to(projected.dtype)
        else:
            cont = projected.new_ones(x.shape[0], 1, 1)
        hidden, cell = self._start(projected, bool(flags))
        outputs = []
        for step, go_on in zip(projected.unbind(0), cont.unbind(0), strict=True):
            gates = clipped(step + F.linear(hidden, self.hidden_weight) * go_on, self.limit)
            cell, hidden = lstm_step(gates, cell, go_on)
            outputs.append(hidden)
        if flags and not (x.is_meta or torch.compiler.is_exporting()):
            self.carried = hidden.detach(), cell.detach()
        top = torch.stack(outputs)
        return top.flatten(0, 1) if self.streams else top

    def _start(self, x: Tensor, carry: bool) -> tuple[Tensor, ...]:
        return carried_states(self.carried if carry else (), x, (x.shape[1], self.size), 2)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        if len(bottoms) > 1 or graph.batch is None:
            reason = "flags" if len(bottoms) > 1 else "a batch of any size"
            raise self.spec.error("bottom", f"has {reason}; Lstm has an ONNX form without")
        shape = graph.shape(bottoms[0])
        streams = self.streams or shape[1]
        x = graph.reshape(bottoms[0], [-1, streams, self.weight.shape[1]])
        gates = [graph.floats(lstm_order(blob)[None], name) for name, blob in
                 (("weight", self.weight), ("hidden_weight", self.hidden_weight))]
        bias = lstm_order(self.bias)
        both = graph.floats(torch.cat([bias, torch.zeros_like(bias)])[None], "bias")
        y = graph.add_several("LSTM", 3, x, *gates, both, hidden_size=self.size)[0]
        return [graph.reshape(y, [-1, self.size] if self.streams else [-1, streams, self.size])]


@layer
class Convert(Layer):
    """Columns of a map as steps of a sequence, and the indicators that a recurrent layer takes.

    Bottom: x (N, C, W), or (N, C, 1, W).
    Tops:   y (W, N, C); then, if named, continuation indicators (W, N): 0 in the first step, 1 in
            all others.
    Errors: SpecError for other shapes.
    Source: convert_layer.cpp of Yuliang-Liu/Curve-Text-Detector, which writes the second top
            whether it is named or not.
    """

    num_tops = (1, 2)

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        if len(x) < 3 or math.prod(x[2:-1]) != 1:
            raise spec.error("bottom", f"has the shape {tuple(x)}; Convert takes (N, C, W) or "
                             "(N, C, 1, W)")

    def forward(self, x: Tensor) -> Tensor | tuple[Tensor, ...]:
        steps = x.reshape(x.shape[0], x.shape[1], x.shape[-1]).permute(2, 0, 1)
        if len(self.spec.tops) == 1:
            return steps
        first = torch.arange(x.shape[-1], device=x.device) > 0
        return steps, first.to(x.dtype)[:, None].repeat(1, x.shape[0])

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        shape = graph.shape(bottoms[0])
        flat = graph.reshape(bottoms[0], [0, 0, shape[-1]])
        steps = graph.add("Transpose", flat, perm=[2, 0, 1])
        if len(self.spec.tops) == 1:
            return [steps]
        zeros = graph.add("Mul", graph.reduce("ReduceSum", steps, [2], False), graph.floats(0.0))
        values = torch.ones(shape[-1], 1)
        values[0] = 0
        return [steps, graph.add("Add", zeros, graph.floats(values))]
