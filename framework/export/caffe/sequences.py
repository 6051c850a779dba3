"""Rewrites of layers over time into those that BVLC's Caffe has."""

from __future__ import annotations

import numpy as np

from framework.export.caffe.chain import Chain
from framework.export.caffe.parts import Floats, Part, Parts
from framework.layers.recurrent.sequence import Reverse
from framework.proto import RecurrentParameter

# h through tanh(SMALL * h) / SMALL, which differs from h by less than float32 can say
SMALL = 2.0 ** -11


def indicators(parts: Parts, part: Part) -> list[Part]:
    """ContinuationIndicator as a fixed blob."""
    cont = np.ones(parts.shapes[part.top], np.float32)
    cont[0] = 0
    chain = Chain(parts, part)
    chain.add("Parameter", blobs=[cont], parameter_param={"shape": {"dim": cont.shape}})
    return chain.finish()


def reverse(parts: Parts, part: Part) -> list[Part]:
    """Reverse as Slice, and Concat in the other order."""
    assert isinstance(part.layer, Reverse)
    axis = part.layer.axis
    size = parts.shapes[part.top][axis]
    chain = Chain(parts, part)
    cells = chain.several("Slice", size, part.proto.bottom[0], slice_param={
        "axis": axis, "slice_point": range(1, size)})
    chain.add("Concat", *reversed(cells), concat_param={"axis": axis})
    return chain.finish()


def small_output(size: int) -> list[Floats]:
    """RNN's second matrix and bias, by which its top is SMALL times the hidden state."""
    return [np.eye(size, dtype=np.float32) * SMALL, np.zeros(size, np.float32)]


def hidden_output(parts: Parts, part: Part) -> list[Part] | None:
    """RNN whose top is the hidden state: a small multiple of it goes through the second tanh."""
    param = RecurrentParameter()
    param.CopyFrom(part.proto.recurrent_param)
    if not param.hidden_output or param.activation != RecurrentParameter.TANH:
        return None
    param.ClearField("hidden_output")
    top, *states = part.proto.top
    part.proto.recurrent_param.CopyFrom(param)
    part.proto.top[0] = f"{top}/small"
    first = parts.part(part.proto, [*part.blobs, *small_output(param.num_output)], part.origin)
    scaled = parts.make(part.proto.name, "Power", [first.top], "/size", top=top,
                        power_param={"scale": 1 / SMALL})
    return [first, scaled]
