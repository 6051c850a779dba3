"""Layers of O-CNN, which compute on octrees of shapes: known by the shapes of blobs and tops.

What they compute follows from a batch of octrees in a format of the project's own, which no blob of
most nets holds. Nets are built with the shapes that the original begins with.
Source: microsoft/O-CNN; Wang et al. 2017, 2018.
"""

from __future__ import annotations

import math
from typing import ClassVar

from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer, uncompiled
from framework.layers.data.assumed_shapes import ASSUMED_SIZES, Size, batch_size
from framework.layers.data.known_by_shape import KnownByShape
from framework.layers.params import honour, within
from framework.layers.weighted import Weighted

CHILDREN = 8        # of a node; also the rows that the original begins with
PROPERTIES = ("key", "child", "neigh", "feature", "label", "split")
DEEPEST = 12
LARGEST_KERNEL = 3
FIELD = "octree_param"
FIELDS = "curr_depth batch_size content_flag signal_channel"
ALL_FIELDS = frozenset(f"{FIELD}.{name}" for name in FIELDS.split())


def check_depth(spec: LayerSpec) -> int:
    """octree_param.curr_depth. SpecError where it is missing or above DEEPEST."""
    honour(spec, FIELD, FIELDS)
    if not spec.proto.octree_param.HasField("curr_depth"):
        raise spec.error(f"{FIELD}.curr_depth", "is missing; it is the level of the bottom")
    return within(spec, f"{FIELD}.curr_depth", (spec.proto.octree_param.curr_depth,), 0,
                  DEEPEST)[0]


def check_nodes(spec: LayerSpec, bottoms: tuple[Shape, ...]) -> None:
    """SpecError unless the first bottom is (1, C, nodes, 1)."""
    if len(bottoms[0]) != 4 or bottoms[0][0] != 1 or bottoms[0][3] != 1:
        raise spec.error("bottom", f"has the shape {tuple(bottoms[0])}; it must be (1, C, nodes, "
                         "1)")


@layer
class OctreeDataBase(KnownByShape):
    """Octrees of a database: known by shape only.

    Tops:   the signal at the nodes of a level (1, signal_channel, 8, 1); labels (batch_size,); the
            octrees themselves (1,). There are 8 nodes before the first batch, as in the original.
    Errors: SpecError whenever data are requested.
    Meaning: octree_database_layer.cpp of microsoft/O-CNN.
    """

    num_tops = (1, 3)
    reads = ("octree_param", "data_param")

    @classmethod
    def assumed_shapes(cls, spec: LayerSpec, size: Size = ASSUMED_SIZES[0]) -> list[Shape]:
        channels = spec.proto.octree_param.signal_channel
        shapes: list[Shape] = [(1, channels, CHILDREN, 1), (batch_size(spec),), (1,)]
        return shapes[:len(spec.tops)]


class OnOctree(Layer):
    """A layer whose forward is refused."""

    reads: ClassVar[tuple[str, ...]] = ("octree_param",)
    no_onnx_form = "it computes on octrees"

    @uncompiled
    def forward(self, *bottoms: Tensor) -> Tensor:
        raise self.spec.error("type", f"'{self.spec.type}' is known by its shapes only: it "
                              "computes on octrees, which are not read here")


class OctreeFilters(Weighted, OnOctree):
    """What convolution and its transpose share: (1, num_output, 8, 1), and filters of windows."""

    num_bottoms = (1, 2)
    reads = ("octree_param", "convolution_param")
    transposed: ClassVar[bool] = False
    weights_in = "convolution_param"

    def __init__(self, spec: LayerSpec, *bottoms: Shape):
        super().__init__(spec)
        check_depth(spec)
        check_nodes(spec, bottoms)
        honour(spec, "convolution_param",
               "num_output bias_term kernel_size stride weight_filler bias_filler")
        param = spec.proto.convolution_param
        where = "convolution_param"
        kernel = list(param.kernel_size)
        if len(kernel) not in (1, 3):
            raise spec.error(f"{where}.kernel_size", f"is given {len(kernel)} times; it must be "
                             "once or 3 times")
        within(spec, f"{where}.kernel_size", kernel, 1, LARGEST_KERNEL)
        within(spec, f"{where}.stride", list(param.stride), 1, 2)
        within(spec, f"{where}.num_output", (param.num_output,), 1, 1 << 30)
        self.num_output = param.num_output
        cells = math.prod(kernel if len(kernel) == 3 else kernel * 3)
        sides = (self.num_output, bottoms[0][1])
        self.add_weights((*(sides[::-1] if self.transposed else sides), cells, 1),
                         (self.num_output,))

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        return [(1, self.num_output, CHILDREN, 1)]


@layer
class OctreeConv(OctreeFilters):
    """Convolution over the nodes of an octree's level: known by shape, refused at a forward.

    Bottoms: x (1, C, nodes, 1); if wanted the octrees. Top: (1, num_output, nodes, 1), at the level
             below with a stride of 2.
    Blobs:   weight (num_output, C, kernel cells, 1); bias (num_output,) unless `bias_term: false`.
    Errors:  SpecError for other shapes, a kernel above 3, a stride above 2, no curr_depth, and at
             every forward.
    Source:  octree_base_conv_layer.cpp of microsoft/O-CNN.
    """


@layer
class OctreeDeconv(OctreeFilters):
    """Transposed convolution over the nodes of a level: known by shape, refused at a forward.

    Bottoms, top, errors: as of OctreeConv; with a stride of 2 the top is at the level above.
    Blobs:   weight (C, num_output, kernel cells, 1); bias (num_output,) unless `bias_term: false`.
    Source:  octree_base_conv_layer.cpp, octree_deconv_layer.cpp of microsoft/O-CNN.
    """

    transposed = True


@layer
class OctreePooling(OnOctree):
    """Maximum over the children of each node: known by shape, refused at a forward.

    Bottoms: x (1, C, nodes, 1); if wanted the octrees. Tops: (1, C, nodes below, 1), at curr_depth
             1 and 2 of every node of the batch; if wanted the children taken.
    Errors:  SpecError for other shapes, no curr_depth, and at every forward.
    Source:  octree_pooling_layer.cpp of microsoft/O-CNN.
    """

    num_bottoms = (1, 2)
    num_tops = (1, 2)

    def __init__(self, spec: LayerSpec, *bottoms: Shape):
        super().__init__(spec)
        self.depth = check_depth(spec)
        check_nodes(spec, bottoms)
        within(spec, f"{FIELD}.curr_depth", (self.depth,), 1, DEEPEST)

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        items = max(1, next((shape[0] for shape in self.spec.data_shapes if len(shape) == 1), 1))
        full = items * CHILDREN ** (self.depth - 1)
        nodes = full if self.depth < 3 else CHILDREN
        return [(1, bottoms[0][1], nodes, 1)] * len(self.spec.tops)


@layer
class OctreeUnpooling(OnOctree):
    """Each value to the child it came from: known by shape, refused at a forward.

    Bottoms: x (1, C, nodes, 1); the children that OctreePooling took; if wanted the octrees.
    Top:     (1, C, nodes above, 1).
    Errors:  SpecError for other shapes, no curr_depth, and at every forward.
    Source:  octree_unpooling_layer.cpp of microsoft/O-CNN.
    """

    num_bottoms = (2, 3)

    def __init__(self, spec: LayerSpec, *bottoms: Shape):
        super().__init__(spec)
        check_depth(spec)
        check_nodes(spec, bottoms)

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        return [(1, bottoms[0][1], CHILDREN, 1)]


@layer
class Octree2FullVoxel(OnOctree):
    """All nodes of a full level as voxels: known by shape, refused at a forward.

    Bottoms: x (1, C, nodes, 1); if wanted the octrees. Top: (batch_size, C, S, S, S), S =
             2^curr_depth.
    Errors:  SpecError for other shapes, no curr_depth or batch_size, and at every forward.
    Source:  octree_full_voxel_layer.cpp of microsoft/O-CNN.
    """

    num_bottoms = (1, 2)

    def __init__(self, spec: LayerSpec, *bottoms: Shape):
        super().__init__(spec)
        self.side = 1 << check_depth(spec)
        check_nodes(spec, bottoms)
        param = spec.proto.octree_param
        if not param.HasField("batch_size") or not param.batch_size:
            raise spec.error(f"{FIELD}.batch_size", "is missing or 0; it must be at least 1")
        self.num = param.batch_size

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        return [(self.num, bottoms[0][1], self.side, self.side, self.side)]


@layer
class OctreeProperty(OnOctree):
    """Properties of the nodes of a level: known by shape, refused at a forward.

    Bottoms: if wanted the octrees. Tops: (1, signal_channel, 8, 1) for each property that
             content_flag names: key, child, neigh, feature, label, split; key and child without it.
    Errors:  SpecError for another number of tops, no curr_depth, and at every forward.
    Source:  octree_property_layer.cpp of microsoft/O-CNN.
    """

    num_bottoms = (0, 1)
    num_tops = (1, len(PROPERTIES))

    def __init__(self, spec: LayerSpec, *bottoms: Shape):
        super().__init__(spec)
        check_depth(spec)
        param = spec.proto.octree_param
        named = [name for name in PROPERTIES if name in param.content_flag]
        num = len(named) if param.HasField("content_flag") else 2
        if num != len(spec.tops):
            raise spec.error(f"{FIELD}.content_flag", f"names {num} properties; the layer has "
                             f"{len(spec.tops)} tops")
        self.channels = param.signal_channel

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        return [(1, self.channels, CHILDREN, 1)] * len(self.spec.tops)


@layer
@layer("OctreeSetFeature")
class OctreeGrow(OnOctree):
    """Octrees with one more level, or with other signals: known by shape, refused at a forward.

    Bottoms: of OctreeGrow the octrees, or none; of OctreeSetFeature the octrees and signals.
    Top:     octrees (1,).
    Errors:  SpecError without curr_depth, and at every forward.
    Source:  octree_grow_layer.cpp and octree_set_feature_layer.cpp of microsoft/O-CNN.
    """

    num_bottoms = (0, None)

    def __init__(self, spec: LayerSpec, *bottoms: Shape):
        super().__init__(spec)
        check_depth(spec)

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        return [(1,)]


@layer
class OctreeMask(OnOctree):
    """Nodes whose label is not `mask`: known by shape, refused at a forward.

    Bottoms: any number of x (1, C, nodes, 1); their labels. Tops: one for each x (1, C, 8, 1).
    Errors:  SpecError for another number of tops, and at every forward.
    Source:  octree_mask_layer.cpp of microsoft/O-CNN.
    """

    unread = ALL_FIELDS
    num_bottoms = (2, None)
    num_tops = (1, None)

    def __init__(self, spec: LayerSpec, *bottoms: Shape):
        super().__init__(spec)
        check_nodes(spec, bottoms)
        if len(spec.tops) != len(bottoms) - 1:
            raise spec.error("top", f"is given {len(spec.tops)} times; it must be once for each "
                             f"of the {len(bottoms) - 1} bottoms before the labels")

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        return [(1, shape[1], CHILDREN, 1) for shape in bottoms[:-1]]


@layer
@layer("OctreeUpdateLabel")
class OctreeZeroize(OnOctree):
    """Nodes whose label is `mask` as 0, or other octrees by them: known by shape, refused at a
    forward.

    Bottoms: any number of x; the labels. Tops: as the bottoms before the labels.
    Errors:  SpecError for another number of tops, and at every forward.
    Source:  octree_zeroize_layer.cpp and octree_update_label_layer.cpp of microsoft/O-CNN.
    """

    unread = ALL_FIELDS
    num_bottoms = (2, None)
    num_tops = (1, None)

    def __init__(self, spec: LayerSpec, *bottoms: Shape):
        super().__init__(spec)
        if len(spec.tops) != len(bottoms) - 1:
            raise spec.error("top", f"is given {len(spec.tops)} times; it must be once for each "
                             f"of the {len(bottoms) - 1} bottoms before the labels")

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        return list(bottoms[:-1])
