"""Infer the shapes of blobs that only files know from the layers that read them."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from framework.definition.spec import LayerSpec, NetSpec
from framework.errors import SpecError
from framework.layers.base import Layer, Shape, Source, class_of
from framework.layers.loss.losses import EuclideanLoss
from framework.layers.loss.surface_normals import AngleLoss, MultiSoftmaxLoss
from framework.layers.recurrent.recurrent import RecurrentLayer
from framework.layers.recurrent.sequence import Transpose
from framework.layers.region_rows import RegionRows
from framework.layers.utility.joining import Concat, Slice
from framework.layers.utility.shape import Crop, Flatten
from framework.layers.vision.inner_product import InnerProduct
from framework.net.open_sizes import unsized
from framework.report.python_layers import PythonOutput
from framework.report.stated_sizes import sizes_of_outputs

OF_ROWS = (EuclideanLoss, AngleLoss, MultiSoftmaxLoss)
"""Losses whose targets are rows of numbers where a database has them, as in old forks. A class
that is compared with a map by another loss is a mistake."""


def missing_shapes(spec: NetSpec, shapes: Mapping[str, Shape], known: Collection[str],
                   error: SpecError) -> dict[str, Shape]:
    """The shape that the layer which `error` names needs of open tops, by their names: those of
    data layers, and of Python layers that are not run.

    shapes  of all blobs before that layer
    known   tops that have been inferred, and stay as they are
    Only where a file alone says the shape of a top, and the layer's other bottoms do not depend
    on it, but for a piece of it, which may have another number of channels. Layers that keep shapes
    may be between the two. What was taken for one number an item, and is read by a layer that takes
    more, is images.
    """
    index = next((index for index, layer in enumerate(spec.layers)
                  if layer.place() == error.layer), None)
    if index is None:
        return {}
    layer = spec.layers[index]
    cls = class_of(layer)
    bottoms = [shapes[name] for name in layer.bottoms if name in shapes]
    if not issubclass(cls, Layer) or len(bottoms) < max(len(layer.bottoms), cls.num_bottoms[0]):
        return {}
    origins, copies = _origins(spec.layers[:index], known)
    if (rows := _rows_wanted(layer, cls)) and (
            pooled := _regions(spec.layers[:index], layer.bottoms[0], rows, copies, shapes)):
        return pooled
    found: dict[str, Shape] = {}
    made: dict[str, Shape] = {}     # of a top that is changed on the way to the layer
    images = next((top for other in spec.layers for top in other.tops), "")
    for number, name in enumerate(layer.bottoms):
        copy = copies.get(name)
        own = {copy.top} if copy else origins.get(name, set())
        if len(own) != 1 or not _is_free(spec, index, name, own, origins, copy):
            continue
        top, = own
        shape = cls.assumed_bottom(layer, number, bottoms) \
            or _as_joined(layer, cls, number, bottoms)
        if shape is None and len(bottoms[number]) == 1 and not cls.loss:
            shape = _images(spec, shapes, bottoms[number][0])
        if shape is None or shape == bottoms[number]:
            continue
        if copy:
            for each in (top, *copy.more):
                _note(found, spec, each, copy.way.whole(shape, shapes[each], bottoms[number]),
                      takes_rows=issubclass(cls, OF_ROWS))
        elif not made and (top != images or shape[1:] == bottoms[number][1:]):
            _note(made, spec, top, _scaled(shape, shapes[top], bottoms[number]))
    return _without_swaps(found, shapes) or made


def _is_free(spec: NetSpec, index: int, name: str, own: set[str],
             origins: Mapping[str, set[str]], copy: Copy | None) -> bool:
    """Whether the open top `own` of a bottom may have a shape that other bottoms have no say in."""
    layer = spec.layers[index]
    if not any(own & origins.get(other, set()) for other in layer.bottoms if other != name):
        return True
    if copy is None:
        return False
    cls = class_of(layer)
    return isinstance(copy.way, Piece | EqualPieces) \
        or (issubclass(cls, Layer) and cls.loss and _is_decoded(spec, index, name))


def _is_decoded(spec: NetSpec, index: int, name: str) -> bool:
    """Whether the loss at `index` compares a bottom with the rows that an autoencoder decodes.
    Square images of as many numbers are tried as sizes of images."""
    return not (unsized(spec) and sizes_of_outputs(spec)) and all(
        other == name or _is_stated(spec.layers[:index], other)
        for other in spec.layers[index].bottoms)


def _is_stated(layers: list[LayerSpec], blob: str) -> bool:
    """Whether a dense layer alone says the shape of a blob's items: what an autoencoder decodes."""
    for layer in reversed(layers):
        if blob not in layer.tops:
            continue
        cls = class_of(layer)
        if issubclass(cls, InnerProduct):
            return bool(layer.proto.inner_product_param.axis == 1)
        if not (issubclass(cls, Layer) and cls.keeps_shape):
            return False
        blob = layer.bottoms[0]
    return False


def _without_swaps(found: dict[str, Shape], shapes: Mapping[str, Shape]) -> dict[str, Shape]:
    """Of two tops that were given each other's shape, the one that grows; the other has its own."""
    return {top: shape for top, shape in found.items()
            if math.prod(shape) >= math.prod(shapes[top])
            or not any(found[other] == shapes[top] and shape == shapes[other]
                       for other in found if other != top)}


def _as_joined(layer: LayerSpec, cls: type[Layer], number: int, bottoms: list[Shape]
               ) -> Shape | None:
    """The shape of the other bottom that is joined to one in rows, where their axes differ."""
    if not issubclass(cls, Concat) or cls.joint_axis(layer.proto) != 0 or len(bottoms) != 2:
        return None
    other = bottoms[1 - number]
    return other if len(other) < len(bottoms[number]) else None


def _rows_wanted(layer: LayerSpec, cls: type[Layer]) -> int:
    """How many rows a layer of regions wants, or a Slice that cuts rows; 0: any number."""
    if issubclass(cls, RegionRows):
        return cls.assumed_rows(layer)
    points = layer.proto.slice_param.slice_point
    cuts_rows = issubclass(cls, Slice) and cls.cut_axis(layer.proto) == 0 and len(points) > 0
    return points[-1] + 1 if cuts_rows else 0


def _regions(layers: list[LayerSpec], blob: str, rows: int, copies: Mapping[str, Copy],
             shapes: Mapping[str, Shape]) -> dict[str, Shape]:
    """The open top of regions whose pooling a blob is made of, with that many of them, less those
    of other blobs that are joined to it."""
    makers = {top: layer for layer in layers for top in layer.tops if top not in layer.bottoms}
    while maker := makers.pop(blob, None):
        if not maker.bottoms:
            break
        cls = class_of(maker)
        if issubclass(cls, Layer) and cls.pools_regions:
            regions = maker.bottoms[-1]
            joined = makers.get(regions)
            parts = [regions]
            if joined and issubclass(kind := class_of(joined), Concat) \
                    and kind.joint_axis(joined.proto) == 0:
                parts = list(joined.bottoms)
            tops = {copies[part].top for part in parts if part in copies}
            rows -= sum(shapes[part][0] for part in parts if part not in copies)
            return {tops.pop(): (rows, 5)} if len(tops) == 1 and rows > 0 else {}
        if issubclass(cls, RegionRows):
            rows = cls.rows_before(maker, maker.tops.index(blob), rows)
        blob = maker.bottoms[0]
    return {}


def _note(found: dict[str, Shape], spec: NetSpec, top: str, shape: Shape | None,
          takes_rows: bool = False) -> None:
    """Add the shape of a top if its layer can make it, or that of rows of as many numbers."""
    if shape is None:
        return
    makers = [(layer, class_of(layer)) for layer in spec.layers if top in layer.tops]
    rows = [(*shape[:1], math.prod(shape[1:]))] if takes_rows else []
    for each in (shape, *rows):
        if all(cls.may_be(layer, top, each) for layer, cls in makers if issubclass(cls, Source)):
            found[top] = each
            return


def _scaled(shape: Shape, top: Shape, blob: Shape) -> Shape | None:
    """The shape of a top of images with which a blob made of it would have `shape`, where each
    axis grows with that of the top. None if that is not a whole number."""
    if not len(shape) == len(top) == len(blob) == 4:
        return None
    axes = list(zip(shape, top, blob, strict=True))
    if any(now == 0 or wanted * size % now for wanted, size, now in axes):
        return None
    return tuple(wanted * size // now for wanted, size, now in axes)


class Way(ABC):
    """How a blob is made of an open top."""

    @abstractmethod
    def whole(self, shape: Shape, top: Shape, blob: Shape) -> Shape | None:
        """The shape of the top with which the blob, now of the shape `blob`, would have `shape`."""


@dataclass(frozen=True)
class Beginning(Way):
    """The blob has the shape of the top, or begins with it."""

    def whole(self, shape: Shape, top: Shape, blob: Shape) -> Shape | None:
        return shape[:len(shape) + len(top) - len(blob)]


@dataclass(frozen=True)
class Leading(Way):
    """The first `count` axes are the top's."""

    count: int

    def whole(self, shape: Shape, top: Shape, blob: Shape) -> Shape | None:
        return (*shape[:self.count], *top[self.count:])


@dataclass(frozen=True)
class Reordered(Way):
    """The blob's axis i is the top's axis order[i]."""

    order: tuple[int, ...]

    def whole(self, shape: Shape, top: Shape, blob: Shape) -> Shape | None:
        if len(self.order) != len(shape):
            return None
        return tuple(shape[self.order.index(axis)] for axis in range(len(shape)))


@dataclass(frozen=True)
class Rows(Way):
    """The top's, but for the last axis: the length of rows that an InnerProduct reads."""

    def whole(self, shape: Shape, top: Shape, blob: Shape) -> Shape | None:
        return (*shape[:-1], 1) if len(shape) > len(blob) else None


@dataclass(frozen=True)
class Items(Way):
    """The top's items, and then those of others."""

    def whole(self, shape: Shape, top: Shape, blob: Shape) -> Shape | None:
        return (*top[:1], *shape[1:]) if shape[0] == blob[0] else None


@dataclass(frozen=True)
class Piece(Way):
    """One of the pieces that a Slice cuts along `axis`, of `size`, where the last one begins at
    `start`; size 0: the last one itself."""

    axis: int
    start: int
    size: int = 0

    def whole(self, shape: Shape, top: Shape, blob: Shape) -> Shape | None:
        shape = shape[:len(shape) + len(top) - len(blob)]
        if not -len(shape) <= self.axis < len(shape):
            return None
        axis = self.axis % len(shape)
        if self.size and (axis == 0 or shape[axis] != self.size):
            return None
        end = self.start + (1 if self.size else shape[axis])
        return (*shape[:axis], end, *shape[axis + 1:])


@dataclass(frozen=True)
class EqualPieces(Way):
    """One of `count` pieces of one size along `axis`, or all of them joined along `joined`."""

    axis: int
    count: int
    joined: int = 0

    def whole(self, shape: Shape, top: Shape, blob: Shape) -> Shape | None:
        if self.joined:
            if self.joined >= len(shape) or shape[self.joined] % self.count:
                return None
            shape = (*shape[:self.joined], shape[self.joined] // self.count,
                     *shape[self.joined + 1:])
        shape = shape[:len(shape) + len(top) - len(blob)]
        if not -len(shape) <= self.axis < len(shape):
            return None
        axis = self.axis % len(shape)
        return (*shape[:axis], shape[axis] * self.count, *shape[axis + 1:])


BEGINNING = Beginning()


class Copy(NamedTuple):
    """The open top that a blob is made of, and how; `more`: open tops whose items follow."""

    top: str
    way: Way = BEGINNING
    more: tuple[str, ...] = ()


def _images(spec: NetSpec, shapes: Mapping[str, Shape], batch: int) -> Shape | None:
    """A batch of images like the first that the net has: what a layer of images needs for numbers.
    """
    tops = [top for layer in spec.layers if issubclass(class_of(layer), Source)
            for top in layer.tops]
    return next(((batch, *shapes[top][1:]) for top in tops if len(shapes[top]) == 4), None)


def _origins(layers: list[LayerSpec], known: Collection[str]
             ) -> tuple[dict[str, set[str]], dict[str, Copy]]:
    """For each blob the open tops of data layers that it depends on, and the one whose shape it
    has or begins with, if that is sure. What is flattened can have been flat before."""
    origins: dict[str, set[str]] = {}
    copies: dict[str, Copy] = {}
    for layer in layers:
        cls = class_of(layer)
        if issubclass(cls, Source | PythonOutput):
            open_tops = [top for top in cls.tops_of_files(layer) if top not in known]
            origins.update((top, {top}) for top in open_tops)
            copies.update((top, Copy(top)) for top in open_tops)
            continue
        read = layer.bottoms
        if issubclass(cls, Crop) and layer.proto.crop_param.axis > 1:
            read = read[:1]             # what gives a size says nothing of channels
        needed = {origin for name in read for origin in origins.get(name, ())}
        copied = copies.get(layer.bottoms[0]) if layer.bottoms else None
        for top in layer.tops:
            origins[top] = needed
            copies.pop(top, None)
        if copied:
            copies.update(_copies_of(layer, copied, {copies.get(name) for name in read}))
    return origins, copies


def _copies_of(layer: LayerSpec, copied: Copy, read: set[Copy | None]) -> dict[str, Copy]:
    """What the tops of a layer are copies of, whose first bottom is a copy; `read`: its bottoms."""
    cls = class_of(layer)
    if not issubclass(cls, Layer):
        return {}
    if cls.keeps_shape or cls.appends_axis or issubclass(cls, Flatten):
        return dict.fromkeys(layer.tops, copied)
    if issubclass(cls, Concat) and cls.joint_axis(layer.proto) > 0:
        joined = _joined(copied, len(layer.bottoms), cls.joint_axis(layer.proto))
        return dict.fromkeys(layer.tops, joined) if joined and read == {copied} else {}
    if copied.way != BEGINNING:
        return {}
    if issubclass(cls, RecurrentLayer):
        return {layer.tops[0]: Copy(copied.top, Leading(2))}
    if issubclass(cls, Transpose):
        order = tuple(cls.axis_order(layer))
        is_sure = sorted(order) == list(range(len(order)))
        return dict.fromkeys(layer.tops, Copy(copied.top, Reordered(order))) if is_sure else {}
    if issubclass(cls, InnerProduct) and layer.proto.inner_product_param.axis == -1:
        return dict.fromkeys(layer.tops, Copy(copied.top, Rows()))
    if issubclass(cls, Concat) and cls.joint_axis(layer.proto) == 0 and len(read) > 1:
        tops = [one.top for one in read if one is not None and one.way == BEGINNING]
        more = tuple(sorted(set(tops) - {copied.top}))
        return dict.fromkeys(layer.tops, Copy(copied.top, Items(), more)) \
            if len(tops) == len(layer.bottoms) else {}
    return _slices(layer, cls.cut_axis(layer.proto), copied.top) if issubclass(cls, Slice) else {}


def _joined(copied: Copy, count: int, axis: int) -> Copy | None:
    """All pieces of a top joined along an axis again, if these are `count`."""
    way = copied.way
    if not isinstance(way, EqualPieces) or way.count != count or way.joined:
        return None
    return Copy(copied.top, EqualPieces(way.axis, count, axis))


def _slices(layer: LayerSpec, axis: int, top: str) -> dict[str, Copy]:
    """What the tops of a Slice are of the open top that it cuts."""
    points = layer.proto.slice_param.slice_point
    if not points:
        return dict.fromkeys(layer.tops, Copy(top, EqualPieces(axis, len(layer.tops))))
    if axis == 0 or len(layer.tops) != len(points) + 1:
        return {}
    edges = pairwise([0, *points])
    pieces = {piece: Copy(top, Piece(axis, points[-1], high - low))
              for piece, (low, high) in zip(layer.tops, edges, strict=False)}
    return {**pieces, layer.tops[-1]: Copy(top, Piece(axis, points[-1]))}
