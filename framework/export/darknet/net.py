"""A .cfg and a .weights file that are being written, section by section."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from torch import Tensor

from framework.errors import SpecError
from framework.execution.chains import Step
from framework.export.darknet.words import ACTIVATIONS
from framework.layers.base import LAYERS, Layer, Shape
from framework.net.net import Net
from framework.system.arrays import Floats

HEADER = struct.pack("<3iQ", 0, 2, 0, 0)       # version 0.2.0, no images seen
INPUT = -1


@dataclass
class Section:
    """A section with its keys, and its numbers in the file's order."""

    kind: str
    keys: dict[str, Any]        # Any: numbers, words
    arrays: Sequence[Floats] = field(default_factory=list)

    def text(self) -> str:
        lines = [f"[{self.kind}]", *(f"{key}={value}" for key, value in self.keys.items())]
        return "\n".join(lines) + "\n"


class Values:
    """Each blob that a step makes, by number: a layer in place makes another one.

    bottoms, tops  of each step
    readers        steps that read a value
    names, shapes  of a value
    """

    def __init__(self, net: Net):
        self.bottoms: list[list[int]] = []
        self.tops: list[list[int]] = []
        self.names: list[str] = []
        self.readers: list[list[int]] = []
        now: dict[str, int] = {}
        for name in net.given_names:
            now[name] = self._new(name)
        for index, step in enumerate(net.layers):
            self.bottoms.append([now[name] for name in step.bottoms])
            for value in self.bottoms[-1]:
                self.readers[value].append(index)
            self.tops.append([])
            for name in step.tops:
                now[name] = self._new(name)
                self.tops[-1].append(now[name])
        self.shapes = [tuple(net.shapes[name]) for name in self.names]

    def _new(self, name: str) -> int:
        self.names.append(name)
        self.readers.append([])
        return len(self.names) - 1


class DarknetFile:
    """The sections so far.

    done    steps that an earlier section contains
    heads   maps that have their section of boxes
    number  of the section that gives a value; INPUT for the image
    factor  on the first convolution's weights: the net takes pixels times a scale, Darknet from 0
            to 1
    """

    def __init__(self, net: Net, factor: float):
        self.steps: list[Step] = list(net.layers)
        self.values = Values(net)
        self.sections: list[Section] = []
        self.done: set[int] = set()
        self.heads: set[int] = set()
        self.number: dict[int, int] = {0: INPUT}
        self.factor = factor
        self.size = tuple(net.shapes[net.given_names[0]][2:])

    def shape(self, value: int) -> Shape:
        return self.values.shapes[value]

    def add(self, section: Section, value: int) -> None:
        """Add a section that gives the value."""
        self.sections.append(section)
        self.number[value] = len(self.sections) - 1

    def bring(self, value: int) -> None:
        """Make the value that of the last section, by a [route] where it is not."""
        last = len(self.sections) - 1
        if self.number[value] == last:
            return
        self.check_is_no_image(value)
        self.sections.append(Section("route", {"layers": self.number[value]}))

    def check_is_no_image(self, value: int) -> None:
        if self.number[value] == INPUT:
            raise self.error(self.values.readers[value][-1],
                             "reads the image, which only the first layer of Darknet reads")

    def only_reader(self, value: int) -> int | None:
        """The step that alone reads the value."""
        readers = self.values.readers[value]
        return readers[0] if len(readers) == 1 else None

    def error(self, index: int, reason: str) -> SpecError:
        spec = self.steps[index].layer.spec
        return spec.error("type", f"has no form in a .cfg file here: {reason}")

    def take_activation(self, value: int) -> tuple[str, int]:
        """The activation that alone reads the value, and the value after it; `linear` if none."""
        index = self.only_reader(value)
        word = None if index is None else activation_word(self.steps[index].layer)
        if index is None or not word:
            return "linear", value
        self.done.add(index)
        return word, self.values.tops[index][0]

    def config_text(self, channels: int) -> str:
        head = Section("net", {"batch": 1, "subdivisions": 1, "width": self.size[1],
                               "height": self.size[0], "channels": channels})
        return "\n".join(section.text() for section in (head, *self.sections))

    def weights_content(self) -> bytes:
        parts = [np.ascontiguousarray(array, "<f4").tobytes()
                 for section in self.sections for array in section.arrays]
        return b"".join((HEADER, *parts))


def activation_word(layer: Layer) -> str:
    """Darknet's name of an activation; "" for other layers."""
    said = _said_fields(layer)
    for word, (kind, params) in ACTIVATIONS.items():
        wanted = {f"{message}.{name}": np.float32(value) for message, fields in params.items()
                  for name, value in fields.items()}
        if type(layer) is LAYERS[kind] and said == wanted:
            return word
    return ""


def _said_fields(layer: Layer) -> dict[str, Any]:
    """Fields of the layer's own messages that are not their defaults. Any: as protobuf has them."""
    return {f"{message.name}.{field.name}": field_value
            for message, value in layer.spec.proto.ListFields() if message.name.endswith("_param")
            for field, field_value in value.ListFields()
            if field.name != "engine" and (field.is_repeated or field_value != field.default_value)}


def array_of(blob: Tensor) -> Floats:
    return np.asarray(blob.detach().numpy(), np.float32)
