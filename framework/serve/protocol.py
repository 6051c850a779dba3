"""Open Inference Protocol v2: requests and answers, in JSON and with binary tensors.

Source: the protocol's "HTTP/REST" document (inference_rest) and the binary tensor data extension of
Triton's protocol documents (extension_binary_data).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np

from framework.serve.joining import Blobs
from framework.serve.settings import Refusal
from framework.system.arrays import Array, Floats
from framework.system.json_text import parse_json

LENGTH_HEADER = "Inference-Header-Content-Length"
DATATYPE = "FP32"           # every blob of a net
MOST_AXES = 16
Json = dict[str, Any]       # Any: what JSON holds
Shapes = Mapping[str, tuple[int, ...]]


@dataclass(frozen=True)
class Signature:
    """What a model takes and gives: shapes by name, -1 for a number that may vary."""

    name: str
    version: str
    inputs: Shapes
    outputs: Shapes
    most_items: int

    def metadata(self) -> Json:
        """The answer of /v2/models/NAME."""
        return {"name": self.name, "versions": [self.version], "platform": "caffe_on_torch",
                "inputs": _tensors(self.inputs), "outputs": _tensors(self.outputs)}


@dataclass(frozen=True)
class InferRequest:
    """A checked request.

    binary  the outputs that are wanted, and of each whether as binary data
    """

    identity: str | None
    inputs: Blobs
    binary: dict[str, bool]


def read_request(body: bytes, header_length: str | None, signature: Signature) -> InferRequest:
    """The request that a body holds. Refusal (400) says what of it is wrong.

    header_length  the value of LENGTH_HEADER: bytes of the JSON before the binary tensors
    """
    length = _length(header_length, len(body))
    message = _json(body[:length])
    _know(message, "the request", {"id", "parameters", "inputs", "outputs"})
    parameters = _parameters(message, "the request", {"binary_data_output"})
    all_binary = _flag(parameters, "binary_data_output")
    identity = message.get("id")
    if identity is not None and not isinstance(identity, str):
        _refuse("'id' must be a string")
    inputs, used = _inputs(message, body[length:], signature)
    if used != len(body) - length:
        _refuse(f"the body has {len(body) - length} bytes after the JSON; the inputs state {used}")
    return InferRequest(identity, inputs, _wanted(message, signature, all_binary))


def answer(request: InferRequest, signature: Signature, outputs: Blobs
           ) -> tuple[bytes, int | None]:
    """The body of the answer, and the bytes of its JSON where binary tensors follow.

    Refusal (400) for values that JSON has no words for.
    """
    tensors: list[Json] = []
    pieces: list[bytes] = []
    for name, is_binary in request.binary.items():
        blob = outputs[name]
        tensor: Json = {"name": name, "datatype": DATATYPE, "shape": list(blob.shape)}
        if is_binary:
            pieces.append(blob.astype("<f4").tobytes())
            tensor["parameters"] = {"binary_data_size": len(pieces[-1])}
        elif np.isfinite(blob).all():
            tensor["data"] = blob.ravel().tolist()
        else:
            _refuse(f"output '{name}' has values that are not finite, which JSON cannot hold; "
                    "ask for it with \"binary_data\": true")
        tensors.append(tensor)
    message: Json = {"model_name": signature.name, "model_version": signature.version,
                     "outputs": tensors}
    if request.identity is not None:
        message["id"] = request.identity
    head = json.dumps(message, ensure_ascii=False).encode("utf-8", "replace")
    return b"".join([head, *pieces]), len(head) if pieces else None


def _refuse(text: str) -> NoReturn:
    raise Refusal(400, text)


def _tensors(shapes: Shapes) -> list[Json]:
    return [{"name": name, "datatype": DATATYPE, "shape": list(shape)}
            for name, shape in shapes.items()]


def _length(header: str | None, size: int) -> int:
    if header is None:
        return size
    if not (header.isascii() and header.isdecimal()) or len(header) > 18 or int(header) > size:
        _refuse(f"{LENGTH_HEADER} is '{header[:40]}'; it must be a number of bytes, at most the "
                f"{size} of the body")
    return int(header)


def _json(text: bytes) -> Json:
    try:
        message = parse_json(text, _no_constant)
    except (ValueError, RecursionError) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else error
        _refuse(f"the body is not JSON: {reason}")
    if not isinstance(message, dict):
        _refuse("the body must be a JSON object")
    return message


def _no_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is not a value of JSON")


def _know(message: Json, what: str, known: set[str]) -> None:
    """Refuse members that nothing reads: they would be lost without a word."""
    for name in message:
        if name not in known:
            _refuse(f"{what} has the unknown member '{name[:80]}'")


def _parameters(message: Json, what: str, known: set[str]) -> Json:
    found = message.get("parameters", {})
    if not isinstance(found, dict):
        _refuse(f"the parameters of {what} must be an object")
    for name in found:
        if name not in known:
            _refuse(f"{what} has the parameter '{name[:80]}', which is not supported")
    return found


def _flag(parameters: Json, name: str, default: bool = False) -> bool:
    value = parameters.get(name, default)
    if not isinstance(value, bool):
        _refuse(f"the parameter '{name}' must be true or false")
    return value


def _named(message: Json, field: str, known: Shapes) -> list[tuple[str, Json]]:
    """The tensors in a list of the request, each name once and known to the model."""
    tensors = message.get(field)
    if not isinstance(tensors, list):
        _refuse(f"'{field}' must be a list")
    found: list[tuple[str, Json]] = []
    for tensor in tensors:
        name = tensor.get("name") if isinstance(tensor, dict) else None
        if not isinstance(name, str) or name not in known:
            _refuse(f"'{field}' must name {', '.join(known)}, and has {str(name)[:80]!r}")
        if name in dict(found):
            _refuse(f"'{field}' has '{name}' twice")
        found.append((name, tensor))
    return found


def _inputs(message: Json, binary: bytes, signature: Signature) -> tuple[Blobs, int]:
    """The inputs, and how many bytes of `binary` they take."""
    blobs: Blobs = {}
    at = 0
    for name, tensor in _named(message, "inputs", signature.inputs):
        what = f"input '{name}'"
        _know(tensor, what, {"name", "shape", "datatype", "parameters", "data"})
        if tensor.get("datatype") != DATATYPE:
            _refuse(f"{what} has the datatype {str(tensor.get('datatype'))[:40]!r}; it must be "
                    f"{DATATYPE}")
        shape = _shape(tensor.get("shape"), what, signature.inputs[name], signature.most_items)
        size = _parameters(tensor, what, {"binary_data_size"}).get("binary_data_size")
        if size is None:
            blobs[name] = _numbers(tensor.get("data"), what, shape)
            continue
        wanted = 4 * int(np.prod(shape))
        if size != wanted or isinstance(size, bool) or "data" in tensor:
            _refuse(f"{what} has the binary_data_size {str(size)[:40]}; its shape has {wanted} "
                    "bytes, and 'data' must not be given with it")
        if at + wanted > len(binary):
            _refuse(f"the body ends within the binary data of {what}")
        values = np.frombuffer(binary, "<f4", wanted // 4, at)
        blobs[name] = values.astype(np.float32).reshape(shape)
        at += wanted
    missing = [name for name in signature.inputs if name not in blobs]
    if missing:
        _refuse(f"the input '{missing[0]}' is missing")
    if len({len(blob) for name, blob in blobs.items() if signature.inputs[name][0] == -1}) > 1:
        _refuse("the inputs have different numbers of items")
    return blobs, at


def _shape(given: Any, what: str, wanted: tuple[int, ...], most_items: int) -> tuple[int, ...]:
    """Any: whatever JSON has there."""
    text = str(list(wanted))
    if not isinstance(given, list) or len(given) > MOST_AXES or not all(
            isinstance(side, int) and not isinstance(side, bool) for side in given):
        _refuse(f"{what} must have a shape, {text}")
    shape = tuple(given)
    if len(shape) != len(wanted) or any(
            mine != side for mine, side in zip(shape, wanted, strict=True) if side != -1):
        _refuse(f"{what} has the shape {str(given)[:200]}; it must be {text}")
    if wanted[:1] == (-1,) and not 1 <= shape[0] <= most_items:
        _refuse(f"{what} has {str(shape[0])[:40]} items; it may have 1 to {most_items}")
    return shape


def _numbers(data: Any, what: str, shape: tuple[int, ...]) -> Floats:
    """The values of a tensor in JSON, nested or flat. Any: whatever JSON has there."""
    if not isinstance(data, list):
        _refuse(f"{what} must have 'data', a list, or binary data")
    try:
        values: Array = np.array(data)
    except (ValueError, OverflowError, RecursionError):
        _refuse(f"the data of {what} must be numbers, flat or nested as its shape")
    if values.dtype.kind not in "iuf" and values.size:
        _refuse(f"the data of {what} must be numbers")
    if values.shape not in (shape, (int(np.prod(shape)),)):
        _refuse(f"the data of {what} have the shape {str(list(values.shape))[:200]}; the shape "
                f"stated is {list(shape)}")
    with np.errstate(over="ignore"):
        floats = values.astype(np.float32)
    if not np.isfinite(floats).all():
        _refuse(f"the data of {what} are beyond the range of {DATATYPE}")
    return floats.reshape(shape)


def _wanted(message: Json, signature: Signature, all_binary: bool) -> dict[str, bool]:
    """The outputs that are wanted, all if none is named, and whether as binary data."""
    if message.get("outputs") in (None, []):
        return dict.fromkeys(signature.outputs, all_binary)
    found: dict[str, bool] = {}
    for name, tensor in _named(message, "outputs", signature.outputs):
        _know(tensor, f"output '{name}'", {"name", "parameters"})
        parameters = _parameters(tensor, f"output '{name}'", {"binary_data"})
        found[name] = _flag(parameters, "binary_data", all_binary)
    return found
