"""The layers and blobs that pycaffe shows of a net of torch."""

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
from framework.pycaffe.engine.nodes import Node


class LayerView:
    """A layer of a net: its `type` in the prototxt and its learned `blobs`."""

    def __init__(self, kind: str, blobs: BlobVector):
        self.type = kind
        self.blobs = blobs

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
    """The tops of data layers that never change, in the memory that every batch gives.

    What a script writes into them is what the next batch has (labels of DummyData, say).
    """
    found: dict[str, Tensor] = {}
    for source, tops in net.sources:
        if not isinstance(source, DummyData):
            continue
        source.constant = [top.to(net.device) for top in source.constant]
        for name, top, filler in zip(tops, source.constant, source.fillers, strict=True):
            if filler.type == "constant":
                found[name] = top
    return found


class Feed(Source):
    """The batches of an `Input` layer: the values of its blobs.

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
    """Let the net take inputs that are not given from the blobs."""
    for spec in net.spec.layers:
        if is_input(spec.type):
            net.sources.append((Feed(spec, blobs), spec.tops))
