"""Functions of each value alone."""

from __future__ import annotations

import math

import numpy as np

from framework.importing.draft import Draft, Node

LARGEST = float(np.finfo(np.float32).max)


def relu(draft: Draft, node: Node) -> str:
    return draft.add("ReLU", draft.blob(), in_place=True)


def leaky_relu(draft: Draft, node: Node) -> str:
    return draft.add("ReLU", draft.blob(), in_place=True,
                     relu_param={"negative_slope": node.get("alpha", 0.01)})


def prelu(draft: Draft, node: Node) -> str:
    """PReLU with one slope, or one for each channel."""
    slope = draft.constant(1, "slope")
    x = draft.blob()
    shape = draft.shapes[x]
    if slope.size == 1:
        return draft.add("PReLU", x, blobs=[slope.reshape(())],
                         prelu_param={"channel_shared": True})
    padded = (1,) * (len(shape) - slope.ndim) + slope.shape
    if padded != (1, shape[1], *(1,) * (len(shape) - 2)):
        raise node.refuse(f"its slope has the shape {slope.shape}; PReLU has one number, or one "
                          f"for each of the {shape[1]} channels of {shape}")
    return draft.add("PReLU", x, blobs=[slope.reshape(-1)])


def clip(draft: Draft, node: Node) -> str:
    """Clip as ReLU, ReLU6 or Clip, by its limits."""
    if draft.opset < 11:
        low, high = node.get("min", -LARGEST), node.get("max", LARGEST)
    else:
        low = float(draft.constant(1, "min")) if node.has(1) else -LARGEST
        high = float(draft.constant(2, "max")) if node.has(2) else LARGEST
    return clipped(draft, draft.blob(), low, high)


def clipped(draft: Draft, x: str, low: float, high: float, suffix: str = "") -> str:
    """x within low ... high."""
    low, high = max(low, -LARGEST), min(high, LARGEST)
    if low == 0 and high >= LARGEST:
        return draft.add("ReLU", x, suffix=suffix, in_place=True)
    if (low, high) == (0, 6):
        return draft.add("ReLU6", x, suffix=suffix, in_place=True)
    return draft.add("Clip", x, suffix=suffix, clip_param={"min": low, "max": high})


def sigmoid(draft: Draft, node: Node) -> str:
    return draft.add("Sigmoid", draft.blob())


def tanh(draft: Draft, node: Node) -> str:
    return draft.add("TanH", draft.blob())


def elu(draft: Draft, node: Node) -> str:
    return draft.add("ELU", draft.blob(), elu_param={"alpha": node.get("alpha", 1.0)})


def celu(draft: Draft, node: Node) -> str:
    """max(x, 0) + min(alpha * (exp(x / alpha) - 1), 0): ELU in units of alpha."""
    alpha = node.get("alpha", 1.0)
    if alpha == 1:
        return draft.add("ELU", draft.blob())
    x = draft.add("Power", draft.blob(), suffix=".units", power_param={"scale": 1 / alpha})
    return draft.add("Power", draft.add("ELU", x, suffix=".elu"), power_param={"scale": alpha})


def selu(draft: Draft, node: Node) -> str:
    alpha = node.get("alpha", 1.67326319217681884765625)
    factor = node.get("gamma", 1.05070102214813232421875)
    return draft.add("SeLU", draft.blob(), selu_param={"alpha": alpha, "lambda": factor})


def softplus(draft: Draft, node: Node) -> str:
    return draft.add("BNLL", draft.blob())


def softsign(draft: Draft, node: Node) -> str:
    """x / (1 + |x|)."""
    x = draft.blob()
    size = draft.add("AbsVal", x, suffix=".size")
    inverse = draft.add("Power", size, suffix=".inverse", power_param={"shift": 1, "power": -1})
    return draft.add("Eltwise", x, inverse, eltwise_param={"operation": "PROD"})


def mish(draft: Draft, node: Node) -> str:
    return draft.add("Mish", draft.blob())


def hard_sigmoid(draft: Draft, node: Node) -> str:
    """min(max(alpha * x + beta, 0), 1): the layer of that name has 0.2 and 0.5."""
    alpha, beta = node.get("alpha", 0.2), node.get("beta", 0.5)
    if math.isclose(alpha, 0.2, rel_tol=1e-6) and beta == 0.5:
        return draft.add("HardSigmoid", draft.blob())
    line = draft.add("Power", draft.blob(), suffix=".line",
                     power_param={"scale": alpha, "shift": beta})
    return clipped(draft, line, 0, 1)


def hard_swish(draft: Draft, node: Node) -> str:
    return draft.add("HardSwish", draft.blob())


def dropout(draft: Draft, node: Node) -> str:
    """Dropout, which copies in TEST and drops in TRAIN."""
    ratio = node.get("ratio", 0.5)
    if draft.opset >= 12:
        ratio = float(draft.constant(1, "ratio")) if node.has(1) else 0.5
    return draft.add("Dropout", draft.blob(), in_place=True,
                     dropout_param={"dropout_ratio": ratio})


def exp(draft: Draft, node: Node) -> str:
    return draft.add("Exp", draft.blob())


def log(draft: Draft, node: Node) -> str:
    return draft.add("Log", draft.blob())


def cosine(draft: Draft, node: Node) -> str:
    return _cosine(draft, node, draft.blob())


def sine(draft: Draft, node: Node) -> str:
    """The cosine a right angle before."""
    x = draft.add("Power", draft.blob(), suffix=".turned", power_param={"shift": -math.pi / 2})
    return _cosine(draft, node, x)


def _cosine(draft: Draft, node: Node, x: str) -> str:
    if draft.plain:
        raise node.refuse("BVLC's Caffe has no cosine (leave out --plain)")
    return draft.add("Cos", x)


def absolute(draft: Draft, node: Node) -> str:
    return draft.add("AbsVal", draft.blob())


def neg(draft: Draft, node: Node) -> str:
    return draft.add("Power", draft.blob(), power_param={"scale": -1})


def sqrt(draft: Draft, node: Node) -> str:
    return draft.add("Power", draft.blob(), power_param={"power": 0.5})


def reciprocal(draft: Draft, node: Node) -> str:
    return draft.add("Power", draft.blob(), power_param={"power": -1})


def identity(draft: Draft, node: Node) -> str:
    return draft.blob()
