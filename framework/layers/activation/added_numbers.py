"""PowerFile: numbers of a file, added to the values of each item."""

from __future__ import annotations

import math
from pathlib import Path

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.number_files import read_numbers
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import honour


@layer
class PowerFile(Layer):
    """Add numbers of a file to the values of each item; where no file is stated, nothing.

    Bottom: x (N, ...). Top: x plus the k-th number of shift_file at the k-th value of each item.
    The original adds 0 where the file is not to be read or ends early; here that is an error,
    but where the file is not there yet, which is told at the first forward.
    Errors: SpecError for a file that does not have as many numbers as an item has values.
    Source: PowerFileParameter; power_file_layer.cu of daerduoCarey/SpatialTransformerLayer.
    """

    keeps_shape = True
    pointwise = True
    shift: Tensor

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "power_file_param", "shift_file")
        self.path = spec.proto.power_file_param.shift_file
        self.count = math.prod(x[1:])
        self.is_read = not self.path
        self.register_buffer("shift", torch.zeros(x[1:]), persistent=False)
        if self.path and Path(self.path).exists():
            self._read()

    def _read(self) -> None:
        try:
            numbers = read_numbers(self.path, self.count, "values an item")
        except ValueError as error:
            raise self.spec.error("power_file_param.shift_file", f"is '{self.path}', {error}"
                                  ) from None
        self.shift = torch.tensor(numbers).to(self.shift).reshape(self.shift.shape)
        self.is_read = True

    def forward(self, x: Tensor) -> Tensor:
        if not self.is_read and not x.is_meta:
            self._read()
        return x + self.shift.to(x.dtype)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        if not self.is_read:
            self._read()
        return [graph.add("Add", bottoms[0], graph.floats(self.shift))]
