"""Layers whose rows are regions of images: how many a look at a net without data assumes."""

from __future__ import annotations

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer


class RegionRows(Layer):
    """A layer of rows of regions."""

    @classmethod
    def assumed_rows(cls, spec: LayerSpec) -> int:
        """How many regions the rows of the first bottom come from, where only files say it."""
        raise NotImplementedError

    @classmethod
    def rows_before(cls, spec: LayerSpec, top: int, rows: int) -> int:
        """The rows of the first bottom with which a top has `rows` for each image."""
        return rows
