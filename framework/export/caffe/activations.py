"""Exact rewrites of activations into ReLU, ELU, Power, Eltwise and their like.

Each function returns the layers that compute the same, or None where there is no such form.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from framework.export.caffe.chain import Chain, Rewrite
from framework.export.caffe.parts import Part, Parts
from framework.layers.activation.activations import Insanity, SeLu
from framework.layers.activation.neuron import Dropout
from framework.layers.activation.piecewise import RReLU

LARGEST = float(np.finfo(np.float32).max)


def clamp(parts: Parts, part: Part) -> list[Part] | None:
    """ReLU6 and Clip."""
    chain = Chain(parts, part)
    low, high = 0.0, 6.0
    if part.proto.HasField("clip_param"):
        low, high = part.proto.clip_param.min, part.proto.clip_param.max
    if part.proto.relu6_param.negative_slope or low <= -LARGEST:
        return None
    if high >= LARGEST:
        y = chain.add("ReLU", chain.affine(part.proto.bottom[0], 1, -low))
        chain.affine(y, 1, low)
    else:
        chain.within(part.proto.bottom[0], low, high)
    return chain.finish()


def hard_swish(parts: Parts, part: Part) -> list[Part] | None:
    chain = Chain(parts, part)
    x = part.proto.bottom[0]
    gate = chain.within(chain.affine(x, 1, 3), 0, 6)
    chain.product(x, chain.affine(gate, 1 / 6, 0))
    return chain.finish()


def hard_sigmoid(parts: Parts, part: Part) -> list[Part] | None:
    chain = Chain(parts, part)
    chain.within(chain.affine(part.proto.bottom[0], 0.2, 0.5), 0, 1)
    return chain.finish()


def swish(parts: Parts, part: Part) -> list[Part] | None:
    chain, x, beta = Chain(parts, part), part.proto.bottom[0], part.proto.swish_param.beta
    gate = chain.add("Sigmoid", x if beta == 1 else chain.affine(x, beta, 0))
    chain.product(x, gate)
    return chain.finish()


def mish(parts: Parts, part: Part) -> list[Part] | None:
    chain = Chain(parts, part)
    x = part.proto.bottom[0]
    chain.product(x, chain.add("TanH", chain.add("BNLL", x)))
    return chain.finish()


def absolute(parts: Parts, part: Part) -> list[Part] | None:
    """|x| = relu(x) + relu(-x)."""
    chain = Chain(parts, part)
    x = part.proto.bottom[0]
    positive = chain.add("ReLU", x)
    negative = chain.add("ReLU", chain.affine(x, -1, 0))
    chain.add("Eltwise", positive, negative, eltwise_param={"operation": "SUM"})
    return chain.finish()


def slopes(parts: Parts, part: Part) -> list[Part] | None:
    """PReLU, and ReLU with a slope: relu(x) - slope * relu(-x)."""
    x = part.proto.bottom[0]
    shape = parts.shapes[x]
    if len(shape) < 2:
        return None
    slope = part.blobs[0] if part.blobs else part.proto.relu_param.negative_slope
    chain = Chain(parts, part)
    positive = chain.add("ReLU", x)
    negative = chain.add("ReLU", chain.affine(x, -1, 0))
    factors = np.broadcast_to(-np.asarray(slope, np.float32), (shape[1],))
    scaled = chain.add("Scale", negative, blobs=[factors])
    chain.add("Eltwise", positive, scaled, eltwise_param={"operation": "SUM"})
    return chain.finish()


def silu(parts: Parts, part: Part) -> list[Part] | None:
    """Swish with beta 1."""
    return _one(parts, part, "Swish", swish_param={"beta": 1})


def softplus(parts: Parts, part: Part) -> list[Part] | None:
    return _one(parts, part, "BNLL")


def selu(parts: Parts, part: Part) -> list[Part] | None:
    """lambda * ELU(x)."""
    assert isinstance(part.layer, SeLu)
    chain = Chain(parts, part)
    y = chain.add("ELU", part.proto.bottom[0], elu_param={"alpha": part.layer.alpha})
    chain.affine(y, part.layer.factor, 0)
    return chain.finish()


def randomized_relu(parts: Parts, part: Part) -> list[Part] | None:
    """RReLU and Insanity in TEST: one slope for all."""
    layer = part.layer
    if isinstance(layer, RReLU):
        slope = 2 / (layer.low + layer.high)
    else:
        assert isinstance(layer, Insanity)
        slope = 1 / layer.mean
    return _one(parts, part, "ReLU", relu_param={"negative_slope": slope})


def scaling_dropout(parts: Parts, part: Part) -> list[Part] | None:
    """Dropout of forks that scales in TEST, not in TRAIN."""
    assert isinstance(part.layer, Dropout)
    if part.layer.drops:
        return None
    return _one(parts, part, "Power", power_param={"scale": part.layer.factor})


def _one(parts: Parts, part: Part, kind: str, **params: Any) -> list[Part]:
    """One layer of another type for one with a single bottom. Any: what fields hold."""
    chain = Chain(parts, part)
    chain.add(kind, part.proto.bottom[0], **params)
    return chain.finish()


ACTIVATIONS: Mapping[str, tuple[Rewrite, ...]] = {
    "ReLU6": (clamp,), "Clip": (clamp,), "HardSwish": (hard_swish,), "HSwish": (hard_swish,),
    "HardSigmoid": (hard_sigmoid,), "Swish": (swish,), "SiLU": (silu,), "Mish": (mish,),
    "AbsVal": (absolute,), "Softplus": (softplus,), "SeLU": (selu,), "SeLu": (selu,),
    "Dropout": (scaling_dropout,), "RReLU": (randomized_relu,), "Insanity": (randomized_relu,),
    "PReLU": (slopes,), "ReLU": (slopes,),
}
