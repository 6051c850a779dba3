"""Message classes from a .proto file, without protoc.

The part of proto2 that caffe.proto needs: package, message, enum (both may nest), fields that are
optional, required or repeated, the options default, json_name, packed and deprecated, and comments.

The classes live in a descriptor pool of their own, so that a `caffe_pb2` of another library in
the same process cannot clash with them.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.internal.enum_type_wrapper import EnumTypeWrapper

_TOKEN = re.compile(r'"(?:[^"\\\n]|\\.)*"|//[^\n]*|/\*.*?\*/|[\w.+-]+|\S', re.DOTALL)
_FIELD = descriptor_pb2.FieldDescriptorProto
_LABELS = {
    "optional": _FIELD.LABEL_OPTIONAL,
    "required": _FIELD.LABEL_REQUIRED,
    "repeated": _FIELD.LABEL_REPEATED,
}
_SCALARS = {
    name.removeprefix("TYPE_").lower(): number
    for name, number in _FIELD.Type.items()
    if name not in ("TYPE_GROUP", "TYPE_MESSAGE", "TYPE_ENUM")
}


class Schema:
    """The message classes and enums of one .proto file, by name.

    Raises ValueError with file and line if the text is not of the subset named above.
    """

    def __init__(self, path: Path):
        self._file = parse(path.read_text(encoding="utf-8"), str(path))
        self._pool = descriptor_pool.DescriptorPool()
        self._pool.Add(self._file)
        self._prefix = self._file.package + "." if self._file.package else ""

    def names(self) -> list[str]:
        """The top level's messages, enums and enum values, in the order of the file."""
        values = (value for enum in self._file.enum_type for value in enum.value)
        groups = (self._file.message_type, self._file.enum_type, values)
        return [entry.name for group in groups for entry in group]

    def find(self, name: str) -> Any:
        """The class of a message ("NetParameter", "Outer.Inner"), an enum, or the number of a
        value of a top-level enum ("TRAIN"). Raises KeyError if the file has no such name.

        Any: a message class's fields are known only at run time.
        """
        try:
            descriptor = self._pool.FindMessageTypeByName(self._prefix + name)
            return message_factory.GetMessageClass(descriptor)
        except KeyError:
            pass
        for enum in self._file.enum_type:
            if name == enum.name:
                return EnumTypeWrapper(self._pool.FindEnumTypeByName(self._prefix + name))
            for value in enum.value:
                if name == value.name:
                    return value.number
        raise KeyError(name)


def parse(text: str, path: str = "<text>") -> descriptor_pb2.FileDescriptorProto:
    """The descriptor of the file with the given text; ValueError with `path` and line if wrong."""
    return _Parser(text, path).file()


class _Parser:
    """One pass over the tokens; `self.at` is the index of the next one."""

    def __init__(self, text: str, path: str):
        self.text = text
        self.path = path
        self.tokens = [t for t in _TOKEN.findall(text) if not t.startswith(("//", "/*"))]
        self.tokens.append("")
        self.at = 0

    def error(self, wanted: str) -> ValueError:
        places = [m.start() for m in _TOKEN.finditer(self.text)
                  if not m.group().startswith(("//", "/*"))]
        place = places[self.at - 1] if self.at <= len(places) else len(self.text)
        line = self.text.count("\n", 0, place) + 1
        found = self.tokens[self.at - 1] or "the end of the file"
        return ValueError(f"{self.path}:{line}: found {found}; {wanted} is expected")

    def next(self) -> str:
        self.at += 1
        return self.tokens[self.at - 1]

    def expect(self, token: str) -> None:
        if self.next() != token:
            raise self.error(f"'{token}'")

    def name(self) -> str:
        token = self.next()
        if not token or not (token[0].isalpha() or token[0] in "_."):
            raise self.error("a name")
        return token

    def number(self) -> int:
        try:
            return int(self.next(), 0)
        except ValueError:
            raise self.error("a whole number") from None

    def file(self) -> descriptor_pb2.FileDescriptorProto:
        file = descriptor_pb2.FileDescriptorProto(name="caffe.proto")
        while token := self.next():
            if token == "syntax":
                self.expect("=")
                self.expect('"proto2"')
                self.expect(";")
            elif token == "package":
                file.package = self.name()
                self.expect(";")
            elif token == "message":
                self.message(file.message_type.add())
            elif token == "enum":
                self.enum(file.enum_type.add())
            else:
                raise self.error("syntax, package, message or enum")
        return file

    def message(self, message: descriptor_pb2.DescriptorProto) -> None:
        message.name = self.name()
        self.expect("{")
        while (token := self.next()) != "}":
            if token in _LABELS:
                self.field(message.field.add(label=_LABELS[token]))
            elif token == "message":
                self.message(message.nested_type.add())
            elif token == "enum":
                self.enum(message.enum_type.add())
            else:
                raise self.error("optional, required, repeated, message, enum or '}'")

    def enum(self, enum: descriptor_pb2.EnumDescriptorProto) -> None:
        enum.name = self.name()
        self.expect("{")
        while self.tokens[self.at] != "}":
            value = enum.value.add(name=self.name())
            self.expect("=")
            value.number = self.number()
            self.expect(";")
        self.expect("}")

    def field(self, field: descriptor_pb2.FieldDescriptorProto) -> None:
        kind = self.name()
        if kind in _SCALARS:
            field.type = _SCALARS[kind]
        else:
            field.type_name = kind  # the pool finds out whether it is a message or an enum
        field.name = self.name()
        self.expect("=")
        field.number = self.number()
        token = self.next()
        if token == "[":
            self.options(field)
            token = self.next()
        if token != ";":
            raise self.error("';' or '['")

    def options(self, field: descriptor_pb2.FieldDescriptorProto) -> None:
        setters: dict[str, Callable[[str], None]] = {
            "default": lambda value: setattr(field, "default_value", value.strip('"')),
            "json_name": lambda value: setattr(field, "json_name", value.strip('"')),
            "packed": lambda value: setattr(field.options, "packed", value == "true"),
            "deprecated": lambda value: setattr(field.options, "deprecated", value == "true"),
        }
        while True:
            option = self.next()
            if option not in setters:
                raise self.error("default, json_name, packed or deprecated")
            self.expect("=")
            setters[option](self.next())
            token = self.next()
            if token == "]":
                return
            if token != ",":
                raise self.error("',' or ']'")
