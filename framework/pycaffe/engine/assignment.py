"""Assignment of Python values to the fields of a message: lists, dicts and plain values."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from google.protobuf.message import Message

from framework.definition.values import INTEGER_RANGES, expected, form_for_several
from framework.system.wording import nearest


def assign_proto(message: Any, name: str, value: Any) -> None:
    """Set the field `name` of `message`.

    A dict fills a message field by field, a list or another iterable is several values, or
    several messages if it holds dicts; one value for a repeated field is a list of it. Enums take
    their number or their name. A whole float is taken for an integer: `3 / 1` was 3 in the Python
    2 that many scripts were written in. An empty dict sets nothing, as in the original.
    Raises AttributeError for an unknown field, TypeError or ValueError for a wrong value.
    Any: a message of any kind, and what scripts give for its fields.
    Source: the rules of net_spec.py, BVLC/caffe python/caffe.
    """
    field = message.DESCRIPTOR.fields_by_name.get(name)
    if field is None:
        known = message.DESCRIPTOR.fields_by_name
        raise AttributeError(f"{name} is not a field of {message.DESCRIPTOR.name}"
                             f"{nearest(name, known)}")
    values = values_of(value)
    if len(values) == 1:
        _put(message, field, values[0])
        return
    for each in values:
        form = field if field.is_repeated else form_for_several(message, field, {})
        if form is field and not field.is_repeated and message.HasField(name):
            raise TypeError(f"{message.DESCRIPTOR.name}.{name} is {value!r}; it takes one value")
        _put(message, form, each)


def values_of(value: Any) -> list[Any]:
    """The values in `value`: itself, if it is one. Any: see `assign_proto`."""
    if isinstance(value, np.ndarray):
        flat: list[Any] = np.atleast_1d(value).tolist()
        return flat
    if isinstance(value, str | bytes | dict | Message) or not isinstance(value, Iterable):
        return [value]
    return list(value)


def _put(message: Any, field: Any, value: Any) -> None:
    """Set a single field, or add to a repeated one. Any: see `assign_proto`."""
    if isinstance(value, dict | Message) and field.message_type is not None:
        target = getattr(message, field.name)
        if field.is_repeated:
            target = target.add()
        if isinstance(value, Message):
            target.CopyFrom(value)
        else:
            for name, inner in value.items():
                assign_proto(target, name, inner)
        return
    path = f"{message.DESCRIPTOR.name}.{field.name}"
    if field.message_type is not None:
        raise TypeError(f"{path} is {value!r}; it must be a dict of the fields of "
                        f"{field.message_type.name}")
    if field.cpp_type in INTEGER_RANGES and isinstance(value, float) and value.is_integer():
        value = int(value)
    try:
        if field.is_repeated:
            getattr(message, field.name).append(value)
        else:
            setattr(message, field.name, value)
    except (TypeError, ValueError) as error:
        wanted = "text" if field.cpp_type == field.CPPTYPE_STRING else expected(field)
        raise same_kind(error)(f"{path} is {value!r}; it must be {wanted}") from None


def same_kind(error: Exception) -> type[Exception]:
    """The plain class to raise again with more text: AttributeError, TypeError or ValueError."""
    kinds = (AttributeError, TypeError)
    return next((kind for kind in kinds if isinstance(error, kind)), ValueError)
