"""Messages and fields that layer types read: those that their code names; a warning for others."""

from __future__ import annotations

import ast
import inspect
import logging
import re
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest

from framework.definition.hints import is_hint
from framework.errors import SpecError
from framework.layers import LAYERS
from framework.layers.base import Layer, Source
from framework.layers.data.image_source import ImageSource
from framework.layers.messages import reads_message
from framework.layers.params import MACHINE_HINTS
from framework.net.fork_fields import FIRST_NUMBER
from framework.net.net import Net
from framework.net.reading import parse_net
from framework.proto import LayerParameter
from framework.report.layer_samples import run_sample, sample_document, sample_phase

# `spec.proto.pooling_param`, "pooling_param.pad": a message that code reads or names
PARAM = re.compile(r"""(?:proto\.|["'])(\w+_param)\b""")
# Modules that read any message, and name some as examples.
GENERAL = ("framework.layers.params", "framework.layers.base", "framework.layers.messages")
MESSAGES = [field.name for field in LayerParameter.DESCRIPTOR.fields
            if field.message_type is not None and field.name.endswith("_param")]


@cache
def sources(module: ModuleType) -> dict[str, str]:
    """The source of each function and class of a module, but the line of `reads`."""
    text = Path(inspect.getsourcefile(module) or "").read_text()
    return {node.name: re.sub(r"    reads = .*", "", ast.get_source_segment(text, node) or "")
            for node in ast.parse(text).body if isinstance(node, ast.FunctionDef | ast.ClassDef)}


def named(kind: str) -> set[str]:
    """The messages named in the code of a type's class and of the functions it calls."""
    found, done, pending = set[str](), set[object](), [LAYERS[kind]]
    while pending:
        code = pending.pop()
        if code in done:
            continue
        done.add(code)
        module = inspect.getmodule(code)
        source = sources(module)[code.__name__]
        found.update(PARAM.findall(source))
        for name in set(re.findall(r"\b\w+\b", source)):
            other = getattr(module, name, None)
            if (inspect.isfunction(other) or inspect.isclass(other)) \
                    and (other.__module__ or "").startswith("framework.layers.") \
                    and other.__module__ not in GENERAL \
                    and other.__name__ in sources(inspect.getmodule(other)):
                pending.append(other)
    return found & set(MESSAGES)


@pytest.mark.parametrize("kind", sorted(LAYERS))
def test_a_type_says_which_messages_its_code_reads(kind):
    """Functions that several types share name the messages of all: one that is called like
    another type counts only where the type's sample has it."""
    given = {field.name for field, _ in sample_document(kind).message.layer[-1].ListFields()}
    given |= set(run_sample(kind).taken)
    said = {name for name in MESSAGES if reads_message(kind, name)}
    said |= set(getattr(LAYERS[kind], "drawing", ()))
    others = {f"{other.lower()}param" for other in LAYERS if other != kind}
    read = {name for name in named(kind) | given & set(MESSAGES)
            if name in given or name.replace("_", "") not in others}
    assert read <= said
    assert set(LAYERS[kind].reads) <= set(MESSAGES)


SHARED = ("data_param", "image_data_param")     # by data layers of many types, who read parts
# What no layer here reads: a database says itself what it is, and threads are a matter of speed.
# Settings of images, which other words name: see layer_types._old_fields.
UNNAMED = {"backend", "threads", "scale", "mean_file", "crop_size", "mirror"}


@cache
def without_docstrings(module: ModuleType) -> dict[str, str]:
    """As `sources`, of the code alone."""
    tree = ast.parse(Path(inspect.getsourcefile(module) or "").read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node):
            node.body[0] = ast.Pass()
        if isinstance(node, ast.ClassDef):
            node.body = [line for line in node.body if not ast.unparse(line).startswith("unread =")]
    return {node.name: ast.unparse(node) for node in tree.body
            if isinstance(node, ast.FunctionDef | ast.ClassDef)}


def words_of(cls: type) -> set[str]:
    """The words in the code of a class, its bases, and all that they call."""
    found, done, pending = set[str](), set[object](), list[object]([cls])
    while pending:
        code = pending.pop()
        module = inspect.getmodule(code)
        if code in done or module is None or not module.__name__.startswith("framework.") \
                or module.__name__ == "framework.layers.params":
            continue
        done.add(code)
        words = set(re.findall(r"\w+", without_docstrings(module).get(code.__name__, "")))
        for word in filter(str.isupper, set(words)):        # names of constants
            words |= set(re.findall(r"\w+", repr(getattr(module, word, ""))))
        found |= words
        others = [getattr(module, word, None) for word in words]
        pending += [other for other in (*others, *getattr(code, "__mro__", ()))
                    if inspect.isfunction(other) or inspect.isclass(other)]
    return found


def honours(cls: type, message: str) -> bool:
    """Whether the code of the class refuses fields of the message that it does not read."""
    return any(re.search(rf"honour\(\w+, '{message}'",
                         without_docstrings(inspect.getmodule(base)).get(base.__name__, ""))
               for base in cls.__mro__ if base.__module__.startswith("framework."))


READERS = sorted(kind for kind, cls in LAYERS.items() if issubclass(cls, ImageSource))


@pytest.mark.parametrize("kind", READERS)
def test_a_data_layer_says_which_fields_of_shared_messages_its_code_does_not_read(kind):
    cls = LAYERS[kind]
    words = words_of(cls)
    for message in SHARED:
        if not reads_message(kind, message) or honours(cls, message):
            continue
        fields = LayerParameter.DESCRIPTOR.fields_by_name[message].message_type.fields
        unread = {f"{message}.{field.name}" for field in fields
                  if field.name not in words | UNNAMED and not is_hint(field)
                  and field.number < FIRST_NUMBER}      # from there on they are refused
        assert {path for path in cls.unread if path.startswith(f"{message}.")} == unread


READ_BY_SEVERAL = [name for name in MESSAGES if sum(reads_message(kind, name)
                                                    for kind in LAYERS) > 1]


def another_value(field):
    """A value of a field that is not its default; None for a message."""
    if field.message_type is not None:
        return None
    if field.enum_type is not None:
        return next((value.number for value in field.enum_type.values
                     if value.number != field.default_value), None)
    kinds = {field.CPPTYPE_FLOAT: 0.25, field.CPPTYPE_DOUBLE: 0.25, field.CPPTYPE_STRING: "word",
             field.CPPTYPE_BOOL: field.is_repeated or not field.default_value}
    return kinds.get(field.cpp_type, 3 if field.default_value == 2 else 2)


def with_field(kind: str, message: str, field):
    """The net of the type's sample with one more field; None where that says nothing."""
    document = sample_document(kind)
    layer = next(one for one in document.message.layer if one.type == kind)
    value = another_value(field)
    own = [name for name in MESSAGES if reads_message(kind, name) and layer.HasField(name)]
    if value is None or (own and message not in own and message in OLDER):
        return None
    param = getattr(layer, message)
    if field.is_repeated:
        getattr(param, field.name).append(value)
    else:
        setattr(param, field.name, value)
    return document


OLDER = ("convolution_param", "pooling_param")      # read where the type's newer one is not given


@pytest.mark.parametrize("kind", sorted(kind for kind, cls in LAYERS.items()
                                        if not issubclass(cls, Source)
                                        and any(reads_message(kind, name)
                                                for name in READ_BY_SEVERAL)))
def test_a_layer_refuses_or_names_the_fields_of_shared_messages_that_its_code_does_not_read(
        kind, caplog):
    words = words_of(LAYERS[kind])
    for message in READ_BY_SEVERAL:
        if not reads_message(kind, message) or honours(LAYERS[kind], message):
            continue
        for field in LayerParameter.DESCRIPTOR.fields_by_name[message].message_type.fields:
            if field.name in words | MACHINE_HINTS or is_hint(field) \
                    or field.number >= FIRST_NUMBER:
                continue
            document = with_field(kind, message, field)
            if document is None:
                continue
            caplog.clear()
            try:
                Net(document, phase=sample_phase(document))
            except SpecError:
                continue
            assert f"{message}.{field.name}" in caplog.text


@pytest.mark.parametrize("kind, field", [
    ("BoxAnnotatorOHEM", "loss_param.normalize"), ("DetectionLoss", "loss_param.normalization"),
    ("FocalLoss", "softmax_param.normalize_type"), ("CtcLoss", "ctc_loss_param.blank_index"),
    ("WarpCTCLoss", "ctc_loss_param.blank_label"), ("BoxOutput", "bbox_reg_param.cls_aware"),
    ("LSTMUnit", "recurrent_param.num_output"),
    ("EuclideanLoss", "euclideanloss_param.is_normalized"),
])
def test_a_field_that_a_layer_ignores_is_named(kind, field, caplog):
    message = field.split(".")[0]
    fields = LayerParameter.DESCRIPTOR.fields_by_name[message].message_type.fields_by_name
    document = with_field(kind, message, fields[field.split(".")[-1]])
    with caplog.at_level(logging.WARNING):
        Net(document, phase=sample_phase(document))
    assert f"({kind}): {field} is not read by layers of this type" in caplog.text


def test_a_message_that_the_original_reads_to_draw_is_not_called_unread(caplog):
    fields = LayerParameter.DESCRIPTOR.fields_by_name["transform_param"].message_type.fields_by_name
    document = with_field("DetectionOutput", "transform_param", fields["mean_value"])
    with caplog.at_level(logging.WARNING):
        Net(document, phase=sample_phase(document))
    assert "transform_param is read by its own project to draw images; nothing is drawn" \
        in caplog.text and "is not read" not in caplog.text


def test_an_ignored_field_with_the_value_that_it_has_anyway_is_not_named(caplog):
    text = """
    layer { name: "d" type: "EvalData" top: "x" top: "y" transform_param { mirror: false }
      eval_data_param { source: "list" batch_size: 1 resize_width: 64 resize_height: 32 } }
    """
    with caplog.at_level(logging.WARNING):
        Net(parse_net(text), skip_data=True)
    assert not caplog.records


def test_a_data_layer_names_the_transform_fields_that_it_ignores(caplog):
    text = """
    layer { name: "d" type: "EvalData" top: "x" top: "y"
      transform_param { mean_value: 104 mirror: true }
      eval_data_param { source: "list" batch_size: 1 resize_width: 64 resize_height: 32 } }
    """
    with caplog.at_level(logging.WARNING):
        Net(parse_net(text), skip_data=True)
    assert [record.message for record in caplog.records] == [
        "<text>:3: layer 'd' (EvalData): transform_param.mirror is not read by layers of this type"]


def test_a_field_that_a_type_ignores_is_named_with_its_line(caplog):
    text = """
    layer { name: "d" type: "ImageSegData" top: "x" top: "y"
      image_data_param { source: "list" new_dim: 7
        min_height: 9 }
      transform_param { crop_size: 8 } }
    layer { name: "e" type: "ImageSegData" top: "v" top: "w"
      image_data_param { source: "list" new_dim: 7 }
      transform_param { crop_size: 8 } }
    """
    with caplog.at_level(logging.WARNING):
        Net(parse_net(text), skip_data=True)
    assert [record.message for record in caplog.records] == [
        "<text>:4: layer 'd' (ImageSegData): image_data_param.min_height is not read by layers of "
        "this type",
        "<text>:3: layer 'd' (ImageSegData): image_data_param.new_dim is not read by layers of "
        "this type"]


@pytest.mark.parametrize("kind, message, said", [
    ("ImageSegData", "image_data_param", "is not read by layers of this type"),
    ("AnnotatedData", "data_param", "is not read by layers of this type"),
    ("ImageData", "image_data_param", "has no effect, as in the original: it counts in the old "
     "`layers` only; use transform_param.mirror"),
])
def test_settings_of_images_beside_the_source_have_no_effect_in_any_type(kind, message, said,
                                                                         caplog):
    text = f"""
    layer {{ name: "d" type: "{kind}" top: "x" top: "y"
      {message} {{ source: "list" batch_size: 1 mirror: true }}
      transform_param {{ crop_size: 8 }} }}
    """
    with caplog.at_level(logging.WARNING):
        Net(parse_net(text), skip_data=True)
    assert [record.message for record in caplog.records] == [
        f"<text>:3: layer 'd' ({kind}): {message}.mirror {said}"]


def test_a_message_that_is_not_read_is_named_once_a_kind(caplog):
    text = """
    layer { name: "in" type: "Input" top: "x" input_param { shape { dim: 1 dim: 2 } } }
    layer { name: "r" type: "ReLU" bottom: "x" top: "y"
      prelu_param { channel_shared: true } }
    layer { name: "s" type: "ReLU" bottom: "x" top: "z" prelu_param { } }
    """
    with caplog.at_level(logging.WARNING):
        Net(parse_net(text))
    assert [record.message for record in caplog.records] == [
        "<text>:4: layer 'r' (ReLU): prelu_param is not read by layers of this type"]


@pytest.mark.parametrize("reads, said", [((), []), (("scale_param",), ["power_param"])])
def test_a_layer_of_a_users_file_is_warned_of_if_it_says_what_it_reads(reads, said, monkeypatch,
                                                                       caplog):
    class Gain(Layer):
        def __init__(self, spec, x):
            super().__init__(spec)

        def forward(self, x):
            return x

    Gain.reads = reads
    monkeypatch.setitem(LAYERS, "Gain", Gain)
    text = """
    layer { name: "in" type: "Input" top: "x" input_param { shape { dim: 1 dim: 2 } } }
    layer { name: "g" type: "Gain" bottom: "x" top: "y" scale_param { } power_param { } }
    """
    with caplog.at_level(logging.WARNING):
        Net(parse_net(text))
    assert [record.message.split(": ")[2].split(" is not read")[0]
            for record in caplog.records] == said
