"""Convert a token of the text format to the type of its field."""

from __future__ import annotations

import bisect
import math
import re
from collections.abc import Iterable
from typing import Any

from google.protobuf import text_encoding
from google.protobuf.descriptor import FieldDescriptor

from framework.system.wording import nearest, shortened

LARGEST_FLOAT = 3.4028235677973366e38    # above it, rounding to float32 gives infinity
SAME_RATIO = 1e-6           # PriorBox takes aspect ratios nearer than this for equal
INTEGER_RANGES = {
    FieldDescriptor.CPPTYPE_INT32: (-(2**31), 2**31 - 1),
    FieldDescriptor.CPPTYPE_UINT32: (0, 2**32 - 1),
    FieldDescriptor.CPPTYPE_INT64: (-(2**63), 2**63 - 1),
    FieldDescriptor.CPPTYPE_UINT64: (0, 2**64 - 1),
}
TYPE_IN_QUOTES = (', as in type: "Convolution"; names without quotes belong to `layers` blocks, '
                  "the form of before 2015")
QUOTED = re.compile(r"""\"(?:[^\"\\]++|\\.)*+\"|'(?:[^'\\]++|\\.)*+'""")
BOOLEANS = {"true": True, "True": True, "t": True, "1": True,
            "false": False, "False": False, "f": False, "0": False}

# texts and whole numbers here that another project has as true or false, without quotes
ALSO_BOOLEAN = frozenset(["caffe.DetectionDataParameter.shuffle", "caffe.PadParameter.pad", *(
    f"caffe.RegionLossParameter.{name}" for name in ("bias_match", "softmax", "rescore"))])


def unknown_type(kind: str, known: Iterable[str], has_bottom: bool) -> str:
    """What to say of a layer's type that is not among the known ones."""
    if not kind:
        return "is missing; each layer must have one"
    near = nearest(kind, known)
    if not near and has_bottom:
        near = (f"; --stub {kind}=as_bottom goes on with the shape of its bottom, and without its "
                "values")
    elif not near:
        near = (f"; --stub {kind}=SHAPE goes on without its values, SHAPE being the sizes of each "
                "top, as in 8x3x16x16;8")
    # a letter without width, as a copy from a web page brings, is to be seen
    shown = f"'{shortened(kind)}'" if kind.isprintable() else ascii(shortened(kind))
    return f"{shown} is not known{near}"


def whole_number(text: str, low: int = -(2**31), high: int = 2**31 - 1) -> int | None:
    """Convert ASCII digits to an int; None if the text is not a number, or out of the range."""
    if not re.fullmatch(r"[+-]?[0-9]{1,20}", text):
        return None
    number = int(text)
    return number if low <= number <= high else None


def has_near(values: list[float], value: float, tolerance: float) -> bool:
    """Whether one of the sorted `values` is nearer to `value` than `tolerance`."""
    index = bisect.bisect_left(values, value)
    return any(abs(other - value) < tolerance for other in values[max(0, index - 1):index + 1])


def convert(descriptor: Any, kind: str, token: str) -> Any:
    """The value of one token for a field. Raises ValueError that says what is allowed."""
    cpp = descriptor.cpp_type
    if cpp == FieldDescriptor.CPPTYPE_MESSAGE:
        raise ValueError(f"is {token}; it must be a message in braces")
    if cpp == FieldDescriptor.CPPTYPE_STRING:
        if kind != "string" and descriptor.full_name in ALSO_BOOLEAN and token in BOOLEANS:
            return str(BOOLEANS[token]).lower()
        if kind != "string":
            more = TYPE_IN_QUOTES if descriptor.full_name.endswith(".LayerParameter.type") else ""
            raise ValueError(f"is {token}; it must be a string in quotes{more}")
        try:
            data = b"".join(text_encoding.CUnescape(part[1:-1]) for part in QUOTED.findall(token))
            return data if descriptor.type == FieldDescriptor.TYPE_BYTES else data.decode("utf-8")
        except UnicodeError:
            written = repr(token.encode("utf-8", "surrogateescape"))[2:-1]
            raise ValueError(f"is {written}, which is not UTF-8") from None
    if kind == "string" and descriptor.full_name.endswith("V1LayerParameter.type"):
        raise ValueError(f"is {token}, a string, as `layer` has it; in `layers`, the older form, "
                         "it is a word without quotes, as CONVOLUTION: write `layer` for `layers`")
    if kind == "string":
        raise ValueError(f"is {token}, a string; it must be {expected(descriptor)}")
    if cpp == FieldDescriptor.CPPTYPE_BOOL:
        if token not in BOOLEANS:
            raise ValueError(f"is {token}; it must be true or false")
        return BOOLEANS[token]
    if cpp == FieldDescriptor.CPPTYPE_ENUM:
        return convert_enum(descriptor.enum_type, kind, token)
    if cpp in INTEGER_RANGES:
        if descriptor.full_name in ALSO_BOOLEAN and token in BOOLEANS:
            return int(BOOLEANS[token])
        return convert_integer(cpp, token)
    return convert_float(token, single=cpp == FieldDescriptor.CPPTYPE_FLOAT)


def expected(descriptor: Any) -> str:
    """Say which values a field takes: "a number", "one of MAX, AVE"."""
    if descriptor.enum_type is not None:
        return "one of " + ", ".join(value.name for value in descriptor.enum_type.values)
    return "true or false" if descriptor.cpp_type == FieldDescriptor.CPPTYPE_BOOL else "a number"


def convert_enum(enum_type: Any, kind: str, token: str) -> int:
    """The number of an enum value, given by its name or number. ValueError for others."""
    names = [value.name for value in enum_type.values]
    if kind == "number" and token.lstrip("+-").isdigit():
        if int(token) in enum_type.values_by_number:
            return int(token)
        raise ValueError(f"is {token}; {enum_type.name} has no such number")
    if token in enum_type.values_by_name:
        return enum_type.values_by_name[token].number
    allowed = f"; it must be one of {', '.join(names)}" if len(names) <= 12 else ""
    raise ValueError(f"is {token}, which is not a {enum_type.name}{nearest(token, names)}{allowed}")


def convert_integer(cpp: int, token: str) -> int:
    """The value of a decimal, hexadecimal (0x) or octal (0) integer. ValueError for others.

    cpp   the C++ type of the field, which gives the range
    """
    digits = "".join(token.split()).lower()     # `- 1` is two tokens of protobuf's
    body = digits.lstrip("+-")
    base = 10
    if body.startswith("0x"):
        base = 16
    elif len(body) > 1 and body.startswith("0") and body.isdigit():
        base = 8
    try:
        value = int(digits, base)
    except ValueError:
        reason = "a number that begins with 0 is octal, with the digits 0 to 7" if base == 8 \
            else "it must be a whole number"
        raise ValueError(f"is {token}; {reason}") from None
    low, high = INTEGER_RANGES[cpp]
    if not low <= value <= high:
        raise ValueError(f"is {token}; it must be from {low} to {high}")
    return value


def convert_float(token: str, single: bool) -> float:
    """The value of a real number; beyond the range of a `single` (float32) it is infinite."""
    text = "".join(token.split()).lower()
    try:
        value = float(text if "i" in text else text.removesuffix("f"))
    except ValueError:
        raise ValueError(f"is {token}; it must be a number") from None
    if single and abs(value) > LARGEST_FLOAT and math.isfinite(value):
        return math.copysign(math.inf, value)
    return value


def form_for_several(message: Any, descriptor: Any, lines: dict[str, list[Any]]) -> Any:
    """The descriptor of the field that takes the next value of a single field.

    Where such a field is given again and its message has `<name>_3d`, the values before it move
    there: Pooling's sizes, single in BVLC, repeated in the opencl branch, `_3d` in Intel's. Where
    it has `<name>_more`, the first value stays and the others go there: fields that are
    repeated in one project's fork only.
    lines: line numbers of the values by field, moved with them. Any: a message and its parts.
    """
    known = descriptor.containing_type.fields_by_name
    others = known.get(f"{descriptor.name}_more")
    if others is not None and message.HasField(descriptor.name):
        return others
    more = known.get(f"{descriptor.name}_3d")
    if more is None or not more.is_repeated:
        return descriptor
    if message.HasField(descriptor.name):
        getattr(message, more.name).append(getattr(message, descriptor.name))
        message.ClearField(descriptor.name)
        lines.setdefault(more.name, []).extend(lines.pop(descriptor.name, []))
    return more if getattr(message, more.name) else descriptor


def distinct_ratios(ratios: Iterable[float], flip: bool) -> list[float]:
    """The aspect ratios of which PriorBox makes boxes beside its squares, in their order.

    One that equals 1, or one before it, is left out; with `flip` each has its reciprocal after it.
    """
    listed, in_order = [1.0], [1.0]     # sorted, so that thousands of ratios take no time
    for ratio in ratios:
        if not has_near(in_order, ratio, SAME_RATIO):
            for other in [ratio, 1 / ratio] if flip else [ratio]:
                listed.append(other)
                bisect.insort(in_order, other)
    return [ratio for ratio in listed if abs(ratio - 1) >= SAME_RATIO]
