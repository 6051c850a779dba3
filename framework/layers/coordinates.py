"""Coordinate map from a layer's top to its bottom: a factor and a shift for each axis.

Source: DiagonalAffineMap of longjon's Caffe; python/caffe/coord_map.py in BVLC/caffe.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from framework.proto import ConvolutionParameter, CropParameter, PoolingParameter


class Affine(NamedTuple):
    """x -> factor * x + shift, for one axis."""

    factor: Fraction
    shift: Fraction

    def after(self, other: Affine) -> Affine:
        """First `other`, then this."""
        return Affine(self.factor * other.factor, self.factor * other.shift + self.shift)

    def inverse(self) -> Affine:
        return Affine(1 / self.factor, -self.shift / self.factor)


IDENTITY = Affine(Fraction(1), Fraction(0))


class CoordinateMap(NamedTuple):
    """From bottom coordinates to top coordinates.

    axis   the one before the first that is mapped; None: no axis moves
    axes   a map for each, or one for all
    """

    axis: int | None
    axes: tuple[Affine, ...]

    @property
    def plane(self) -> tuple[Affine, Affine]:
        """The maps of rows and columns, the last two axes."""
        return self.axes[-2:][0], self.axes[-1]


POINTWISE = CoordinateMap(None, (IDENTITY,))


def window_map(param: ConvolutionParameter | PoolingParameter, transposed: bool = False,
               axis: int = 1) -> CoordinateMap:
    """The map of a window that moves over the bottom, or, transposed, over the top.

    Raises ValueError for stride 0, and for pad_type 1, whose padding the bottom's sizes give.
    """
    given = {descriptor.name: value for descriptor, value in param.ListFields()}
    if given.get("pad_type"):
        raise ValueError("has pad_type 1, whose padding depends on the sizes")
    names = ("kernel", "stride", "pad", "dilation")
    count = max(map(len, (_sizes(given, name) for name in names)))
    maps = []
    for kernel, stride, pad, dilation in zip(*(_spread(_sizes(given, name), name, count)
                                               for name in names), strict=True):
        if stride == 0:
            raise ValueError("has stride 0")
        back = Affine(Fraction(stride), Fraction(dilation * (kernel - 1), 2) - pad)
        maps.append(back if transposed else back.inverse())
    return CoordinateMap(axis, tuple(maps))


def window_extents(param: ConvolutionParameter | PoolingParameter) -> tuple[int, int]:
    """Rows and columns from the first to the last that a window reads."""
    given = {descriptor.name: value for descriptor, value in param.ListFields()}
    count = max(2, *(len(_sizes(given, name)) for name in ("kernel", "dilation")))
    kernels, dilations = (_spread(_sizes(given, name), name, count)
                          for name in ("kernel", "dilation"))
    rows, columns = (dilation * (kernel - 1) + 1
                     for kernel, dilation in zip(kernels[-2:], dilations[-2:], strict=True))
    return rows, columns


def crop_map(param: CropParameter) -> CoordinateMap:
    """The map of CropParameter: a shift by its offsets."""
    offsets = list(param.offset) or [0]
    return CoordinateMap(param.axis - 1, tuple(Affine(Fraction(1), Fraction(-offset))
                                               for offset in offsets))


def scale_map(bottom: Sequence[int], top: Sequence[int]) -> CoordinateMap:
    """The map of a resize from the upper left corner, (N, C, H, W) to (N, C, h, w)."""
    return CoordinateMap(1, tuple(Affine(Fraction(size, cells), Fraction(0))
                                  for cells, size in zip(bottom[2:], top[2:], strict=True)))


def _sizes(given: dict[str, Any], name: str) -> list[int | None]:
    """What is said of rows and columns apart, or of all axes; empty if nothing is."""
    if f"{name}_h" in given or f"{name}_w" in given:
        return [given.get(f"{name}_h"), given.get(f"{name}_w")]
    if name == "pad" and (given.get("pad_t") or given.get("pad_l")):
        return [given.get("pad_t"), given.get("pad_l")]     # what is after moves nothing
    if f"{name}_shape" in given:
        return list(given[f"{name}_shape"].dim)
    value = given.get("kernel_size" if name == "kernel" else name, [])
    return [value] if isinstance(value, int) else list(value)


def _spread(sizes: list[int | None], name: str, count: int) -> list[int]:
    default = 0 if name == "pad" else 1
    every = sizes * count if len(sizes) == 1 else [*sizes, *[None] * (count - len(sizes))]
    return [default if size is None else size for size in every]
