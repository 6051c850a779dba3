"""An ONNX model as a Caffe net with weights, compared with ONNX Runtime before it is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import helper

from framework.definition.prototxt import to_text
from framework.errors import CaffeError, SpecError, failure
from framework.export.node_names import layer_names
from framework.importing.draft import Array, Draft, Node, Shape, write_weights
from framework.importing.onnx_file import index_limits
from framework.importing.operators import OPERATORS
from framework.importing.patterns import joined
from framework.importing.values import Values, draw_inputs, evaluate
from framework.net.net import Net
from framework.proto import NetParameter
from framework.system.atomic import replacing_together, with_ending

TOLERANCE = 1e-4        # of the largest value of an output
DEFAULT_DOMAINS = ("", "ai.onnx")


@dataclass(frozen=True)
class Imported:
    """A net that was written.

    outputs  its blobs, by the model's names
    largest  difference of an output, as a part of its largest value
    """

    message: NetParameter
    outputs: dict[str, str]
    largest: float


def import_model(model: onnx.ModelProto, path: str, shapes: Mapping[str, Shape], out: Path,
                 name: str, plain: bool = False, tolerance: float = TOLERANCE) -> Imported:
    """Write `out`.prototxt and `out`.caffemodel, both or neither.

    path    of the model, for messages
    shapes  of its inputs
    plain   see Draft
    CaffeError for operators without a counterpart, or if the net computes something else.
    """
    inputs = draw_inputs(model, shapes, seed=0)
    try:
        values = evaluate(model, path, inputs)
        check_finite(values, path)
        draft = to_draft(model, path, shapes, values, name, plain)
        outputs = draft.finish([info.name for info in model.graph.output])
    except (CaffeError, MemoryError):
        raise
    except Exception as error:      # of any kind: it came from what the file says
        raise CaffeError(f"{path}: is damaged, or says what ONNX does not: {failure(error)}") \
            from error
    prototxt, caffemodel = (with_ending(out, end) for end in (".prototxt", ".caffemodel"))
    with replacing_together(prototxt, caffemodel) as (text, binary):
        text.write_text(to_text(draft.message))
        write_weights(binary, draft.message, draft.weights)
        largest = compare(text, binary, prototxt, inputs, values, outputs, tolerance)
    return Imported(draft.message, outputs, largest)


def check_finite(values: Values, path: str) -> None:
    """CaffeError for an output with NaN or infinite values: nothing could be compared."""
    for tensor, array in values.outputs.items():
        if not np.isfinite(array).all():
            raise CaffeError(f"{path}: output '{tensor}' has values that are not finite for normal "
                             "noise, so nothing can be compared")


def to_draft(model: onnx.ModelProto, path: str, shapes: Mapping[str, Shape], values: Values,
             name: str, plain: bool) -> Draft:
    """The net of the graph. CaffeError that names all operators without a counterpart."""
    opset = next((one.version for one in model.opset_import if one.domain in DEFAULT_DOMAINS), 1)
    reads = Counter(name for node in model.graph.node for name in node.input)
    reads.update(info.name for info in model.graph.output)
    draft = Draft(name, path, opset, plain, values.constants, values.shapes, reads)
    nodes = read_nodes(model, path, values)
    check_known(nodes, path)
    nodes = joined(nodes, values.constants, [info.name for info in model.graph.output])
    for info in model.graph.input:
        if info.name in shapes:
            draft.add_input(info.name, shapes[info.name])
    draft.whole.update(index_limits(model))
    for node in nodes:
        draft.node = node
        try:
            blobs = OPERATORS[node.kind](draft, node)
        except SpecError as error:
            reason = str(error).partition("): ")[2] or str(error)
            raise node.refuse(f"no layer takes it: {reason}") from error
        blobs = [blobs] if isinstance(blobs, str) else blobs
        for tensor, blob in zip(node.outputs, blobs, strict=False):
            if not blob:        # nobody reads it
                continue
            if draft.shapes[blob] != values.shapes[tensor]:
                raise node.refuse(f"its result is {values.shapes[tensor]}, the layer's "
                                  f"{draft.shapes[blob]}")
            draft.bind(tensor, blob)
    return draft


def read_nodes(model: onnx.ModelProto, path: str, values: Values) -> list[Node]:
    """The operators that depend on the inputs, named, in order."""
    known = values.constants.keys() | {""}
    computed = [proto for proto in model.graph.node if not set(proto.output) <= known]
    nodes = []
    for proto, name in zip(computed, layer_names(computed, known), strict=True):
        attributes: dict[str, Any] = {}     # Any: what ONNX attributes hold
        for attribute in proto.attribute:
            value = helper.get_attribute_value(attribute)
            attributes[attribute.name] = value.decode() if isinstance(value, bytes) else value
        kind = proto.op_type if proto.domain in DEFAULT_DOMAINS else \
            f"{proto.domain}.{proto.op_type}"
        nodes.append(Node(kind, name, tuple(proto.input), tuple(proto.output), attributes, path))
    return nodes


def check_known(nodes: Sequence[Node], path: str) -> None:
    """CaffeError that counts the operators without a counterpart, and names the first of each."""
    unknown = [node for node in nodes if node.kind not in OPERATORS]
    if not unknown:
        return
    counts = Counter(node.kind for node in unknown)
    first = {node.kind: node.name for node in reversed(unknown)}
    said = ", ".join(f"{kind} (node '{first[kind]}'" + (f" and {number - 1} more)" if number > 1
                                                        else ")")
                     for kind, number in counts.items())
    raise CaffeError(f"{path}: operators without a counterpart in Caffe's layers: {said}; "
                     f"there are {', '.join(sorted(OPERATORS))}")


def compare(text: Path, binary: Path, prototxt: Path, inputs: Mapping[str, Array], values: Values,
            outputs: Mapping[str, str], tolerance: float) -> float:
    """Read the files back and run the net: the largest difference of an output, as a part of its
    largest value. CaffeError if it is over the tolerance."""
    net = Net(text, "TEST", weights=binary)
    with torch.no_grad():
        blobs = net.run({name: torch.from_numpy(np.asarray(array, np.float32))
                         for name, array in inputs.items()})
    largest = 0.0
    for tensor, blob in outputs.items():
        mine, theirs = blobs[blob].numpy(), np.asarray(values.outputs[tensor], np.float64)
        if mine.shape != theirs.shape:
            raise CaffeError(f"{prototxt}: is not written: the output '{blob}' would have the "
                             f"shape {mine.shape}, in ONNX Runtime {theirs.shape}")
        far = np.abs(mine - theirs).max(initial=0)
        part = float(far / max(np.abs(theirs).max(initial=0), 1e-30))
        if not part <= tolerance:
            raise CaffeError(f"{prototxt}: is not written: the output '{blob}' would differ from "
                             f"ONNX Runtime's by {part:.2g} of its largest value; {tolerance:g} is "
                             "allowed (--tolerance)")
        largest = max(largest, part)
    return largest
