"""Every field of the schema is read by some code, refused by name, or a hint with a reason.

The search is static: it walks the syntax trees under framework/, and takes as a read an attribute
of the field's name, or a string that is the name or a path that ends in it. Texts of errors, of
docstrings and the lists of `honour` are no reads. It knows names, not messages: a field is missed
if another one of its name is read in the same place. Names that code puts together
(`f"{stem}_h"`) are listed here with the place.
"""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import framework
import framework.proto as proto
from framework.definition.hints import HINTS
from framework.layers.params import MACHINE_HINTS
from framework.net.fork_fields import FIRST_NUMBER, HARMLESS, WITHOUT_MEANING
from framework.solver.solver_fields import HONOURED

ROOT = Path(framework.__file__).parent
# Names that code puts together, and where.
COMPOSED = {
    "kernel_h", "kernel_w", "stride_h", "stride_w", "pad_h", "pad_w",   # layers/params: axis_sizes
    *(f"out_{size}_{side}" for size in ("kernel", "stride", "pad") for side in "hw"),   # the same
    "kstride_h", "kstride_w",                                           # the same
    *(f"out_{what}_{side}" for what in ("kernel", "stride", "pad") for side in "hw"),   # the same
    "hole_h", "hole_w",                                                 # definition/upgrade/holes
    "kernel_size_3d", "stride_3d", "pad_3d",                            # the same, after the parser
    *(f"{what}_prob" for what in ("brightness", "contrast", "hue", "saturation",
                                  "random_order")),                     # data/augment/distortion
    *(f"{end}_{what}" for end in ("min", "max")                         # data/augment/sampler
      for what in ("jaccard_overlap", "sample_coverage", "object_coverage")),
    *(f"{what}_{numbers}" for what in ("bw", "fl")                      # layers/low_precision
      for numbers in ("layer_in", "layer_out", "params")),
    *(f"{part}_{what}" for part in ("cluster", "scatter", "ovalize")    # layers/metric/homo_mean
      for what in ("measure", "regular", "clipmode", "clipprop", "lowrprop", "upprprop", "feedrate",
                   "feedsize", "tradeoff", "interval", "postpone", "duration", "activate")),
    *(f"{end}_{what}_{axis}" for end in ("min", "max") for axis in "xyz"    # layers/volumes
      for what in ("rotation", "translation", "scaling")),
}
# Messages of files that are read from their wire form, not by names, and the oldest form of layers,
# of which each field has its name of today, or none and a warning.
BY_TABLE = {"BlobProto", "BlobProtoVector", "C2TensorProto", "C2TensorProtos", "Datum",
            "AnnotatedDatum", "V0LayerParameter"}
# Settings of a layer type that is not here: a net that has the type is refused.
LAYERS = {"LayerParameter", "V1LayerParameter"}


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def reads_in(path: Path) -> frozenset[str]:
    """The names that a module reads, as the docstring above says."""
    found: set[str] = set()
    lists = {name.id for call in honour_calls(path) for name in ast.walk(call.args[2])
             if isinstance(name, ast.Name)}
    for statement in tree_of(path).body:
        if not (isinstance(statement, ast.Assign) and getattr(statement.targets[0], "id", "")
                in lists):
            _visit(statement, found)
    return frozenset(found)


def honour_calls(path: Path) -> list[ast.Call]:
    if "honour(" not in path.read_text(encoding="utf-8"):
        return []
    return [node for node in ast.walk(tree_of(path))
            if isinstance(node, ast.Call) and called(node) == "honour"]


def _visit(node: ast.AST, found: set[str]) -> None:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return                                          # a docstring
    if isinstance(node, ast.Call) and called(node) in ("error", "honour", "_warn", "warning"):
        return
    if isinstance(node, ast.Attribute):
        found.add(node.attr)
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        found.update(word.split(".")[-1] for word in node.value.split())
    for child in ast.iter_child_nodes(node):
        _visit(child, found)


def called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def modules() -> list[Path]:
    tables = ("hints.py", "fork_fields.py", "solver_fields.py", "caffe_pb2.py")
    return [path for path in ROOT.rglob("*.py") if path.name not in tables
            and "proto" not in path.relative_to(ROOT).parts]


def every_field() -> Iterator[Any]:
    """The descriptors of all fields. Any: protobuf has several classes."""
    def inside(message: Any) -> Iterator[Any]:
        yield from message.fields
        for nested in message.nested_types:
            yield from inside(nested)

    for message in proto.NetParameter.DESCRIPTOR.file.message_types_by_name.values():
        yield from inside(message)


def messages_in_use(read: frozenset[str]) -> set[str]:
    """The messages that text can reach from a net or a solver through fields that are read."""
    reached = {"NetParameter", "SolverParameter", "AnnotatedDatum", "LabelMap"}
    todo = [getattr(proto, name).DESCRIPTOR for name in reached]
    while todo:
        for field in todo.pop().fields:
            inner = field.message_type
            if inner is not None and field.name in read and inner.full_name not in reached:
                reached.add(inner.full_name)
                todo.append(inner)
    return {name.removeprefix("caffe.") for name in reached}


def test_every_field_is_read_refused_or_a_hint_with_a_reason():
    read = frozenset().union(*(reads_in(path) for path in modules())) | COMPOSED
    used = messages_in_use(read)
    lost = []
    for field in every_field():
        message = field.containing_type.full_name.removeprefix("caffe.")
        where = f"{message}.{field.name}"
        is_refused = field.number >= FIRST_NUMBER or where in WITHOUT_MEANING or (
            message == "SolverParameter" and field.name not in HONOURED)
        is_hint = where in HINTS or field.name in MACHINE_HINTS | HARMLESS
        is_elsewhere = message in BY_TABLE or message not in used or (
            message in LAYERS and field.message_type is not None)
        if not (field.name in read or is_refused or is_hint or is_elsewhere):
            lost.append(f"{where} = {field.number}")
    assert not lost, "\n".join(lost)


def honoured(path: Path) -> Iterator[tuple[str, str]]:
    """Each field that a `honour` of a module names as taken: the message, the field."""
    texts = {statement.targets[0].id: statement.value for statement in tree_of(path).body
             if isinstance(statement, ast.Assign)
             and isinstance(statement.targets[0], ast.Name)}
    for node in honour_calls(path):
        for word in words(node.args[2], texts):
            yield ast.unparse(node.args[1]), word


def words(node: ast.AST, texts: dict[str, ast.expr]) -> list[str]:
    """The words of all texts in an expression, constants of its module among them."""
    found: list[str] = []
    for part in ast.walk(node):
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            found += part.value.split()
        elif isinstance(part, ast.Name) and part.id in texts and part.id.isupper():
            found += words(texts[part.id], {})
    return found


def imported(path: Path) -> list[Path]:
    """The modules of the framework that a module imports, and those that import it."""
    names = [node.module for node in ast.walk(tree_of(path))
             if isinstance(node, ast.ImportFrom) and node.module
             and node.module.startswith("framework.")]
    files = [ROOT.parent / Path(*name.split(".")).with_suffix(".py") for name in names]
    own = "framework." + ".".join(path.relative_to(ROOT).with_suffix("").parts)
    importers = [other for other in modules()
                 if f"from {own} import" in other.read_text(encoding="utf-8")]
    return [*(file for file in files if file.is_file()), *importers]


@pytest.mark.parametrize("path", sorted(path for path in modules() if list(honoured(path))),
                         ids=lambda path: str(path.relative_to(ROOT)))
def test_a_layer_reads_every_field_that_it_says_it_takes(path):
    read = frozenset().union(*(reads_in(one) for one in [path, *imported(path)])) | COMPOSED
    assert not {(param, field) for param, field in honoured(path) if field not in read}
