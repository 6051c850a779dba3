"""Sizes of images that a net file states elsewhere, for its other phase or in its deploy twin, and
those that its layers suggest."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from framework.definition.prototxt import Lines
from framework.definition.spec import LayerSpec, NetSpec
from framework.errors import CaffeError
from framework.layers.base import Layer, Shape
from framework.layers.loss.softmax import SoftmaxWithLoss
from framework.layers.params import is_set, numbers
from framework.layers.utility.joining import Concat
from framework.layers.utility.parameter_blobs import ClassLatch
from framework.net.open_sizes import known_class, stated_shapes, unsized
from framework.net.reading import read_net
from framework.proto import ConvolutionParameter

LEAST_SIDE = 8      # of an image, in pixels
MOST_SIZES = 4      # of layers that are tried
YOLO_STRIDE = 32    # pixels of a cell of the last map
SHRINKING = (2, 4, 8, 16)       # what poolings divide an image by
TRAINING_NAMES = ("train_val", "trainval", "train_test", "train", "test", "val")


class Stated(NamedTuple):
    """Channels, height and width of a top, and where they are stated."""

    top: str
    shape: Shape
    place: str


def stated_shape(spec: NetSpec) -> Stated | None:
    """The shape of the images of the first data layer that does not say it itself."""
    for wanted in unsized(spec):
        for layer in (*_other_phase(spec), *_deploy_twin(spec)):
            if layer.tops[:1] != wanted.tops[:1]:
                continue
            shapes = stated_shapes(layer)
            if shapes and len(shapes[0]) == 4:
                return Stated(wanted.tops[0], shapes[0][1:], layer.place())
    return None


def reshaped(spec: NetSpec) -> Iterator[Stated]:
    """Images of data layers as a Reshape of them says, whose dims but the items' are all given."""
    tops = {layer.tops[0] for layer in unsized(spec)}
    for layer in spec.layers:
        param = layer.proto.reshape_param
        items, *shape = param.shape.dim or [1]
        if layer.type == "Reshape" and layer.bottoms[0] in tops and param.axis == 0 \
                and items in (0, -1) and len(shape) == 3 and min(shape) > 0:
            yield Stated(layer.bottoms[0], tuple(shape), layer.place())


def joined(spec: NetSpec) -> Iterator[Stated]:
    """Images of data layers that a Concat joins, item after item, with images whose size is sure.

    Layers that keep a shape, and a ClassLatch, may be between the two.
    """
    makers = {top: layer for layer in spec.layers for top in layer.tops if top not in layer.bottoms}
    open_tops = {layer.tops[0] for layer in unsized(spec)}
    for layer in spec.layers:
        cls = known_class(layer)
        if cls is None or not issubclass(cls, Concat) or cls.joint_axis(layer.proto):
            continue
        tops = [_origin(makers, name) for name in layer.bottoms]
        shapes = [stated_shapes(makers[top]) if top in makers else [] for top in tops]
        sure = next((shape[0][1:] for shape in shapes if shape and len(shape[0]) == 4), None)
        for top in open_tops.intersection(tops) if sure else ():
            yield Stated(top, sure, layer.place())


def _origin(makers: Mapping[str, LayerSpec], blob: str) -> str:
    """The top that a blob is a copy of."""
    while maker := makers.get(blob):
        cls = known_class(maker)
        if cls is None or not issubclass(cls, Layer) or not maker.bottoms \
                or not (cls.keeps_shape or issubclass(cls, ClassLatch)):
            break
        blob = maker.bottoms[0]
    return blob


def sizes_of_layers(spec: NetSpec) -> list[tuple[int, int]]:
    """Heights and widths that layers give their tops, each once, in the order of the net.

    Where a net fits images of one size only, such a layer often has that size. Then the sizes from
    which upsampling, YOLO's grids and the steps of a sequence come.
    """
    found = []
    for layer in spec.layers:
        found.append((0, 0, *layer.proto.reshape_param.shape.dim)[-2:])
        found += [(getattr(param, "height", 0), getattr(param, "width", 0))
                  for field, param in layer.proto.ListFields()
                  if field.message_type is not None and not field.is_repeated]
    sizes = [(height, width) for height, width in found if isinstance(height, int)
             and isinstance(width, int) and min(height, width) > LEAST_SIDE]
    return list(dict.fromkeys([*list(dict.fromkeys(sizes))[:MOST_SIZES], *_upsampled(spec),
                               *_of_grids(spec), *_of_steps(spec)]))


def sizes_of_windows(spec: NetSpec, usual: tuple[int, int]) -> list[tuple[int, int]]:
    """The usual height and width, or that of a window of more cells: of a layer that reads a data
    layer's top, as of features in rows whose kernel is as wide as they are."""
    tops = {layer.tops[0] for layer in unsized(spec)}
    windows = [_window(layer.proto.convolution_param) for layer in spec.layers
               if layer.bottoms and layer.bottoms[0] in tops]
    sizes = [(max(height, usual[0]), max(width, usual[1])) for height, width in windows]
    return [size for size in dict.fromkeys(sizes) if size != usual]


def _of_grids(spec: NetSpec) -> list[tuple[int, int]]:
    """The square images of which YOLO's convolutions make the grid that a data layer states."""
    sides = [side for layer in unsized(spec) for side in layer.proto.data_param.side]
    return [(YOLO_STRIDE * side, YOLO_STRIDE * side) for side in dict.fromkeys(sides)]


def _of_steps(spec: NetSpec) -> list[tuple[int, int]]:
    """The square images whose columns, after poolings, are the steps of a ContinuationIndicator."""
    counts = [layer.proto.continuation_indicator_param.time_step for layer in spec.layers
              if layer.type == "ContinuationIndicator"]
    return [(steps * times, steps * times) for steps in dict.fromkeys(counts) if steps > 1
            for times in SHRINKING]


def sizes_of_scores(spec: NetSpec) -> list[tuple[int, int]]:
    """The square images of which windows leave one cell of scores for a class of the image, where
    nothing else makes one: no InnerProduct, no pooling of the whole map."""
    makers: dict[str, LayerSpec] = {}
    for layer in spec.layers:
        cls = known_class(layer)
        if cls is not None and issubclass(cls, SoftmaxWithLoss):
            return _leaving_one_cell(makers, layer.bottoms[0] if layer.bottoms else "")
        if not set(layer.tops) & set(layer.bottoms):
            makers.update(dict.fromkeys(layer.tops, layer))
    return []


def _leaving_one_cell(makers: Mapping[str, LayerSpec], blob: str) -> list[tuple[int, int]]:
    """The images of which convolutions and poolings, one after the other, make one cell."""
    side = 1
    while (maker := makers.get(blob)) and maker.bottoms:
        param = {"Convolution": maker.proto.convolution_param,
                 "Pooling": maker.proto.pooling_param}.get(maker.type)
        cls = known_class(maker)
        if param is not None:
            kernel, stride, pad = ([*numbers(param, name), default][0] for name, default in
                                   (("kernel_size", 0), ("stride", 1), ("pad", 0)))
            side = (side - 1) * stride + kernel - 2 * pad
            if not kernel or side < 1 or is_set(param, "dilation"):
                return []
        elif cls is None or not issubclass(cls, Layer) or not cls.keeps_shape:
            return []
        blob = maker.bottoms[0]
    return [(side, side)] if maker and side > 1 else []


def _window(param: ConvolutionParameter) -> tuple[int, int]:
    """Height and width of a kernel in the plane; 0 where there is none."""
    height, width = ([*param.kernel_size] * 2)[:2] if param.kernel_size else (0, 0)
    return height or param.kernel_h, width or param.kernel_w


def sizes_of_outputs(spec: NetSpec) -> list[tuple[int, int, int]]:
    """Channels, height and width of square images of as many numbers as an InnerProduct gives:
    what an autoencoder is compared with."""
    counts = [layer.proto.inner_product_param.num_output for layer in spec.layers
              if layer.type == "InnerProduct"]
    found = [(channels, side, side) for count in counts for channels in (1, 3)
             if (side := math.isqrt(count // channels)) > LEAST_SIDE
             and channels * side * side == count]
    return list(dict.fromkeys(found))[-MOST_SIZES:]


def _upsampled(spec: NetSpec) -> list[tuple[int, int]]:
    """The images of which the largest top that an Upsample layer states is a part, as in SegNet's
    nets: of 45 x 60 these are 90 x 120, 180 x 240, 360 x 480 and 720 x 960."""
    params = [layer.proto.upsample_param for layer in spec.layers]
    height, width = max((param.upsample_h, param.upsample_w) for param in params) \
        if params else (0, 0)
    return [(height * times, width * times) for times in SHRINKING] if min(height, width) else []


def _other_phase(spec: NetSpec) -> Iterator[LayerSpec]:
    """The layers of the file that are not in this phase."""
    used = {id(layer.lines) for layer in spec.layers}
    document = spec.document
    for layer, lines in zip(document.message.layer, document.lines.fields.get("layer", []),
                            strict=False):
        if id(lines) not in used:
            yield LayerSpec(layer, lines, spec.path, spec.phase)


def _deploy_twin(spec: NetSpec) -> Iterator[LayerSpec]:
    """The layers of `x_deploy.prototxt` beside `x_train_val.prototxt`, or of `deploy.prototxt`."""
    path = Path(spec.path)
    names = [path.name.replace(word, "deploy") for word in TRAINING_NAMES if word in path.name]
    for name in dict.fromkeys([*names, "deploy.prototxt"]):
        twin = path.with_name(name)
        if twin != path and os.path.isfile(twin):
            try:
                document = read_net(twin)
            except CaffeError:
                continue
            for layer in document.message.layer:
                yield LayerSpec(layer, Lines(), str(twin), "TEST")
