"""The error function, and GELU, which is made of it, by the layers that every Caffe has."""

from __future__ import annotations

import math

from framework.importing.draft import Draft, Node

# Abramowitz and Stegun 1964, formula 7.1.26: its error is below 1.5e-7
P = 0.3275911
COEFFICIENTS = (0.254829592, -0.284496736, 1.421413741, -1.453152027, 1.061405429)
NEAR_ZERO = 1e-12       # keeps x / |x|, the sign, and its gradient finite at 0


def erf(draft: Draft, node: Node) -> str:
    return error_function(draft, draft.blob(), "")


def error_function(draft: Draft, x: str, suffix: str) -> str:
    """sign(x) * (1 - (a1 t + ... + a5 t^5) exp(-x^2)), t = 1 / (1 + p |x|)."""
    size = draft.add("AbsVal", x, suffix=".size")
    t = draft.add("Power", size, suffix=".t", power_param={"scale": P, "shift": 1, "power": -1})
    *lower, highest = COEFFICIENTS
    total = draft.add("Power", t, suffix=".a5", power_param={"scale": highest,
                                                             "shift": lower[-1]})
    for number, coefficient in reversed(list(enumerate(lower[:-1], 1))):
        total = _product(draft, f".t{number + 1}", total, t)
        total = draft.add("Power", total, suffix=f".a{number}",
                          power_param={"shift": coefficient})
    square = draft.add("Power", size, suffix=".square", power_param={"power": 2})
    fall = draft.add("Exp", square, suffix=".fall", exp_param={"scale": -1})
    rest = _product(draft, ".rest", total, t, fall)
    value = draft.add("Power", rest, suffix=".value", power_param={"scale": -1, "shift": 1})
    inverse = draft.add("Power", size, suffix=".inverse",
                        power_param={"shift": NEAR_ZERO, "power": -1})
    return _product(draft, suffix, x, inverse, value)


def gelu(draft: Draft, node: Node) -> str:
    """x / 2 * (1 + erf(x / sqrt(2))), or with tanh in place of erf."""
    x = draft.blob()
    if node.get("approximate", "none") == "tanh":
        cube = draft.add("Power", x, suffix=".cube", power_param={"power": 3})
        inner = draft.add("Eltwise", x, cube, suffix=".sum", eltwise_param={
            "operation": "SUM", "coeff": [math.sqrt(2 / math.pi),
                                          0.044715 * math.sqrt(2 / math.pi)]})
        gate = draft.add("TanH", inner, suffix=".gate")
    else:
        scaled = draft.add("Power", x, suffix=".scaled", power_param={"scale": math.sqrt(0.5)})
        gate = error_function(draft, scaled, ".gate")
    half = draft.add("Power", gate, suffix=".half", power_param={"scale": 0.5, "shift": 0.5})
    return _product(draft, "", x, half)


def _product(draft: Draft, suffix: str, *bottoms: str) -> str:
    return draft.add("Eltwise", *bottoms, suffix=suffix, eltwise_param={"operation": "PROD"})
