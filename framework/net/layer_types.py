"""Types of a net's layers: unknown ones, and what known ones do not read of the text."""

from __future__ import annotations

import logging

from google.protobuf.message import Message

from framework.definition.hints import is_hint
from framework.definition.spec import LayerSpec, NetSpec
from framework.definition.upgrade.v1 import DATA_PARAMS, TRANSFORM_FIELDS
from framework.definition.values import unknown_type
from framework.errors import SpecError
from framework.layers import LAYERS
from framework.layers.base import Source, class_of
from framework.layers.messages import reads_message
from framework.layers.params import is_set, message_at
from framework.layers.stub import is_stub

LOG = logging.getLogger(__name__)
OF_ANY_LAYER = frozenset(["weights_compress_param"])    # messages that layers of any type read


def check_types(net: NetSpec) -> None:
    """SpecError with a line for each layer of an unknown type; warns of what is not read."""
    unknown = [spec.error("type", unknown_type(spec.type, LAYERS, bool(spec.bottoms)))
               for spec in net.layers if spec.type not in LAYERS]
    if unknown:
        raise SpecError("\n".join(map(str, unknown)))
    warn_of_unread(net)


def warn_of_unread(net: NetSpec) -> None:
    """Name messages that a layer's type does not read, and fields that it ignores, in the log: each
    kind once with its first line; and stages that no rule names. The original takes them too."""
    for stage, near in net.unnamed_stages.items():
        LOG.warning("%s: no include or exclude rule names the stage '%s'%s", net.path, stage, near)
    said = set[tuple[str, str]]()
    for spec in net.layers:
        if spec.stand_in or is_stub(spec.type):
            continue
        for path in (*_unread_messages(spec), *_unread_fields(spec)):
            if (spec.type, path) not in said:
                said.add((spec.type, path))
                LOG.warning(_words(spec, path), spec.place(path), path)


def _words(spec: LayerSpec, path: str) -> str:
    cls = class_of(spec)
    if not issubclass(cls, Source) and path in cls.drawing:
        return "%s: %s is read by its own project to draw images; nothing is drawn here"
    return "%s: %s is not read by layers of this type"


def _unread_messages(spec: LayerSpec) -> list[str]:
    return [field.name for field, _ in spec.proto.ListFields()
            if field.message_type is not None and field.name.endswith("_param")
            and not is_hint(field) and field.name not in OF_ANY_LAYER
            and not _may_read(spec.type, field.name)]


def _unread_fields(spec: LayerSpec) -> list[str]:
    """Fields that ask for something which the type ignores."""
    cls = class_of(spec)
    old = _old_fields(spec.type, cls) if issubclass(cls, Source) else frozenset()
    paths = cls.unread | old
    found = []
    for path in sorted(paths):
        name, field = path.rsplit(".", 1)
        message = message_at(spec, name)
        if is_set(message, field) and not _is_default(message, field):
            found.append(path)
    return found


def _is_default(message: Message, field: str) -> bool:
    """Whether a field has the value that it would have without a word: the layer does what it says.
    """
    default = type(message)()
    return bool(getattr(message, field) == getattr(default, field))


def _old_fields(kind: str, cls: type[Source]) -> frozenset[str]:
    """data_param { scale } and its like, which counts in the old `layers` of a few types alone; of
    these the upgrade says so."""
    if not cls.__module__.startswith("framework.layers."):
        return frozenset()
    messages = {cls.list_param, *cls.reads} & set(DATA_PARAMS.values()) - {DATA_PARAMS.get(kind)}
    return frozenset(f"{message}.{name}" for message in messages for name in TRANSFORM_FIELDS)


def _may_read(kind: str, name: str) -> bool:
    """Whether a type reads the message; one of a user's file that names none may read any."""
    cls = LAYERS[kind]
    is_silent = not cls.reads and not cls.__module__.startswith("framework.layers.")
    return is_silent or reads_message(kind, name)
