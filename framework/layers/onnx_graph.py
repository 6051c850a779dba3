"""What `Layer.to_onnx` writes to: the part of an ONNX graph that a layer sees.

A layer says its operators by name and never imports onnx. framework/export/graph.py is the graph.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from torch import Tensor, nn

Names = Sequence[str]       # of values in the graph: bottoms, tops, results of operators
END = 2**31 - 1             # in a Slice: up to the end


class OnnxGraph(Protocol):
    """An ONNX graph under construction.

    opset         of the file that it becomes: 13 or later
    batch         number of items in each batch; None: any, to be read as 0 by `reshape`
    detection_op  write detection layers as one operator of their name
    """

    opset: int
    batch: int | None
    detection_op: bool

    def shape(self, name: str) -> tuple[int, ...]:
        """The shape of a bottom, with the batch size that the net was built with."""

    def add(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """An operator with one result, whose name is returned. Any: what ONNX attributes hold."""

    def add_several(self, kind: str, num_results: int, *inputs: str,
                    **attributes: Any) -> tuple[str, ...]:
        """An operator with several results."""

    def add_module(self, module: nn.Module, inputs: Names) -> Names:
        """The operators that torch.onnx makes of a module, whose results are returned.

        module  gives a tuple of tensors
        """

    def floats(self, values: Tensor | float | Sequence[float], name: str = "") -> str:
        """A constant of float32; the blob `name` of the layer if that is given."""

    def integers(self, values: Any) -> str:
        """A constant of int64. Any: a number, or lists of any depth."""

    def reshape(self, x: str, dims: Sequence[int]) -> str:
        """Reshape: 0 copies the axis of x at that index, -1 holds what remains."""

    def reduce(self, kind: str, x: str, axes: Sequence[int], keepdims: bool) -> str:
        """ReduceSum, ReduceMean, ... over axes."""

    def cut(self, x: str, axis: int, start: int, end: int) -> str:
        """Part of an axis; `END` is its end, and a start after the end reverses it."""

    def sizes(self, x: str, spatial: Sequence[int]) -> str:
        """The sizes of x (N, C, ...) with other spatial ones, as Resize takes them."""

    def image_numbers(self, x: str) -> str:
        """0, 1, ... for each item of x, int64 (N, 1)."""
