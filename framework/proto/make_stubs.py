"""Type stubs of the messages in caffe.proto, for mypy and editors: `messages.pyi`.

    python -m framework.proto.make_stubs        writes the file again, after caffe.proto changed

A message is a class with a typed attribute for each field, as `protoc --pyi_out` writes it: a field
that does not exist, or a value of another type, is then a mypy error. Repeated fields and messages
are read-only properties, since protobuf lets nobody assign to them.
Source: https://protobuf.dev/reference/python/python-generated/.
"""

from __future__ import annotations

import keyword
import textwrap
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from framework.proto import schema

STUBS = Path(__file__).with_name("messages.pyi")
WIDTH = 100
INDENT = "    "
HEADER = '''\
"""Written by `python -m framework.proto.make_stubs` from caffe.proto: change that one instead."""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Literal, Self

from google.protobuf.descriptor import Descriptor
from google.protobuf.internal.containers import RepeatedCompositeFieldContainer as Messages
from google.protobuf.internal.containers import RepeatedScalarFieldContainer as Values
from google.protobuf.internal.enum_type_wrapper import EnumTypeWrapper
from google.protobuf.message import Message

_Fields = Mapping[str, Any]
"""A message as a constructor also takes it. Any: values of its fields, by name."""

class _Enum(int, metaclass=EnumTypeWrapper):
    @classmethod
    def Value(cls, name: str | bytes) -> Self: ...
'''


def stubs() -> str:
    """The text of `messages.pyi`."""
    file = schema().find("NetParameter").DESCRIPTOR.file
    lines = [HEADER.rstrip()]
    for enum in file.enum_types_by_name.values():
        lines += ["", *_enum(enum)]
        lines += [f"{value.name}: {_name(enum)}" for value in enum.values]
    for message in file.message_types_by_name.values():
        lines += ["", *_message(message)]
    return "\n".join(lines) + "\n"


def _name(descriptor: Any) -> str:
    """A message or an enum by its name in the stubs, "PoolingParameter.PoolMethod" say.

    Any, here and below: protobuf's descriptors, whose classes differ between its implementations.
    """
    prefix = f"{descriptor.file.package}."
    name: str = descriptor.full_name.removeprefix(prefix)
    return name


def _enum(enum: Any) -> Iterator[str]:
    """The class of an enum: its values are integers."""
    yield f"class {enum.name}(_Enum):"
    for value in enum.values:
        yield f"{INDENT}{value.name}: ClassVar[{_name(enum)}]"


def _message(message: Any) -> Iterator[str]:
    """The class of a message, with what is declared in it."""
    yield f"class {message.name}(Message):"
    yield f"{INDENT}DESCRIPTOR: Descriptor"
    for enum in message.enum_types:
        yield from _indented(_enum(enum))
        for value in enum.values:
            yield f"{INDENT}{value.name}: ClassVar[{_name(enum)}]"
    for inner in message.nested_types:
        yield from _indented(_message(inner))
    # A field that is named as a word of Python is reached by getattr alone.
    fields = [field for field in message.fields if not keyword.iskeyword(field.name)]
    for field in fields:
        if field.is_repeated or field.message_type is not None:
            yield f"{INDENT}@property"
            yield f"{INDENT}def {field.name}(self) -> {_type(field)}: ..."
        else:
            yield f"{INDENT}{field.name}: {_type(field)}"
    yield from _constructor(fields)
    single = [field.name for field in fields if not field.is_repeated]
    if single:
        yield from _by_name("HasField", "bool", single)
    if fields:
        yield from _by_name("ClearField", "None", [field.name for field in fields])


def _indented(lines: Iterator[str]) -> Iterator[str]:
    return (INDENT + line for line in lines)


def _element(field: Any) -> str:
    """The type of one value of a field."""
    if field.message_type is not None:
        return _name(field.message_type)
    if field.enum_type is not None:
        return _name(field.enum_type)
    names = {field.TYPE_STRING: "str", field.TYPE_BYTES: "bytes", field.TYPE_BOOL: "bool",
             field.TYPE_FLOAT: "float", field.TYPE_DOUBLE: "float"}
    return names.get(field.type, "int")


def _type(field: Any) -> str:
    """The type of a field as it is read."""
    if not field.is_repeated:
        return _element(field)
    container = "Values" if field.message_type is None else "Messages"
    return f"{container}[{_element(field)}]"


def _argument(field: Any) -> str:
    """The type of a field as the constructor takes it: enums by name too, messages as dicts."""
    given = _element(field)
    if field.message_type is not None:
        given += " | _Fields"
    elif field.enum_type is not None:
        given += " | int | str"
    elif given == "bytes":
        given += " | str"
    return f"Iterable[{given}] | None" if field.is_repeated else f"{given} | None"


def _constructor(fields: list[Any]) -> Iterator[str]:
    if not fields:
        yield f"{INDENT}def __init__(self) -> None: ..."
        return
    yield f"{INDENT}def __init__("
    yield f"{INDENT * 2}self, *,"
    yield from _filled(f"{field.name}: {_argument(field)} = ...," for field in fields)
    yield f"{INDENT}) -> None: ..."


def _by_name(method: str, result: str, names: list[str]) -> Iterator[str]:
    """A method that takes the name of a field, and no other text."""
    yield f"{INDENT}def {method}("
    yield f"{INDENT * 2}self, field_name: Literal["
    yield from _filled(f'"{name}",' for name in names)
    yield f"{INDENT * 2}]"
    yield f"{INDENT}) -> {result}: ..."


def _filled(parts: Iterable[str]) -> list[str]:
    """Lines of the parts, as many in a line as fit; nested classes indent them once more."""
    return textwrap.wrap(" ".join(parts), WIDTH - len(INDENT), initial_indent=INDENT * 3,
                         subsequent_indent=INDENT * 3, break_long_words=False)


def main() -> None:
    STUBS.write_text(stubs(), encoding="utf-8")


if __name__ == "__main__":
    main()
