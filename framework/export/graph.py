"""An ONNX graph as lists of nodes and constants, named as the net's layers and blobs are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from framework.export.graft import graft
from framework.layers.base import Layer, Shape
from framework.layers.onnx_graph import END

Array = NDArray[Any]        # Any: of float32 or int64


@dataclass
class Node:
    """One operator. Any: what ONNX attributes hold."""

    kind: str
    name: str
    inputs: list[str]
    outputs: list[str]
    attributes: dict[str, Any]
    needs_float32: bool = False


class Graph:
    """The operators of the layers that were added, in order.

    values   the name in the graph of each blob, as the last layer that wrote it left it
    shapes   of the values that are blobs
    See framework.layers.onnx_graph.OnnxGraph for what layers call.
    """

    def __init__(self, opset: int, batch: int | None, detection_op: bool) -> None:
        self.opset, self.batch, self.detection_op = opset, batch, detection_op
        self.nodes: list[Node] = []
        self.constants: dict[str, Array] = {}
        self.values: dict[str, str] = {}
        self.shapes: dict[str, Shape] = {}
        self.inputs: list[str] = []
        self._taken: set[str] = set()
        self._layers: set[str] = set()
        self._layer = ""
        self._needs_float32 = True      # so do the operators before the first layer's
        self._known: dict[tuple[str, bytes], str] = {}

    def reserve(self, names: Sequence[str]) -> None:
        """Keep these names, of blobs, for the values that `name_tops` gives them."""
        self._taken.update(names)

    def give_blobs_their_names(self) -> None:
        """Rename the value of a blob whose last layer, a Dropout say, only passes it on."""
        made = {name for node in self.nodes for name in node.outputs}
        for blob, value in self.values.items():
            if value != blob and value in made and value not in self.values \
                    and blob not in made and blob not in self.inputs:
                _rename(self.nodes, value, blob)
                made.add(blob)
                for other in self.values:
                    if self.values[other] == value:
                        self.values[other] = blob

    def add_input(self, blob: str, shape: Shape) -> None:
        """Add an input, named as its blob."""
        self.inputs.append(blob)
        self.values[blob] = blob
        self.shapes[blob] = shape

    def add_layer(self, layer: Layer, tops: Sequence[str], shapes: Sequence[Shape],
                  last: Sequence[bool]) -> None:
        """Add a layer's operators.

        tops, shapes   of the blobs it writes
        last           for each, whether no later layer writes it: it gets the blob's name
        """
        self._layer = layer.spec.name
        self._needs_float32 = layer.needs_float32
        start = len(self.nodes)
        bottoms = [self.values[name] for name in layer.spec.bottoms]
        constants = [self.constants.get(name) for name in bottoms]
        if bottoms and all(array is not None for array in constants):
            results = self._computed(layer, constants)
        else:
            results = list(layer.to_onnx(self, bottoms))
        new = self.nodes[start:]
        if new:
            new[-1].name = self._layer      # of two layers with one name, the second gets another
            while new[-1].name in self._layers:
                new[-1].name += "_"
            self._layers.add(new[-1].name)
        for top, shape, is_last, result in zip(tops, shapes, last, results, strict=True):
            own = {name for node in new for name in node.outputs}
            if result in own:
                is_free = is_last and top not in self.inputs     # an input may be written in place
                wanted = top if is_free else self._unique(f"{top}/{self._layer}")
                _rename(new, result, wanted)
                result = wanted
            self.values[top] = result
            self.shapes[result] = shape

    def _computed(self, layer: Layer, arrays: Sequence[Array | None]) -> list[str]:
        """The tops of a layer whose bottoms are constants, constants too."""
        with torch.no_grad():
            tops = layer(*(torch.from_numpy(array) for array in arrays))
        return [self.floats(top, name) for top, name in
                zip(tops if isinstance(tops, tuple) else (tops,), layer.spec.tops, strict=True)]

    def shape(self, name: str) -> Shape:
        """The shape of a value."""
        return self.shapes[name]

    def add(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """Add an operator of one result; returns its name. Any: what ONNX attributes hold."""
        return self.add_several(kind, 1, *inputs, **attributes)[0]

    def add_several(self, kind: str, num_results: int, *inputs: str,
                    **attributes: Any) -> tuple[str, ...]:
        """Add an operator; returns the names of its results. Any: as in `add`."""
        name = self._unique(f"{self._layer}/{kind}")
        outputs = [name] if num_results == 1 else \
            [self._unique(f"{name}:{index}") for index in range(num_results)]
        self.nodes.append(Node(kind, name, list(inputs), outputs, attributes,
                               self._needs_float32))
        return tuple(outputs)

    def add_module(self, module: nn.Module, inputs: Sequence[str]) -> list[str]:
        return graft(self, module, inputs)

    def floats(self, values: Tensor | float | Sequence[float], name: str = "") -> str:
        """A float32 constant; a `name` makes it one of the layer's own, not shared."""
        if isinstance(values, Tensor):
            array = values.detach().cpu().to(torch.float32).contiguous().numpy()
        else:
            array = np.array(values, np.float32)
        return self.constant(array, name)

    def integers(self, values: Any) -> str:     # Any: a number, or lists of any depth
        """An int64 constant."""
        return self.constant(np.array(values, np.int64), "")

    def constant(self, array: Array, name: str = "") -> str:
        """A constant of any type; the blob `name` of the layer if that is given."""
        if name:
            unique = self._unique(f"{self._layer}.{name}")
            self.constants[unique] = array
            return unique
        key = (f"{array.dtype}{array.shape}", array.tobytes())
        if key not in self._known:
            self._known[key] = self._unique(f"constant_{len(self._known)}")
            self.constants[self._known[key]] = array
        return self._known[key]

    def reshape(self, x: str, dims: Sequence[int]) -> str:
        """Reshape to `dims`: 0 keeps an axis, -1 takes what is left."""
        return self.add("Reshape", x, self.integers(dims))

    def reduce(self, kind: str, x: str, axes: Sequence[int], keepdims: bool) -> str:
        """Reduce over axes by the operator `kind`, whose axes are an input or an attribute."""
        if self.opset >= 18 or kind == "ReduceSum":
            return self.add(kind, x, self.integers(axes), keepdims=int(keepdims))
        return self.add(kind, x, axes=list(axes), keepdims=int(keepdims))

    def cut(self, x: str, axis: int, start: int, end: int) -> str:
        """Slice one axis from `start` up to `end`, backwards where `end` is below."""
        step = 1 if start < end else -1
        limit = end if step > 0 else -END
        numbers = [self.integers([number]) for number in (start, limit, axis, step)]
        return self.add("Slice", x, *numbers)

    def sizes(self, x: str, spatial: Sequence[int]) -> str:
        """The first two axes of x, as they are at run time, and sizes of the spatial axes."""
        if self.shape(x)[0] == self.batch:      # else items are regions, whose number data decide
            return self.integers([*self.shape(x)[:2], *spatial])
        batch = self.cut(self.add("Shape", x), 0, 0, 2)
        return self.add("Concat", batch, self.integers(spatial), axis=0)

    def image_numbers(self, x: str) -> str:
        """0, 1, ... for each image of the batch, (N, 1)."""
        if self.batch is not None:
            return self.integers([[index] for index in range(self.batch)])
        zero = self.integers(0)
        count = self.add("Gather", self.add("Shape", x), zero, axis=0)
        numbers = self.add("Range", zero, count, self.integers(1))
        return self.reshape(numbers, [-1, 1])

    def _unique(self, name: str) -> str:
        unique, number = name, 1
        while unique in self._taken:
            number += 1
            unique = f"{name}_{number}"
        self._taken.add(unique)
        return unique


def _rename(nodes: Sequence[Node], old: str, new: str) -> None:
    for node in nodes:
        node.inputs = [new if name == old else name for name in node.inputs]
        node.outputs = [new if name == old else name for name in node.outputs]
