"""tools/upgrade_net: convert nets of old Caffe versions to today's form."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from framework.cli.app import complain, run
from framework.system.wording import counted

if TYPE_CHECKING:
    from google.protobuf.message import Message

    from framework.definition.prototxt import Document

DESCRIPTION = """Write a net of any age (V0 and V1 layers, input fields, old transform fields) in
today's form, for programs that read no other. A file is binary if its name ends in .caffemodel,
.binaryproto or .pb, else text; --input and --output say otherwise."""
BINARY_ENDINGS = (".caffemodel", ".binaryproto", ".pb")
FORMS = ("text", "binary")


def make_parser(program: str, description: str, what: str) -> argparse.ArgumentParser:
    """The flags of tools/upgrade_net and tools/upgrade_solver."""
    parser = argparse.ArgumentParser(prog=program, description=description,
                                     epilog=f"example: {program} old.prototxt new.prototxt")
    parser.add_argument("source", metavar="IN", help=f"the {what} to read")
    parser.add_argument("target", metavar="OUT", nargs="?", default="-",
                        help="the file to write; IN itself is allowed; without it: print as text")
    parser.add_argument("--input", choices=FORMS, help="what IN is, whatever its name")
    parser.add_argument("--output", choices=FORMS, help="what OUT is to be, whatever its name")
    parser.add_argument("--ignore-unknown-fields", action="store_true",
                        help="go on without fields that are not known, naming each")
    return parser


def read_document(path: str, kind: str, binary: bool, ignore_unknown_fields: bool) -> Document:
    """The file as a message `kind`, not yet upgraded.

    Raises SpecError that lists the wrong fields of a text, WeightsError for a broken binary.
    """
    # lazy: --help does without it
    from google.protobuf.message import DecodeError

    from framework import proto
    from framework.definition import prototxt
    from framework.errors import SpecError, WeightsError
    from framework.system.regular import read_regular

    if binary:
        try:
            message = getattr(proto, kind).FromString(read_regular(path))
        except DecodeError as error:
            raise WeightsError(f"{path}: is not a binary {kind}, or is damaged: {error}") from None
        return prototxt.Document(message, prototxt.Lines(), path)
    document = prototxt.read(path, kind)
    if document.problems:
        from framework.net.reading import other_kind  # lazy: torch comes with it

        if other := other_kind(document):
            raise SpecError(other)
    texts: dict[bool, list[str]] = {True: [], False: []}
    for problem in document.problems:
        place = document.place(problem.line, problem.owner)
        texts[problem.unknown].append(f"{place}: {problem.field} {problem.text}")
    unknown = texts[True]
    if ignore_unknown_fields and unknown:
        complain("\n".join(f"left out: {text}" for text in unknown))
        unknown = []
    if wrong := texts[False] + unknown:
        raise SpecError("\n".join(wrong))
    return document


def write_message(message: Message, path: str, binary: bool) -> None:
    """Write or print a message; atomic."""
    # lazy: --help does without it
    from framework.definition.prototxt import to_text
    from framework.errors import SpecError
    from framework.system.atomic import replacing

    if path == "-" and binary:
        sys.stdout.buffer.write(message.SerializeToString())
    elif path == "-":
        print(to_text(message), end="")
    else:
        data = message.SerializeToString() if binary else \
            to_text(message).encode("utf-8", "surrogateescape")
        if os.path.isdir(path):
            raise SpecError(f"{path}: is a folder; it must be the file to write")
        with replacing(path) as partial:
            partial.write_bytes(data)


def is_binary(path: str, form: str | None) -> bool:
    """Whether a file is binary: as `form` says, else by its name."""
    return form == "binary" if form else path.endswith(BINARY_ENDINGS)


def upgrade(arguments: argparse.Namespace) -> None:
    """Read, upgrade and write a net."""
    # lazy: --help does without it
    from framework.definition.upgrade import upgrade_net

    source_binary = is_binary(arguments.source, arguments.input)
    target_binary = is_binary(arguments.target, arguments.output)
    document = read_document(arguments.source, "NetParameter", source_binary,
                             arguments.ignore_unknown_fields)
    if not upgrade_net(document):
        complain(f"{arguments.source}: is in today's form already")
    if source_binary and not target_binary:
        _leave_out_blobs(document)
    write_message(document.message, arguments.target, target_binary)


def _leave_out_blobs(document: Document) -> None:
    """The definition alone: as text, the weights would be ten times the file."""
    count = 0
    for layer in document.message.layer:
        count += len(layer.blobs)
        layer.ClearField("blobs")
    if count:
        complain(f"{document.path}: {counted(count, 'blob')} left out of the text")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the tool; returns its exit code."""
    return run(upgrade, make_parser("tools/upgrade_net", DESCRIPTION, "net or caffemodel"), argv)
