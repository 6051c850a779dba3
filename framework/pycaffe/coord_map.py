"""Coordinate maps between the tops of a NetSpec, and the Crop layer that aligns two of them.

A map is (axis, scale, shift): from the blob's axis `axis` on, the coordinate x of one blob is
scale * x + shift in the other. axis None, scale 1, shift 0 is the identity on any axis. Scale and
shift are numbers or arrays with one for each spatial axis.
Source: the behaviour of python/caffe/coord_map.py in BVLC/caffe.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from framework.layers import LAYERS
from framework.layers.base import Layer, Source
from framework.proto import LayerParameter
from framework.pycaffe.net_spec import Function, Top, layers

Map = tuple[int | None, Any, Any]
"""axis, scale, shift. Any: numbers or numpy arrays."""

PASS_THROUGH_LAYERS = [name for name, cls in LAYERS.items()
                       if issubclass(cls, Layer) and cls.pointwise]
"""Types whose tops have the coordinates of their bottoms."""
OLD_FIELDS = {"pad_h", "pad_w", "kernel_h", "kernel_w", "stride_h", "stride_w", "pad_t", "pad_l",
              "pad_b", "pad_r", "pad_type"}
IDENTITY: Map = (None, 1, 0)


class UndefinedMapException(Exception):
    """The layer has no map of coordinates: InnerProduct, say."""


class AxisMismatchException(Exception):
    """Two maps in a row begin at different axes."""


def conv_params(fn: Function) -> tuple[int, NDArray[Any], NDArray[Any], NDArray[Any]]:
    """(axis, stride, kernel with its dilation, pad) of a layer with a window.

    Raises AssertionError for kernel_h and its like, as the original does.
    """
    given = _window_params(fn)
    kernel, dilation, stride, pad = (
        np.array(value, ndmin=1) for value in (given["kernel_size"], given.get("dilation", 1),
                                               given.get("stride", 1), given.get("pad", 0)))
    return given.get("axis", 1), stride, (kernel - 1) * dilation + 1, pad


def _window_params(fn: Function) -> dict[str, Any]:
    """The parameters of a layer with a window. AssertionError for kernel_h and its like."""
    given: dict[str, Any] = fn.params
    for field in ("convolution_param", "pooling_param"):
        given = fn.params.get(field, given)
    if old := sorted(OLD_FIELDS & {*fn.params, *given}):
        raise AssertionError(f"{fn.type_name}: {old[0]} is given; only kernel_size, stride and pad "
                             "can be mapped")
    return given


def crop_params(fn: Function) -> tuple[int, NDArray[Any]]:
    """(axis, offset) of a Crop layer."""
    given = fn.params.get("crop_param", fn.params)
    return given.get("axis", 2), np.array(given.get("offset", 0), ndmin=1)


def coord_map(fn: Function) -> Map:
    """The map of a layer. Raises UndefinedMapException for a type without one."""
    cls = LAYERS.get(fn.type_name, Source)
    if not issubclass(cls, Layer):
        raise UndefinedMapException(f"{fn.type_name} has no map of coordinates")
    _window_params(fn)
    proto = LayerParameter(type=fn.type_name)
    fn.fill(proto)
    try:
        axis, axes = cls.coordinate_map(proto)
    except ValueError as error:
        raise UndefinedMapException(f"{fn.type_name} {error}") from None
    if axis is None:
        return IDENTITY
    return (axis, np.array([float(one.factor) for one in axes]),
            np.array([float(one.shift) for one in axes]))


def compose(base_map: Map, next_map: Map) -> Map:
    """The map of `next_map` followed by `base_map`."""
    (axis, scale, shift), (next_axis, next_scale, next_shift) = base_map, next_map
    if None not in (axis, next_axis) and axis != next_axis:
        raise AxisMismatchException(f"one map begins at axis {axis}, the other at {next_axis}")
    return (next_axis if axis is None else axis, scale * next_scale, scale * next_shift + shift)


def inverse(coord_map: Map) -> Map:
    """The map the other way round."""
    axis, scale, shift = coord_map
    return axis, 1 / scale, -shift / scale


def _mapped_inputs(top: Top) -> Iterable[Top]:
    """The inputs that a top's map is about: of Crop the first only, the other gives a size."""
    return top.fn.inputs[:1] if top.fn.type_name == "Crop" else top.fn.inputs


def _maps_back(start: Top) -> dict[Top, Map]:
    """The maps from `start` to every top it is made of, the nearest first."""
    maps = {start: IDENTITY}
    waiting = [start]
    for top in waiting:
        inputs = _mapped_inputs(top)
        try:
            own = coord_map(top.fn) if inputs else IDENTITY
        except UndefinedMapException:
            continue
        for bottom in inputs:
            if bottom not in maps:
                maps[bottom] = compose(maps[top], own)
                waiting.append(bottom)
    return maps


def coord_map_from_to(top_from: Top, top_to: Top) -> Map:
    """The map between two tops with a common ancestor.

    Raises RuntimeError if no layers with maps connect them.
    """
    maps_from = _maps_back(top_from)
    for top, map_to in _maps_back(top_to).items():
        if top in maps_from:
            return compose(map_to, inverse(maps_from[top]))
    raise RuntimeError(f"no map from the {top_from.fn.type_name} top to the "
                       f"{top_to.fn.type_name} top: no layers with coordinates connect them")


def crop(top_from: Top, top_to: Top) -> Top:
    """A Crop layer that cuts `top_from` to the position and size of `top_to`.

    Raises AssertionError, as the original does, if the scales differ or the offset is negative or
    not whole.
    """
    axis, scale, shift = coord_map_from_to(top_from, top_to)
    if not np.all(scale == 1):
        raise AssertionError(f"the tops cannot be cropped: their scales differ by {scale}")
    offset = -np.atleast_1d(shift)
    if not np.all(offset >= 0) or not np.all(offset == np.round(offset)):
        raise AssertionError(f"the tops cannot be cropped: the offset is {offset}; it must be "
                             "whole and not negative")
    cropped: Top = layers.Crop(top_from, top_to, crop_param={
        "axis": 2 if axis is None else axis + 1, "offset": offset.astype(int).tolist()})
    return cropped
