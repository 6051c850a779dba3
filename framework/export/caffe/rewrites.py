"""Exact rewrites of layers into others that more readers take.

Each function returns the layers that compute the same, or None where there is no such form. They
are tried again: what stands for an Axpy may have to be rewritten itself.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from framework.export.caffe.activations import ACTIVATIONS
from framework.export.caffe.chain import Chain, Rewrite, square_or_not
from framework.export.caffe.detection import as_ascend
from framework.export.caffe.parts import Floats, Part, Parts
from framework.export.caffe.products import PRODUCTS
from framework.export.caffe.resizes import RESIZES
from framework.export.caffe.sequences import hidden_output, indicators, reverse
from framework.layers.base import Shape
from framework.layers.recurrent.sequence import Transpose
from framework.layers.vision.convolution import Convolution
from framework.layers.vision.kernel_stride import ConvolutionSK
from framework.layers.vision.padding import AdaptivePooling
from framework.proto import ConvolutionParameter


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
    param = {"num_output": channels, "group": channels, "bias_term": False,
             **square_or_not("kernel", shape[2:], "kernel_size")}
    return chain.add("Deconvolution", factor, blobs=[np.ones((channels, 1, *shape[2:]))],
                     convolution_param=param)


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
    if not coeff or part.proto.eltwise_param.coeff_blob:
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
    param: dict[str, Any] = {
        "num_output": at.num_output, "group": at.group, "bias_term": len(part.blobs) > 1,
        "kernel_size": [longest], **square_or_not("stride", at.stride),
        **square_or_not("pad", pads)}
    chain = Chain(parts, part)
    chain.add("Convolution", part.proto.bottom[0], blobs=[weight, *part.blobs[1:]],
              convolution_param=param)
    return chain.finish()


def kernel_of_one_cell(parts: Parts, part: Part) -> list[Part] | None:
    """Along an axis of one cell, of a padded kernel the one cell that is not on the padding."""
    assert isinstance(part.layer, Convolution)
    at = part.layer.geometry
    sizes, made = parts.shapes[part.proto.bottom[0]][2:], parts.shapes[part.top][2:]
    cells = [axis for axis, (size, out) in enumerate(zip(sizes, made, strict=True))
             if size == out == 1 and at.kernel[axis] > 1 and at.pad[axis] % at.dilation[axis] == 0
             and at.pad[axis] // at.dilation[axis] < at.kernel[axis]]
    if at.axis != 1 or len(at.kernel) != 2 or not cells:
        return None
    weight, kernel, pads = part.blobs[0], list(at.kernel), list(at.pad)
    for axis in cells:
        weight = weight.take([at.pad[axis] // at.dilation[axis]], axis + 2)
        kernel[axis], pads[axis] = 1, 0
    param: dict[str, Any] = {
        "num_output": at.num_output, "group": at.group, "bias_term": len(part.blobs) > 1,
        "dilation": at.dilation, **square_or_not("kernel", kernel, "kernel_size"),
        **square_or_not("stride", at.stride), **square_or_not("pad", pads)}
    chain = Chain(parts, part)
    chain.add("Convolution", part.proto.bottom[0], blobs=[weight, *part.blobs[1:]],
              convolution_param=param)
    return chain.finish()


def zero_bias(parts: Parts, part: Part) -> list[Part] | None:
    """A convolution without a bias as one whose bias is 0."""
    if len(part.blobs) > 1:
        return None
    chain = Chain(parts, part)
    param = ConvolutionParameter()
    param.CopyFrom(part.proto.convolution_param)
    param.bias_term = True
    chain.add("Convolution", part.proto.bottom[0], convolution_param=param,
              blobs=[*part.blobs, np.zeros(param.num_output, np.float32)])
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


def channel_scale(parts: Parts, part: Part) -> list[Part] | None:
    """BN, and others that multiply each channel by a number and add one, as Scale."""
    factors = part.layer.channel_factors()
    if factors is None or len(part.proto.top) > 1:
        return None
    chain = Chain(parts, part)
    chain.add("Scale", part.proto.bottom[0], blobs=[one.numpy() for one in factors],
              scale_param={"bias_term": True})
    return chain.finish()


def transpose(parts: Parts, part: Part) -> list[Part] | None:
    assert isinstance(part.layer, Transpose)
    chain = Chain(parts, part)
    chain.add("Permute", part.proto.bottom[0],
              permute_param={"order": part.layer.order})
    return chain.finish()


def crop_at_the_end(parts: Parts, part: Part) -> list[Part] | None:
    """SimpleCrop as Crop without an offset."""
    chain = Chain(parts, part)
    chain.add("Crop", *part.proto.bottom, crop_param={"axis": 2, "offset": [0]})
    return chain.finish()


def adaptive_pooling(parts: Parts, part: Part) -> list[Part] | None:
    """Bins of one size: windows beside each other."""
    assert isinstance(part.layer, AdaptivePooling)
    sizes, bins = parts.shapes[part.proto.bottom[0]][2:], part.layer.bins
    if any(size % count for size, count in zip(sizes, bins, strict=True)):
        return None
    window = [size // count for size, count in zip(sizes, bins, strict=True)]
    chain = Chain(parts, part)
    chain.add("Pooling", part.proto.bottom[0], pooling_param={
        "pool": part.layer.method, **square_or_not("kernel", window, "kernel_size"),
        **square_or_not("stride", window)})
    return chain.finish()


def dilated_convolution(parts: Parts, part: Part) -> list[Part] | None:
    """ConvolutionSK: its kstride is a dilation."""
    assert isinstance(part.layer, ConvolutionSK)
    at = part.layer.geometry
    param: dict[str, Any] = {
        "num_output": at.num_output, "group": at.group, "bias_term": len(part.blobs) > 1,
        "dilation": at.dilation, **square_or_not("kernel", at.kernel, "kernel_size"),
        **square_or_not("stride", at.stride)}
    chain = Chain(parts, part)
    chain.add("Convolution", part.proto.bottom[0], blobs=part.blobs, convolution_param=param)
    return chain.finish()


REWRITES: Mapping[str, tuple[Rewrite, ...]] = {
    **ACTIVATIONS, **RESIZES, **PRODUCTS,
    "Power": (power,), "Bias": (bias,), "Scale": (scale_by_blob,), "BN": (channel_scale,),
    "EltwiseAffine": (channel_scale,), "BroadcastMul": (scale_by_blob,), "Axpy": (axpy,),
    "ShuffleChannel": (shuffle_by_permute, shuffle_by_convolution), "Normalize": (normalize,),
    "Eltwise": (weighted_sum,), "Convolution": (plain_kernel, kernel_of_one_cell, zero_bias),
    "ConvolutionSK": (dilated_convolution,), "Flatten": (flatten,), "Transpose": (transpose,),
    "TensorTranspose": (transpose,),
    "SimpleCrop": (crop_at_the_end,), "AdaptivePooling": (adaptive_pooling,),
    "DetectionOutput": (as_ascend,), "ContinuationIndicator": (indicators,),
    "Reverse": (reverse,), "RNN": (hidden_output,),
}
