"""The deployed layers of a net with their weights, each top with a name of its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from framework.errors import SpecError
from framework.layers.activation.neuron import ReLU
from framework.layers.base import LAYERS, Layer, Shape, Source
from framework.layers.pooling.pooling import Pooling
from framework.layers.utility.joining import Concat, Slice, Split
from framework.net.net import Net
from framework.net.one_layer import build_layer
from framework.proto import LayerParameter
from framework.system.unique_names import unique_name

Floats = NDArray[Any]       # Any: float32 or float64


@dataclass
class Part:
    """A layer to be written. `origin` is the layer of the given net that it comes from."""

    proto: LayerParameter
    blobs: list[Floats]
    origin: str
    layer: Layer

    @property
    def top(self) -> str:
        return self.proto.top[0]


@dataclass
class Parts:
    """The layers of a net, in order.

    inputs   the blobs that are given, with shapes
    outputs  what is not read, and the names of these blobs in the given net
    shapes   of all blobs
    given    the name in the given net of each blob that got a new one
    left     why layers are left out, by their names
    """

    name: str
    path: str
    inputs: dict[str, Shape]
    parts: list[Part]
    outputs: dict[str, str]
    shapes: dict[str, Shape]
    given: dict[str, str] = field(default_factory=dict)
    left: dict[str, str] = field(default_factory=dict)
    _taken: set[str] = field(default_factory=set)

    def make(self, origin: str, kind: str, bottoms: Sequence[str], suffix: str = "",
             blobs: Sequence[Floats] = (), num_tops: int = 1, top: str = "", **params: Any) -> Part:
        """A new layer after `origin`; its top has the layer's name, or `top`. Any: as fields."""
        name = unique_name(origin + suffix, self._taken)
        tops = [top or name] if num_tops == 1 else [f"{name}/{index}" for index in range(num_tops)]
        proto = LayerParameter(name=name, type=kind, bottom=bottoms, top=tops, **params)
        return self.part(proto, blobs, origin)

    def part(self, proto: LayerParameter, blobs: Sequence[Floats], origin: str) -> Part:
        """A layer of a message; notes the shapes of its tops."""
        layer, shapes = build_layer(proto, self.path, [self.shapes[name] for name in proto.bottom])
        self.shapes.update(zip(proto.top, shapes, strict=True))
        return Part(proto, list(blobs), origin, layer)


    def may_be_negative(self, blob: str) -> bool:
        """False if the layers that make a blob of the given net leave nothing below 0."""
        part = next((one for one in self.parts if blob in one.proto.top), None)
        if part is None:
            return True
        if isinstance(part.layer, Concat | Pooling | Slice | Split):
            return any(map(self.may_be_negative, part.proto.bottom))
        return not isinstance(part.layer, ReLU) or bool(part.proto.relu_param.negative_slope)


def deployed_parts(net: Net) -> Parts:
    """The layers that do not need labels, in TEST.

    A blob that is written in place gets a new name for each layer that writes it.
    """
    labels = _labels(net)
    inputs = {name: net.shapes[name] for name in net.given_names if name not in labels}
    if not inputs:
        raise SpecError(f"{net.spec.path}: the net has no inputs, so there is nothing to export")
    parts = Parts(net.name or "net", net.spec.path, inputs, [], {}, dict(inputs))
    now = {name: name for name in inputs}       # the present name of each blob
    dropped = set(labels)
    read: Counter[str] = Counter()
    for step in net.layers:
        layer = step.layer
        if layer.loss or dropped.intersection(step.bottoms):
            dropped.update(step.tops)
            parts.left[layer.spec.name] = "belongs to training"
            continue
        proto = LayerParameter()
        proto.CopyFrom(layer.spec.proto)
        proto.name = unique_name(layer.spec.name, parts._taken)
        proto.bottom[:] = [now[name] for name in step.bottoms]
        read.update(proto.bottom)
        for index, name in enumerate(step.tops):
            fresh = name if name not in parts.shapes else f"{name}/{proto.name}"
            now[name] = proto.top[index] = fresh
            if fresh != name:
                parts._taken.add(fresh)     # or a layer that is written later makes it again
                parts.given[fresh] = name
            parts.shapes[fresh] = net.shapes[name]
        blobs = [blob.detach().float().cpu().numpy() for blob in layer.blobs]
        parts.parts.append(Part(proto, blobs, layer.spec.name, layer))
    parts.outputs = {fresh: name for name, fresh in now.items()
                     if not read[fresh] and name not in inputs}
    return parts


def _labels(net: Net) -> set[str]:
    """The tops of data layers but the first, where layers read them that are for training."""
    labels: set[str] = set()
    for spec in net.spec.layers:
        kind = LAYERS[spec.type]
        if issubclass(kind, Source) and kind.gives_batches:
            labels.update(spec.tops[1:])
    return labels


def fold_factors(parts: Parts) -> None:
    """Put BatchNorm, Scale and Bias into the convolution before them that nobody else reads."""
    readers = Counter(name for part in parts.parts for name in part.proto.bottom)
    makers: dict[str, Part] = {}
    kept: list[Part] = []
    for part in parts.parts:
        before = makers.get(part.proto.bottom[0]) if part.proto.bottom else None
        if before is not None and readers[part.proto.bottom[0]] == 1 and _fold(before, part):
            before.proto.top[0] = part.top
            makers[part.top] = before
            continue
        kept.append(part)
        if len(part.proto.top) == 1:
            makers[part.top] = part
    parts.parts = kept


def _fold(before: Part, part: Part) -> bool:
    factors = part.layer.channel_factors()
    joined = None if factors is None else before.layer.with_channel_factors(*factors)
    if joined is None:
        return False
    before.layer = joined
    before.blobs = [np.asarray(blob.float().numpy()) for blob in joined.blobs]
    for param in ("convolution_param", "inner_product_param"):
        if before.proto.HasField(param):
            getattr(before.proto, param).ClearField("bias_term")
    return True
