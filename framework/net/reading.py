"""Read net and solver files: parse, upgrade old forms, expand composite layers."""

from __future__ import annotations

import logging
import os
from collections.abc import Collection, Mapping
from pathlib import Path

from framework.definition import prototxt
from framework.definition.composites.expand import COMPOSITES, expand
from framework.definition.hints import warn_of_hints
from framework.definition.prototxt import Document, Problem
from framework.definition.upgrade import REPLACED_TYPES, upgrade_net, upgrade_solver
from framework.definition.values import unknown_type
from framework.errors import CaffeError, SpecError
from framework.proto import LayerParameter
from framework.system.arguments import FLAG, PATH, TEXT, checked
from framework.system.wording import shortened

NET_MARKS = frozenset(["layer", "layers", "input", "input_shape", "input_dim"])
SOLVER_MARKS = frozenset(["net", "train_net", "test_net", "base_lr", "lr_policy", "max_iter",
                          "solver_mode", "solver_type", "snapshot_prefix", "test_iter", "display"])


@checked(path=PATH, ignore_unknown_fields=FLAG)
def read_net(path: str | Path, ignore_unknown_fields: bool = False) -> Document:
    """Read a net file of any age, upgrade it, expand its composite layers.

    Raises SpecError that lists every unknown field, wrong value and unknown layer type of the
    file, a line each. `ignore_unknown_fields` goes on without the unknown fields; they stay in
    the document's `problems`. CaffeError for the text of a net.
    """
    if "{" in str(path) and not os.path.exists(path):
        raise CaffeError(f"read_net: path is '{shortened(str(path))}', which is the text of a net; "
                         "parse_net reads texts")
    return finish_net(prototxt.read(path, "NetParameter"), ignore_unknown_fields)


@checked(text=TEXT, ignore_unknown_fields=FLAG)
def parse_net(text: str, path: str = "<text>", ignore_unknown_fields: bool = False) -> Document:
    """As read_net, from the text of a net. CaffeError for a path."""
    if "{" not in text and text.strip().endswith((".prototxt", ".pt", ".txt")):
        raise CaffeError(f"parse_net: text is '{shortened(text.strip())}', which is a path; "
                         "read_net reads files")
    return finish_net(prototxt.parse(text, "NetParameter", path), ignore_unknown_fields)


@checked(path=PATH, ignore_unknown_fields=FLAG)
def read_solver(path: str | Path, ignore_unknown_fields: bool = False) -> Document:
    """Read a solver file of any age and upgrade it. Raises SpecError as read_net does."""
    document = prototxt.read(path, "SolverParameter")
    _report(document, ignore_unknown_fields)
    upgrade_solver(document)
    return document


def nets_inside(path: str | Path, ignore_unknown_fields: bool = False) -> list[Document]:
    """The nets that a solver file holds itself, not finished; none of any other file.

    Raises SpecError as read_solver does.
    """
    document = prototxt.read(path, "SolverParameter")
    nets = _nets(document)
    if nets:
        _report(document, ignore_unknown_fields)
    return nets


def finish_net(document: Document, ignore_unknown_fields: bool = False) -> Document:
    """Report, upgrade and expand a parsed net; a net inside a solver file comes here too."""

    def prepared(document: Document) -> Document:
        _report(document, ignore_unknown_fields)
        warn_of_hints(document)
        upgrade_net(document)
        return document

    def load(path: Path, values: Mapping[str, str]) -> Document:
        return prepared(prototxt.read(path, "NetParameter", values))

    expand(prepared(document), load, _learned_blobs)
    return document


def _learned_blobs(proto: LayerParameter) -> tuple[bool, ...]:
    from framework.layers import LAYERS  # lazy: torch costs 1.9 s, few nets ask for this
    from framework.layers.base import Layer

    cls = LAYERS.get(proto.type)
    return cls.learned_blobs(proto) if cls is not None and issubclass(cls, Layer) else ()


def _report(document: Document, ignore_unknown_fields: bool) -> None:
    """Raise one SpecError with a line for each problem, unknown layer types among them.

    Ignored unknown fields are named in the log instead, unless something else is wrong.
    """
    if kind := other_kind(document):
        raise SpecError(kind)
    problems = [problem for problem in document.problems if not _is_of_stub(problem)]
    rows = [(problem.line, f"{document.place(problem.line, problem.owner, problem.inside)}: "
             f"{problem.field} {problem.text}") for problem in problems]
    if ignore_unknown_fields and all(problem.unknown for problem in problems):
        for _, text in rows:
            logging.getLogger(__name__).warning("%s; ignored", text)
        return
    if not rows:
        return
    for net in _nets(document):
        rows += _unknown_types(net, document.written_types)
    raise SpecError("\n".join(text for _, text in sorted(rows, key=lambda row: row[0])))


def other_kind(document: Document) -> str:
    """What the file is, if it is a prototxt of another kind than the one that was asked for."""
    unknown = {problem.field.split(".")[0] for problem in document.problems
               if problem.unknown and problem.owner is None}
    is_net = document.message.DESCRIPTOR.name == "NetParameter"
    if is_net and not document.message.layer and unknown >= {"item"}:
        return f"{document.path}: is a label map, not a net"
    if is_net and not document.message.layer and len(unknown & SOLVER_MARKS) > 1:
        return f"{document.path}: is a solver file, not a net; give the net that its field names"
    if not is_net and unknown & NET_MARKS:
        return (f"{document.path}: is a net, not a solver file; --solver wants a solver file, "
                "whose field `net` names the net")
    if not is_net and unknown >= {"item"}:
        return f"{document.path}: is a label map, not a solver file"
    return ""


def _nets(document: Document) -> list[Document]:
    """The net of a document; of a solver file those inside it."""
    if document.message.DESCRIPTOR.name == "NetParameter":
        return [document]
    found = []
    for field, value in document.message.ListFields():
        if field.message_type is not None and field.message_type.name == "NetParameter":
            nets = zip(value if field.is_repeated else [value], document.lines.fields[field.name],
                       strict=True)
            found += [Document(net, lines, document.path, inside=field.name)
                      for net, lines in nets]
    return found


def _is_of_stub(problem: Problem) -> bool:
    """Whether it is an unknown field of a layer whose type is a stub: nobody knows its fields."""
    from framework.layers.stub import is_stub  # lazy: torch costs 1.9 s, a sound file needs none

    kind = getattr(problem.owner, "type", None)
    return problem.unknown and isinstance(kind, str) and is_stub(kind)


def _unknown_types(document: Document, misspelt: Collection[int]) -> list[tuple[int, str]]:
    """A line for each layer of an unknown type, but for those by `id` that are told already."""
    from framework.layers import LAYERS  # lazy: torch costs 1.9 s, a sound file needs no table

    known = LAYERS.keys() | COMPOSITES.keys() | REPLACED_TYPES
    rows: list[tuple[int, str]] = []
    for layer, lines in zip(document.message.layer, document.lines.fields.get("layer", []),
                            strict=True):
        if layer.type not in known and id(layer) not in misspelt:
            line = lines.find("type")
            few = len(rows) < prototxt.MAX_SUGGESTIONS
            words = unknown_type(layer.type, sorted(known), bool(layer.bottom)) if few \
                else f"'{layer.type}' is not known"
            rows.append((line, f"{document.place(line, layer)}: type {words}"))
    return rows
