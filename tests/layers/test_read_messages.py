"""Messages that layer types read: those that their code names, and a warning for others."""

from __future__ import annotations

import ast
import inspect
import logging
import re
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest

from framework.layers import LAYERS
from framework.layers.base import Layer, reads_message
from framework.net.net import Net
from framework.net.reading import parse_net
from framework.proto import LayerParameter
from framework.report.layer_samples import run_sample, sample_document

# `spec.proto.pooling_param`, "pooling_param.pad": a message that code reads or names
PARAM = re.compile(r"""(?:proto\.|["'])(\w+_param)\b""")
# Modules that read any message, and name some as examples.
GENERAL = ("framework.layers.params", "framework.layers.base")
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
    others = {f"{other.lower()}param" for other in LAYERS if other != kind}
    read = {name for name in named(kind) | given & set(MESSAGES)
            if name in given or name.replace("_", "") not in others}
    assert read <= said
    assert set(LAYERS[kind].reads) <= set(MESSAGES)


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
