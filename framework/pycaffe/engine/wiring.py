"""From a net of torch to the layers and blobs that pycaffe shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers import LAYERS
from framework.layers.base import DataOptions, Source, is_input
from framework.layers.data.dummy import DummyData
from framework.layers.python.blob import BlobVector
from framework.net.net import Net as TorchNet
from framework.pycaffe.engine.blobs import NetBlob
from framework.pycaffe.engine.passes import Node


class LayerView:
    """A layer of a net: its `type` in the prototxt and its learned `blobs`."""

    def __init__(self, kind: str, blobs: BlobVector):
        self.type, self.blobs = kind, blobs

    def __repr__(self) -> str:
        return f"<caffe layer of type {self.type}, {len(self.blobs)} blobs>"


def list_nodes(net: TorchNet) -> list[Node]:
    """The layers of a net in the order of the file, those that give data among them."""
    steps = iter(net.layers)
    nodes = []
    for spec in net.spec.layers:
        if issubclass(LAYERS[spec.type], Source):
            nodes.append(Node(spec.name, spec.type, spec.bottoms, spec.tops, None))
        else:
            step = next(steps)
            nodes.append(Node(spec.name, spec.type, step.bottoms, step.tops, step))
    return nodes


def constant_tops(net: TorchNet) -> dict[str, Tensor]:
    """The tops of data layers that stay as they are, in the memory that every batch gives.

    What a script writes there is what the next batch has (labels of DummyData, say).
    """
    found = {}
    for source, tops in net.sources:
        if isinstance(source, DummyData):
            source.constant = [top.to(net.device) for top in source.constant]
            found.update({name: top for name, top, filler
                          in zip(tops, source.constant, source.fillers, strict=True)
                          if filler.type == "constant"})
    return found


class Feed(Source):
    """The batches of an `Input` layer: what stands in its blobs.

    It lets a solver train a net whose inputs a script writes.
    """

    def __init__(self, spec: LayerSpec, blobs: Mapping[str, NetBlob]):
        super().__init__(spec, DataOptions())
        self.blobs = [blobs[name] for name in spec.tops]
        self.top_shapes = [blob.shape for blob in self.blobs]

    def batches(self, start: int = 0) -> Iterator[tuple[Tensor, ...]]:
        while True:
            yield tuple(blob.values.value() for blob in self.blobs)


def feed_inputs(net: TorchNet, blobs: Mapping[str, NetBlob]) -> None:
    """Let the net take its inputs from the blobs where nobody gives them."""
    for spec in net.spec.layers:
        if is_input(spec.type):
            net.sources.append((Feed(spec, blobs), spec.tops))
