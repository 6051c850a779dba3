"""Permute, flatten, reshape, tile and crop: layers that only move values."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.coordinates import CoordinateMap, crop_map
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import canonical_axis, check_sizes, honour, is_set
from framework.ops.by_item import pixel_shuffle, pixel_unshuffle
from framework.proto import LayerParameter


@layer
class Permute(Layer):
    """Permute the axes.

    Bottom: any shape.
    Top:    axis i is the bottom's axis order[i]; axes not named follow in their old order.
    Errors: SpecError for an axis named twice or not there.
    Source: PermuteParameter in caffe.proto; permute_layer.cpp of the SSD branch.
    """

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        order = list(spec.proto.permute_param.order)
        if any(axis >= len(x) for axis in order):
            raise spec.error("permute_param.order", f"is {order}; the bottom has the shape "
                             f"{tuple(x)}, so each must be from 0 to {len(x) - 1}")
        if len(set(order)) < len(order):
            raise spec.error("permute_param.order", f"is {order}; no axis may be named twice")
        self.order = order + [axis for axis in range(len(x)) if axis not in order]

    def forward(self, x: Tensor) -> Tensor:
        return x.permute(self.order)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        return [graph.add("Transpose", bottoms[0], perm=self.order)]


@layer
class Flatten(Layer):
    """Flatten the axes from `axis` to `end_axis`, both included, into one.

    Bottom: any shape.
    Top:    the same values; (d0, ..., product, ..., dn). An end just before the start inserts an
            axis of size 1 there.
    Errors: SpecError for an axis that is not there, an end further before the start, and a top
            of the bottom's name.
    Source: FlattenParameter in caffe.proto; BVLC flatten_layer.cpp.
    """

    never_in_place = True

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        param = spec.proto.flatten_param
        self.axis = canonical_axis(spec, "flatten_param.axis", param.axis, x)
        self.end_axis = canonical_axis(spec, "flatten_param.end_axis", param.end_axis, x)
        if self.end_axis < self.axis - 1:
            raise spec.error("flatten_param.end_axis", f"is {param.end_axis}, which comes before "
                             f"the axis {param.axis} of a bottom of shape {tuple(x)}")

    def forward(self, x: Tensor) -> Tensor:
        if self.end_axis < self.axis:
            return x.unsqueeze(self.axis)
        return x.flatten(self.axis, self.end_axis)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        shape = graph.shape(bottoms[0])
        if self.axis == 1 and self.end_axis == len(shape) - 1:
            return [graph.add("Flatten", bottoms[0], axis=1)]
        if self.end_axis < self.axis:
            return [graph.reshape(bottoms[0], [*[0] * self.axis, 1, *shape[self.axis:]])]
        return [graph.reshape(bottoms[0], [*[0] * self.axis, -1, *shape[self.end_axis + 1:]])]


@layer
class Reshape(Layer):
    """Reshape: replace `num_axes` axes from `axis` on by those of `shape`.

    Bottom: any shape.
    Top:    the same values; a dim of `shape` that is 0 copies the bottom's axis of that index,
            one that is -1 holds what remains. A negative `axis` counts from one past the last:
            -1 inserts after it. `num_axes: -1` means all that follow.
    With `pixelshuffler` r above 1 instead a pixel shuffle, (N, C * r^2, H, W) to (N, C, H * r,
    W * r), and with r below -1 its inverse by -r.
    Errors: SpecError for two dims -1, a 0 where the bottom has no axis, counts that differ, a
            top of the bottom's name, and for a pixelshuffler that does not divide the axes.
    Source: ReshapeParameter in caffe.proto; BVLC reshape_layer.cpp; that of AtlantixJJ/caffe.
    """

    never_in_place = True

    @classmethod
    def assumed_bottom(cls, spec: LayerSpec, index: int, bottoms: Sequence[Shape]
                       ) -> Shape | None:
        """Rows of as many values as the shape holds, unless images of another size would do; or
        as many of the items that there are as the shape begins with, if that is not 0."""
        x, param = bottoms[0], spec.proto.reshape_param
        dims = list(param.shape.dim)
        if dims[:1] == [0]:
            dims[0] = x[0]
        if param.axis or param.num_axes != -1 or min(dims, default=0) < 1 or 0 in x:
            return None
        values = math.prod(dims)
        if len(x) > 2 and values == dims[0] * math.prod(x[1:]):
            return dims[0], *x[1:]
        if values % x[0] or len(x) > 1 and values // x[0] % x[1] == 0:
            return None
        return x[0], values // x[0]

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        param = spec.proto.reshape_param
        honour(spec, "reshape_param", "shape axis num_axes pixelshuffler")
        self.shuffle = param.pixelshuffler
        if self.shuffle != 1:
            return self._check_shuffle(x)
        self.start = param.axis if param.axis >= 0 else len(x) + 1 + param.axis
        if not 0 <= self.start <= len(x):
            raise spec.error("reshape_param.axis", f"is {param.axis}; the bottom has the shape "
                             f"{tuple(x)}, so it must be from {-len(x) - 1} to {len(x)}")
        if not -1 <= param.num_axes <= len(x) - self.start:
            raise spec.error("reshape_param.num_axes", f"is {param.num_axes}; from axis "
                             f"{self.start} on there are {len(x) - self.start}")
        self.end = len(x) if param.num_axes == -1 else self.start + param.num_axes
        self.dims = list(param.shape.dim)
        self._check_dims(x)

    def _check_shuffle(self, x: Shape) -> None:
        factor = abs(self.shuffle)
        if len(x) != 4 or factor < 2 or (
                x[1] % factor**2 if self.shuffle > 0 else x[2] % factor or x[3] % factor):
            raise self.spec.error("reshape_param.pixelshuffler", f"is {self.shuffle}; its square "
                                  "must divide the channels or, below -1, it must divide the "
                                  f"height and width; the bottom has the shape {tuple(x)}")

    def _check_dims(self, x: Shape) -> None:
        field = "reshape_param.shape"
        if self.dims.count(-1) > 1 or min(self.dims, default=0) < -1:
            raise self.spec.error(field, f"has the dims {self.dims}; each must be at least -1, "
                                  "and only one may be -1")
        for index, dim in enumerate(self.dims):
            if dim == 0 and self.start + index >= len(x):
                raise self.spec.error(field, f"has dim 0 at index {index}; the bottom, of shape "
                                      f"{tuple(x)}, has no axis {self.start + index} to copy")
        fixed = math.prod(dim for dim in self._shape(x) if dim != -1)
        fits = math.prod(x) % fixed == 0 if fixed and -1 in self.dims else math.prod(x) == fixed
        if not fits:
            raise self.spec.error(field, f"has the dims {self.dims}, which do not hold the "
                                  f"{math.prod(x)} values of the bottom's shape {tuple(x)}")

    def _shape(self, x: Shape | torch.Size) -> list[int]:
        middle = [x[self.start + index] if dim == 0 else dim
                  for index, dim in enumerate(self.dims)]
        return [*x[:self.start], *middle, *x[self.end:]]

    def forward(self, x: Tensor) -> Tensor:
        if self.shuffle == 1:
            return x.reshape(self._shape(x.shape))
        return pixel_shuffle(x, self.shuffle) if self.shuffle > 1 \
            else pixel_unshuffle(x, -self.shuffle)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        """Only axes that stay in their index are 0 in ONNX: any other number is written out."""
        if self.shuffle > 1:
            return [graph.add("DepthToSpace", bottoms[0], blocksize=self.shuffle, mode="CRD")]
        if self.shuffle < 1:
            return [self._unshuffled(graph, bottoms[0])]
        shape = graph.shape(bottoms[0])
        dims = [0 if index < self.start else size for index, size in enumerate(self._shape(shape))]
        for index, dim in enumerate(self.dims, self.start):
            if dim == 0:
                dims[index] = 0
        if graph.batch is None and self.start == 0 and self.end > 0 and dims and dims[0] != 0:
            raise self.spec.error("reshape_param.shape", "gives the batch axis a size of its own, "
                                  "which a batch of any size contradicts; export a fixed batch")
        return [graph.reshape(bottoms[0], dims)]

    def _unshuffled(self, graph: OnnxGraph, bottom: str) -> str:
        """ONNX's own SpaceToDepth has the cells before the channels."""
        _, channels, height, width = graph.shape(bottom)
        factor = -self.shuffle
        rows, columns = height // factor, width // factor
        cells = graph.reshape(bottom, [0, channels, rows, factor, columns, factor])
        turned = graph.add("Transpose", cells, perm=[0, 1, 3, 5, 2, 4])
        return graph.reshape(turned, [0, channels * factor**2, rows, columns])


@layer
class Tile(Layer):
    """Repeat the bottom `tiles` times along `axis`.

    Bottom: any shape. Top: `tiles` times as large on the axis.
    Errors: SpecError if tiles is 0 or the axis is not there.
    Source: TileParameter in caffe.proto; BVLC tile_layer.cpp.
    """

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        param = spec.proto.tile_param
        honour(spec, "tile_param", "axis tiles")
        check_sizes(spec, "tile_param", "tiles")
        self.axis = canonical_axis(spec, "tile_param.axis", param.axis, x)
        self.tiles = param.tiles

    def forward(self, x: Tensor) -> Tensor:
        return x.repeat([self.tiles if axis == self.axis else 1 for axis in range(x.dim())])

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        repeats = [self.tiles if axis == self.axis else 1
                   for axis in range(len(graph.shape(bottoms[0])))]
        return [graph.add("Tile", bottoms[0], graph.integers(repeats))]


def crop_offsets(spec: LayerSpec, x: Shape, axis: int) -> list[int]:
    """crop_param.offset for each axis of x from `axis` on; SpecError for another number of them."""
    num_cut = len(x) - axis
    offsets = list(spec.proto.crop_param.offset) or [0]
    if len(offsets) not in (1, num_cut):
        raise spec.error("crop_param.offset", f"is given {len(offsets)} times; it must be "
                         f"once, or once for each of the {num_cut} axes from {axis} on")
    return offsets * num_cut if len(offsets) == 1 else offsets


@layer
class Crop(Layer):
    """Crop bottom 0 to the size of bottom 1 from `axis` on.

    Bottoms: x, and a blob of as many axes that gives the size (no gradient goes to it).
    Top:     x from `offset` on: 0 if it is not given, one for all axes, or one for each; with
             `center_align` from half of what is cut off, rounded down, whatever the offset.
    Errors:  SpecError for a wrong number of offsets, or a crop that goes beyond x.
    Source:  CropParameter in caffe.proto; BVLC crop_layer.cpp, and that of
             superxuang/caffe_3d_faster_rcnn.
    """

    num_bottoms = (2, 2)
    fork_fields = frozenset(["crop_param.center_align"])
    no_gradient_bottoms = (1,)

    @classmethod
    def coordinate_map(cls, proto: LayerParameter) -> CoordinateMap:
        if proto.crop_param.center_align:
            raise ValueError("crops the middle, by sizes that are not known yet")
        return crop_map(proto.crop_param)

    @classmethod
    def assumed_bottom(cls, spec: LayerSpec, index: int, bottoms: Sequence[Shape]
                       ) -> Shape | None:
        """A second bottom as large as the first one with the offsets cut off its end."""
        x = bottoms[0]
        param = spec.proto.crop_param
        axis = param.axis % max(len(x), 1)
        offsets = list(param.offset) or [0]
        if index != 1 or len(bottoms[1]) != len(x):
            return None
        offsets = offsets * (len(x) - axis) if len(offsets) == 1 else offsets
        sizes = [size - offset for size, offset in zip(x[axis:], offsets, strict=False)]
        return (*bottoms[1][:axis], *sizes) if min(sizes, default=0) > 0 else None

    def __init__(self, spec: LayerSpec, x: Shape, like: Shape):
        super().__init__(spec)
        param = spec.proto.crop_param
        self.axis = canonical_axis(spec, "crop_param.axis", param.axis, x)
        if len(x) != len(like):
            raise spec.error("bottom", f"has the shapes {tuple(x)} and {tuple(like)}; they must "
                             "have as many axes")
        self.offsets = crop_offsets(spec, x, self.axis)
        self.centers = param.center_align
        if self.centers:
            self.offsets = self._middle(x, like)
        for axis, offset in enumerate(self.offsets, self.axis):
            if offset + like[axis] > x[axis]:
                raise spec.error("crop_param.offset", f"is {offset} on axis {axis}; a crop of "
                                 f"{like[axis]} from there goes beyond the bottom's {x[axis]}")

    def _middle(self, x: Sequence[int], like: Sequence[int]) -> list[int]:
        """Half of what is cut off each axis of these sizes."""
        return [(size - kept) // 2 if size > kept else 0
                for size, kept in zip(x[self.axis:], like[self.axis:], strict=True)]

    def forward(self, x: Tensor, like: Tensor) -> Tensor:
        offsets = self._middle(x.shape, like.shape) if self.centers else self.offsets
        for axis, offset in enumerate(offsets, self.axis):
            x = x.narrow(axis, offset, like.shape[axis])
        return x

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        x, shape, like = bottoms[0], graph.shape(bottoms[0]), graph.shape(bottoms[1])
        for axis, offset in enumerate(self.offsets, self.axis):
            if offset or like[axis] != shape[axis]:
                x = graph.cut(x, axis, offset, offset + like[axis])
        return [x]


@layer
class Parameter(Layer):
    """Parameter: a learned blob as a top.

    Top:    the blob.
    Blobs:  parameter, of `shape`, without one a single value (); zeros, or by `blob_filler`
            (happynear/caffe-windows) or `filler` (openvinotoolkit/training_toolbox_caffe).
    Source: ParameterParameter in caffe.proto; BVLC parameter_layer.hpp.
    """

    num_bottoms = (0, 0)
    fork_fields = frozenset(("parameter_param.filler", "parameter_param.norm_axis"))
    blobs_learn = (True,)
    parameter: Tensor

    def __init__(self, spec: LayerSpec):
        super().__init__(spec)
        honour(spec, "parameter_param", "shape blob_filler filler norm_axis")
        param = spec.proto.parameter_param
        given = [name for name in ("blob_filler", "filler") if is_set(param, name)]
        filler = getattr(param, given[0]) if given else None
        self.add_blob("parameter", tuple(param.shape.dim), filler)

    def forward(self) -> Tensor:
        # A tensor of its own: the net's blobs must not be its parameters.
        return self.parameter.view_as(self.parameter)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        return [graph.floats(self.parameter, "parameter")]


@layer
class Squeeze(Layer):
    """Leave out axes of size 1.

    Bottom: x.
    Top:    x without the axes `axis`, which may be given several times and be negative; without
            any given, without all axes of size 1.
    Blobs:  none.
    Errors: SpecError for an axis that x lacks, or one of another size.
    Source: squeeze_layer.cpp of foss-for-synopsys-dwc-arc-processors/synopsys-caffe.
    """

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "squeeze_param", "axis")
        self.axes = []
        for index, given in enumerate(spec.proto.squeeze_param.axis):
            field = f"squeeze_param.axis[{index}]"
            axis = canonical_axis(spec, field, given, x)
            if x[axis] != 1:
                raise spec.error(field, f"is {given}, of {x[axis]} cells in the bottom {tuple(x)}; "
                                 "it must have 1")
            self.axes.append(axis)

    def _left(self, shape: Shape) -> list[int]:
        """The axes of the bottom that the top has."""
        if self.axes:
            return [axis for axis in range(len(shape)) if axis not in self.axes]
        return [axis for axis, size in enumerate(shape) if size != 1]

    def forward(self, x: Tensor) -> Tensor:
        return x.reshape([x.shape[axis] for axis in self._left(x.shape)])

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        shape = graph.shape(bottoms[0])
        left = self._left(shape)
        gone = [axis for axis in range(len(shape)) if axis not in left]
        return [graph.add("Squeeze", bottoms[0], graph.integers(gone))] if gone else list(bottoms)
