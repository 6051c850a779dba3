"""Parse and check a layer's parameter message: known fields, sizes for each axis, axes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import reduce
from types import SimpleNamespace
from typing import Any

import numpy as np
from google.protobuf.message import Message

from framework.definition.hints import is_hint
from framework.definition.spec import LayerSpec
from framework.layers.base import Shape
from framework.proto import enum_name

# Fields that choose how to compute, never what: every layer accepts them and ignores them.
MACHINE_HINTS = frozenset(
    "engine force_nd_im2col cudnn_convolution_algo_seeker conv_algos_override conv_algorithm "
    "CuDNNFwdAlgo CuDNNBwdDataAlgo CuDNNBwdFilterAlgo CuDNNWorkspaceSize "
    "random_seed unit_test_mode unit_test_fuse_kernel fuse".split()
)


LARGEST_STEP = 1 << 16
"""The most cells for a window's kernel, stride, padding or dilation on an axis.

torch's kernels fail with numbers of 32 bits, some by ending the process."""

ONE_FOR_EACH_AXIS = {"kernel_size": "kernel_shape", "stride": "stride_shape", "pad": "pad_shape"}
"""Names of fields, as shapes, in NdConvolution and NdPooling of BVLC's pull request 2049."""


def honour(spec: LayerSpec, param_name: str, fields: str) -> None:
    """Reject every field of the message `param_name` that is set and not named in `fields`.

    A field set to its own default changes nothing and passes; so do `MACHINE_HINTS`, and those of
    definition/hints, which the reader of the net has named.
    Raises SpecError that names the first field rejected and those that are allowed.
    """
    spec.taken[param_name] = frozenset(fields.split())
    known = spec.taken[param_name] | MACHINE_HINTS
    for field, value in message_at(spec, param_name).ListFields():
        if field.name in known or is_hint(field):
            continue
        if isinstance(value, bool | int | float | str) and value == field.default_value:
            continue
        takes = ", ".join(sorted(fields.split())) or "none"
        raise spec.error(
            f"{param_name}.{field.name}",
            f"asks for what {spec.type} does not do here; the fields it takes are {takes}",
        )


def message_at(spec: LayerSpec, path: str) -> Any:  # Any: the message that is there
    """The message at a path of fields: convolution_param, lrn_param.pooling_param."""
    return reduce(getattr, path.split("."), spec.proto)


def is_set(param: Message, field: str) -> bool:
    """Whether the message has this field at all and the user gave it, repeated or not."""
    return any(field == descriptor.name for descriptor, _ in param.ListFields())


def choice(spec: LayerSpec, param_name: str, field: str, allowed: Sequence[str]) -> str:
    """The name of an enum's value; SpecError unless it is one of `allowed`."""
    found = enum_name(message_at(spec, param_name), field)
    if found not in allowed:
        raise spec.error(f"{param_name}.{field}", f"is {found}; it must be one of "
                         f"{', '.join(allowed)}")
    return found


def numbers(param: Message, field: str) -> list[int]:
    """The values given for a field, as a list, for repeated and for single fields alike."""
    if not is_set(param, field):
        return []
    value = getattr(param, field)
    return [int(value)] if isinstance(value, int | float) else [int(one) for one in value]


def axis_sizes(
    spec: LayerSpec, where: str, num_axes: int, default: int | None, least: int
) -> tuple[int, ...]:
    """One number for each spatial axis: the field given once, once an axis, or as `_h` and `_w`.

    where    convolution_param.kernel_size, pooling_param.stride and the like
    default  for all axes if nothing is given; None: something must be
    Raises SpecError as the original aborts: both forms at once, `_h` and `_w` without two axes,
    a wrong count, a number below `least`; and for one above LARGEST_STEP.
    Source: base_conv_layer.cpp LayerSetUp, BVLC.
    """
    path, field = where.rsplit(".", 1)
    param = message_at(spec, path)
    stem = field.removesuffix("_size")
    given = numbers(param, field)
    sides = [numbers(param, f"{stem}_{side}") for side in "hw"]
    if any(sides):
        given = _height_and_width(spec, where, num_axes, given, sides)
    if not given and default is None:
        raise spec.error(where, f"is missing; give {field}, or {stem}_h and {stem}_w")
    if not given:
        given = [int(default or 0)]
    if len(given) not in (1, num_axes):
        raise spec.error(where, f"is given {len(given)} times; it must be once, or once for each "
                         f"of the {num_axes} spatial axes")
    given = given if len(given) == num_axes else given * num_axes
    return within(spec, where, given, least, LARGEST_STEP)


def _height_and_width(
    spec: LayerSpec, where: str, num_axes: int, given: list[int], sides: list[list[int]]
) -> list[int]:
    stem = where.rsplit(".", 1)[1].removesuffix("_size")
    if given:
        raise spec.error(where, f"is given together with {stem}_h or {stem}_w; give one of the two")
    if num_axes != 2:
        raise spec.error(where, f"as {stem}_h, {stem}_w needs 2 spatial axes; here are {num_axes}")
    if stem == "pad":  # the one whose value for a side left out, 0, makes sense
        return [side[0] if side else 0 for side in sides]
    if not all(sides):
        raise spec.error(where, f"needs {stem}_h and {stem}_w together; only one is given")
    return [sides[0][0], sides[1][0]]


def at_least(spec: LayerSpec, where: str, values: Sequence[int], least: int) -> tuple[int, ...]:
    """The values again; SpecError at field `where` if one of them is below `least`."""
    for value in values:
        if value < least:
            raise spec.error(where, f"is {value}; it must be at least {least}")
    return tuple(values)


def check_sizes(spec: LayerSpec, param_name: str, fields: str) -> None:
    """SpecError for a field of a message, of several with blanks between them, that is below 1."""
    for field in fields.split():
        at_least(spec, f"{param_name}.{field}", [getattr(message_at(spec, param_name), field)], 1)


def check_positive(spec: LayerSpec, param_name: str, fields: str) -> None:
    """SpecError for a field of a message, of several as in `check_sizes`, that is not above 0."""
    for field in fields.split():
        value = getattr(message_at(spec, param_name), field)
        if not value > 0:
            raise spec.error(f"{param_name}.{field}", f"is {value:g}; it must be above 0")


def within(spec: LayerSpec, where: str, values: Sequence[int], least: int,
           most: int) -> tuple[int, ...]:
    """The values again; SpecError at field `where` if one is not from `least` to `most`."""
    for value in values:
        if value > most:
            raise spec.error(where, f"is {value}; it may be at most {most}")
    return at_least(spec, where, values, least)


def check_four_axes(spec: LayerSpec, shape: Shape, where: str = "bottom") -> None:
    """SpecError at a bottom whose shape has not 4 axes."""
    if len(shape) != 4:
        raise spec.error(where, f"has the shape {tuple(shape)}; it must be (N, C, H, W)")


def check_channels(spec: LayerSpec, shape: Shape) -> None:
    """SpecError at a bottom whose shape has less than 2 axes."""
    if len(shape) < 2:
        raise spec.error("bottom", f"has the shape {tuple(shape)}; it must be (N, C, ...)")


def canonical_axis(spec: LayerSpec, field: str, axis: int, shape: Shape) -> int:
    """`axis` counted from the front; -1 is the last axis of a bottom of `shape`.

    Raises SpecError for an axis the bottom does not have. Source: Blob::CanonicalAxisIndex.
    """
    if not shape:
        raise spec.error(field, f"is {axis}; the bottom has the shape (), a number without axes")
    if not -len(shape) <= axis < len(shape):
        raise spec.error(field, f"is {axis}; the bottom has the shape {tuple(shape)}, so it must "
                         f"be from {-len(shape)} to {len(shape) - 1}")
    return axis % len(shape)


def check_same_shape(spec: LayerSpec, shapes: Collection[Shape], axis: int | None = None) -> None:
    """Raise SpecError unless all `shapes` agree in number and size of axes, `axis` aside."""
    first, *others = (tuple(shape) for shape in shapes)
    for other in others:
        agree = len(other) == len(first) and all(
            size == expected for index, (size, expected)
            in enumerate(zip(other, first, strict=True)) if index != axis)
        if not agree:
            wanted = "be equal" if axis is None else f"differ only on axis {axis}"
            raise spec.error("bottom", f"has the shapes {first} and {other}; they must {wanted}")


def times(number: int, factor: float) -> float:
    """number * factor as float32, as the original multiplies fields: 10 * 0.7 is 7, where doubles
    have 6.99999988, since the field holds 0.699999988."""
    return float(np.float32(number) * np.float32(factor))


def plain(param: Message) -> SimpleNamespace:
    """The single fields of a message by name, with their defaults; no messages, no lists."""
    fields = param.DESCRIPTOR.fields
    return SimpleNamespace(**{field.name: getattr(param, field.name) for field in fields
                              if field.message_type is None and not field.is_repeated})
