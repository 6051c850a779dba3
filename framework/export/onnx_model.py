"""A net as an ONNX model: layers to operators, blobs to tensors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import onnx
import onnx.shape_inference
from onnx import TensorProto, helper, numpy_helper

from framework.errors import SpecError
from framework.export.deploy import deployed
from framework.export.folding import fold
from framework.export.graph import Graph
from framework.export.half import to_half
from framework.export.preprocessing import Preprocessing
from framework.net.net import Net

OPSETS = {13: 8, 17: 8, 21: 10}     # and the version of the file format that each is written in
Info: TypeAlias = onnx.ValueInfoProto


@dataclass(frozen=True)
class Options:
    """How a net is exported.

    opset           13, 17 or 21
    batch           dynamic: any number of items at once; else that of the net
    keep_batch_norm leave BatchNorm and Scale operators of their own
    detection_op    DetectionOutput as one operator, in place of the graph
    half            float16: "" nothing, "weights" and operators, "io" inputs and outputs too
    preprocessing   None: the input is the net's
    metadata        written into the file
    """

    opset: int = 13
    dynamic: bool = False
    keep_batch_norm: bool = False
    detection_op: bool = False
    half: str = ""
    preprocessing: Preprocessing | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)


def to_graph(net: Net, options: Options) -> Graph:
    """The operators of a net in phase TEST. SpecError names all layers that have none."""
    part = deployed(net)
    steps = [(step.layer, step.tops) for step in part.steps]
    if not options.keep_batch_norm:
        steps = fold(part.outputs, steps)
    first = net.shapes[part.inputs[0]] if part.inputs else ()
    batch = None if options.dynamic or not first else first[0]
    graph = Graph(options.opset, batch, options.detection_op)
    graph.reserve([*net.shapes, *net.given_names])
    for name in part.inputs:
        graph.add_input(name, net.shapes[name])
    if options.preprocessing is not None:
        options.preprocessing.add_to(graph)
    writers = {top: index for index, (_, tops) in enumerate(steps) for top in tops}
    refused = []
    for index, (layer, tops) in enumerate(steps):
        try:
            graph.add_layer(layer, tops, [net.shapes[top] for top in tops],
                            [writers[top] == index for top in tops])
        except SpecError as error:
            refused.append(str(error))
            for top in tops:        # go on: all that is refused is told at once
                graph.values[top] = top
                graph.shapes[top] = net.shapes[top]
    if refused:
        raise SpecError("\n".join(refused))
    graph.give_blobs_their_names()
    return graph


def to_model(net: Net, options: Options) -> onnx.ModelProto:
    """The net as an ONNX model, checked by onnx. Inputs and outputs are named as its blobs."""
    return to_model_and_float_nodes(net, options)[0]


def to_model_and_float_nodes(net: Net, options: Options) -> tuple[onnx.ModelProto, list[str]]:
    """The model, and the names of its nodes that need float32 where others are in fewer bits."""
    part = deployed(net)
    if not part.outputs:
        raise SpecError(f"{net.spec.path}: the net has no outputs, so there is nothing to export")
    graph = to_graph(net, options)
    inputs = []
    for name in part.inputs:
        if options.preprocessing is not None and name == options.preprocessing.blob:
            info = helper.make_tensor_value_info(
                name, TensorProto.UINT8, _dims(options.preprocessing.shape, options.dynamic))
        else:
            info = helper.make_tensor_value_info(
                name, TensorProto.FLOAT, _dims(net.shapes[name], options.dynamic))
        inputs.append(info)
    names = [_output(graph, name) for name in part.outputs]
    ranks = [[None] * len(net.shapes[name]) for name in part.outputs]
    outputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, rank)
               for name, rank in zip(names, ranks, strict=True)]
    nodes = [helper.make_node(node.kind, node.inputs, node.outputs, node.name, **node.attributes)
             for node in graph.nodes]
    used = {name for node in graph.nodes for name in node.inputs}
    constants = [numpy_helper.from_array(array, name)
                 for name, array in graph.constants.items() if name in used]
    outputs = _with_sizes(outputs, nodes, inputs, constants, options.opset)
    body = helper.make_graph(nodes, net.name or "net", inputs, outputs, constants)
    model = helper.make_model(
        body, opset_imports=[helper.make_opsetid("", options.opset)],
        ir_version=OPSETS[options.opset], producer_name="caffe-on-torch")
    helper.set_model_props(model, dict(options.metadata))
    single = [node.name for node in graph.nodes if node.needs_float32]
    if options.half:
        model = to_half(model, single, options.half == "io")
    return model, single


def _with_sizes(outputs: list[Info], nodes: list[onnx.NodeProto], inputs: list[Info],
                constants: list[TensorProto], opset: int) -> list[Info]:
    """The outputs with the sizes that onnx infers. Large constants become inputs: inference
    would copy them."""
    large = [one for one in constants if one.data_type == TensorProto.FLOAT]
    small = [one for one in constants if one.data_type != TensorProto.FLOAT]
    inputs = inputs + [helper.make_tensor_value_info(one.name, one.data_type, one.dims)
                       for one in large]
    body = helper.make_graph(nodes, "sizes", inputs, outputs, small)
    model = helper.make_model(body, opset_imports=[helper.make_opsetid("", opset)])
    return list(onnx.shape_inference.infer_shapes(model, data_prop=True).graph.output)


def _output(graph: Graph, blob: str) -> str:
    """The name of an output: its blob's, or that of an input written in place. One that no
    operator makes, a copy or a constant, gets an operator."""
    value = graph.values[blob]
    made = {name for node in graph.nodes for name in node.outputs}
    if value in made and (value == blob or blob in graph.inputs):
        return value
    copied = graph.add("Identity", value)
    if blob not in (*graph.constants, *graph.inputs):
        graph.nodes[-1].outputs = [blob]
        return blob
    return copied


def _dims(shape: tuple[int, ...], dynamic: bool) -> list[Any]:     # Any: a number or a name
    return ["batch", *shape[1:]] if dynamic and shape else list(shape)
