"""Check values of a layer's fields that no layer can compute with, whatever its type."""

from __future__ import annotations

import math
from collections.abc import Iterator

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from framework.definition.spec import LayerSpec

_FLOATS = (FieldDescriptor.CPPTYPE_FLOAT, FieldDescriptor.CPPTYPE_DOUBLE)
_WITH_SIGNS = ("reshape_param",)        # whose dims 0 and -1 have a meaning


def check_values(spec: LayerSpec) -> None:
    """SpecError for a number that is nan, and for a shape with a negative side.

    The original computes with the first, and ends at the second (Blob::Reshape).
    """
    for path, problem in _problems(spec.proto, ""):
        raise spec.error(path, problem)


def _problems(message: Message, prefix: str) -> Iterator[tuple[str, str]]:
    """The fields with such values, and what is wrong with them."""
    for field, value in message.ListFields():
        path = f"{prefix}{field.name}"
        values = value if field.is_repeated else (value,)
        if field.message_type is not None:
            if field.name not in _WITH_SIGNS:
                for one in values:
                    yield from _problems(one, f"{path}.")
        elif field.cpp_type in _FLOATS:
            if any(map(math.isnan, values)):
                yield path, "is nan; it must be a number"
        elif field.name == "dim" and message.DESCRIPTOR.name == "BlobShape" and min(values) < 0:
            yield path, f"is {min(values)}; a side of a shape must be at least 0"
