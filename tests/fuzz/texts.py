"""Prototxt: bytes and words of net and solver files, and values of fields in nets of one layer."""

import contextlib
import random
from pathlib import Path
from typing import Any

import torch
from google.protobuf.descriptor import FieldDescriptor

from framework import parse_net
from framework.definition import prototxt
from framework.errors import CaffeError
from framework.net.net import Net
from framework.net.reading import read_net, read_solver
from framework.report.net_summary import Selection, take_census
from framework.solver.solver_fields import check_fields
from tests.community_examples import EXAMPLES as COMMUNITY
from tests.fuzz.harness import Target
from tests.fuzz.mutations import damage_bytes, damage_words
from tests.layer_examples import EXAMPLES, Example
from tests.support import layer_text, param_field

ROOT = Path(__file__).resolve().parents[2]
NETS = ("lenet/train_test", "lenet/deploy", "ssd_shapes/train_test", "hed/deploy")
SOLVERS = ("ssd_shapes", "lenet")
MAX_NUMBERS = 1 << 20           # of blobs and tops, in nets that are run
INTEGERS = (0, 1, 2, 3, 5, 7, 100, 65537, -1, -2, 1 << 30, (1 << 31) - 1, -(1 << 31),
            (1 << 32) - 1, (1 << 63) - 1, -(1 << 63), (1 << 64) - 1)
FLOATS = (0.0, -0.0, 1.0, 0.5, 1.5, -1.0, 2.0, 100.0, 1e-30, 1e30, -1e30, float("inf"),
          float("-inf"), float("nan"))
TEXTS = ("", "x", "a b", "a\0b", "é", "x" * 600, "1", "max", "constant", "xavier")


class Texts(Target):
    """Files of prototxt, some of them nets and some solvers; nets are built without memory."""

    def prepare(self) -> None:
        self.files = {f"net {name}": (ROOT / "prototxt" / f"{name}.prototxt").read_bytes()
                      for name in NETS}
        for path in sorted((ROOT / "solvers").glob("*.prototxt"))[:4]:
            self.files[f"solver {path.stem}"] = path.read_bytes()

    def make(self, rng: random.Random) -> bytes:
        name = rng.choice(sorted(self.files))
        return name.split()[0].encode() + b"\n" + self.damage(self.files[name], rng)

    @staticmethod
    def damage(content: bytes, rng: random.Random) -> bytes:
        raise NotImplementedError

    def run(self, case: bytes) -> None:
        kind, content = case.split(b"\n", 1)
        Path("case.prototxt").write_bytes(content)
        if kind == b"solver":
            check_fields(read_solver("case.prototxt"))
            return
        read_net("case.prototxt")
        raise_problems(take_census("case.prototxt", Selection()))


class PrototxtBytes(Texts):
    name = "prototxt_bytes"
    damage = staticmethod(damage_bytes)


class PrototxtWords(Texts):
    name = "prototxt_words"
    damage = staticmethod(damage_words)


class Fields(Target):
    """Every layer type, with odd values in one to three of its fields: built, and run if small."""

    name = "fields"

    def prepare(self) -> None:
        self.examples = [one for one in (*EXAMPLES, *COMMUNITY) if one.kind != "Python"]

    def make(self, rng: random.Random) -> bytes:
        index = rng.randrange(len(self.examples))
        example = self.examples[index]
        shapes = [tuple(tensor.shape) for tensor in example.tensors()]
        message = parse_net(layer_text(example.kind, example.param, shapes, example.tops)).message
        layer = message.layer[-1]
        for _ in range(rng.choice([1, 1, 2, 3])):
            set_odd(_message_of(layer, example, rng), rng)
        return f"# {index}\n{prototxt.to_text(message)}".encode("utf-8", "surrogateescape")

    def run(self, case: bytes) -> None:
        number, text = case.split(b"\n", 1)
        example = self.examples[int(number[1:])]
        Path("case.prototxt").write_bytes(text)
        selection = Selection(phase=example.phase)
        found = take_census("case.prototxt", selection)
        raise_problems(found)
        if any(one.parameters + one.blob_bytes > MAX_NUMBERS for one in found):
            return
        net = Net("case.prototxt", example.phase)
        given = {f"bottom{index}": tensor.detach().float()
                 for index, tensor in enumerate(example.tensors())}
        total = sum(top.sum() for top in net.run(given).values() if top.requires_grad)
        if isinstance(total, torch.Tensor):
            total.backward()


def raise_problems(found: list[Any]) -> None:
    """What stops a net, which the census lists, as an error. Any: Census."""
    for census in found:
        if census.problems:
            raise CaffeError(census.problems[0])


def _message_of(layer: Any, example: Example, rng: random.Random) -> Any:
    """A message of the layer: one that its text sets, that of its type, or the layer itself."""
    names = [descriptor.name for descriptor, _ in layer.ListFields()
             if descriptor.message_type and not descriptor.is_repeated]
    with contextlib.suppress(IndexError):       # a type without a message
        names.append(param_field(example.kind))
    found = getattr(layer, rng.choice(names)) if names and rng.random() >= 0.05 else layer
    return found if hasattr(found, "DESCRIPTOR") else layer     # not one of several


def set_odd(message: Any, rng: random.Random) -> None:
    """Give a field of a message, or of one in it, an odd value. Any: any message."""
    descriptor = rng.choice(message.DESCRIPTOR.fields)
    name = descriptor.name
    if descriptor.message_type:
        inner = getattr(message, name)
        set_odd(inner.add() if descriptor.is_repeated else inner, rng)
        return
    value = odd_value(descriptor, rng)
    if not descriptor.is_repeated:
        if rng.random() < 0.1:
            message.ClearField(name)
        else:
            setattr(message, name, value)
        return
    values = getattr(message, name)
    if len(values) and rng.random() < 0.6:
        values[rng.randrange(len(values))] = value
    else:
        values.extend([value] * rng.choice([1, 1, 2, 4]))


def odd_value(descriptor: Any, rng: random.Random) -> Any:
    """Any: a value of the field's type, which its descriptor tells."""
    kinds, kind = FieldDescriptor, descriptor.cpp_type
    if kind == kinds.CPPTYPE_BOOL:
        return rng.random() < 0.5
    if kind == kinds.CPPTYPE_ENUM:
        return rng.choice(descriptor.enum_type.values).number
    if kind in (kinds.CPPTYPE_FLOAT, kinds.CPPTYPE_DOUBLE):
        return rng.choice(FLOATS)
    if kind == kinds.CPPTYPE_STRING:
        text = rng.choice(TEXTS)
        return text.encode() if descriptor.type == kinds.TYPE_BYTES else text
    low, high = {kinds.CPPTYPE_INT32: (-(1 << 31), (1 << 31) - 1),
                 kinds.CPPTYPE_UINT32: (0, (1 << 32) - 1),
                 kinds.CPPTYPE_INT64: (-(1 << 63), (1 << 63) - 1),
                 kinds.CPPTYPE_UINT64: (0, (1 << 64) - 1)}[kind]
    return rng.choice([value for value in INTEGERS if low <= value <= high])
