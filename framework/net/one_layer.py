"""A single layer outside of a net, to learn the shapes of its tops and blobs."""

from __future__ import annotations

from collections.abc import Sequence

from framework.definition.prototxt import Lines
from framework.definition.spec import LayerSpec
from framework.layers import LAYERS
from framework.layers.base import Layer, Shape
from framework.proto import LayerParameter


def build_layer(proto: LayerParameter, path: str, bottoms: Sequence[Shape]
                ) -> tuple[Layer, list[Shape]]:
    """The layer of a message in TEST, on the meta device, and the shapes of its tops.

    path  of the net, for messages. SpecError as when a net is built.
    """
    cls = LAYERS[proto.type]
    assert issubclass(cls, Layer)
    layer = cls(LayerSpec(proto, Lines(), path, "TEST"), *bottoms)
    return layer, layer.top_shapes(*bottoms)
