"""A param message as plain values, which torch.compile can look into."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any


def plain(param: Any) -> SimpleNamespace:  # Any: a protobuf message, made at run time
    """The single fields of a message by name, with their defaults; no messages, no lists."""
    fields = param.DESCRIPTOR.fields
    return SimpleNamespace(**{field.name: getattr(param, field.name) for field in fields
                              if field.message_type is None and not field.is_repeated})
