"""What there is to say about each layer type: docstring, fields with comments and defaults, sample.

`tools/layers` prints it, and the pages of docs/layers are made from it.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.descriptor_pb2 import FieldDescriptorProto

import framework.proto as proto
from framework.definition.composites.expand import COMPOSITES
from framework.errors import CaffeError
from framework.layers import LAYERS
from framework.layers.messages import reads_message
from framework.net.fork_fields import FIRST_NUMBER
from framework.proto.comments import schema_comments
from framework.report.layer_samples import Outcome
from framework.system.wording import nearest

COMPOSITE = "composite"
# The headings of the catalogue, in its order: folders of framework/layers, and what a net file
# may hold beside single layers.
HEADINGS = {
    "data": "Data", "vision": "Vision", "pooling": "Pooling", "resampling": "Resampling",
    "normalization": "Normalization", "activation": "Activation", "utility": "Utility",
    "loss": "Loss", "metric": "Metric learning", "accuracy": "Accuracy", "recurrent": "Recurrent",
    "segmentation": "Segmentation", "ssd": "SSD", "rcnn": "R-CNN", "yolo": "YOLO",
    "pose": "Poses and faces", "flow": "Optical flow", "volumes": "Volumes and clips",
    "capsules": "Capsules", "low_precision": "Low precision", "python": "Python",
    COMPOSITE: "Composite",
}
SCALARS = {int(number): name.removeprefix("TYPE_").lower()
           for name, number in FieldDescriptorProto.Type.items()}


@dataclass(frozen=True)
class Field:
    """A field of a layer's message: its type in words, its default ("" if none), its comment."""

    name: str
    type: str
    default: str
    comment: str


@dataclass(frozen=True)
class Param:
    """A message field of LayerParameter that a layer type reads, and the fields that it takes."""

    name: str
    message: str
    comment: str
    fields: list[Field]


def headings() -> dict[str, list[str]]:
    """The layer types under each heading of the catalogue, in alphabetical order."""
    found: dict[str, list[str]] = {heading: [] for heading in HEADINGS}
    for kind in sorted([*LAYERS, *COMPOSITES], key=str.lower):
        found[heading_of(kind)].append(kind)
    return found


def heading_of(kind: str) -> str:
    """The heading of a type: the folder of its class. Raises CaffeError for unknown types."""
    if kind in COMPOSITES:
        return COMPOSITE
    if kind not in LAYERS:
        raise CaffeError(f"the layer type '{kind}' is not known"
                         f"{nearest(kind, [*LAYERS, *COMPOSITES])}")
    return LAYERS[kind].__module__.split(".")[2]


def docstring(kind: str) -> str:
    """The docstring of a type's class, without its indent."""
    made_by: Any = COMPOSITES.get(kind) or LAYERS[kind]     # Any: a function or a class
    return inspect.cleandoc(made_by.__doc__ or "")


def summary(kind: str) -> str:
    """The first sentence of the docstring; of the schema's comment for a composite."""
    if kind in COMPOSITES:
        text = _own_comment(kind)
    else:
        first = docstring(kind).split("\n\n")[0]
        text = " ".join(re.split(r"\n\w+: ", first)[0].split())
    return re.split(r"(?<=\.) (?=[A-Z])", text)[0]


def params(kind: str, outcome: Outcome) -> list[Param]:
    """The messages that a type reads, each with the fields that it takes."""
    names = [_own_param(kind)] if kind in COMPOSITES else \
        [name for name in _layer_params() if reads_message(kind, name)]
    return [_param(name, outcome.taken.get(name)) for name in names]


def message(name: str) -> Param:
    """A message that fields of other messages hold: FillerParameter, ResizeParameter."""
    return _as_param("", getattr(proto, name).DESCRIPTOR, None)


def inner_messages(described: Iterable[Param]) -> list[str]:
    """The names of all messages that the fields of others hold, at any depth, sorted."""
    found: set[str] = set()
    pending = [field.type for param in described for field in param.fields]
    while pending:
        name = pending.pop().removeprefix("repeated ").split(":")[0]
        if name in found or name == "NetParameter" \
                or name not in proto.schema().names() or not hasattr(
                    getattr(proto, name), "DESCRIPTOR") or "." in name:
            continue
        found.add(name)
        pending += [field.type for field in message(name).fields]
    return sorted(found)


def _own_comment(kind: str) -> str:
    text = _param(_own_param(kind), None).comment.removeprefix(f"{kind}: ")
    return text[0].upper() + text[1:]


def _own_param(kind: str) -> str:
    """`net_file_param` of NetFile."""
    return next(name for name in _layer_params()
                if name.replace("_", "") == f"{kind.lower()}param")


def _layer_params() -> dict[str, FieldDescriptor]:
    return {field.name: field for field in proto.LayerParameter.DESCRIPTOR.fields
            if field.message_type is not None and field.name.endswith("_param")}


def _param(name: str, taken: frozenset[str] | None) -> Param:
    descriptor = _layer_params()[name].message_type
    assert descriptor is not None, name
    return _as_param(name, descriptor, taken)


def _as_param(name: str, descriptor: Descriptor, taken: frozenset[str] | None) -> Param:
    """A message in words, with the fields of other forks and, if `taken` is known, others left
    out."""
    found = schema_comments()
    fields = [Field(field.name, _type(field), _default(field),
                    found.get(f"{descriptor.name}.{field.name}", ""))
              for field in descriptor.fields
              if (field.number < FIRST_NUMBER if taken is None else field.name in taken)]
    return Param(name, descriptor.name, found.get(descriptor.name, ""), fields)


def _type(field: FieldDescriptor) -> str:
    """`repeated uint32`, `FillerParameter`, `enum: MAX, AVE`."""
    if field.message_type is not None:
        text = field.message_type.full_name.removeprefix("caffe.")
    elif field.enum_type is not None:
        text = "enum: " + ", ".join(value.name for value in field.enum_type.values)
    else:
        text = SCALARS[field.type]
    return f"repeated {text}" if field.is_repeated else text


def _default(field: FieldDescriptor) -> str:
    """The default as a file would write it; "" where the schema states none."""
    if field.is_repeated or not field.has_default_value:
        return ""
    value = field.default_value
    if field.enum_type is not None:
        return str(field.enum_type.values_by_number[value].name)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:.7g}"
    return f'"{value}"' if isinstance(value, str) else str(value)
