"""Data layers whose text leaves the size of their images open."""

from __future__ import annotations

from framework.definition.spec import LayerSpec, NetSpec
from framework.errors import CaffeError
from framework.layers import LAYERS
from framework.layers.base import DataOptions, Layer, Shape, Source, class_of
from framework.layers.data.assumed_shapes import ASSUMED_SIZES


def unsized(spec: NetSpec) -> list[LayerSpec]:
    """The data layers whose shapes depend on an assumed size of the images."""
    return [layer for layer in spec.layers if _reads_files(layer) and not stated_shapes(layer)]


def stated_shapes(layer: LayerSpec) -> list[Shape]:
    """The shapes of the tops that a data layer's text states; empty if it leaves the size open."""
    cls = known_class(layer)
    if cls is None or not issubclass(cls, Source):
        return []
    try:
        if not cls.reads_files:
            return list(cls(layer, DataOptions()).top_shapes)
        first, second = (cls.assumed_shapes(layer, size) for size in ASSUMED_SIZES[:2])
    except CaffeError:
        return []
    return first if first == second else []


def known_class(layer: LayerSpec) -> type[Layer] | type[Source] | None:
    """The class that makes the layer; None for a type that no layer here has."""
    return class_of(layer) if layer.type in LAYERS else None


def _reads_files(layer: LayerSpec) -> bool:
    cls = known_class(layer)
    return cls is not None and issubclass(cls, Source) and cls.reads_files
