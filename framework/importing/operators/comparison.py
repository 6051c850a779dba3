"""Comparisons and choices: truths are 0 and 1, by Threshold, and a choice is a sum of products."""

from __future__ import annotations

import numpy as np

from framework.importing.draft import Array, Draft, Node
from framework.importing.onnx_file import INTEGERS
from framework.importing.operators.activation import LARGEST
from framework.importing.operators.arithmetic import (
    combined,
    negative,
    power_layer,
    scaled,
    shifted,
    sub,
)

BOOL = 9
REAL = (1, 10, 11, 16)      # float32, float16, double, bfloat16
Side = str | Array      # a blob or a constant


def greater(draft: Draft, node: Node) -> str:
    return above(draft, difference(draft))


def less(draft: Draft, node: Node) -> str:
    return above(draft, negative(draft, difference(draft)))


def greater_or_equal(draft: Draft, node: Node) -> str:
    return inverse(draft, above(draft, negative(draft, difference(draft)), ".below"))


def less_or_equal(draft: Draft, node: Node) -> str:
    return inverse(draft, above(draft, difference(draft), ".above"))


def sign(draft: Draft, node: Node) -> str:
    """-1, 0 or 1."""
    x = draft.blob()
    sides = above(draft, x, ".above"), above(draft, negative(draft, x), ".below")
    return draft.add("Eltwise", *sides, eltwise_param={"operation": "SUM", "coeff": [1, -1]})


def cast(draft: Draft, node: Node) -> str:
    """A cast among types of real numbers, all float32 here, or among those of whole numbers; as a
    truth, what is not 0 is 1."""
    kind = node.attributes["to"]
    if kind in INTEGERS and node.inputs[0] in draft.whole:
        draft.whole.update(node.outputs)
        return draft.blob()
    if kind == BOOL:
        return above(draft, draft.add("AbsVal", draft.blob(), suffix=".size"))
    if kind not in REAL:
        raise node.refuse("casts to a type that is not of real numbers, which blobs do not have")
    return draft.blob()


def triangle(draft: Draft, node: Node) -> str:
    """Trilu: the upper or lower triangle of each matrix; the other cells are 0."""
    offset = draft.integers(1, "diagonal")[0] if node.has(1) else 0
    rows, columns = draft.top_shape()[-2:]
    kept = np.triu if node.get("upper", 1) else np.tril
    return scaled(draft, draft.blob(), kept(np.ones((rows, columns)), offset), frozen=True)


def logical_not(draft: Draft, node: Node) -> str:
    return inverse(draft, draft.blob())


def logical_and(draft: Draft, node: Node) -> str:
    return as_blob(times(draft, *(side(draft, index) for index in (0, 1))))


def logical_or(draft: Draft, node: Node) -> str:
    """What is not false on both sides."""
    sides = [other(draft, side(draft, index), f".not{index}") for index in (0, 1)]
    with draft.under(".neither"):
        neither = times(draft, *sides)
    return inverse(draft, as_blob(neither))


def where(draft: Draft, node: Node) -> str:
    """condition * x + (1 - condition) * y; a constant of -inf, as masks have it, is the least
    number of float32."""
    condition = side(draft, 0)
    with draft.under(".first"):
        first = times(draft, condition, side(draft, 1))
    with draft.under(".second"):
        second = times(draft, other(draft, condition, ".otherwise"), side(draft, 2))
    if isinstance(first, str) and isinstance(second, str):
        return combined(draft, first, second, "SUM")
    if isinstance(first, str):
        return shifted(draft, first, np.asarray(second), frozen=True)
    return shifted(draft, as_blob(second), first, frozen=True)


def difference(draft: Draft) -> str:
    """The first operand less the second one."""
    with draft.under(".difference"):
        return sub(draft, draft.node)


def side(draft: Draft, index: int) -> Side:
    """An operand."""
    name = draft.node.inputs[index]
    if draft.is_constant(name):
        return np.clip(np.asarray(draft.constants[name], np.float32), -LARGEST, LARGEST)
    return draft.blob(index)


def other(draft: Draft, truth: Side, suffix: str) -> Side:
    """0 where there is 1, and 1 where there is 0."""
    return inverse(draft, truth, suffix) if isinstance(truth, str) else 1 - truth


def times(draft: Draft, first: Side, second: Side) -> Side:
    """A product."""
    if isinstance(first, str) and isinstance(second, str):
        return combined(draft, first, second, "PROD")
    if isinstance(first, str):
        return scaled(draft, first, np.asarray(second), frozen=True)
    if isinstance(second, str):
        return scaled(draft, second, first, frozen=True)
    return first * second


def as_blob(given: Side) -> str:
    assert isinstance(given, str)       # an operator of constants alone is a constant itself
    return given


def above(draft: Draft, x: str, suffix: str = "") -> str:
    """1 where x is above 0. No gradient goes through it; BVLC's layer ends the program for one."""
    return draft.add("Threshold", x, suffix=suffix, propagate_down=[False])


def inverse(draft: Draft, truth: str, suffix: str = "") -> str:
    """1 - x."""
    return power_layer(draft, truth, scale=-1.0, shift=1.0, suffix=suffix)
