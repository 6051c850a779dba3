"""The graph of a net: its layers with what is known of each, and who reads whose blobs.

Blobs are edges here: an in-place layer comes after the layer whose top it changes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from framework.definition.spec import LayerSpec, NetSpec
from framework.errors import SpecError
from framework.layers import LAYERS
from framework.layers.base import Layer, Shape, Source, class_of
from framework.net.reading import read_net
from framework.net.summary import Row, layer_rows
from framework.report.net_summary import (
    Selection,
    build_shapes,
    has_data,
    phases_of,
    stages_for,
)
from framework.report.receptive_field import fields_of

BEFORE, AFTER = 1, 2        # bits
NOT_SHOWN = ("name", "type", "blobs")


@dataclass
class Node:
    """A layer.

    family      the folder of its class in framework/layers: vision, loss, ssd, ...
    `place`     file and line
    tops        names and shapes; blobs: names and shapes of its weights
    sees        width and height of the receptive field in pixels, if that is known
    fields      what its text says: `convolution_param.num_output` to `64`
    composites  those whose expansion it is, outermost first
    status      of a comparison: added, removed, changed, reshaped (other shapes only), or nothing
    changes     of a comparison: field, value before, value after
    before      of a comparison: the layer in the first net
    """

    name: str
    type: str
    family: str
    place: str
    bottoms: tuple[str, ...]
    tops: list[tuple[str, Shape]]
    parameters: int
    multiply_adds: int
    blobs: list[tuple[str, Shape]]
    fields: dict[str, str]
    sees: tuple[float, float] | None = None
    composites: tuple[str, ...] = ()
    weights: list[dict[str, Any]] = field(default_factory=list)   # see histograms.py
    status: str = ""
    changes: list[tuple[str, str, str]] = field(default_factory=list)
    before: Node | None = None


@dataclass
class Graph:
    """Layers in the net's order; an edge is maker, reader (indices) and blob. `note`: what was
    assumed; `compared`: the file that it was compared with; `sides`: of its edges, BEFORE, AFTER
    or both."""

    title: str
    path: str
    phase: str
    nodes: list[Node]
    edges: list[tuple[int, int, str]]
    note: str = ""
    compared: str = ""
    sides: list[int] = field(default_factory=list)


def read_graph(path: str | Path, selection: Selection) -> Graph:
    """The graph of a net file in the selected phase, else in the one with the most layers. No
    memory is taken for blobs, and no code of the net runs.

    Raises CaffeError if the net cannot be read or built.
    """
    document = read_net(path, selection.ignore_unknown_fields)
    specs = []
    for phase in [selection.phase] if selection.phase else phases_of(document):
        stages = selection.stages or stages_for(document, phase, selection.level)
        if selection.phase or has_data(document, phase, selection.level, stages):
            specs.append((NetSpec(document, phase, selection.level, stages), stages))
    if not specs:
        raise SpecError(f"{path}: has no layers that make data in any phase; nothing can be drawn")
    spec, stages = max(specs, key=lambda pair: len(pair[0].layers))
    phase = spec.phase
    if not spec.layers:
        raise SpecError(f"{path}: has no layers in the phase {phase}; nothing can be drawn")
    shapes, built, assumed = build_shapes(spec, selection)
    rows = layer_rows(spec, built, shapes)
    layers = iter(built)
    image = _image(spec, shapes)
    sees = fields_of(shapes, spec.layers, image) if image else {}
    nodes = [_node(layer, row, None if issubclass(class_of(layer), Source) else next(layers),
                   sees) for layer, row in zip(spec.layers, rows, strict=True)]
    title = spec.name or Path(path).name
    return Graph(title, str(path), ", ".join([phase, *stages]), nodes, edges_of(nodes), assumed)


def _node(spec: LayerSpec, row: Row, layer: Layer | None,
          sees: Mapping[str, tuple[float, float]]) -> Node:
    blobs = []
    if layer is not None:
        blobs = [(name, tuple(blob.shape))
                 for name, blob in zip(layer.blob_names, layer.blobs, strict=True)]
    line = spec.lines.line
    module = LAYERS[spec.type].__module__.split(".")
    family = module[2] if module[:2] == ["framework", "layers"] and len(module) > 3 else "own"
    return Node(spec.name, spec.type, family, f"{spec.path}:{line}" if line else spec.path,
                spec.bottoms, list(zip(spec.tops, row.shapes, strict=True)), row.parameters,
                row.multiply_adds, blobs, dict(flat_fields(spec.proto)),
                next((sees[top] for top in spec.tops if top in sees), None),
                spec.lines.composites)


def _image(spec: NetSpec, shapes: Mapping[str, Shape]) -> str:
    """The blob that receptive fields are counted in: the first with rows and columns that a layer
    makes of nothing."""
    return next((top for layer in spec.layers if not layer.bottoms for top in layer.tops
                 if len(shapes[top]) == 4), "")


def edges_of(nodes: Sequence[Node]) -> list[tuple[int, int, str]]:
    """Maker, reader and blob of each bottom; the maker is the last layer before that has it as
    a top."""
    makers: dict[str, int] = {}
    edges = []
    for index, node in enumerate(nodes):
        edges += [(makers[blob], index, blob) for blob in dict.fromkeys(node.bottoms)
                  if blob in makers]
        makers |= {top: index for top, _ in node.tops}
    return edges


def flat_fields(message: Any, prefix: str = "") -> Iterator[tuple[str, str]]:
    """The fields that a message has, those of messages inside it by their paths.

    Any: made at run time.
    """
    for descriptor, value in message.ListFields():
        name = prefix + descriptor.name
        if name in NOT_SHOWN:
            continue
        several = descriptor.is_repeated
        for index, entry in enumerate(value if several else [value]):
            path = f"{name}[{index}]" if several else name
            if descriptor.message_type is not None:
                inner = list(flat_fields(entry, f"{path}."))
                yield from inner or [(path, "{}")]
            elif descriptor.enum_type is not None:
                yield path, descriptor.enum_type.values_by_number[entry].name
            else:
                yield path, _text(entry)


def _text(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.7g}"
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)
