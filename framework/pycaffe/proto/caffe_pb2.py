"""caffe.proto.caffe_pb2: Caffe's message classes and the numbers of its enums.

They are the classes of `framework.proto`, so that a net can be built from a message that a script
filled in, without a copy. The names that protoc adds are here as well: `DESCRIPTOR`, and the
descriptors under names such as `_LAYERPARAMETER` and `_POOLINGPARAMETER_POOLMETHOD`.
`google.protobuf.text_format` reads and prints these messages as it does generated ones.
Source: protoc's Python output, https://protobuf.dev/reference/python/python-generated/.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import framework.proto as proto
from framework.pycaffe.engine.assignment import assign_proto


@cache
def _descriptors() -> dict[str, Any]:
    """The descriptors of all messages and enums, by protoc's name for them.

    Any: protobuf's descriptors, whose classes differ between its implementations.
    """
    file = proto.NetParameter.DESCRIPTOR.file
    found = {f"_{name.upper()}": enum for name, enum in file.enum_types_by_name.items()}
    for name, message in file.message_types_by_name.items():
        found.update(_nested(f"_{name.upper()}", message))
    return found


def _nested(name: str, message: Any) -> Iterator[tuple[str, Any]]:
    """The descriptor of a message and of what is declared in it. Any: see `_descriptors`."""
    yield name, message
    for enum in message.enum_types:
        yield f"{name}_{enum.name.upper()}", enum
    for inner in message.nested_types:
        yield from _nested(f"{name}_{inner.name.upper()}", inner)


class _SolverParameter:
    """SolverParameter, whose fields may be given as whole floats when one is made.

    SSD's scripts divide the number of images by the batch size for test_iter: an integer in
    Python 2, a float in 3, which protobuf refuses. In all else it is the message class.
    """

    def __call__(self, **fields: Any) -> Any:
        """A SolverParameter. Any: the message, and what its fields hold; None sets nothing."""
        message = proto.SolverParameter()
        for name, value in fields.items():
            if value is not None:
                assign_proto(message, name, value)
        return message

    def __getattr__(self, name: str) -> Any:
        """What the message class has. Any: see `__call__`."""
        return getattr(proto.SolverParameter, name)

    def __instancecheck__(self, message: object) -> bool:
        return isinstance(message, proto.SolverParameter)


_SOLVER = _SolverParameter()


def __getattr__(name: str) -> Any:
    """A message class, an enum, a number of a top-level enum, or a descriptor.

    Raises AttributeError for another name. Any: one of the four.
    """
    if name == "__all__":
        return proto.schema().names()
    if name == "SolverParameter":
        return _SOLVER
    if name == "DESCRIPTOR":
        return proto.NetParameter.DESCRIPTOR.file
    if name.startswith("_") and not name.startswith("__"):
        try:
            return _descriptors()[name]
        except KeyError:
            raise AttributeError(f"caffe.proto has no message or enum {name!r}") from None
    return getattr(proto, name)


def __dir__() -> list[str]:
    return ["DESCRIPTOR", *proto.schema().names(), *_descriptors()]
