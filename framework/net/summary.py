"""The layers of a net as a table: name, type, shapes of tops, parameters, multiply-adds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from framework.definition.spec import NetSpec
from framework.layers.base import Layer, Shape, Source, class_of
from framework.system.wording import aligned, human

HEADS = ("layer", "type", "output", "parameters", "multiply-adds")


@dataclass(frozen=True)
class Row:
    """One layer: the shapes of its tops, its blobs' values, its multiply-adds a forward."""

    name: str
    type: str
    shapes: tuple[Shape, ...]
    parameters: int
    multiply_adds: int


class Text(str):
    """Lines that a prompt shows as they are."""

    def __repr__(self) -> str:
        return str(self)


def layer_rows(spec: NetSpec, built: Iterable[Layer], shapes: Mapping[str, Shape]) -> list[Row]:
    """A Row for each layer of the file; data layers, which are not in `built`, count nothing."""
    layers = iter(built)
    rows = []
    for layer_spec in spec.layers:
        tops = tuple(tuple(shapes[top]) for top in layer_spec.tops)
        if issubclass(class_of(layer_spec), Source):
            rows.append(Row(layer_spec.name, layer_spec.type, tops, 0, 0))
            continue
        layer = next(layers)
        bottoms = [shapes[bottom] for bottom in layer_spec.bottoms]
        rows.append(Row(layer_spec.name, layer_spec.type, tops,
                        sum(blob.numel() for blob in layer.blobs),
                        layer.multiply_adds(bottoms, tops)))
    return rows


def shape_text(shape: Sequence[int]) -> str:
    """`2 x 3 x 14 x 18`, or `scalar`."""
    return " x ".join(map(str, shape)) or "scalar"


def table(rows: Sequence[Row]) -> list[str]:
    """A line of heads, and a line for each layer."""
    cells = [HEADS]
    for row in rows:
        shapes = "  ".join(map(shape_text, row.shapes))
        cells.append((row.name, row.type, shapes, human(row.parameters) if row.parameters else "",
                      human(row.multiply_adds) if row.multiply_adds else ""))
    return ["  " + line for line in aligned(cells, right=(3, 4))]
