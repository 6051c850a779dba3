"""Steps of recurrent layers: one of an LSTM, and the states that a forward begins with."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from framework.layers.onnx_graph import OnnxGraph


def lstm_step(gates: Tensor, cell: Tensor, cont: Tensor,
              squash: Callable[[Tensor], Tensor] = torch.tanh) -> tuple[Tensor, Tensor]:
    """One LSTM step: the new cell and the new hidden state, each (..., N, H).

    gates  (..., N, 4 H)  input, forget, output and candidate, before their sigmoids and tanh
    cell   (..., N, H)    the previous one
    cont   (..., N, 1)    1 where the sequence goes on, 0 where a new one starts
    squash                what the candidate and the cell go through
    Source: BVLC lstm_unit_layer.cpp.
    """
    enter, keep, leave, candidate = gates.chunk(4, -1)
    cell = cont * keep.sigmoid() * cell + enter.sigmoid() * squash(candidate)
    return cell, leave.sigmoid() * squash(cell)


def lstm_step_onnx(graph: OnnxGraph, gates: str, cell: str, cont: str, axis: int, size: int,
                   squash: str = "Tanh") -> list[str]:
    """As `lstm_step`; the gates follow one another on `axis`, and `squash` is an operator."""
    enter, keep, leave, candidate = graph.add_several(
        "Split", 4, gates, graph.integers([size] * 4), axis=axis)
    kept = graph.add("Mul", graph.add("Mul", cont, graph.add("Sigmoid", keep)), cell)
    entered = graph.add("Mul", graph.add("Sigmoid", enter), graph.add(squash, candidate))
    cell = graph.add("Add", kept, entered)
    return [cell, graph.add("Mul", graph.add("Sigmoid", leave), graph.add(squash, cell))]


def carried_states(carried: tuple[Tensor, ...], x: Tensor, shape: Sequence[int], number: int
                   ) -> tuple[Tensor, ...]:
    """The states that the last forward left, if they are of this shape and fit x; else zeros."""
    if carried and not torch.compiler.is_exporting() and carried[0].shape == torch.Size(shape) \
            and carried[0].device == x.device and carried[0].dtype == x.dtype:
        return carried
    return (x.new_zeros(shape),) * number
