"""An ONNX model in float16: weights and arithmetic, but for layers that need float32."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import onnx
import onnx.shape_inference
from onnx import TensorProto, helper, numpy_helper

FLOAT, HALF = TensorProto.FLOAT, TensorProto.FLOAT16
LARGEST = 65504.0           # of float16
FLOAT32_INPUTS = {"Resize": (2,)}       # inputs that ONNX wants in float32 whatever the first is


def to_half(model: onnx.ModelProto, single: Collection[str], inputs_too: bool) -> onnx.ModelProto:
    """The model with weights and operators in float16.

    single      names of nodes that stay in float32
    inputs_too  inputs and outputs are float16 as well; else they stay float32
    """
    return _Conversion(model, frozenset(single)).run(inputs_too)


class _Conversion:
    def __init__(self, model: onnx.ModelProto, single: frozenset[str]) -> None:
        inferred = onnx.shape_inference.infer_shapes(model).graph
        self.model, self.single = model, single
        self.types = {one.name: one.data_type for one in model.graph.initializer}
        for info in (*inferred.input, *inferred.output, *inferred.value_info):
            self.types[info.name] = info.type.tensor_type.elem_type
        self.weights = {one.name: one for one in model.graph.initializer}
        self.nodes: list[onnx.NodeProto] = []
        self.added: dict[tuple[str, int], str] = {}
        self.halves: list[TensorProto] = []

    def run(self, inputs_too: bool) -> onnx.ModelProto:
        graph = self.model.graph
        made = onnx.ModelProto()
        made.CopyFrom(self.model)
        infos = made.graph.input if inputs_too else []
        for info in infos:
            if info.type.tensor_type.elem_type == FLOAT:
                info.type.tensor_type.elem_type = self.types[info.name] = HALF
        for node in graph.node:
            self._add(node)
        outputs = {info.name for info in graph.output}
        wanted = HALF if inputs_too else FLOAT
        for info in made.graph.output:
            if info.type.tensor_type.elem_type == FLOAT:
                info.type.tensor_type.elem_type = wanted
        self._convert_outputs(outputs, wanted)
        used = {name for node in self.nodes for name in node.input}
        kept = [one for one in (*graph.initializer, *self.halves) if one.name in used]
        del made.graph.node[:], made.graph.initializer[:], made.graph.value_info[:]
        made.graph.node.extend(self.nodes)
        made.graph.initializer.extend(kept)
        return made

    def _add(self, node: onnx.NodeProto) -> None:
        """The node, and the casts before it."""
        target = FLOAT if node.name in self.single else HALF
        new = onnx.NodeProto()
        new.CopyFrom(node)
        fixed = FLOAT32_INPUTS.get(node.op_type, ())
        if node.op_type != "Cast":      # which takes any type
            new.input[:] = [name if index in fixed else self._as(name, target)
                            for index, name in enumerate(node.input)]
        elif target == HALF and new.attribute[0].i == FLOAT:
            new.attribute[0].i = HALF
        self.nodes.append(new)
        for name in node.output:
            if self.types.get(name, FLOAT) == FLOAT:
                self.types[name] = target

    def _as(self, name: str, target: int) -> str:
        """The value in that type, by a cast if it is a float of the other."""
        found = self.types.get(name, 0)
        if found not in (FLOAT, HALF) or found == target:
            return name
        if (name, target) not in self.added:
            other = self.added[name, target] = f"{name}/{'half' if target == HALF else 'float'}"
            if name in self.weights:
                array = numpy_helper.to_array(self.weights[name])
                half = np.clip(array, -LARGEST, LARGEST).astype(np.float16)
                self.halves.append(numpy_helper.from_array(half, other))
            else:
                self.nodes.append(helper.make_node("Cast", [name], [other], other, to=target))
        return self.added[name, target]

    def _convert_outputs(self, outputs: Collection[str], wanted: int) -> None:
        """Give outputs of the other type a cast: the value that it casts gets another name."""
        for name in outputs:
            found = self.types.get(name, 0)
            if found not in (FLOAT, HALF) or found == wanted:
                continue
            inner = f"{name}/{'half' if found == HALF else 'float'}"
            for node in self.nodes:
                node.input[:] = [inner if one == name else one for one in node.input]
                node.output[:] = [inner if one == name else one for one in node.output]
            self.nodes.append(helper.make_node("Cast", [inner], [name], f"{name}/cast", to=wanted))
