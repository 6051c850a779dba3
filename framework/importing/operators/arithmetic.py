"""Arithmetic of two or more operands, with constants and broadcasting.

A constant of one number goes into Power, others into Scale and Bias. A blob that is broadcast along
its last axes is the second bottom of Scale or Bias; other broadcasts are written out by Tile.
"""

from __future__ import annotations

import math

import numpy as np

from framework.importing.draft import Array, Draft, Node, Shape
from framework.importing.operators.activation import LARGEST, clipped
from framework.importing.operators.moving import reshaped, tiled


def add(draft: Draft, node: Node) -> str:
    """A sum: Bias where one summand is a constant, Eltwise or a broadcast otherwise."""
    for index in (0, 1):
        if draft.is_constant(node.inputs[index]):
            return shifted(draft, draft.blob(1 - index), draft.constant(index, "summand"))
    return combined(draft, draft.blob(0), draft.blob(1), "SUM")


def sub(draft: Draft, node: Node) -> str:
    """A difference: a constant is added, or the second blob negated, unless Eltwise can do it."""
    if draft.is_constant(node.inputs[1]):
        return shifted(draft, draft.blob(0), -draft.constant(1, "subtrahend"))
    if draft.is_constant(node.inputs[0]):
        value = draft.constant(0, "minuend")
        if value.size == 1 and value.ndim <= len(draft.shapes[draft.blob(1)]):
            return power_layer(draft, draft.blob(1), scale=-1.0, shift=float(value.reshape(())))
        return shifted(draft, negative(draft, draft.blob(1)), value)
    first, second = draft.blob(0), draft.blob(1)
    if draft.shapes[first] == draft.shapes[second]:
        return draft.add("Eltwise", first, second,
                         eltwise_param={"operation": "SUM", "coeff": [1, -1]})
    return combined(draft, first, negative(draft, second), "SUM")


def mul(draft: Draft, node: Node) -> str:
    """A product: Scale where one factor is a constant, Eltwise or a broadcast otherwise."""
    for index in (0, 1):
        if draft.is_constant(node.inputs[index]):
            return scaled(draft, draft.blob(1 - index), draft.constant(index, "factor"))
    return combined(draft, draft.blob(0), draft.blob(1), "PROD")


def div(draft: Draft, node: Node) -> str:
    """A quotient: a product with the inverse of the constant, or of the blob."""
    if draft.is_constant(node.inputs[1]):
        divisor = np.asarray(draft.constant(1, "divisor"), np.float64)
        if not divisor.all():
            raise node.refuse("divides by 0")
        return scaled(draft, draft.blob(0), 1 / divisor)
    inverse = power_layer(draft, draft.blob(1), power=-1.0, suffix=".inverse")
    if draft.is_constant(node.inputs[0]):
        return scaled(draft, inverse, draft.constant(0, "dividend"))
    return combined(draft, draft.blob(0), inverse, "PROD")


def power(draft: Draft, node: Node) -> str:
    """A fixed exponent, or a fixed base."""
    for index, other in ((1, 0), (0, 1)):
        if not draft.is_constant(node.inputs[index]):
            continue
        value = draft.constant(index, "exponent")
        if value.size != 1:
            raise node.refuse(f"has {value.size} numbers as exponent or base; Power and Exp have "
                              "one")
        number = float(value.reshape(()))
        if index == 1:
            return power_layer(draft, draft.blob(other), power=number)
        if number <= 0:
            raise node.refuse(f"has the base {number:g}; Exp takes one above 0")
        return draft.add("Exp", draft.blob(other), exp_param={"base": number})
    raise node.refuse("has base and exponent computed; Power has a fixed exponent")


def maximum(draft: Draft, node: Node) -> str:
    return _extreme(draft, node, 1.0)


def minimum(draft: Draft, node: Node) -> str:
    """The least: that of the negative ones is the greatest."""
    return _extreme(draft, node, -1.0)


def _extreme(draft: Draft, node: Node, sign: float) -> str:
    limits = [index for index, name in enumerate(node.inputs) if draft.is_constant(name)]
    blobs = [draft.blob(index) for index in range(len(node.inputs)) if index not in limits]
    for index in limits:
        if draft.constant(index, "limit").size != 1:
            raise node.refuse("has a limit of several numbers; Clip has one")
    y = blobs[0]
    if len(blobs) > 1:
        shape = draft.top_shape()
        if sign < 0:
            blobs = [negative(draft, blob) for blob in blobs]
        blobs = [tiled(draft, blob, shape, f".{number}") for number, blob in enumerate(blobs)]
        y = draft.add("Eltwise", *blobs, eltwise_param={"operation": "MAX"})
        if sign < 0:
            y = power_layer(draft, y, scale=-1.0, suffix=".sign")
    for index in limits:
        limit = float(draft.constant(index, "limit").reshape(()))
        low, high = (limit, LARGEST) if sign > 0 else (-LARGEST, limit)
        y = clipped(draft, y, low, high, "" if len(blobs) == 1 else ".limit")
    return y


def total(draft: Draft, node: Node) -> str:
    return _sum(draft, node, [])


def mean(draft: Draft, node: Node) -> str:
    return _sum(draft, node, [1 / len(node.inputs)] * len(node.inputs))


def _sum(draft: Draft, node: Node, coeff: list[float]) -> str:
    shape = draft.top_shape()
    blobs = [tiled(draft, draft.blob(index), shape, f".{index}")
             for index in range(len(node.inputs))]
    if len(blobs) == 1:
        return blobs[0]
    return draft.add("Eltwise", *blobs, eltwise_param={"operation": "SUM", "coeff": coeff})


def power_layer(draft: Draft, x: str, suffix: str = "", **fields: float) -> str:
    """(shift + scale * x) ** power."""
    return draft.add("Power", x, suffix=suffix, power_param=fields)


def negative(draft: Draft, x: str) -> str:
    """-x, as a step on the way to the node's result."""
    return power_layer(draft, x, scale=-1.0, suffix=".negative")


def scaled(draft: Draft, x: str, factor: Array, frozen: bool = False) -> str:
    """x times a constant."""
    x, factor = _with_axes(draft, x, factor)
    if factor.size == 1:
        value = float(factor.reshape(()))
        return x if value == 1 else power_layer(draft, x, scale=value)
    axis, blob = _axes(draft.shapes[x], factor)
    return draft.add("Scale", x, blobs=[blob], frozen=frozen,
                     scale_param={"axis": axis, "num_axes": blob.ndim})


def shifted(draft: Draft, x: str, summand: Array, frozen: bool = False) -> str:
    """x plus a constant; -inf, as masks of attention have it, is float32's least number."""
    if np.isinf(summand).any():
        summand, frozen = np.clip(summand, -LARGEST, LARGEST), True
    x, summand = _with_axes(draft, x, summand)
    if summand.size == 1:
        value = float(summand.reshape(()))
        return x if value == 0 else power_layer(draft, x, shift=value)
    axis, blob = _axes(draft.shapes[x], summand)
    return draft.add("Bias", x, blobs=[blob], frozen=frozen,
                     bias_param={"axis": axis, "num_axes": blob.ndim})


def _with_axes(draft: Draft, x: str, constant: Array) -> tuple[str, Array]:
    """x repeated along the axes where only the constant is longer; both with as many axes."""
    shape = np.broadcast_shapes(draft.shapes[x], constant.shape)
    constant = constant.reshape((1,) * (len(shape) - constant.ndim) + constant.shape)
    own = (1,) * (len(shape) - len(draft.shapes[x])) + draft.shapes[x]
    return (x if own == shape == draft.shapes[x] else tiled(draft, x, shape)), constant


def _axes(shape: Shape, constant: Array) -> tuple[int, Array]:
    """The first axis along which a constant varies, and its values from there to the last one."""
    varying = [axis for axis, size in enumerate(constant.shape) if size > 1]
    first, last = varying[0], varying[-1] + 1
    inner = constant.reshape(constant.shape[first:last])
    return first, np.broadcast_to(inner, shape[first:last])


def combined(draft: Draft, first: str, second: str, operation: str) -> str:
    """Sum or product of two blobs that are broadcast against each other."""
    shapes = draft.shapes[first], draft.shapes[second]
    shape = np.broadcast_shapes(*shapes)
    if shapes[0] == shapes[1]:
        return draft.add("Eltwise", first, second, eltwise_param={"operation": operation})
    for large, small in ((first, second), (second, first)):
        kept = leading_axes(shape, draft.shapes[small])
        if draft.shapes[large] == shape and kept:
            small = reshaped(draft, small, shape[:kept], ".factor")
            if operation == "PROD":
                return draft.add("Scale", large, small, scale_param={"axis": 0})
            return draft.add("Bias", large, small, bias_param={"axis": 0})
    blobs = [tiled(draft, blob, shape, f".{index}") for index, blob in enumerate((first, second))]
    return draft.add("Eltwise", *blobs, eltwise_param={"operation": operation})


def leading_axes(shape: Shape, small: Shape) -> int:
    """The number of first axes that hold all of a blob which is repeated along the others; 0 if
    it is repeated along others too."""
    padded = (1,) * (len(shape) - len(small)) + small
    kept = 0
    for axis, (size, own) in enumerate(zip(shape, padded, strict=True)):
        if own == size and kept == axis:
            kept = axis + 1
    return kept if kept and math.prod(shape[:kept]) == math.prod(padded) else 0
