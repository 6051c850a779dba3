"""Caffe's messages by name: `from framework.proto import NetParameter, Datum, TRAIN`.

They are made from caffe.proto, in the folder of this file, at the first use of a name. Nested
messages and enum values are attributes of their message, as in protobuf's generated modules:
`V1LayerParameter.CONVOLUTION`, `DetectNetGroundTruthParameter.ClassMapping`.
"""

from functools import cache
from pathlib import Path
from typing import Any

from framework.proto.schema import Schema


@cache
def schema() -> Schema:
    """The schema of caffe.proto, read once."""
    return Schema(Path(__file__).with_name("caffe.proto"))


def __getattr__(name: str) -> Any:
    """A message class, an enum, or the number of a top-level enum's value.

    Any: what a message holds is known only at run time.
    """
    if name.startswith("__"):
        raise AttributeError(name)
    try:
        return schema().find(name)
    except KeyError:
        raise AttributeError(f"caffe.proto has no message or enum {name!r}") from None


def __dir__() -> list[str]:
    return [*schema().names(), "enum_name", "schema"]


def enum_name(message: Any, field: str) -> str:
    """The name of the value of an enum field that is not repeated, "CENTER_SIZE" say.

    Any: a message of any kind. Raises KeyError if the message has no such field.
    """
    values = message.DESCRIPTOR.fields_by_name[field].enum_type.values_by_number
    name: str = values[getattr(message, field)].name
    return name
