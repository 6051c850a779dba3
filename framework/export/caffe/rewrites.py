"""Exact rewrites of layers into others that more readers take.

Each function returns the layers that compute the same, or None where there is no such form. They
are tried again: what stands for a ReLU6 may have to be rewritten itself.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from framework.export.caffe.parts import Floats, Part, Parts
from framework.layers.base import Shape
from framework.layers.vision.convolution import Convolution
from framework.layers.vision.resize import Upsample

LARGEST = float(np.finfo(np.float32).max)


@dataclass
class Chain:
    """Layers that are being written in place of one; the last has its top."""

    parts: Parts
    part: Part
    made: list[Part] = field(default_factory=list)

    def add(self, kind: str, *bottoms: str, blobs: list[Floats] | None = None, top: str = "",
            **params: Any) -> str:      # Any: what fields hold
        """Add a layer; returns its top. Any: what fields hold."""
        made = self.parts.make(self.part.proto.name, kind, bottoms, f"/{len(self.made)}",
                               blobs or [], top=top, **params)
        self.made.append(made)
        return made.top

    def affine(self, x: str, scale: float, shift: float) -> str:
        """scale * x + shift."""
        return self.add("Power", x, power_param={"scale": scale, "shift": shift})

    def within(self, x: str, low: float, high: float) -> str:
        """x clamped, by two ReLU: high - relu(high - low - relu(x - low))."""
        y = x if low == 0 else self.affine(x, 1, -low)
        y = self.add("ReLU", y)
        y = self.affine(y, -1, high - low)
        return self.affine(self.add("ReLU", y), -1, high)

    def product(self, *bottoms: str) -> str:
        """The product of the bottoms."""
        return self.add("Eltwise", *bottoms, eltwise_param={"operation": "PROD"})

    def finish(self) -> list[Part]:
        """The layers, the last one with the name and the top of the layer they stand for."""
        last = self.made[-1]
        self.parts.shapes[self.part.top] = self.parts.shapes[last.top]
        last.proto.top[0] = self.part.top
        last.proto.name = self.part.proto.name
        return self.made

    def shape(self, name: str) -> Shape:
        """The shape of a blob."""
        return self.parts.shapes[name]


Rewrite = Callable[[Parts, Part], "list[Part] | None"]


def clamp(parts: Parts, part: Part) -> list[Part] | None:
    """ReLU6 and Clip."""
    chain = Chain(parts, part)
    low = 0.0
    high = 6.0
    if part.proto.HasField("clip_param"):
        low = part.proto.clip_param.min
        high = part.proto.clip_param.max
    if part.proto.relu6_param.negative_slope or low <= -LARGEST:
        return None
    if high >= LARGEST:
        y = chain.add("ReLU", chain.affine(part.proto.bottom[0], 1, -low))
        chain.affine(y, 1, low)
    else:
        chain.within(part.proto.bottom[0], low, high)
    return chain.finish()


def hard_swish(parts: Parts, part: Part) -> list[Part] | None:
    """HardSwish as x * clamp(x + 3, 0, 6) / 6."""
    chain = Chain(parts, part)
    x = part.proto.bottom[0]
    gate = chain.within(chain.affine(x, 1, 3), 0, 6)
    chain.product(x, chain.affine(gate, 1 / 6, 0))
    return chain.finish()


def hard_sigmoid(parts: Parts, part: Part) -> list[Part] | None:
    """HardSigmoid as a clamped line."""
    chain = Chain(parts, part)
    chain.within(chain.affine(part.proto.bottom[0], 0.2, 0.5), 0, 1)
    return chain.finish()


def swish(parts: Parts, part: Part) -> list[Part] | None:
    """Swish as x * sigmoid(beta * x)."""
    chain = Chain(parts, part)
    x = part.proto.bottom[0]
    beta = part.proto.swish_param.beta
    gate = chain.add("Sigmoid", x if beta == 1 else chain.affine(x, beta, 0))
    chain.product(x, gate)
    return chain.finish()


def mish(parts: Parts, part: Part) -> list[Part] | None:
    """Mish as x * tanh(softplus(x))."""
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


def power(parts: Parts, part: Part) -> list[Part] | None:
    """A linear Power as Scale, a square as a product."""
    param = part.proto.power_param
    x = part.proto.bottom[0]
    shape = parts.shapes[x]
    chain = Chain(parts, part)
    if param.power not in (1, 2) or len(shape) < 2 or param.scale == 0:
        return None
    y = x
    if param.power == 1 or (param.scale, param.shift) != (1, 0):
        factor = np.full(shape[1], param.scale)
        summand = np.full(shape[1], param.shift)
        y = chain.add("Scale", x, blobs=[factor, summand], scale_param={"bias_term": True})
    if param.power == 2:
        chain.product(y, y)
    return chain.finish()


def bias(parts: Parts, part: Part) -> list[Part] | None:
    """A Bias as a Scale by 1."""
    param = part.proto.bias_param
    if len(part.proto.bottom) > 1:
        return None
    chain = Chain(parts, part)
    chain.add("Scale", part.proto.bottom[0], blobs=[np.ones_like(part.blobs[0]), part.blobs[0]],
              scale_param={"axis": param.axis, "num_axes": param.num_axes, "bias_term": True})
    return chain.finish()


def spread(chain: Chain, factor: str, shape: Shape) -> str:
    """A factor (N, C, ...) of one number a channel in the size of `shape`: a transposed
    convolution whose kernel is the whole plane."""
    num, channels = shape[:2]
    if chain.shape(factor) != (num, channels, 1, 1):
        factor = chain.add("Reshape", factor,
                           reshape_param={"shape": {"dim": [0, channels, 1, 1]}})
    param: dict[str, Any] = {"num_output": channels, "group": channels, "bias_term": False}
    param |= _of_both_axes("kernel_size", shape[2:])
    return chain.add("Deconvolution", factor, blobs=[np.ones((channels, 1, *shape[2:]))],
                     convolution_param=param)


def _of_both_axes(name: str, numbers: Sequence[int]) -> dict[str, Any]:     # Any: as fields
    """Fields of convolution_param for (height, width): one where they agree, else _h and _w."""
    height, width = numbers
    if height == width:
        return {name: [height]}
    stem = name.removesuffix("_size")
    return {f"{stem}_h": height, f"{stem}_w": width}


def scale_by_blob(parts: Parts, part: Part) -> list[Part] | None:
    """Scale with two bottoms, and BroadcastMul: a factor for each channel, in the full size."""
    if len(part.proto.bottom) < 2 or part.blobs:
        return None
    first, second = part.proto.bottom
    x, factor = first, second       # the larger is multiplied by the smaller
    if math.prod(parts.shapes[first]) < math.prod(parts.shapes[second]):
        x, factor = second, first
    shape = parts.shapes[x]
    if len(shape) != 4 or math.prod(parts.shapes[factor]) != math.prod(shape[:2]) \
            or part.proto.scale_param.axis not in (0, 1):
        return None
    if part.proto.HasField("scale_param") and part.proto.scale_param.axis == 1 \
            and shape[0] > 1:
        return None
    chain = Chain(parts, part)
    chain.product(x, spread(chain, factor, shape))
    return chain.finish()


def axpy(parts: Parts, part: Part) -> list[Part] | None:
    factor, x, summand = part.proto.bottom
    shape = parts.shapes[x]
    if len(shape) != 4:
        return None
    chain = Chain(parts, part)
    scaled = chain.product(x, spread(chain, factor, shape))
    chain.add("Eltwise", scaled, summand, eltwise_param={"operation": "SUM"})
    return chain.finish()


def shuffle_by_permute(parts: Parts, part: Part) -> list[Part] | None:
    """ShuffleChannel as Reshape, Permute, Reshape, with 4 axes."""
    shape = parts.shapes[part.proto.bottom[0]]
    group = part.proto.shuffle_channel_param.group
    chain = Chain(parts, part)
    groups = [0, group, shape[1] // group, math.prod(shape[2:])]
    y = chain.add("Reshape", part.proto.bottom[0], reshape_param={"shape": {"dim": groups}})
    y = chain.add("Permute", y, permute_param={"order": [0, 2, 1, 3]})
    chain.add("Reshape", y, reshape_param={"shape": {"dim": [0, *shape[1:]]}})
    return chain.finish()


def shuffle_by_convolution(parts: Parts, part: Part) -> list[Part] | None:
    """ShuffleChannel as a 1 x 1 convolution of zeros and ones."""
    shape = parts.shapes[part.proto.bottom[0]]
    group = part.proto.shuffle_channel_param.group
    if len(shape) != 4:
        return None
    order = np.arange(shape[1]).reshape(group, -1).T.reshape(-1)
    weight = np.eye(shape[1], dtype=np.float32)[order].reshape(shape[1], shape[1], 1, 1)
    chain = Chain(parts, part)
    chain.add("Convolution", part.proto.bottom[0], blobs=[weight], convolution_param={
        "num_output": shape[1], "kernel_size": [1], "bias_term": False})
    return chain.finish()


def upsample(parts: Parts, part: Part) -> list[Part] | None:
    """Nearest-neighbour upsampling as a transposed convolution of ones."""
    if len(part.proto.bottom) > 1:
        return None
    assert isinstance(part.layer, Upsample)
    factors = part.layer.size.scale
    channels = parts.shapes[part.proto.bottom[0]][1]
    param: dict[str, Any] = {"num_output": channels, "group": channels, "bias_term": False}
    param |= _of_both_axes("kernel_size", factors) | _of_both_axes("stride", factors)
    chain = Chain(parts, part)
    chain.add("Deconvolution", part.proto.bottom[0], blobs=[np.ones((channels, 1, *factors))],
              convolution_param=param)
    return chain.finish()


def normalize(parts: Parts, part: Part) -> list[Part] | None:
    """L2 normalization along the channels: x * (eps + sum of squares) ** -0.5 * scale."""
    param = part.proto.norm_param
    x = part.proto.bottom[0]
    shape = parts.shapes[x]
    if param.across_spatial or len(shape) != 4:
        return None
    channels = shape[1]
    chain = Chain(parts, part)
    ones = np.ones((channels, channels, 1, 1))
    total = chain.add("Convolution", chain.product(x, x), blobs=[ones], convolution_param={
        "num_output": channels, "kernel_size": [1], "bias_term": False})
    root = chain.add("Power", total, power_param={"shift": param.eps, "power": -0.5})
    y = chain.product(x, root)
    factor = np.broadcast_to(part.blobs[0].reshape(-1), (channels,))
    chain.add("Scale", y, blobs=[factor])
    return chain.finish()


def weighted_sum(parts: Parts, part: Part) -> list[Part] | None:
    """An Eltwise with coeff: the bottoms are scaled before."""
    coeff = list(part.proto.eltwise_param.coeff)
    if not coeff:
        return None
    chain = Chain(parts, part)
    terms = [name if factor == 1 else chain.affine(name, factor, 0)
             for name, factor in zip(part.proto.bottom, coeff, strict=True)]
    chain.add("Eltwise", *terms, eltwise_param={"operation": "SUM"})
    return chain.finish()


def plain_kernel(parts: Parts, part: Part) -> list[Part] | None:
    """A dilated or oblong kernel as a larger square one with zeros."""
    assert isinstance(part.layer, Convolution)
    at = part.layer.geometry
    if at.axis != 1 or len(at.kernel) != 2:
        return None
    weight = part.blobs[0]
    for axis, step in enumerate(at.dilation, 2):
        weight = _with_gaps(weight, axis, step)
    longest = max(weight.shape[2:])
    more = [longest - size for size in weight.shape[2:]]
    if any(cells % 2 for cells in more):
        return None         # the padding would differ on both sides
    weight = np.pad(weight, [(0, 0), (0, 0), *((cells // 2, cells // 2) for cells in more)])
    if weight.shape == part.blobs[0].shape:
        return None
    pads = [pad + cells // 2 for pad, cells in zip(at.pad, more, strict=True)]
    param: dict[str, Any] = {"num_output": at.num_output, "group": at.group,
                             "bias_term": len(part.blobs) > 1, "kernel_size": [longest]}
    param |= _of_both_axes("stride", at.stride) | _of_both_axes("pad", pads)
    chain = Chain(parts, part)
    chain.add("Convolution", part.proto.bottom[0], blobs=[weight, *part.blobs[1:]],
              convolution_param=param)
    return chain.finish()


def _with_gaps(weight: Floats, axis: int, step: int) -> Floats:
    """Zeros between the cells of a kernel along an axis."""
    if step == 1:
        return weight
    shape = list(weight.shape)
    shape[axis] = (shape[axis] - 1) * step + 1
    spread_out = np.zeros(shape, weight.dtype)
    index: list[slice] = [slice(None)] * weight.ndim
    index[axis] = slice(None, None, step)
    spread_out[tuple(index)] = weight
    return spread_out


def flatten(parts: Parts, part: Part) -> list[Part] | None:
    chain = Chain(parts, part)
    shape = parts.shapes[part.top]
    chain.add("Reshape", part.proto.bottom[0], reshape_param={"shape": {"dim": [0, *shape[1:]]}})
    return chain.finish()


REWRITES: Mapping[str, tuple[Rewrite, ...]] = {
    "ReLU6": (clamp,), "Clip": (clamp,), "HardSwish": (hard_swish,), "HSwish": (hard_swish,),
    "HardSigmoid": (hard_sigmoid,), "Swish": (swish,), "Mish": (mish,), "AbsVal": (absolute,),
    "Power": (power,), "Bias": (bias,), "Scale": (scale_by_blob,),
    "BroadcastMul": (scale_by_blob,), "Axpy": (axpy,),
    "ShuffleChannel": (shuffle_by_permute, shuffle_by_convolution), "Upsample": (upsample,),
    "Normalize": (normalize,), "Eltwise": (weighted_sum,), "Convolution": (plain_kernel,),
    "Flatten": (flatten,),
}
