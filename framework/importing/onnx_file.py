"""Read an ONNX file: whole, with its own external data, and with sizes for all its inputs."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import onnx
from google.protobuf.message import DecodeError
from onnx import external_data_helper

from framework.errors import CaffeError

Shape = tuple[int, ...]
INTEGERS = (onnx.TensorProto.INT32, onnx.TensorProto.INT64)


def read_onnx(path: Path) -> onnx.ModelProto:
    """The model with all its data. CaffeError for a file that is cut off, no ONNX, or whose
    external data are missing or outside of its folder.

    ONNX Runtime says later what else is wrong: onnx's own checker refuses files that run.
    """
    if os.path.exists(path) and not os.path.isfile(path):
        raise CaffeError(f"{path}: is not a regular file")
    try:
        model = onnx.load(path, format="protobuf", load_external_data=False)
    except DecodeError:
        raise CaffeError(f"{path}: is not an ONNX file, or is cut off") from None
    for what, found in (("operators", model.graph.node), ("outputs", model.graph.output)):
        if not found:
            raise CaffeError(f"{path}: has no {what}: it is not an ONNX file, or is cut off")
    _check_versions(path, model)
    for tensor in _tensors(model.graph):
        if external_data_helper.uses_external_data(tensor):
            _check_external(path, tensor)
    try:
        external_data_helper.load_external_data_for_model(model, str(path.parent))
    except OSError:
        raise
    except Exception as error:      # of any kind: onnx has several
        reason = " ".join(str(error).split()) or type(error).__name__
        raise CaffeError(f"{path}: is not valid ONNX: {reason[:200]}") from None
    return model


def _check_versions(path: Path, model: onnx.ModelProto) -> None:
    """CaffeError for versions that the installed onnx does not know."""
    newest = onnx.defs.onnx_opset_version()
    opset = max((one.version for one in model.opset_import if not one.domain), default=1)
    for what, found, known in (("opset", opset, newest),
                               ("ir_version", model.ir_version, int(onnx.IR_VERSION))):
        if found > known:
            raise CaffeError(f"{path}: has the {what} {found}; the installed onnx "
                             f"{onnx.__version__} knows them up to {known}: write the file with "
                             "an older one, or `pip install --upgrade onnx onnxruntime`")


def _tensors(graph: onnx.GraphProto) -> Iterator[onnx.TensorProto]:
    """All constants of a graph and of the graphs in it."""
    yield from graph.initializer
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.HasField("t"):
                yield attribute.t
            yield from attribute.tensors
            for inner in (*attribute.graphs, attribute.g):
                yield from _tensors(inner)


def _check_external(path: Path, tensor: onnx.TensorProto) -> None:
    """CaffeError unless the tensor's file is in the folder of the model and holds all of it."""
    entries = {entry.key: entry.value for entry in tensor.external_data}
    location = entries.get("location", "")
    folder = Path(os.path.realpath(path.parent))
    target = Path(os.path.realpath(folder / location))
    if not location or folder not in target.parents:
        raise CaffeError(f"{path}: tensor '{tensor.name}' has its data in '{location}', outside "
                         f"of the folder {folder}, and is not read")
    if not os.path.isfile(target):
        raise CaffeError(f"{path}: tensor '{tensor.name}' has its data in '{location}', which is "
                         "not there")
    counts = {key: entries.get(key, "0") for key in ("offset", "length")}
    for key, text in counts.items():
        if not text.isdecimal():
            raise CaffeError(f"{path}: tensor '{tensor.name}' has the {key} '{text}' in "
                             f"'{location}'; it must be a number of bytes")
    end = sum(int(text) for text in counts.values())
    if end > target.stat().st_size:
        raise CaffeError(f"{path}: tensor '{tensor.name}' ends at byte {end} of '{location}', "
                         f"which has {target.stat().st_size}: it is cut off")


def input_shapes(model: onnx.ModelProto, path: str, given: Mapping[str, Shape]) -> dict[str, Shape]:
    """The shapes of the model's inputs, which are written into it.

    given  by name, or by "" for the only input
    CaffeError for an input without a size, a size that contradicts, or a name that is not there.
    """
    constants = {tensor.name for tensor in model.graph.initializer}
    inputs = {info.name: info for info in model.graph.input if info.name not in constants}
    known = ", ".join(f"'{name}'" for name in inputs)
    shapes: dict[str, Shape] = {}
    wanted = dict(given)
    if "" in wanted:
        if len(inputs) != 1:
            raise CaffeError(f"{path}: --shape must say which of the inputs {known} it is for: "
                             "NAME:1,3,224,224")
        wanted[next(iter(inputs))] = wanted.pop("")
    for name in wanted:
        if name not in inputs:
            raise CaffeError(f"{path}: --shape is for '{name}'; the inputs are {known}")
    tables = index_limits(model)
    for name, info in inputs.items():
        shapes[name] = _shape(info, path, wanted.get(name), name in tables)
    return shapes


def index_limits(model: onnx.ModelProto) -> dict[str, int]:
    """The inputs of whole numbers that are row numbers of fixed tables (embeddings), each with the
    number of rows of its smallest table."""
    sizes = {tensor.name: tensor.dims for tensor in model.graph.initializer}
    whole = {info.name: info.name for info in model.graph.input
             if info.type.tensor_type.elem_type in INTEGERS}
    limits: dict[str, int] = {}
    for node in model.graph.node:
        if node.op_type == "Cast" and node.input[0] in whole:
            whole[node.output[0]] = whole[node.input[0]]
        elif node.op_type == "Gather" and node.input[1] in whole and node.input[0] in sizes:
            axis = next((one.i for one in node.attribute if one.name == "axis"), 0)
            dims = sizes[node.input[0]]
            if -len(dims) <= axis < len(dims):
                name, rows = whole[node.input[1]], int(dims[axis])
                limits[name] = min(rows, limits.get(name, rows))
    return limits


def _shape(info: onnx.ValueInfoProto, path: str, given: Shape | None, is_index: bool) -> Shape:
    tensor = info.type.tensor_type
    if not info.type.HasField("tensor_type") or not (
            is_index or tensor.elem_type in (onnx.TensorProto.FLOAT, onnx.TensorProto.DOUBLE)):
        kind = onnx.TensorProto.DataType.Name(tensor.elem_type).lower()
        raise CaffeError(f"{path}: input '{info.name}' holds {kind}; the blobs of a Caffe net hold "
                         "float32, or whole numbers that an embedding (Gather of a table) reads")
    dims = [dim.dim_value if dim.HasField("dim_value") else dim.dim_param or "?"
            for dim in tensor.shape.dim]
    says = "x".join(map(str, dims)) if tensor.HasField("shape") else "no shape"
    if given is None:
        if not tensor.HasField("shape") or any(not isinstance(dim, int) or dim < 1 for dim in dims):
            raise CaffeError(f"{path}: input '{info.name}' has the shape {says}; give its sizes: "
                             f"--shape {info.name}:1,3,224,224")
        return tuple(int(dim) for dim in dims)
    contradicts = tensor.HasField("shape") and (len(given) != len(dims) or any(
        isinstance(dim, int) and dim > 0 and dim != size
        for dim, size in zip(dims, given, strict=False)))
    if contradicts:
        raise CaffeError(f"{path}: input '{info.name}' has the shape {says}; --shape says "
                         f"{'x'.join(map(str, given))}")
    del tensor.shape.dim[:]
    for size in given:
        tensor.shape.dim.add().dim_value = size
    return given
