"""Parser of protobuf's text format (prototxt) that keeps the line number of every field.

protobuf's own text parser stops at the first unknown field and forgets the lines of fields. This
one reads the whole file, notes every problem, and builds a tree of line numbers with the message.
Source: the text format of protobuf 2 to 3.21 (`google::protobuf::TextFormat`), as Caffe used it.
Any: protobuf's descriptors, whose classes differ between its implementations.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from google.protobuf import text_format
from google.protobuf.message import Message

import framework.proto as proto
from framework.definition import zoo
from framework.definition.values import convert, form_for_several
from framework.errors import SpecError
from framework.system.file_kinds import foreign_kind, foreign_text, stand_in
from framework.system.regular import read_regular
from framework.system.text import encoding_of
from framework.system.wording import nearest, printable, shortened

# `++` keeps no step for each character, as a plain `+` over a group does: 3 GB for 20 MB
TOKEN = re.compile(
    r"""(?P<space>(?:\s++|\#[^\n]*+)++)
      | (?P<string>"(?:[^"\\\n]++|\\.)*+"|'(?:[^'\\\n]++|\\.)*+')
      | (?P<number>(?:-\s*+|\+)?(?:0[xX][0-9a-fA-F]+
                        |(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?)[fF]?(?![\w.]))
      | (?P<name>-?\s*[A-Za-z_]\w*)
      | (?P<mark>[{}<>:;,\[\]])""",
    re.VERBOSE,
)
LAYERS = ("LayerParameter", "V1LayerParameter")     # messages that problems name by layer
_NAMED_VALUE = re.compile(r"\$([A-Za-z]\w*)")
EXTENSION = re.compile(r"\[[\w./\s]+\]")
# What a stray character begins, and what is said of it.
STRAYS = {**dict.fromkeys(("//", "/*", "%", "--"), "; a comment begins with #"),
          **dict.fromkeys("“”„‘’‚«»´`", "; a string is in straight quotes, \" or '"),
          "$": "; the file is a template, whose $... a script fills in"}
MAX_DEPTH = 100         # messages inside messages, as protobuf's own readers of binary files
MAX_VALUES = 1_000_000  # characters that values of `$names` put into a file
MAX_SUGGESTIONS = 100   # problems of a file that say what was perhaps meant: each costs 0.1 ms
OF_V1 = {       # fields of `layers` blocks that files still have in `layer` blocks
    "blobs_lr": "in a `layer` block write param { lr_mult: N } for each blob",
    "weight_decay": "in a `layer` block write param { decay_mult: N } for each blob"}
OF_TODAY = "; in a `layers` block, the form of before 2015, write blobs_lr and weight_decay instead"


@dataclass
class Lines:
    """Line numbers of a message and its fields: a tree with the structure of the message.
    `path` is set for a layer that another file brought in; `lr_mult` is the rate of its blobs
    that have no `param`; `composites` names those that the layer comes from, outermost first."""

    line: int = 0
    fields: dict[str, list[Lines]] = field(default_factory=dict)
    path: str = ""
    lr_mult: float = 1.0
    composites: tuple[str, ...] = ()

    def find(self, path: str) -> int:
        """The line of `convolution_param.kernel_size[1]`, or of its nearest known ancestor."""
        here = self
        for step in path.split("."):
            name, _, index = step.partition("[")
            entries = here.fields.get(name, [])
            position = int(index.rstrip("]")) if index else 0
            if position >= len(entries):
                break
            here = entries[position]
        return here.line


class Problem(NamedTuple):
    """A field that cannot be taken: `owner` is the layer that holds it, or another message on the
    top level; `inside` is the field of a solver file that has the layer in its net."""

    line: int
    owner: Message | None
    field: str
    text: str
    unknown: bool
    inside: str = ""


@dataclass
class Document:
    """A parsed file: the message, the lines of its fields, and what was wrong with it."""

    message: Any            # a message of the kind that was asked for
    lines: Lines
    path: str
    problems: list[Problem] = field(default_factory=list)
    written_types: dict[int, str] = field(default_factory=dict)     # those unknown, by id of layer
    inside: str = ""        # the field of a solver file that holds this net
    used_values: set[str] = field(default_factory=set)      # names of `values` that its text has

    def place(self, line: int, owner: Message | None = None, inside: str = "") -> str:
        """`net.prototxt:42: layer 'conv1' (Convolution)`, the beginning of every message."""
        where = f"{self.path}:{line}" if line else self.path
        what = describe(owner, self.written_types.get(id(owner), ""))
        inside = inside or self.inside
        if inside:
            what = f"{inside}.{what}" if what else inside
        return f"{where}: {what}" if what else where

    def error(self, path: str, message: str) -> SpecError:
        """The error to raise about the field `path` ("base_lr", "layer[3].type")."""
        return SpecError(f"{self.place(self.lines.find(path))}: {path} {message}")


def describe(owner: Message | None, written_type: str = "") -> str:
    """`layer 'conv1' (Convolution)` for a layer message of any age, else nothing.

    written_type  what the file says where that is not a known type
    """
    if owner is None or not owner.DESCRIPTOR.name.endswith("LayerParameter"):
        return ""
    inner: Any = owner      # Any: a layer's message of any age
    if owner.DESCRIPTOR.name == "V1LayerParameter" and owner.HasField("layer"):
        inner = inner.layer
    kind = inner.type if isinstance(inner.type, str) else proto.enum_name(inner, "type")
    kind = f" ({written_type or kind})" if written_type or kind else ""
    return f"layer '{inner.name}'{kind}"


def read(path: str | Path, kind: str, values: Mapping[str, str] | None = None) -> Document:
    """Parse the file at `path` as the message `kind`. Raises SpecError if it cannot be parsed.

    path    of a file, or `zoo:NAME/FILE`
    values  for each `$name` of the text; those that it has are in the document's `used_values`
    """
    path = zoo.located(path)
    try:
        data = read_regular(path, may_be_piped=True)
    except OSError as error:
        raise SpecError(f"{printable(path)}: {error.strerror or error}") from None
    if instead := stand_in(data[:4096]):
        raise SpecError(f"{printable(path)}: is {instead}")
    try:
        text = data.decode(encoding_of(data), errors="surrogateescape")
    except UnicodeDecodeError:      # of UTF-16, which is cut off or not that
        text = data.decode("utf-8", errors="surrogateescape")
    if not values:
        try:
            return parse(text, kind, str(path))
        except SpecError:
            if foreign := foreign_text(data[:4096]):
                raise SpecError(f"{printable(path)}: is {foreign}; it is not a prototxt") from None
            raise
    used: set[str] = set()
    length = 0
    for match in _NAMED_VALUE.finditer(text):
        if match[1] in values:
            used.add(match[1])
            length += len(values[match[1]])
        if length > MAX_VALUES:     # twice as long in each file of a chain is 2^50
            raise SpecError(f"{printable(path)}: the values of its $names are more than "
                            f"{MAX_VALUES} characters")
    text = _NAMED_VALUE.sub(lambda match: values.get(match[1], match[0]), text)
    document = parse(text, kind, str(path))
    document.used_values = used
    return document


def parse(text: str, kind: str, path: str = "<text>") -> Document:
    """Parse `text` as the message `kind` ("NetParameter").

    Returns the Document; wrong fields are in its `problems`. Raises SpecError for malformed text.
    """
    return _Parser(text, kind, path).parse()


def to_text(message: Message) -> str:
    """The message in Caffe's text format, two spaces of indent, one field a line."""
    return text_format.MessageToString(message, use_short_repeated_primitives=False)


class _Parser:
    def __init__(self, text: str, kind: str, path: str):
        self.text = text
        self.path = path
        self.position = 0
        self.depth = 0
        self.ends = [match.start() for match in re.finditer("\n", text)]
        self.document = Document(getattr(proto, kind)(), Lines(1), path)
        self.owner: Message | None = None
        self.owner_name = ""        # the path of the owner's field
        self.advance()

    def parse(self) -> Document:
        self.read_fields(self.document.message, self.document.lines, closing="", prefix="")
        return self.document

    # The token at hand is self.token of kind self.kind, begun at self.start.

    def advance(self) -> None:
        match = TOKEN.match(self.text, self.position)
        if match is not None and match.lastgroup == "space":
            self.position = match.end()
            match = TOKEN.match(self.text, self.position)
        self.start = self.position
        if match is None:
            if named := _NAMED_VALUE.match(self.text, self.position):
                raise self.syntax_error(f"{named[0]} has no value; the NetFile layer that brings "
                                        f'the file in gives it: set: "{named[1]}=..."; of a '
                                        "project's template its script does")
            if self.position < len(self.text):
                raise self.stray()
            self.kind = "end"
            self.token = ""
            return
        self.kind = match.lastgroup or ""
        self.token = match.group()
        self.position = match.end()

    def line_of(self, position: int) -> int:
        return bisect.bisect_left(self.ends, position) + 1

    def syntax_error(self, message: str) -> SpecError:
        return SpecError(f"{self.path}:{self.line_of(self.start)}: {message}")

    def stray(self) -> SpecError:
        line = self.text[self.position:].split("\n", 1)[0]
        if line[0] in "\"'":
            return self.syntax_error(f"the string {line[:30]} has no end on its line")
        kind = foreign_kind(self.text[:300].encode("utf-8", "surrogateescape"))
        if kind or not line[0].isprintable():
            reason = f"is {kind}" if kind else f"has the byte {ord(line[0]) & 0xff:#04x} here"
            if not kind or "HDF5" in kind:
                reason += "; files of weights go to --weights, solver states to --snapshot"
            return self.syntax_error(f"is not a text, which a prototxt is: it {reason}")
        if re.match(r"[=>]{7}", line):
            return self.syntax_error("a merge-conflict mark was left in the file")
        hint = next((words for start, words in STRAYS.items() if line.startswith(start)), "")
        if not hint and (match := re.match(r"[-+.\w]+", line)):
            return self.syntax_error("expected a name, a number or a string, found "
                                     f"'{shortened(match.group())}'")
        return self.syntax_error(f"stray character {line[0]!r}{hint}")

    def found(self) -> str:
        return "the end of the file" if self.kind == "end" else f"'{shortened(self.token)}'"

    def take(self, mark: str) -> bool:
        taken = self.kind == "mark" and self.token == mark
        if taken:
            self.advance()
        return taken

    def read_fields(self, message: Message | None, lines: Lines, closing: str, prefix: str) -> None:
        """Read fields into `message` up to `closing`. `message` None: skip an unknown one."""
        while not (self.kind == "mark" and self.token == closing):
            if self.kind == "end" or self.token in ("}", ">"):
                if closing:
                    raise self.syntax_error(f"expected '{closing}' to close the '{prefix[:-1]}' of "
                                            f"line {lines.line}, found {self.found()}")
                if self.kind == "end":
                    return
                raise self.syntax_error(f"'{self.token}' closes nothing that is open")
            if self.token == "<" and self.text.startswith("<<<<<<<", self.start):
                raise self.syntax_error("a merge-conflict mark was left in the file")
            self.read_field(message, lines, prefix)
        self.advance()

    def read_field(self, message: Message | None, lines: Lines, prefix: str) -> None:
        line = self.line_of(self.start)
        name = self.read_name()
        descriptor = None
        if message is not None:
            descriptor = message.DESCRIPTOR.fields_by_name.get(name)
            if prefix == "":
                self.owner = None
                self.owner_name = ""
            if descriptor is None:
                self.problem(line, prefix + name, f"is not a field of {message.DESCRIPTOR.name}"
                             f"{self.suggestion(name, message)}", unknown=True)
        colon = self.take(":")
        if self.token in ("{", "<") and self.kind == "mark":
            self.read_message(message, descriptor, lines, prefix + name, line)
        elif not colon:
            raise self.syntax_error(f"expected ':' or '{{' after '{name}', found {self.found()}")
        else:
            self.read_values(message, descriptor, lines, prefix + name, line)
        if not self.take(","):
            self.take(";")

    def suggestion(self, name: str, message: Message) -> str:
        few = len(self.document.problems) < MAX_SUGGESTIONS
        if message.DESCRIPTOR.name == "LayerParameter" and name in OF_V1:
            return f"; {OF_V1[name]}"
        return nearest(name, message.DESCRIPTOR.fields_by_name) if few else ""

    def read_name(self) -> str:
        if extension := EXTENSION.match(self.text, self.start):
            self.position = extension.end()
            self.advance()
            return extension.group()
        if self.text.startswith("{{", self.start - 1):
            raise self.syntax_error("the file is a template, whose {{...}} a script fills in")
        if self.kind != "name" or self.token.startswith("-"):
            raise self.syntax_error(f"expected the name of a field, found {self.found()}")
        name = self.token
        self.advance()
        return shortened(name)      # the known ones are short

    def read_message(self, message: Any, descriptor: Any, lines: Lines, name: str,
                     line: int) -> None:
        closing = {"{": "}", "<": ">"}[self.token]
        child = None
        child_lines = Lines(line)
        before = self.owner, self.owner_name
        if descriptor is not None:
            descriptor = form_for_several(message, descriptor, lines.fields)
        if descriptor is not None:
            if descriptor.message_type is None:
                more = OF_TODAY if message.DESCRIPTOR.name == "V1LayerParameter" \
                    and descriptor.name == "param" else ""
                self.problem(line, name, f"is a message in braces; it must be one value{more}")
            elif self.may_set(message, descriptor, name, line):
                child = getattr(message, descriptor.name)
                if descriptor.is_repeated:
                    child = child.add()
                else:
                    child.SetInParent()
                lines.fields.setdefault(descriptor.name, []).append(child_lines)
                if "." not in name or child.DESCRIPTOR.name in LAYERS:
                    self.owner = child
                    self.owner_name = name
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.syntax_error(f"more than {MAX_DEPTH} messages are nested in one another")
        self.advance()
        self.read_fields(child, child_lines, closing, name + ".")
        self.owner, self.owner_name = before
        self.depth -= 1

    def read_values(self, message: Any, descriptor: Any, lines: Lines, name: str,
                    line: int) -> None:
        if not self.take("["):
            self.read_value(message, descriptor, lines, name, line)
            return
        if descriptor is not None and not descriptor.is_repeated:
            self.problem(line, name, "takes one value, not a list in brackets")
            descriptor = None
        while not self.take("]"):
            if self.kind == "mark" and self.token in "{<":
                self.read_message(message, descriptor, lines, name, line)
            else:
                self.read_value(message, descriptor, lines, name, line)
            if not self.take(",") and self.token != "]":
                raise self.syntax_error(f"expected ',' or ']' in the list of '{name}', "
                                        f"found {self.found()}")

    def read_value(self, message: Any, descriptor: Any, lines: Lines, name: str,
                   line: int) -> None:
        kind = self.kind
        token = self.token
        if kind not in ("string", "number", "name"):
            raise self.syntax_error(f"expected a value for '{name}', found {self.found()}")
        self.advance()
        while kind == "string" and self.kind == "string":
            token += self.token          # adjacent strings are one
            self.advance()
        if descriptor is not None:
            descriptor = form_for_several(message, descriptor, lines.fields)
        if descriptor is None or not self.may_set(message, descriptor, name, line):
            return
        try:
            value = convert(descriptor, kind, token)
            if descriptor.is_repeated:
                getattr(message, descriptor.name).append(value)
            else:
                setattr(message, descriptor.name, value)
        except ValueError as error:
            if message.DESCRIPTOR.name in LAYERS and descriptor.name == "type":
                self.document.written_types[id(message)] = shortened(token)
            self.problem(line, name, str(error).replace(token, shortened(token)))
        else:
            lines.fields.setdefault(descriptor.name, []).append(Lines(line))

    def may_set(self, message: Message, descriptor: Any, name: str, line: int) -> bool:
        if descriptor.is_repeated or not message.HasField(descriptor.name):
            return True
        self.problem(line, name, "is given twice; it takes one value")
        return False

    def problem(self, line: int, name: str, text: str, unknown: bool = False) -> None:
        is_layer = bool(describe(self.owner))
        field_name = name.removeprefix(self.owner_name + ".") if is_layer else name
        inside = self.owner_name.rpartition(".")[0] if is_layer else ""
        self.document.problems.append(
            Problem(line, self.owner, field_name, text, unknown, inside))
