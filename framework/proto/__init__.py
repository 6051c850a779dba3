"""Caffe's messages by name: `from framework.proto import NetParameter, Datum, TRAIN`.

They are made from caffe.proto, in the folder of this file, at the first use of a name. Nested
messages and enum values are attributes of their message, as in protobuf's generated modules:
`V1LayerParameter.CONVOLUTION`, `DetectNetGroundTruthParameter.ClassMapping`.
"""

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from google.protobuf.message import Message

from framework.proto.schema import Schema

if TYPE_CHECKING:
    # The types of the messages, which `make_stubs` writes. There is no such module at run time.
    from framework.proto.messages import *  # noqa: F403


@cache
def schema() -> Schema:
    """The schema of caffe.proto, read once."""
    return Schema(Path(__file__).with_name("caffe.proto"))


if not TYPE_CHECKING:       # else mypy would take any name for one of a message
    def __getattr__(name: str) -> Any:
        """A message class, an enum, or the number of a top-level enum's value.

        Any: all three.
        """
        if name.startswith("__"):
            raise AttributeError(name)
        try:
            return schema().find(name)
        except KeyError:
            raise AttributeError(f"caffe.proto has no message or enum {name!r}") from None


def __dir__() -> list[str]:
    return [*schema().names(), "clear_fields", "enum_name", "has_field", "schema"]


def has_field(message: Message, name: str) -> bool:
    """HasField for a name that mypy does not know: one of several, or put together."""
    return message.HasField(name)


def clear_fields(message: Any, names: Iterable[str]) -> None:
    """ClearField for names that mypy does not know. Any: its stubs take only literal names."""
    for name in names:
        message.ClearField(name)


def enum_name(message: Message, field: str) -> str:
    """The name of the value of an enum field that is not repeated, "CENTER_SIZE" say.

    Raises KeyError if the message has no such field.
    """
    enum = message.DESCRIPTOR.fields_by_name[field].enum_type
    assert enum is not None
    return enum.values_by_number[getattr(message, field)].name
