"""Put what torch.onnx makes of a module into an ONNX graph under construction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper
from torch import nn

from framework.errors import CaffeError
from framework.export.module_onnx import to_onnx
from framework.layers.base import Shape

LATEST = 20         # opset of torch.onnx's exporter; what it writes means the same in 21


class Target(Protocol):
    """What the operators are added to: export/graph.py."""

    opset: int
    batch: int | None

    def shape(self, name: str) -> Shape:
        ...

    def add_several(self, kind: str, num_results: int, *inputs: str,
                    **attributes: Any) -> tuple[str, ...]:
        ...

    def constant(self, array: NDArray[Any], name: str = "") -> str:
        ...


def graft(graph: Target, module: nn.Module, inputs: Sequence[str]) -> list[str]:
    """Add the operators of a module; the names of its results in the graph.

    Raises CaffeError if torch.onnx cannot export it, or makes operators of it that are not
    standard ones, or hold graphs of their own.
    """
    shapes = [graph.shape(name) for name in inputs]
    source = type(module).__name__
    model = to_onnx(module, source, shapes, min(graph.opset, LATEST), graph.batch is None)
    names = {value.name: name for value, name in zip(model.graph.input, inputs, strict=True)}
    names[""] = ""      # an optional input that is left out
    for tensor in model.graph.initializer:
        plain = tensor.name.removeprefix("module.")
        names[tensor.name] = graph.constant(numpy_helper.to_array(tensor), plain)
    for node in model.graph.node:
        _add(graph, node, names)
    return [names[value.name] for value in model.graph.output]


def _add(graph: Target, node: onnx.NodeProto, names: dict[str, str]) -> None:
    attributes = {one.name: helper.get_attribute_value(one) for one in node.attribute}
    if node.op_type == "Constant":
        value = attributes.get("value")
        if value is not None:
            names[node.output[0]] = graph.constant(numpy_helper.to_array(value))
            return
    if node.domain or any(one.type in (onnx.AttributeProto.GRAPH, onnx.AttributeProto.GRAPHS)
                          for one in node.attribute):
        raise CaffeError(f"torch.onnx makes an operator {node.op_type} of the module, which is "
                         "not a standard one, or holds a graph of its own")
    results = graph.add_several(node.op_type, len(node.output),
                                *(names[name] for name in node.input), **attributes)
    names.update(zip(node.output, results, strict=True))
