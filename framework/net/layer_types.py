"""Types of a net's layers: unknown ones, and messages that known ones do not read."""

from __future__ import annotations

import logging

from framework.definition.hints import is_hint
from framework.definition.spec import NetSpec
from framework.definition.values import unknown_type
from framework.errors import SpecError
from framework.layers import LAYERS
from framework.layers.base import reads_message
from framework.layers.stub import is_stub

LOG = logging.getLogger(__name__)
OF_ANY_LAYER = frozenset(["weights_compress_param"])    # messages that layers of any type read


def check_types(net: NetSpec) -> None:
    """SpecError with a line for each layer of an unknown type; warns of unread messages."""
    unknown = [spec.error("type", unknown_type(spec.type, LAYERS, bool(spec.bottoms)))
               for spec in net.layers if spec.type not in LAYERS]
    if unknown:
        raise SpecError("\n".join(map(str, unknown)))
    warn_of_unread(net)


def warn_of_unread(net: NetSpec) -> None:
    """Name them in the log, each kind once with its first line; the original takes them too."""
    said = set[tuple[str, str]]()
    for spec in net.layers:
        if spec.stand_in or is_stub(spec.type):
            continue
        for field, _ in spec.proto.ListFields():
            name = field.name
            if field.message_type is None or not name.endswith("_param") or is_hint(field) \
                    or name in OF_ANY_LAYER \
                    or _may_read(spec.type, name) or (spec.type, name) in said:
                continue
            said.add((spec.type, name))
            LOG.warning("%s: %s is not read by layers of this type", spec.place(name), name)


def _may_read(kind: str, name: str) -> bool:
    """Whether a type reads the message; one of a user's file that names none may read any."""
    cls = LAYERS[kind]
    is_silent = not cls.reads and not cls.__module__.startswith("framework.layers.")
    return is_silent or reads_message(kind, name)
