"""Operators of an ONNX graph that are one layer together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from framework.importing.draft import Array, Node


def joined(nodes: Sequence[Node], constants: Mapping[str, Array], outputs: Sequence[str]
           ) -> list[Node]:
    """The nodes, with x / max(|x|, eps) along the channels, torch's `normalize`, as one
    LpNormalization: as a layer of its own more readers of Caffe files take it."""
    makers = {name: node for node in nodes for name in node.outputs}
    reads = Counter(name for node in nodes for name in node.inputs)
    reads.update(outputs)
    found: list[Node] = []
    dropped: set[str] = set()
    for node in nodes:
        length = _length(node, makers, reads, constants)
        if length is not None:
            steps, least = length
            dropped.update(step.name for step in steps)
            node = replace(node, kind="LpNormalization", inputs=node.inputs[:1],
                           attributes={"axis": 1, "p": 2, "eps": least ** 2})
        found.append(node)
    return [node for node in found if node.name not in dropped]


def _length(node: Node, makers: Mapping[str, Node], reads: Counter[str],
            constants: Mapping[str, Array]) -> tuple[list[Node], float] | None:
    """The operators that make the divisor, read by nobody else, and its least value; None if it
    is not max(|x|, least) of what is divided."""
    if node.kind != "Div":
        return None
    steps: list[Node] = []
    name, least = node.inputs[1], 0.0
    while name in makers and reads[name] == 1:
        step = makers[name]
        steps.append(step)
        if step.kind == "ReduceL2":
            own = step.inputs[0] == node.inputs[0] and step.get("keepdims", 1)
            return (steps, least) if own and _axes(step, constants) == [1] else None
        if step.kind == "Clip" and len(steps) < 3 and not step.has(2) and step.has(1) \
                and step.inputs[1] in constants:
            least = float(constants[step.inputs[1]])
        elif step.kind != "Expand" or least:
            return None
        name = step.inputs[0]
    return None


def _axes(step: Node, constants: Mapping[str, Array]) -> list[int]:
    if step.has(1):
        return [int(axis) for axis in np.ravel(constants.get(step.inputs[1], []))]
    return [int(axis) for axis in step.get("axes", [])]
