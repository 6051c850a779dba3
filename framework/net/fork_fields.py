"""Fields that other projects' forks have and no layer here has the meaning of: refused by name.

The schema has them, with numbers from 25001 on, so that their files can be read and looked at.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from google.protobuf.message import Message

from framework.definition.spec import LayerSpec

FIRST_NUMBER = 25001
HARMLESS = frozenset(["show_data"])      # what a machine shows, not what it computes


def refuse_foreign(spec: LayerSpec, understood: Collection[str]) -> None:
    """Raise SpecError for the first field that asks for what only another project does.

    understood   those that the layer's class checks itself
    """
    for path in _foreign(spec.proto, ""):
        if path in understood:
            continue
        raise spec.error(path, "is a field of another project's Caffe, whose meaning is not "
                         "supported here; remove it to go on without")


def _foreign(message: Message, prefix: str) -> Iterator[str]:
    """Paths of set fields with a foreign number and another value than their default."""
    for field, value in message.ListFields():
        path = f"{prefix}{field.name}"
        if field.message_type is not None and field.number >= FIRST_NUMBER \
                and message.DESCRIPTOR.name != "LayerParameter":
            yield path
        elif field.message_type is not None:
            for inner in value if field.is_repeated else [value]:
                yield from _foreign(inner, f"{path}.")
        elif field.number >= FIRST_NUMBER and field.name not in HARMLESS \
                and (field.is_repeated or value != field.default_value):
            yield path
