"""Layers of octree generating networks (OGN): known by the shapes of blobs and tops.

What they compute follows from the octrees that their layers hand one another beside the blobs, by
the names in `key_layer`. Nets are built with the shapes that the original begins with, before its
first batch.
Source: lmb-freiburg/ogn; Tatarchenko et al. 2017. Those of colours: arnabgho/color-3d-caffe, nets
of the same kind, whose sources were found in parts.
"""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer, uncompiled
from framework.layers.params import honour, within
from framework.proto import enum_name

CHILDREN = 8        # of a node
CLASSES = 3         # empty, filled, mixed
LARGEST_FILTER = 15
MOST_CHANNELS = 1 << 20


class _OnOctrees(Layer):
    """A layer whose forward is refused."""

    no_onnx_form = "it computes on octrees"

    @uncompiled
    def forward(self, *bottoms: Tensor) -> Tensor:
        raise self.spec.error("type", f"'{self.spec.type}' is known by its shapes only: it "
                              "computes on octrees, which are not read here")

    def check_key(self, field: str, name: str) -> None:
        """SpecError unless the text names a layer that hands on its octrees."""
        if not name:
            raise self.spec.error(field, "is missing; it is the name of the layer whose octrees "
                                  "are read")

    def check_nodes(self, x: Shape) -> None:
        """SpecError unless x is (N, C, nodes)."""
        if len(x) != 3:
            raise self.spec.error("bottom", f"has the shape {tuple(x)}; it must be (N, C, nodes)")


class _Data(_OnOctrees):
    """The values of octrees and their numbers."""

    num_bottoms = (0, 1)
    num_tops = (2, 2)
    no_gradient_bottoms = (0,)
    message: ClassVar[str]
    channels: ClassVar[tuple[int, ...]] = ()

    def __init__(self, spec: LayerSpec, *bottoms: Shape):
        super().__init__(spec)
        honour(spec, self.message, "batch_size source")
        self.num = getattr(spec.proto, self.message).batch_size
        within(spec, f"{self.message}.batch_size", (self.num,), 1, MOST_CHANNELS)

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        return [(self.num, *self.channels, 1), (self.num,)]


@layer
class OGNData(_Data):
    """Octrees of files: known by shape, refused at a forward.

    Bottom: if wanted the numbers of the files in the list `source` (N,).
    Tops:   the value of each node (batch_size, nodes), 1 before the first batch; the numbers
            (batch_size,).
    Errors: SpecError without batch_size, and at every forward.
    Source: ogn_data_layer.cpp of lmb-freiburg/ogn.
    """

    message = "ogn_data_param"
    reads = ("ogn_data_param",)


@layer
class OGNColorData(_Data):
    """Octrees of colours of files: known by shape, refused at a forward.

    Bottom, errors: as of OGNData.
    Tops:   the colours of the nodes (batch_size, 3, nodes), 1 before the first batch; the numbers
            (batch_size,).
    Source: nets of arnabgho/color-3d-caffe; how ogn_color_loss_prep_layer.cpp reads the first top.
    """

    message = "ogn_color_data_param"
    reads = ("ogn_color_data_param",)
    channels = (3,)


@layer
class OGNGenerateKeys(_OnOctrees):
    """The octree of a full grid, for other layers: known by shape, refused at a forward.

    Bottom: x (N, C, X, Y, Z). No top: other layers name this one as their key_layer.
    Errors: SpecError for another number of axes, and at every forward.
    Source: ogn_generate_keys_layer.cpp of lmb-freiburg/ogn.
    """

    num_tops = (0, 0)

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        if len(x) != 5:
            raise spec.error("bottom", f"has the shape {tuple(x)}; it must be (N, C, X, Y, Z)")

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        return []


class _LossPrep(_OnOctrees):
    """What the nodes of an octree should be."""

    num_bottoms = (2, 2)
    num_tops = (1, 2)
    no_gradient_bottoms = (0, 1)
    message: ClassVar[str]
    channels: ClassVar[int] = 1
    unread = frozenset(["ogn_loss_prep_param.use_voxel_grid",
                        "ogn_color_loss_prep_param.use_voxel_grid"])

    def __init__(self, spec: LayerSpec, x: Shape, values: Shape):
        super().__init__(spec)
        honour(spec, self.message, "gt_key_layer pr_key_layer use_voxel_grid")
        param = getattr(spec.proto, self.message)
        for name, value in (("gt_key_layer", param.gt_key_layer),
                            ("pr_key_layer", param.pr_key_layer)):
            self.check_key(f"{self.message}.{name}", value)
        self.check_nodes(x)

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        num, _, nodes = bottoms[0]
        return [(num, self.channels, nodes, 1)] * len(self.spec.tops)


@layer
class OGNLossPrep(_LossPrep):
    """What each node of an octree should be, by the octrees of the data: known by shape, refused at
    a forward.

    Bottoms: x (N, C, nodes), of pr_key_layer; the values of OGNData, of gt_key_layer.
    Tops:    one or two (N, 1, nodes, 1): 0 empty, 1 filled, 2 mixed, 3 to be ignored. No gradient.
    Errors:  SpecError for other axes, and at every forward.
    Source:  ogn_loss_prep_layer.cpp of lmb-freiburg/ogn.
    """

    message = "ogn_loss_prep_param"
    reads = ("ogn_loss_prep_param",)


@layer
class OGNColorLossPrep(_LossPrep):
    """The colours that the nodes of an octree should have: known by shape, refused at a forward.

    Bottoms: x (N, C, nodes); the colours of OGNColorData. Tops: one or two (N, 3, nodes, 1).
    Errors:  SpecError for other axes, and at every forward.
    Source:  ogn_color_loss_prep_layer.cpp, of the nets of arnabgho/color-3d-caffe.
    """

    message = "ogn_color_loss_prep_param"
    reads = ("ogn_color_loss_prep_param",)
    channels = 3


@layer
class OGNProp(_OnOctrees):
    """The features of the mixed nodes and those around them: known by shape, refused at a forward.

    Bottoms: x (N, C, nodes), of key_layer; scores (N, 3, nodes), or with PROP_KNOWN values of the
             nodes. Top: (N, C, nodes left), 1 before the first batch.
    Errors:  SpecError for other axes, and at every forward.
    Source:  ogn_prop_layer.cpp of lmb-freiburg/ogn.
    """

    reads = ("ogn_prop_param",)
    num_bottoms = (2, 2)
    no_gradient_bottoms = (1,)

    def __init__(self, spec: LayerSpec, x: Shape, values: Shape):
        super().__init__(spec)
        honour(spec, "ogn_prop_param", "key_layer prop_mode")
        self.check_key("ogn_prop_param.key_layer", spec.proto.ogn_prop_param.key_layer)
        self.check_nodes(x)
        predicts = enum_name(spec.proto.ogn_prop_param, "prop_mode") == "PROP_PRED"
        if predicts and tuple(values) != (x[0], CLASSES, x[2]):
            raise spec.error("bottom[1]", f"has the shape {tuple(values)}; with PROP_PRED it must "
                             f"be ({x[0]}, {CLASSES}, {x[2]})")

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        return [(*bottoms[0][:2], 1)]


@layer
class OGNConv(_OnOctrees):
    """Convolution over the nodes of an octree, or to their children: known by shape, refused at a
    forward.

    Bottom: x (N, C, nodes), of key_layer. Top: (N, output_channels, nodes), 8 for each node with
            is_deconv.
    Blobs:  weight (output_channels, C, F, F, F), with is_deconv the first two turned round, F the
            filter_size; bias (output_channels,).
    Errors: SpecError for other axes, sizes of 0, a filter_size above 15, and at every forward.
    Source: ogn_conv_layer.cpp of lmb-freiburg/ogn.
    """

    reads = ("ogn_conv_param",)
    blobs_learn = (True, True)

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "ogn_conv_param", "is_deconv filter_size output_channels weight_filler "
               "bias_filler key_layer")
        self.check_nodes(x)
        param = spec.proto.ogn_conv_param
        self.check_key("ogn_conv_param.key_layer", param.key_layer)
        within(spec, "ogn_conv_param.filter_size", (param.filter_size,), 1, LARGEST_FILTER)
        within(spec, "ogn_conv_param.output_channels", (param.output_channels,), 1, MOST_CHANNELS)
        self.num_output = param.output_channels
        self.grows = CHILDREN if param.is_deconv else 1
        sides = (x[1], self.num_output) if param.is_deconv else (self.num_output, x[1])
        self.add_blob("weight", (*sides, *(param.filter_size,) * 3), param.weight_filler)
        self.add_blob("bias", (self.num_output,), param.bias_filler)

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        num, _, nodes = bottoms[0]
        return [(num, self.num_output, nodes * self.grows)]


class _Output(_OnOctrees):
    """Octrees of the predictions at all levels, as files."""

    num_bottoms = (1, None)
    num_tops = (0, 0)
    message: ClassVar[str]
    each: ClassVar[int] = 1

    def __init__(self, spec: LayerSpec, *bottoms: Shape):
        super().__init__(spec)
        honour(spec, self.message, "key_layer")
        names = getattr(spec.proto, self.message).key_layer
        if len(bottoms) != self.each * len(names):
            raise spec.error(f"{self.message}.key_layer", f"is given {len(names)} times; it must "
                             f"be {self.each} bottoms for each, and there are {len(bottoms)}")

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        return []


@layer
class OGNOutput(_Output):
    """Write the octrees of the scores at all levels: known by shape, refused at a forward.

    Bottoms: of each key_layer the scores (N, 3, nodes), or values (N, nodes). No top.
    Errors:  SpecError for another number of bottoms, and at every forward.
    Source:  ogn_output_layer.cpp of lmb-freiburg/ogn.
    """

    message = "ogn_output_param"
    reads = ("ogn_output_param",)


@layer
class OGNColorOutput(_Output):
    """Write the octrees of scores and colours: known by shape, refused at a forward.

    Bottoms: of each key_layer the scores, then of each the colours. No top.
    Errors:  SpecError for another number of bottoms, and at every forward.
    Source:  ogn_color_output_layer.cpp, of the nets of arnabgho/color-3d-caffe.
    """

    message = "ogn_color_output_param"
    reads = ("ogn_color_output_param",)
    each = 2
